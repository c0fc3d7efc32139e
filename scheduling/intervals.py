"""Sets of half-open intervals as pairs, over whole epoch seconds as well as over datetimes."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

T = TypeVar("T", int, datetime)


def merge(pairs: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """Return the union, sorted and disjoint; touching ones become one."""
    merged: list[tuple[T, T]] = []
    for pair in sorted(pairs):
        if merged and pair[0] <= merged[-1][1]:
            if pair[1] > merged[-1][1]:
                merged[-1] = (merged[-1][0], pair[1])
        else:
            merged.append(pair)
    return merged


def subtract(pairs: Iterable[tuple[T, T]], holes: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """Return what is left of the union once every hole is cut out."""
    left: list[tuple[T, T]] = []
    cuts = merge(holes)
    i = 0
    for start, end in merge(pairs):
        free_from = start
        while i < len(cuts) and cuts[i][0] < end:
            if cuts[i][0] > free_from:
                left.append((free_from, cuts[i][0]))
            free_from = max(free_from, cuts[i][1])
            if cuts[i][1] > end:
                # it may reach into the next pair as well
                break
            i += 1
        if free_from < end:
            left.append((free_from, end))
    return left


def intersect(ours: Iterable[tuple[T, T]], theirs: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """Return what lies in both unions."""
    a, b = merge(ours), merge(theirs)
    shared: list[tuple[T, T]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < end:
            shared.append((start, end))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return shared

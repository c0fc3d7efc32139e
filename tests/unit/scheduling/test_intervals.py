from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling.intervals import intersect, merge, subtract

MIDNIGHT = datetime(2026, 3, 29, tzinfo=UTC)
PAIRS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda at: (at[0], at[0] + at[1])),
    max_size=8,
)


def points(pairs) -> set[int]:
    return {point for start, end in pairs for point in range(start, end)}


def runs(covered: set[int]) -> list[tuple[int, int]]:
    """The longest runs of these points, in order."""
    first = [p for p in sorted(covered) if p - 1 not in covered]
    last = [p for p in sorted(covered) if p + 1 not in covered]
    return [(start, end + 1) for start, end in zip(first, last, strict=True)]


def as_times(pairs) -> list[tuple[datetime, datetime]]:
    return [tuple(MIDNIGHT + timedelta(minutes=n) for n in pair) for pair in pairs]


@given(PAIRS)
def test_a_union_is_the_longest_runs_in_order(ours):
    assert merge(ours) == runs(points(ours))


@given(PAIRS, PAIRS)
def test_what_is_left_lies_in_none_of_the_holes(ours, holes):
    assert subtract(ours, holes) == runs(points(ours) - points(holes))


@given(PAIRS, PAIRS)
def test_what_is_shared_lies_in_both(ours, theirs):
    assert intersect(ours, theirs) == runs(points(ours) & points(theirs))


@given(PAIRS, PAIRS)
def test_times_are_treated_like_seconds(ours, theirs):
    a, b = as_times(ours), as_times(theirs)
    assert merge(a) == as_times(merge(ours))
    assert subtract(a, b) == as_times(subtract(ours, theirs))
    assert intersect(a, b) == as_times(intersect(ours, theirs))


def test_a_hole_may_reach_from_one_span_into_the_next():
    assert subtract([(0, 10), (12, 20), (22, 30)], [(8, 25)]) == [(0, 8), (25, 30)]


def test_pairs_may_come_from_an_iterator_that_is_read_once():
    assert intersect(iter([(5, 9), (0, 5)]), iter([(3, 7)])) == [(3, 7)]

"""Which of the phrases are denied: after "nicht" or "außer", or before a "geht nicht".

What is excluded must never be read as wished; in doubt a phrase beside a denial is excluded.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from bot.understanding.dates.items import Item

DATED = "DPWCRTQ"
_TIMES = "CRT"
_NOUNS = frozenset(
    [
        "termin",
        "termine",
        "zeit",
        "zeiten",
        "tag",
        "tage",
        "appointment",
        "appointments",
        "slot",
        "slots",
        "uhrzeit",
        "luft",
        "moeglichkeit",
        "booking",
        "bookings",
        "time",
        "times",
        "availability",
    ]
)
_BESIDE_NAMES = frozenset({"bei", "mit", "with", "frau", "herrn", "herr", "mr", "mrs", "ms", "dr"})
_PERSONS = frozenset(["mir", "uns", "ihnen", "dir", "euch", "me", "us", "you"])
_CONDITION = frozenset(["wenn", "falls", "if", "sofern"])
_OTHER_ACTS = frozenset(
    [
        "cancel",
        "cancelled",
        "pay",
        "paid",
        "transfer",
        "transferred",
        "receive",
        "received",
        "find",
        "refund",
        "withdraw",
        "stornieren",
        "storniert",
        "absagen",
        "bezahlen",
        "bezahlt",
        "zahlen",
        "ueberweisen",
        "ueberwiesen",
        "finden",
        "erhalten",
    ]
)
"""Verbs of what customers do with a booking or money rather than come."""
_REACH = 4
_REACH_OF_DAYS = 9
"""Most words between a denial and a clock time it denies."""

Scope = tuple[int, ...]


def denied_scopes(items: Sequence[Item]) -> list[Scope]:
    """Return for each denial the places of the phrases it denies."""
    scopes: list[Scope] = []
    taken: set[int] = set()
    for start, end in _segments(items):
        for at in range(start, end):
            if items[at].tag not in "!X" or _is_idle(items, at, end):
                continue
            scope = _scope(items, at, start, end, taken)
            if scope and not _is_doubled(items, at, start):
                taken.update(scope)
                scopes.append(scope)
    return scopes


def not_until(items: Sequence[Item]) -> list[Item]:
    """Turn "can't until five" into "from five"."""
    turned = list(items)
    for at, item in enumerate(items):
        if item.tag != "!":
            continue
        for i in range(at + 1, min(at + 10, len(items))):
            if items[i].op == "b" and items[i].tag in "CD":
                turned[at] = replace(item, tag="x")
                turned[i] = replace(items[i], op="a")
            if items[i].tag in DATED or items[i].tag in "!X,.;":
                break
    return turned


def _scope(items: Sequence[Item], at: int, start: int, end: int, taken: set[int]) -> Scope:
    behind = [i for i in _behind(items, at, end) if i not in taken]
    if behind:
        return tuple(behind)
    if items[at].tag == "X" and items[at].text not in {"ausgenommen", "except"}:
        return ()
    before = [i for i in _since_last_denial(items, start, at) if i not in taken]
    is_last = all(items[i].tag in "E.,;" for i in range(at + 1, end))
    if not before and (is_last or items[at].text not in {"nicht", "not"}):
        before = [i for i in _previous(items, start) if i not in taken]
    if before and any(i.text in _CONDITION for i in items[start:at]):
        return ()
    return tuple(before)


def _since_last_denial(items: Sequence[Item], start: int, at: int) -> list[int]:
    found: list[int] = []
    for i in range(at - 1, start - 1, -1):
        if items[i].tag in "!X":
            break
        if items[i].tag in DATED:
            found.append(i)
    return found[::-1]


def _behind(items: Sequence[Item], at: int, end: int) -> list[int]:
    """Return the phrases after a denial, up to the next one."""
    found: list[int] = []
    direct = True
    for i in range(at + 1, end):
        item = items[i]
        if item.tag in "!X":
            break
        if item.tag not in DATED:
            direct = direct and item.tag in "|&,/"
            continue
        if not found and i - at > (_REACH if item.tag in _TIMES else _REACH_OF_DAYS):
            continue
        if item.op and not _denies_bound(items, at, i, found):
            break
        found.append(i)
    return found


def _denies_bound(items: Sequence[Item], at: int, i: int, found: list[int]) -> bool:
    """Tell whether "ab", "nach" belongs to what is denied: "kein Termin nach 17 Uhr"."""
    if not found:
        return i - at <= _REACH and all(items[k].tag in "xEtF" for k in range(at + 1, i))
    # "außer Freitag ab 14 Uhr" wishes the hours of the other days
    return items[at].tag == "!" and i == found[-1] + 1


def _is_idle(items: Sequence[Item], at: int, end: int) -> bool:
    """Tell whether a denial speaks of something else: "keinen Parkplatz", "nicht bei Weber"."""
    item = items[at]
    following = items[at + 1] if at + 1 < end else None
    if following is not None and following.text in _BESIDE_NAMES:
        named = items[at + 2] if at + 2 < end else None
        return named is None or named.text not in _PERSONS
    if item.tag == "!" and _is_other_act(items, at, end):
        return True
    if not item.text.startswith("kein") or following is None:
        return False
    return following.tag == "x" and following.text not in _NOUNS


def _is_other_act(items: Sequence[Item], at: int, end: int) -> bool:
    """Tell whether what is not done is no visit: "why can't I cancel my visit on Monday"."""
    for item in items[at + 1 : min(at + 4, end)]:
        if item.tag in DATED or item.tag in "!X|&":
            return False
        if item.text in _OTHER_ACTS:
            return True
    return False


def _is_doubled(items: Sequence[Item], at: int, start: int) -> bool:
    """Tell whether "nicht, außer freitags" leaves only the Fridays."""
    if items[at].tag != "X":
        return False
    for i in range(at - 1, max(start - 2, -1), -1):
        if items[i].tag == "!":
            return True
        if items[i].tag in DATED or items[i].tag in ";.":
            return False
    return False


def _previous(items: Sequence[Item], start: int) -> list[int]:
    """Return the phrases just before a comma: "Am Freitag, da kann ich nicht"."""
    if start < 2 or items[start - 1].tag != ",":
        return []
    found: list[int] = []
    for i in range(start - 2, -1, -1):
        if items[i].tag in DATED:
            found.append(i)
        elif items[i].tag in ",;.!X":
            break
    return found[::-1]


def _segments(items: Sequence[Item]) -> list[tuple[int, int]]:
    """Return the stretches a denial can reach in: from one break to the next."""
    bounds = [0]
    for i, item in enumerate(items):
        is_break = item.tag in ".;" and not _is_late_denial(items, i)
        if is_break or (item.tag == "," and not _is_list(items, i)):
            bounds.append(i + 1)
    bounds.append(len(items))
    return [(a, b) for a, b in itertools.pairwise(bounds) if a < b]


def _is_late_denial(items: Sequence[Item], at: int) -> bool:
    """Tell whether an "aber" only leads to the denial of what came: "Montag geht aber nicht"."""
    if items[at].tag != ";" or at + 1 >= len(items) or items[at + 1].tag != "!":
        return False
    for item in items[at + 2 :]:
        if item.tag in DATED:
            return False
        if item.tag in ".,;":
            break
    return True


def _is_contrast(items: Sequence[Item], at: int) -> bool:
    """Tell whether "nicht heute, morgen" corrects: the last day said is the wished one."""
    is_pair = items[at - 1].is_relative and items[at + 1].is_relative and at >= 2
    is_last = all(i.tag not in DATED for i in items[at + 2 :])
    return is_pair and is_last and items[at - 2].tag == "!"


def _sort(item: Item) -> str:
    """Return what kind of phrase it is: only the same kinds make a list."""
    if item.tag in _TIMES:
        return "time"
    return "weekday" if item.weekday is not None or item.tag == "W" else "date"


def _is_list(items: Sequence[Item], at: int) -> bool:
    """Tell whether a comma lists days: "nicht Montag, Dienstag oder Mittwoch"."""
    if at == 0 or at + 1 >= len(items):
        return False
    one, two = items[at - 1], items[at + 1]
    if one.tag not in DATED or two.tag not in DATED:
        return False
    if _sort(one) != _sort(two):
        return False
    if _is_contrast(items, at):
        return False
    if at + 2 < len(items) and items[at + 2].tag in _TIMES and two.tag not in _TIMES:
        # "nicht Montag, Dienstag um zehn": the hour belongs to a wish
        return False
    is_wished = False
    for item in items[at + 1 :]:
        if item.tag in "!X":
            return True
        if item.tag in ".;" or (item.tag == "," and is_wished):
            break
        is_wished = is_wished or item.tag == "E"
    return not is_wished

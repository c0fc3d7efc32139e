"""Finds services and staff members in a message, typos included. The only user of rapidfuzz."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from bot.understanding.cleaning import fold
from bot.understanding.patterns import compiled

if TYPE_CHECKING:
    from scheduling.catalog import Business, Service, StaffMember

THRESHOLD = 85.0
CLOSE = 5.0
EXACT = 100.0
_WORD = re.compile(r"[a-z0-9][a-z0-9'&-]*")
_DENIAL = (
    r"\b(nicht|ausser|not|except|without|ohne|kein\w*)( (?:bei|mit|zu|in|im|nach|with|by|at|frau"
    r"|herrn?|mr|mrs|ms|dr)\.?)* *$"
)
_COMPOUND = r"\b(?P<what>[a-z]{4,}?)s?termine?s?\b"
# words of many names that tell nothing about which one is meant
_WEAK = frozenset(
    {
        "termin",
        "appointment",
        "service",
        "doktor",
        "frau",
        "herr",
        "und",
        "with",
        "vor",
        "ort",
        "the",
        "and",
        "der",
        "die",
        "das",
        "for",
        "per",
        "auf",
        "mit",
        "von",
        "fuer",
        "bei",
        "zum",
        "zur",
        "englisch",
        "deutsch",
        "english",
        "german",
        "call",
    }
)


class Named(NamedTuple):
    """Best first; more than one in `service_ids` or `staff_ids` = too close to call."""

    service_ids: tuple[str, ...] = ()
    staff_ids: tuple[str, ...] = ()
    excluded_staff_ids: tuple[str, ...] = ()


def find_places(folded: str, business: "Business") -> tuple[str, ...]:
    """Return the ids of the places named in a folded text, as whole words and not denied."""
    found = []
    for place in business.places:
        names = {fold(place.name.de), fold(place.name.en), place.id}
        hits = (
            hit
            for name in names
            for hit in re.finditer(rf"(?<![\w-]){re.escape(name)}(?![\w-])", folded)
        )
        if any(not compiled(_DENIAL).search(folded[: hit.start()]) for hit in hits):
            found.append(place.id)
    return tuple(found)


class _Hit(NamedTuple):
    id: str
    score: float
    at: int
    is_whole: bool
    length: int


def find_names(rest: str, business: "Business") -> Named:
    """Search a folded text from which dates were taken out."""
    windows = list(_windows(rest))
    # "Beratungstermin"
    spelled = compiled(_COMPOUND).sub(r"\g<what> termin", rest)
    spoken = windows if spelled == rest else [*windows, *_windows(spelled)]
    services = [
        hit
        for service in business.services
        if not service.needs_invitation
        if (hit := _best(service.id, _called(service), spoken)) and _is_meant(service, hit)
    ]
    staff = [
        hit
        for member in _choosable(business)
        if (hit := _best(member.id, (member.name,), windows))
    ]
    denied = [hit for hit in staff if compiled(_DENIAL).search(rest[: hit.at])]
    return Named(
        _closest(services),
        _closest([hit for hit in staff if hit not in denied]),
        tuple(hit.id for hit in denied),
    )


def _is_meant(service: "Service", hit: _Hit) -> bool:
    """Tell whether it counts: what is not listed goes by its exact name only."""
    return service.is_listed or (hit.is_whole and hit.score == EXACT)


def _called(service: "Service") -> tuple[str, ...]:
    return service.name.de, service.name.en, *service.aliases


def _choosable(business: "Business") -> "list[StaffMember]":
    """Return whom customers can ask for: a roster of thousands is not searched for names."""
    ids = {i for service in business.services if service.staff_choice for i in service.staff_ids}
    return [member for member in business.staff if member.id in ids] if ids else []


def _windows(rest: str) -> Iterable[tuple[str, int]]:
    words = [(found[0], found.start()) for found in _WORD.finditer(rest)]
    for size in (1, 2, 3):
        for index in range(len(words) - size + 1):
            yield " ".join(w for w, _ in words[index : index + size]), words[index][1]


def _best(id_: str, names: tuple[str, ...], windows: list[tuple[str, int]]) -> _Hit | None:
    # imported here: reading dates does without it
    from rapidfuzz import fuzz

    best: _Hit | None = None
    for target, is_whole in _targets(names):
        for window, at in windows:
            score = fuzz.ratio(window, target, score_cutoff=THRESHOLD)
            if score and (best is None or (is_whole, score) > (best.is_whole, best.score)):
                best = _Hit(id_, score, at, is_whole, len(window))
    return best


def _targets(names: tuple[str, ...]) -> Iterable[tuple[str, bool]]:
    """Give each whole name with True, and its longer words with False."""
    for name in names:
        words = _WORD.findall(fold(name))
        yield " ".join(words), True
        if len(words) > 1:
            yield from ((w, False) for w in words if len(w) >= 3 and w not in _WEAK)


def _closest(hits: list[_Hit]) -> tuple[str, ...]:
    """Keep whole names before words of names, and of these the best and what is close to it."""
    if not hits:
        return ()
    whole = [h for h in hits if h.is_whole and not _inside_longer(h, hits)] or hits
    ranked = sorted(whole, key=lambda h: -h.score)
    return tuple(h.id for h in ranked if h.score > ranked[0].score - CLOSE)


def _inside_longer(hit: _Hit, hits: list[_Hit]) -> bool:
    """Tell whether another whole name says these words and more: "first consultation"."""
    end = hit.at + hit.length
    return any(
        other.is_whole
        and other.length > hit.length
        and other.at <= hit.at
        and end <= other.at + other.length
        for other in hits
    )

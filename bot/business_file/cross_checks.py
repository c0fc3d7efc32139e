"""Mistakes that only show when two parts of the file are seen together."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import holidays

from bot.business_file.models import Absence, BusinessFile, Opening, ServiceEntry, StaffEntry

Place = tuple[str | int, ...]
Finding = tuple[Place, str, str]
"""Where, what is wrong, how to mend it."""

ONLINE = ("teams", "phone")


def findings(file: BusinessFile) -> Iterator[Finding]:
    """Yield every mistake."""
    yield from _business(file)
    yield from _twice(file)
    for number, service in enumerate(file.services):
        yield from _service(file, service, ("services", number))
    for number, member in enumerate(file.staff):
        yield from _staff(member, ("staff", number))


def is_zone(name: str) -> bool:
    """Tell whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def serving(file: BusinessFile, service: ServiceEntry) -> list[StaffEntry]:
    """Return who serves: those named, else all who have every skill."""
    if service.staff:
        return [m for m in file.staff if m.id in service.staff]
    return [m for m in file.staff if set(service.skills) <= set(m.skills)]


def _suggest(word: str, known: Iterable[str], otherwise: str) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"Did you mean {near[0]!r}?" if near else otherwise


def _zone(name: str, where: Place) -> Iterator[Finding]:
    if not is_zone(name):
        cure = _suggest(name, available_timezones(), "Write for example Europe/Berlin.")
        yield (*where, "zone"), f"there is no time zone {name!r}", cure


def _business(file: BusinessFile) -> Iterator[Finding]:
    business = file.business
    yield from _zone(business.zone, ("business",))
    if not business.hours:
        yield ("business", "hours"), "the business is never open", "Name days and hours."
    yield from _absences(business.closures, ("business", "closures"))
    countries = holidays.list_supported_countries()
    if business.country not in countries:
        yield (
            ("business", "country"),
            f"public holidays of {business.country!r} are not known",
            "Write a country code such as DE, AT or CH.",
        )
    elif business.state is not None and business.state not in countries[business.country]:
        states = ", ".join(countries[business.country])
        yield (
            ("business", "state"),
            f"{business.country} has no state {business.state!r}",
            f"Write one of: {states}.",
        )


def _twice(file: BusinessFile) -> Iterator[Finding]:
    kinds: list[tuple[str, Sequence[str], str]] = [
        ("places", [p.id for p in file.places], "id"),
        ("services", [s.id for s in file.services], "id"),
        ("staff", [m.id for m in file.staff], "id"),
        ("staff", [m.mailbox.lower() for m in file.staff], "mailbox"),
    ]
    for kind, names, field in kinds:
        for number, name in enumerate(names):
            if name in names[:number]:
                yield (
                    (kind, number, field),
                    f"{name!r} stands there twice",
                    f"Give each of the {kind} its own {field}.",
                )


def _service(file: BusinessFile, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    yield from _people(file, service, where)
    yield from _locations(file, service, where)
    yield from _duration(file, service, where)
    yield from _price(service, where)
    yield from _questions(service, where)


def _people(file: BusinessFile, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    ids = [m.id for m in file.staff]
    for number, name in enumerate(service.staff):
        if name not in ids:
            cure = _suggest(name, ids, f"Known are: {', '.join(ids)}.")
            yield (*where, "staff", number), f"there is no staff member {name!r}", cure
    skills = sorted({skill for m in file.staff for skill in m.skills})
    for number, skill in enumerate(service.skills):
        if skill not in skills:
            cure = _suggest(skill, skills, "Give the skill to a staff member.")
            yield (*where, "skills", number), f"nobody has the skill {skill!r}", cure
    if not service.staff and not service.skills:
        yield (
            where,
            "nobody is named who serves it",
            "Add staff: [...] with ids of staff members, or skills: [...].",
        )


def _locations(file: BusinessFile, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    known = [*ONLINE, *(p.id for p in file.places)]
    for number, name in enumerate(service.locations):
        if name not in known:
            cure = _suggest(name, known, f"Known are: {', '.join(known)}.")
            yield (*where, "locations", number), f"there is no place {name!r}", cure


def _minutes(span: Opening) -> int:
    opens, closes = span
    end = 24 * 60 if closes == time(0) else closes.hour * 60 + closes.minute
    return end - opens.hour * 60 - opens.minute


def _longest(weeks: Iterable[dict[int, tuple[Opening, ...]]]) -> int:
    return max(
        (_minutes(s) for week in weeks for spans in week.values() for s in spans), default=0
    )


def _duration(file: BusinessFile, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    windows = [_longest([file.business.hours]), _longest(m.hours for m in serving(file, service))]
    if service.hours is not None:
        windows.append(_longest([service.hours]))
    room = min(windows)
    for number, minutes in enumerate(service.minutes):
        if room and minutes > room:
            yield (
                (*where, "minutes", number),
                f"{minutes} minutes are longer than the longest opening ({room} minutes)",
                "Shorten the service or lengthen the hours.",
            )


def _price(service: ServiceEntry, where: Place) -> Iterator[Finding]:
    price = service.price
    if price.kind != "free" and price.amount is None:
        yield (*where, "price"), "the price has no amount", "Add amount: 80 or write kind: free."
    if price.kind == "free" and price.amount is not None:
        yield (*where, "price"), "a free service has an amount", "Write kind: fixed, or remove it."
    if price.kind == "per_unit" and price.unit is None:
        yield (*where, "price"), "the price has no unit", "Add unit: {de: ..., en: ...}."


def _questions(service: ServiceEntry, where: Place) -> Iterator[Finding]:
    for number, question in enumerate(service.questions):
        at = (*where, "questions", number)
        if (question.kind == "choice") != bool(question.choices):
            yield (
                at,
                "choices belong to a question of kind: choice",
                "Add choices, or change kind.",
            )


def _staff(member: StaffEntry, where: Place) -> Iterator[Finding]:
    if member.zone is not None:
        yield from _zone(member.zone, where)
    if not member.hours and not member.overrides:
        yield (*where, "hours"), f"{member.name} never works", "Name days and hours."
    yield from _absences(member.time_off, (*where, "time_off"))


def _absences(absences: Sequence[Absence], where: Place) -> Iterator[Finding]:
    for number, absence in enumerate(absences):
        if absence.last < absence.first:
            yield (*where, number), "it ends before it begins", "Exchange first and last."

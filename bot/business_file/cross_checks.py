"""Mistakes that only show when two parts of the file are seen together.

Works on whatever could be read (parts.py): one mistake neither hides others nor invents new ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import holidays

from bot.business_file import checks_of_places
from bot.business_file.building import serving
from bot.business_file.hours import DAYS, Opening, Week, minutes_of
from bot.business_file.models import (
    Absence,
    BusinessEntry,
    Period,
    QuestionEntry,
    ServiceEntry,
    StaffEntry,
)
from bot.business_file.openings import longest_service
from bot.business_file.parts import Parts
from bot.business_file.problems import Finding, Place, both
from bot.business_file.repeats import repeated, used_twice
from bot.business_file.values import nearest, suggestion
from scheduling.catalog import LocalText

_DAY = 24 * 60
LEAST_LEAD = 1
"""Hours before the start by which a request must be made."""
PAGES = frozenset({"details", "review", "confirm", "done"})
"""Paths of the booking page beside those of the services."""


def findings(parts: Parts) -> Iterator[Finding]:
    """Yield every mistake."""
    if parts.business is not None:
        yield from _business(parts, parts.business)
    yield from _twice(parts)
    yield from checks_of_places.findings(parts)
    yield from _aliases(parts)
    for number, service in parts.services.items():
        yield from _service(parts, service, ("services", number))
    for number, member in parts.staff.items():
        yield from _staff(parts, member, ("staff", number))
    yield from _never_open(parts)


def _business(parts: Parts, business: BusinessEntry) -> Iterator[Finding]:
    if not business.hours:
        yield Finding(
            ("business", "hours"),
            both("The business is never open.", "Das Unternehmen hat nie geöffnet."),
            both("Write days and hours.", "Schreiben Sie Tage und Zeiten."),
        )
    yield from _absences(business.closures, ("business", "closures"))
    for number in repeated({n: wave.id for n, wave in parts.waves.items()}):
        yield used_twice(("business", "waves", number, "id"), parts.waves[number].id)
    if business.country not in _states():
        yield Finding(
            ("business", "country"),
            both(
                f"The public holidays of `{business.country}` are not known.",
                f"Die Feiertage von `{business.country}` sind nicht bekannt.",
            ),
            both("Write DE, AT, CH or another code.", "Schreiben Sie DE, AT, CH oder ähnlich."),
        )
    yield from _state(parts, business.state, ("business", "state"))


@cache
def _states() -> Mapping[str, Sequence[str]]:
    """Return the countries whose holidays are known, and their states."""
    return holidays.list_supported_countries()  # type: ignore[no-any-return] # comes untyped


def _state(parts: Parts, state: str | None, where: Place) -> Iterator[Finding]:
    if state is None or parts.business is None or not parts.knows(("business",), "country"):
        return
    country = parts.business.country
    if state not in _states().get(country, (state,)):
        yield Finding(
            where,
            both(f"{country} has no state `{state}`.", f"In {country} gibt es kein `{state}`."),
            _right_state(country, state),
        )


@cache
def _right_state(country: str, state: str) -> LocalText:
    names = holidays.country_holidays(country).subdivisions_aliases
    if state in names:
        return both(f"Write {names[state]}.", f"Schreiben Sie {names[state]}.")
    long = {code: name for name, code in names.items()}
    codes = _states()[country]
    listed = ", ".join(f"{code} ({long[code]})" if code in long else code for code in codes)
    return both(f"Write one of: {listed}.", f"Schreiben Sie eines von: {listed}.")


def _twice(parts: Parts) -> Iterator[Finding]:
    kinds: list[tuple[str, str, dict[int, str]]] = [
        ("places", "id", {n: p.id for n, p in parts.places.items()}),
        ("services", "id", {n: s.id for n, s in parts.services.items()}),
        ("staff", "id", {n: m.id for n, m in parts.staff.items()}),
        ("staff", "mailbox", {n: m.mailbox.lower() for n, m in parts.staff.items()}),
    ]
    for kind, key, names in kinds:
        for number in repeated(names):
            yield used_twice((kind, number, key), names[number])


def _aliases(parts: Parts) -> Iterator[Finding]:
    """Yield words by which customers would mean two services."""
    names = [
        (word.casefold(), service.id)
        for service in parts.services.values()
        for word in (service.name.de, service.name.en)
    ]
    meant = dict(reversed(names))
    for number, service in parts.services.items():
        for position, alias in enumerate(service.aliases):
            other = meant.setdefault(alias.casefold(), service.id)
            if other != service.id:
                yield Finding(
                    ("services", number, "aliases", position),
                    both(
                        f"`{alias}` already means `{other}`.",
                        f"`{alias}` steht schon für `{other}`.",
                    ),
                    both(
                        "Give each word to one service only.",
                        "Geben Sie jedes Wort nur einer Leistung.",
                    ),
                )


def _service(parts: Parts, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    if service.id in PAGES:
        yield Finding(
            (*where, "id"),
            both(
                f"The booking page has a page of its own called `{service.id}`.",
                f"Die Buchungsseite hat schon eine eigene Seite `{service.id}`.",
            ),
            both("Choose another id.", "Wählen Sie eine andere id."),
        )
    yield from _people(parts, service, where)
    yield from _together(parts, service, where)
    yield from _price(service, where)
    yield from _questions(service.questions, (*where, "questions"))
    yield from _buffers(service, where)
    if service.bookable is not None:
        yield from _backwards(service.bookable, (*where, "bookable"))
    if parts.knows(where, "lead_hours", "advance_days"):
        yield from _lead(service, where)
    if parts.knows(where, "lead_hours", "approval_hours"):
        yield from _approval(service, where)


def _lead(service: ServiceEntry, where: Place) -> Iterator[Finding]:
    if service.lead_hours > service.advance_days * 24:
        yield Finding(
            (*where, "lead_hours"),
            both(
                f"Nothing can be booked: {service.lead_hours:g} hours of lead are longer than "
                f"{service.advance_days} days of advance.",
                f"Nichts ist buchbar: {service.lead_hours:g} Stunden Vorlauf sind länger als "
                f"{service.advance_days} Tage im Voraus.",
            ),
            both("Lower lead_hours.", "Verringern Sie lead_hours."),
        )


def _approval(service: ServiceEntry, where: Place) -> Iterator[Finding]:
    if service.approval_hours is not None and service.lead_hours < LEAST_LEAD:
        yield Finding(
            (*where, "approval_hours"),
            both(
                f"Nobody has time to decide: with {service.lead_hours:g} hours of lead a request "
                "may come just before it begins.",
                f"Niemand hat Zeit zu entscheiden: Bei {service.lead_hours:g} Stunden Vorlauf "
                "kann eine Anfrage unmittelbar vor dem Beginn kommen.",
            ),
            both(
                f"Raise lead_hours to {LEAST_LEAD} or more.",
                f"Erhöhen Sie lead_hours auf {LEAST_LEAD} oder mehr.",
            ),
        )


def _buffers(service: ServiceEntry, where: Place) -> Iterator[Finding]:
    kept = service.buffer_before + service.buffer_after
    longest = max(service.minutes)
    if kept and kept + longest > _DAY:
        larger = max("buffer_before", "buffer_after", key=lambda key: int(getattr(service, key)))
        yield Finding(
            (*where, larger),
            both(
                f"{longest} minutes and {kept} minutes of buffers do not fit into a day.",
                f"{longest} Minuten und {kept} Minuten Puffer passen nicht in einen Tag.",
            ),
            both("Shorten the buffers.", "Verkürzen Sie die Puffer."),
        )


def _together(parts: Parts, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    if service.assign != "collective" or not parts.knows(where, "staff", "skills"):
        return
    if service.staff:
        number = len(set(service.staff))
    elif parts.knows_staff and service.skills:
        number = len(serving(service, list(parts.staff.values())))
    else:
        return
    if number < 2:
        yield Finding(
            (*where, "assign"),
            both(
                "collective means several people, but one at most serves it.",
                "collective heißt mehrere zusammen; hier ist es höchstens eine Person.",
            ),
            both(
                "Name at least two under staff, or write `assign: any`.",
                "Nennen Sie mindestens zwei unter staff oder schreiben Sie `assign: any`.",
            ),
        )


def _people(parts: Parts, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    ids = parts.ids.get("staff", ())
    for number, name in enumerate(service.staff):
        if name not in ids:
            yield Finding(
                (*where, "staff", number),
                both(f"There is no staff member `{name}`.", f"`{name}` steht nicht unter staff."),
                nearest(name, ids, both("Add them under staff.", "Ergänzen Sie sie unter staff.")),
            )
    if service.staff and service.skills:
        yield Finding(
            (*where, "skills"),
            both("staff and skills are both given.", "staff und skills stehen beide da."),
            both("Keep one of the two.", "Behalten Sie eines von beiden."),
        )
    if not service.staff and not service.skills:
        if parts.knows(where, "staff", "skills"):
            yield _nobody(service, where)
    elif parts.knows_staff:
        yield from _skills(parts, service, where)


def _nobody(service: ServiceEntry, where: Place) -> Finding:
    return Finding(
        where,
        both(
            f"Nobody is named who serves `{service.id}`.",
            f"Für `{service.id}` ist niemand genannt.",
        ),
        both(
            "Add `staff: [...]` with ids of staff members, or `skills: [...]`.",
            "Ergänzen Sie `staff: [...]` mit ids unter staff, oder `skills: [...]`.",
        ),
    )


def _skills(parts: Parts, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    staff = list(parts.staff.values())
    known = {skill for member in staff for skill in member.skills}
    give = both("Give it to a staff member.", "Tragen Sie sie bei jemandem unter staff ein.")
    for number, skill in enumerate(service.skills):
        if skill not in known:
            yield Finding(
                (*where, "skills", number),
                both(f"Nobody has the skill `{skill}`.", f"Niemand hat die Fähigkeit `{skill}`."),
                suggestion(skill, sorted(known), give),
            )
    if known.issuperset(service.skills) and not service.staff and not serving(service, staff):
        yield Finding(
            (*where, "skills"),
            both("Nobody has all these skills.", "Niemand hat alle diese Fähigkeiten."),
            both("Remove one, or name staff.", "Streichen Sie eine oder nennen Sie staff."),
        )


def _price(service: ServiceEntry, where: Place) -> Iterator[Finding]:
    price, place = service.price, (*where, "price")
    if price.kind != "free" and price.amount is None:
        yield Finding(
            place,
            both("The price has no amount.", "Dem Preis fehlt der Betrag."),
            both(
                "Add `amount: 80`, or write `kind: free`.",
                "Ergänzen Sie `amount: 80` oder schreiben Sie `kind: free`.",
            ),
        )
    if price.kind == "free" and price.amount is not None:
        yield Finding(
            place,
            both("A free service has an amount.", "Eine kostenlose Leistung hat einen Betrag."),
            both("Write `kind: fixed`, or remove it.", "Schreiben Sie `kind: fixed`."),
        )
    if price.kind == "per_unit" and price.unit is None:
        yield Finding(
            place,
            both("What is counted is missing.", "Die gezählte Einheit fehlt."),
            both(
                "Add `unit: { de: angefangene Stunde, en: started hour }`.",
                "Ergänzen Sie `unit: { de: angefangene Stunde, en: started hour }`.",
            ),
        )


def _questions(questions: Sequence[QuestionEntry], where: Place) -> Iterator[Finding]:
    for number in repeated({n: q.id for n, q in enumerate(questions)}):
        yield used_twice((*where, number, "id"), questions[number].id)
    for number, question in enumerate(questions):
        place = (*where, number)
        if (question.kind == "choice") != bool(question.choices):
            yield Finding(
                place,
                both(
                    "choices belong to `kind: choice`, and to nothing else.",
                    "choices gehören zu `kind: choice`, und nur dazu.",
                ),
                both("Add choices, or change kind.", "Ergänzen Sie choices oder ändern Sie kind."),
            )
        for twice in repeated({n: c.value for n, c in enumerate(question.choices)}):
            yield used_twice((*place, "choices", twice, "value"), question.choices[twice].value)


def _staff(parts: Parts, member: StaffEntry, where: Place) -> Iterator[Finding]:
    if not member.hours and not member.overrides:
        yield Finding(
            (*where, "hours"),
            both(f"{member.name} never works.", f"{member.name} arbeitet nie."),
            both("Write days and hours.", "Schreiben Sie Tage und Zeiten."),
        )
    yield from _state(parts, member.state, (*where, "state"))
    waves = parts.ids.get("waves", ())
    if member.wave is not None and member.wave not in waves:
        yield Finding(
            (*where, "wave"),
            both(
                f"There is no wave `{member.wave}`.", f"Die Welle `{member.wave}` gibt es nicht."
            ),
            nearest(
                member.wave,
                waves,
                both(
                    f"Add `waves: [{{ id: {member.wave}, from: 2026-12-01 }}]` under business.",
                    f"Ergänzen Sie `waves: [{{ id: {member.wave}, from: 2026-12-01 }}]` unter "
                    "business.",
                ),
            ),
        )
    yield from _absences(member.time_off, (*where, "time_off"))
    yield from _breaks(member.hours, member.breaks, (*where, "breaks"))


def _breaks(hours: Week, breaks: Week, where: Place) -> Iterator[Finding]:
    wrong = [DAYS[day] for day, spans in breaks.items() if not _fit(spans, hours.get(day, ()))]
    if wrong:
        days = ", ".join(wrong)
        yield Finding(
            where,
            both(
                f"Breaks lie outside the working hours: {days}.",
                f"Pausen liegen außerhalb der Arbeitszeit: {days}.",
            ),
            both("Move them into the hours.", "Verschieben Sie sie in die Arbeitszeit."),
        )


def _fit(breaks: Sequence[Opening], hours: Sequence[Opening]) -> bool:
    """Tell whether every break lies inside an opening; a day without hours needs none."""
    open_times = [minutes_of(opening) for opening in hours]
    spans = [minutes_of(span) for span in breaks]
    return not hours or all(
        any(opens <= start and end <= closes for opens, closes in open_times)
        for start, end in spans
    )


def _absences(absences: Sequence[Absence], where: Place) -> Iterator[Finding]:
    for number, absence in enumerate(absences):
        yield from _backwards(absence, (*where, number))


def _backwards(period: Period, where: Place) -> Iterator[Finding]:
    if period.last < period.first:
        yield Finding(
            where,
            both(
                f"It ends ({period.last}) before it begins ({period.first}).",
                f"Das Ende ({period.last}) liegt vor dem Anfang ({period.first}).",
            ),
            both("Exchange first and last.", "Vertauschen Sie first und last."),
        )


def _never_open(parts: Parts) -> Iterator[Finding]:
    business = parts.business
    if business is None or not business.hours or not parts.knows_staff:
        return
    staff = list(parts.staff.values())
    for number, service in parts.services.items():
        room = longest_service(business, service, staff)
        if room == 0:
            yield _no_time_in_common(service.id, ("services", number))
        elif room:
            yield from _too_long(service.minutes, room, ("services", number, "minutes"))


def _no_time_in_common(service_id: str, where: Place) -> Finding:
    return Finding(
        where,
        both(
            f"`{service_id}` can never be booked: the hours of the business, of the service and "
            "of its staff have no time in common.",
            f"`{service_id}` ist nie buchbar: Öffnungszeiten, Zeiten der Leistung und "
            "Arbeitszeiten haben keine gemeinsame Zeit.",
        ),
        both(
            "Widen one of them; mind the time zones of the staff.",
            "Erweitern Sie eine davon; achten Sie auf die Zeitzonen unter staff.",
        ),
    )


def _too_long(durations: Sequence[int], room: int, where: Place) -> Iterator[Finding]:
    for position, minutes in enumerate(durations):
        if minutes > room:
            yield Finding(
                (*where, position),
                both(
                    f"{minutes} minutes are longer than the longest opening ({room} minutes).",
                    f"{minutes} Minuten sind länger als die längste Öffnung ({room} Minuten).",
                ),
                both(
                    "Shorten the service, or lengthen the hours.",
                    "Verkürzen Sie die Leistung oder verlängern Sie die Zeiten.",
                ),
            )

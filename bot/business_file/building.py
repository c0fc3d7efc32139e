"""Entries of the file -> the catalog. Nothing is checked here any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from bot.business_file import models
from bot.business_file.hours import Opening, Week
from bot.business_file.values import Text
from scheduling import catalog

ONLINE = ("teams", "phone")
ALL_PLACES = "places"
"""Stands for every place of the file where a service names its locations."""


def business_of(
    entry: models.BusinessEntry,
    services: Sequence[models.ServiceEntry],
    staff: Sequence[models.StaffEntry],
    places: Sequence[models.PlaceEntry],
    resources: Sequence[models.ResourceEntry] = (),
) -> catalog.Business:
    """Return the whole catalog."""
    waves = {wave.id: wave.starts for wave in entry.waves}
    addresses = tuple(catalog.Place(p.id, _words(p.name), p.address) for p in places)
    return catalog.Business(
        id=entry.id,
        name=_words(entry.name),
        zone=ZoneInfo(entry.zone),
        hours=_week(entry.hours),
        services=tuple(_service(each, staff, addresses) for each in services),
        staff=tuple(_all_staff(staff, entry.zone, waves)),
        places=addresses,
        closures=tuple(_absence(each) for each in entry.closures),
        country=entry.country,
        subdivision=entry.state,
        observe_holidays=entry.observe_holidays,
        language=entry.language,
        form_of_address=catalog.FormOfAddress(entry.form_of_address),
        phone=entry.phone,
        email=entry.email,
        website=entry.website,
        privacy=_consent(entry.privacy),
        terms_url=entry.terms_url,
        mail_from=entry.mail_from,
        resources=tuple(_resource(each) for each in resources),
        travel={frozenset(way.between): _minutes(way.minutes) for way in entry.travel},
        default_travel=_minutes(entry.travel_minutes),
        declaration_version=entry.declaration,
        freed_after=catalog.FreedAfter(
            timedelta(minutes=entry.freed_after.min), timedelta(minutes=entry.freed_after.max)
        ),
        outage=catalog.OutageRules(
            timedelta(hours=entry.outage.note_hours),
            catalog.ConflictRule(entry.outage.conflict),
            timedelta(hours=entry.outage.answer_hours),
        ),
        quiet_hours=catalog.QuietHours(*entry.quiet_hours) if entry.quiet_hours else None,
    )


def serving(
    service: models.ServiceEntry, staff: Sequence[models.StaffEntry]
) -> list[models.StaffEntry]:
    """Return who serves: those named, else all who have every skill."""
    if service.staff:
        named = set(service.staff)
        return [m for m in staff if m.id in named]
    wanted = set(service.skills)
    return [m for m in staff if wanted.issubset(m.skills)]


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def places_meant(names: Iterable[str], places: Iterable[str]) -> list[str]:
    """Return a service's locations one by one and once each; `places` are the ids of the file."""
    meant = (places if name == ALL_PLACES else (name,) for name in names)
    return list(dict.fromkeys(chain.from_iterable(meant)))


def _words(text: Text) -> catalog.LocalText:
    return catalog.LocalText(text.de, text.en)


def _spans(day: Sequence[Opening]) -> tuple[catalog.OpenHours, ...]:
    return tuple(catalog.OpenHours(*span) for span in day)


def _week(week: Week) -> catalog.WeeklyHours:
    return {day: _spans(spans) for day, spans in week.items()}


def _absence(entry: models.Absence) -> catalog.DateRange:
    name = _words(entry.name) if entry.name else None
    return catalog.DateRange(entry.first, entry.last, name)


def _period(entry: models.Period | None) -> catalog.DateRange | None:
    return catalog.DateRange(entry.first, entry.last) if entry else None


def _consent(entry: models.Consent | None) -> catalog.Consent | None:
    return catalog.Consent(entry.version, _words(entry.text), entry.url) if entry else None


def _service(
    entry: models.ServiceEntry,
    staff: Sequence[models.StaffEntry],
    places: tuple[catalog.Place, ...],
) -> catalog.Service:
    return catalog.Service(
        id=entry.id,
        name=_words(entry.name),
        description=_words(entry.description),
        durations=tuple(_minutes(m) for m in entry.minutes),
        locations=tuple(_locations(entry.locations, places)),
        staff_ids=tuple(m.id for m in serving(entry, staff)),
        pre_buffer=_minutes(entry.buffer_before),
        post_buffer=_minutes(entry.buffer_after),
        slot_interval=_minutes(entry.interval),
        minimum_lead_time=timedelta(hours=entry.lead_hours),
        maximum_advance=timedelta(days=entry.advance_days),
        hours=_week(entry.hours) if entry.hours is not None else None,
        price=_price(entry.price),
        phone=catalog.FieldRule(entry.phone),
        note=catalog.FieldRule(entry.note),
        questions=tuple(_question(each) for each in entry.questions),
        consent=_consent(entry.consent),
        staff_choice=entry.staff_choice,
        invite_customer=entry.invite_customer,
        cancel_until=timedelta(hours=entry.cancel_hours),
        reminders=tuple(timedelta(hours=hours) for hours in entry.reminder_hours),
        move_until=timedelta(
            hours=entry.cancel_hours if entry.move_hours is None else entry.move_hours
        ),
        blocking=frozenset(catalog.BusyStatus(each) for each in entry.blocks),
        slot_offset=_minutes(entry.offset),
        shared_buffers=entry.shared_buffers,
        bookable=_period(entry.bookable),
        assignment=catalog.AssignmentPolicy(entry.assign),
        rooms=entry.rooms,
        equipment=entry.equipment,
        customer_limit=entry.per_customer,
        visibility=catalog.Visibility(entry.visibility),
        aliases=entry.aliases,
        approval=timedelta(hours=entry.approval_hours) if entry.approval_hours else None,
    )


def _locations(
    names: Sequence[str], places: Sequence[catalog.Place]
) -> Iterator[catalog.Location]:
    by_id = {place.id: place for place in places}
    for name in places_meant(names, by_id):
        if name in by_id:
            yield catalog.Location(catalog.LocationKind.PLACE, by_id[name])
        else:
            yield catalog.Location(catalog.LocationKind(name))


def _price(entry: models.PriceEntry) -> catalog.Price:
    return catalog.Price(
        kind=catalog.PriceKind(entry.kind),
        amount=entry.amount or catalog.Price().amount,
        currency=entry.currency,
        vat_percent=entry.vat_percent,
        unit=_words(entry.unit) if entry.unit else None,
    )


def _question(entry: models.QuestionEntry) -> catalog.Question:
    return catalog.Question(
        id=entry.id,
        label=_words(entry.label),
        kind=catalog.QuestionKind(entry.kind),
        required=entry.required,
        max_length=entry.max_length,
        choices=tuple((c.value, _words(c.label)) for c in entry.choices),
    )


def _resource(entry: models.ResourceEntry) -> catalog.Resource:
    return catalog.Resource(
        id=entry.id,
        name=_words(entry.name),
        kind=catalog.ResourceKind(entry.kind),
        place_id=entry.place,
        units=entry.units,
        mailbox=entry.mailbox,
    )


def _all_staff(
    staff: Sequence[models.StaffEntry], zone: str, waves: Mapping[str, date]
) -> Iterator[catalog.StaffMember]:
    """Yield the members; those of one shift share one object as their hours."""
    weeks: dict[int, catalog.WeeklyHours] = {}
    for each in staff:
        key = id(each.hours)
        if key not in weeks:
            weeks[key] = _week(each.hours)
        yield _staff(each, weeks[key], zone, waves)


def _staff(
    entry: models.StaffEntry, hours: catalog.WeeklyHours, zone: str, waves: Mapping[str, date]
) -> catalog.StaffMember:
    return catalog.StaffMember(
        id=entry.id,
        name=entry.name,
        mailbox=entry.mailbox,
        zone=ZoneInfo(entry.zone or zone),
        hours=hours,
        breaks=_week(entry.breaks),
        overrides={day: _spans(spans) for day, spans in entry.overrides.items()},
        time_off=tuple(_absence(each) for each in entry.time_off),
        skills=frozenset(entry.skills),
        weight=entry.weight,
        max_per_day=entry.per_day,
        max_per_week=entry.per_week,
        sites=frozenset(entry.sites),
        work_places=entry.work_places,
        subdivision=entry.state,
        bookable_from=waves[entry.wave] if entry.wave else None,
        declaration=entry.declaration,
    )

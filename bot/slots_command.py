"""`slots`: reads what was typed, asks the desk, and gives the answer back to be printed."""

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import business_file, inquiry, slots_report
from bot.busy_file import BusyFileUnreadable
from bot.demo import EXAMPLES, examples
from bot.settings import Settings, SettingsInvalid, configured_business_file, load_settings
from scheduling.catalog import Business, Service
from scheduling.desk import Offer, Search
from scheduling.errors import BookingError, UnknownService
from scheduling.explain import Explanation
from scheduling.timespan import TimeSpan, wall_time

YEARS = range(1971, 2900)


class SlotsImpossible(Exception):
    """The question cannot be answered; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line says, as it was typed."""

    service: str
    first: str
    days: int
    staff: str | None
    location: str
    minutes: int | None
    now: str
    explain: bool
    busy: Path | None
    business: Path | None
    example: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found."""

    business: Business
    service: Service
    offer: Offer
    explanations: tuple[Explanation, ...]
    failing: slots_report.Failing

    def as_json(self) -> str:
        """Return one JSON object."""
        found = slots_report.as_json(
            self.business, self.service, self.offer, self.explanations, self.failing
        )
        return json.dumps(found, indent=2, ensure_ascii=False)

    def as_text(self) -> str:
        """Return lines for a terminal."""
        found = slots_report.as_lines(
            self.business, self.service, self.offer, self.explanations, self.failing
        )
        return "\n".join(found)


async def answer(asked: Question) -> Answer:
    """Ask; raises SlotsImpossible, or BusinessFileInvalid."""
    now = _moment(asked.now) if asked.now else None
    try:
        async with _inquiry(asked, now) as at:
            return await _found(asked, at)
    except BusyFileUnreadable as unreadable:
        raise SlotsImpossible(str(unreadable)) from None
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None


def settings_of(example: str | None) -> Settings:
    """Return the configured settings, or those of an example's demo; SlotsImpossible."""
    # imported here: a question to a file must not wait for the SDKs
    from bot.demo_program import DemoImpossible, demo_settings

    try:
        return demo_settings(example) if example else load_settings()
    except DemoImpossible as impossible:
        raise SlotsImpossible(str(impossible)) from None
    except SettingsInvalid as invalid:
        raise SlotsImpossible(
            f"The settings are incomplete or wrong (without Outlook: --busy FILE):\n\n{invalid}"
        ) from None


def _inquiry(
    asked: Question, now: datetime | None
) -> AbstractAsyncContextManager[inquiry.Inquiry]:
    if asked.busy is None:
        from bot import configured

        settings = settings_of(asked.example)
        if asked.business is not None:
            settings = settings.model_copy(update={"business_file": asked.business})
        return configured.of_settings(settings, now)
    return inquiry.of_file(business_file.load(_file(asked)), asked.busy, now)


def _file(asked: Question) -> Path:
    if asked.business is not None:
        return asked.business
    if asked.example is None:
        return configured_business_file()
    if asked.example not in examples():
        raise SlotsImpossible(
            f"There is no example {asked.example!r}. There are: {', '.join(examples())}."
        )
    return EXAMPLES / asked.example / "business.yaml"


async def _found(asked: Question, at: inquiry.Inquiry) -> Answer:
    business = at.business
    try:
        service = business.service(asked.service)
    except UnknownService:
        known = ", ".join(each.id for each in business.services)
        raise SlotsImpossible(
            f"There is no service {asked.service!r}. There are: {known}."
        ) from None
    search = Search(
        service_id=service.id,
        duration=_duration(asked, service),
        staff_id=_staff_id(asked, business),
        span=_span(asked, business.zone, at.now),
        location_id=_location_id(asked, service),
    )
    offer = await _offer(asked, service, at, search)
    explanations = await at.finder.explain_all(search) if asked.explain else ()
    # what is known for longer says since when; the rest has just been found out
    failing = {
        resource: (failure.code, slots_report.utc(failure.since))
        for resource, failure in at.finder.failures.items()
    }
    return Answer(business, service, offer, explanations, {**failing, **at.failing})


async def _offer(asked: Question, service: Service, at: inquiry.Inquiry, search: Search) -> Offer:
    serving = {member.id for member in at.business.staff_for(service)}
    if search.staff_id is None or search.staff_id in serving:
        return await at.finder.offer(search)
    if asked.explain:
        return Offer((), {})
    raise SlotsImpossible(f"{search.staff_id!r} does not serve {service.id!r}.")


def _duration(asked: Question, service: Service) -> timedelta:
    if asked.minutes is None:
        return service.durations[0]
    lengths = {length // timedelta(minutes=1): length for length in service.durations}
    if asked.minutes not in lengths:
        known = ", ".join(map(str, lengths))
        raise SlotsImpossible(
            f"{service.id!r} does not take {asked.minutes} minutes. It takes: {known}."
        )
    return lengths[asked.minutes]


def _location_id(asked: Question, service: Service) -> str:
    known = [location.id for location in service.locations]
    if asked.location and asked.location not in known:
        raise SlotsImpossible(
            f"{service.id!r} does not take place at {asked.location!r}. "
            f"There are: {', '.join(known)}."
        )
    return asked.location


def _staff_id(asked: Question, business: Business) -> str | None:
    if asked.staff is not None and not business.has_staff_member(asked.staff):
        raise SlotsImpossible(f"Nobody on the staff has the id {asked.staff!r}.")
    return asked.staff


def _span(asked: Question, zone: ZoneInfo, now: datetime) -> TimeSpan:
    """Return whole days on the clock of the business."""
    first = _day(asked.first) if asked.first else now.astimezone(zone).date()
    after = first + timedelta(days=asked.days)
    return TimeSpan(wall_time(first, time(0), zone), wall_time(after, time(0), zone))


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SlotsImpossible(f"{text!r} is no day. Write it as 2026-12-01.") from None
    return _in_reach(day, text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SlotsImpossible(f"{text!r} is no time. Write it as 2026-12-01T09:00:00Z.") from None
    _in_reach(moment, text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _in_reach(day: date, text: str) -> date:
    if day.year not in YEARS:
        raise SlotsImpossible(f"{text!r} is too far away. Name a year that somebody plans for.")
    return day

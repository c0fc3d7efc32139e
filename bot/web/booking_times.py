"""What the plain page searches for and how the times of a page are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.conversation import times
from bot.conversation.draft import Draft
from bot.conversation.replies import AskSlot, TimeOption
from bot.conversation.setting import DeskPort, Setting
from bot.texts import formats
from bot.understanding.wish import Wish
from scheduling.catalog import Service
from scheduling.desk import Search
from scheduling.timespan import TimeSpan, wall_time

START_HERE = Wish()


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked search: `draft` with service, length and person, and from or before which day."""

    draft: Draft
    first: date | None = None
    before: date | None = None
    error: str = ""
    """Key of what is wrong with the date, if anything."""


@dataclass(frozen=True, slots=True)
class Page:
    """Times to show, in local time by day, and the days to turn to."""

    days: Sequence[Sequence[TimeOption]] = ()
    earlier: date | None = None
    later: date | None = None
    incomplete: bool = False
    is_down: bool = False
    known_at: datetime | None = None
    """Set in an outage: how old the state is that the times stand on."""
    needs_place: bool = False
    """Whether the place has to be chosen before there can be times."""
    note: str = ""


def for_service(draft: Draft, service: Service) -> Draft:
    """Return the draft for this service: who the customer is stays, its own answers do not."""
    if draft.service_id == service.id:
        return draft
    return replace(
        draft, service_id=service.id, answers={}, consents={}, asked=(), location_id=None
    )


def chosen(draft: Draft, values: Mapping[str, str], service: Service, setting: Setting) -> Draft:
    """Read length and person; values that are not offered count as not chosen."""
    lengths = {str(minutes_of(length)): length for length in service.durations}
    length = lengths.get(values.get("duration", ""), service.durations[0])
    members = setting.business.staff_for(service) if service.staff_choice else ()
    staff_id = values.get("staff", "")
    draft = for_service(draft, service)
    if setting.business.asks_place_first(service):
        places = {location.id for location in service.locations}
        said = values.get("location", draft.location_id or "")
        draft = replace(draft, location_id=said if said in places else None)
    return replace(
        draft,
        duration_minutes=minutes_of(length),
        staff_id=staff_id if staff_id in {member.id for member in members} else None,
        excluded_staff_ids=(),
        wish=START_HERE,
    )


def minutes_of(length: timedelta) -> int:
    """Return whole minutes."""
    return int(length.total_seconds()) // 60


def instant(moment: datetime) -> str:
    """Return the value of a time's button."""
    return moment.astimezone(UTC).isoformat()


def read_search(
    draft: Draft, values: Mapping[str, str], service: Service, setting: Setting
) -> Asked:
    """Check what the search form says; a wrong date is named, and the first times are shown."""
    return read_day(Asked(chosen(draft, values, service, setting)), values, service, setting)


def read_day(asked: Asked, values: Mapping[str, str], service: Service, setting: Setting) -> Asked:
    """Check from or before which day times are asked for."""
    said = values.get("date", "").strip()
    today = times.local(setting.clock.now(), setting).date()
    last = today + service.maximum_advance
    try:
        if values.get("before"):
            before = date.fromisoformat(values["before"])
            return replace(asked, before=min(max(before, today), last))
        first = date.fromisoformat(said) if said else None
    except ValueError:
        return replace(asked, error="page_date_invalid")
    if first is not None and first < today:
        return replace(asked, error="date_passed")
    return replace(asked, first=min(first, last + timedelta(days=1)) if first else None)


def read_start(raw: str, service: Service, setting: Setting) -> datetime | None:
    """Return the start a button stands for, None for anything no button could say."""
    try:
        start = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if start.tzinfo is None or start.utcoffset() != timedelta(0):
        return None
    now = setting.clock.now()
    is_near = now - timedelta(days=1) < start <= now + service.maximum_advance
    return start.astimezone(UTC) if is_near else None


async def page(asked: Asked, desk: DeskPort, setting: Setting) -> Page:
    """Find the days to show; where nothing is free from that day on, the first free ones."""
    service = setting.business.service(asked.draft.service_id or "")
    if setting.business.asks_place_first(service) and not asked.draft.location_id:
        return Page(needs_place=True)
    if asked.before is not None:
        found = await _before(asked, desk, setting)
        return _page(found, asked, setting)
    start = _midnight(asked.first, setting) if asked.first else None
    found = await times.find(asked.draft, desk, setting, START_HERE, start)
    if asked.first and not found.slots and not found.is_down:
        found = await times.find(asked.draft, desk, setting, START_HERE)
        return replace(_page(found, asked, setting), note="no_match" if found.slots else "")
    return _page(found, asked, setting)


def _page(found: times.Found, asked: Asked, setting: Setting) -> Page:
    length = timedelta(minutes=asked.draft.duration_minutes or 0)
    options = [TimeOption(s.span.start, s.span.start + length) for s in found.slots]
    days = by_day(options, setting)
    if not days:
        return Page(incomplete=found.unknown, is_down=found.is_down)
    first, last = days[0][0].start.date(), days[-1][0].start.date()
    today = times.local(setting.clock.now(), setting).date()
    return Page(
        days,
        earlier=first if first > today else None,
        later=last + timedelta(days=1) if found.has_more else None,
        incomplete=found.unknown,
        known_at=found.known_at,
    )


def page_of(reply: AskSlot, setting: Setting) -> Page:
    """Return the page of what the conversation offers instead of a time that is gone."""
    days = by_day(reply.times, setting)
    return Page(
        days,
        later=days[-1][0].start.date(),
        incomplete=reply.incomplete,
        known_at=reply.known_at,
        note=reply.note_key,
    )


def by_day(options: Sequence[TimeOption], setting: Setting) -> list[list[TimeOption]]:
    """Group by local day; the times keep their instant and show the business's clock."""
    zone = setting.business.zone
    days: dict[date, list[TimeOption]] = {}
    for option in options:
        local = TimeOption(option.start.astimezone(zone), option.end.astimezone(zone))
        days.setdefault(local.start.date(), []).append(local)
    return list(days.values())


def zone_words(page: Page, setting: Setting, language: str) -> str:
    """Return the zone's name; a clock change between the days shown gives two."""
    zone = setting.business.zone.key
    names = (formats.zone(zone, time.start, language) for day in page.days for time in day)
    return " / ".join(dict.fromkeys(names))


def _midnight(day: date, setting: Setting) -> datetime:
    return wall_time(day, time(0), setting.business.zone)


async def _before(asked: Asked, desk: DeskPort, setting: Setting) -> times.Found:
    """Look backward until three days with times are known or today is reached."""
    assert asked.before is not None
    now = setting.clock.now()
    end = _midnight(asked.before, setting)
    found = times.Found(has_more=True)
    while end > now:
        span = TimeSpan(max(now, end - times.STRIDE), end)
        offer = await desk.offer(_search(asked.draft, span, setting))
        if offer.calendar_is_down and not found.slots:
            return times.Found(is_down=True)
        slots = (*offer.slots, *found.slots)
        found = replace(
            found,
            slots=slots,
            unknown=found.unknown or offer.is_incomplete,
            known_at=times.older(found.known_at, offer.known_at),
        )
        days = list(dict.fromkeys(times.local(s.span.start, setting).date() for s in slots))
        if len(days) >= times.DAYS_PER_PAGE:
            first = _midnight(days[-times.DAYS_PER_PAGE], setting)
            return replace(found, slots=tuple(s for s in slots if s.span.start >= first))
        end = span.start
    if found.slots:
        return found
    return await times.find(asked.draft, desk, setting, START_HERE)


def _search(draft: Draft, span: TimeSpan, setting: Setting) -> Search:
    service = setting.business.service(draft.service_id or "")
    return Search(
        service_id=draft.service_id or "",
        duration=timedelta(minutes=draft.duration_minutes or 0),
        staff_id=draft.staff_id,
        span=span,
        ignore_booking=draft.hold_id,
        location_id=times.location_of(draft, service, setting),
        most_names=times.MOST_NAMES,
        moves=draft.moving or None,
    )

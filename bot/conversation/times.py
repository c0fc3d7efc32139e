"""Which times to show: pages of three days, nearest times, and a lost time's neighbours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.conversation import wishes
from bot.conversation.draft import Draft, Offered
from bot.conversation.replies import AskSlot, CalendarDown, NoSlots, Reply, TimeOption
from bot.conversation.setting import DeskPort, Setting
from bot.conversation.wording import wish_words
from bot.understanding.wish import Prefer, Window, Wish
from scheduling.booking import Slot
from scheduling.catalog import Location, Service, StaffMember
from scheduling.desk import Search
from scheduling.timespan import TimeSpan, wall_time

DAYS_PER_PAGE = 3
TIMES_PER_DAY = 6
NEAREST = 3
MOST_NAMES = 5
"""Staff members remembered per time; thousands may be free."""
# one look at the calendars; the pages shown first need no more (unit: days)
STRIDE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Found:
    """Fitting slots of the first days that have any, in order."""

    slots: tuple[Slot, ...] = ()
    has_more: bool = False
    unknown: bool = False
    is_down: bool = False
    known_at: datetime | None = None
    """Set in an outage: how old the state is that this was found on."""


def chosen_duration(draft: Draft, service: Service) -> timedelta:
    """Return the duration chosen, or the only one."""
    if draft.duration_minutes is None:
        return service.durations[0]
    return timedelta(minutes=draft.duration_minutes)


def local(moment: datetime, setting: Setting) -> datetime:
    """Return the wall clock of the business, naive as wishes are."""
    return moment.astimezone(setting.business.zone).replace(tzinfo=None)


def only_at(start: datetime, wish: Wish, setting: Setting) -> Wish:
    """Return the wish for exactly this start (UTC); what is excluded stays so."""
    at = local(start, setting)
    exact = wishes.on_day(at.date(), Window(at.time(), at.time()))
    return Wish((exact,), wish.exclude)


def _utc(moment: datetime, setting: Setting) -> datetime:
    return wall_time(moment.date(), moment.time(), setting.business.zone)


async def find(
    draft: Draft, desk: DeskPort, setting: Setting, wish: Wish, start: datetime | None = None
) -> Found:
    """Look forward from `start` (UTC) until three days with times and a fourth are known."""
    service = setting.business.service(draft.service_id or "")
    now = setting.clock.now()
    horizon = now + service.maximum_advance
    first = datetime.combine(wishes.first_day(wish, local(now, setting).date()), time(0))
    cursor = max(now, start or now, _utc(first, setting))
    end = _end(wish, horizon, setting)
    slots: list[Slot] = []
    unknown = False
    known_at: datetime | None = None
    while cursor < end:
        span = TimeSpan(cursor, min(cursor + STRIDE, end))
        offer = await desk.offer(_search(draft, service, span, setting))
        if offer.calendar_is_down and not slots:
            return Found(is_down=True)
        unknown = unknown or offer.is_incomplete
        known_at = older(known_at, offer.known_at)
        slots += [s for s in offer.slots if wishes.fits(wish, local(s.span.start, setting))]
        if len(_by_day(slots, setting)) > DAYS_PER_PAGE:
            break
        cursor = span.end
    days = list(_by_day(slots, setting).values())
    shown = [slot for day in days[:DAYS_PER_PAGE] for slot in day]
    has_more = len(days) > DAYS_PER_PAGE or (bool(shown) and end < horizon)
    return Found(tuple(shown), has_more, unknown, known_at=known_at)


def older(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of those that are known."""
    return min((each for each in (one, other) if each is not None), default=None)


def _end(wish: Wish, horizon: datetime, setting: Setting) -> datetime:
    last = wishes.last_day(wish)
    if last is None or last > horizon.date():
        return horizon
    after = datetime.combine(last + timedelta(days=1), time(0))
    return min(horizon, _utc(after, setting))


def _search(draft: Draft, service: Service, span: TimeSpan, setting: Setting) -> Search:
    return Search(
        service_id=service.id,
        duration=chosen_duration(draft, service),
        staff_id=draft.staff_id,
        span=span,
        excluded_staff_ids=draft.excluded_staff_ids,
        ignore_booking=draft.hold_id,
        location_id=location_of(draft, service, setting),
        most_names=MOST_NAMES,
        moves=draft.moving or None,
    )


def location_of(draft: Draft, service: Service, setting: Setting) -> str:
    """Return the place that decides who is free, empty where none does."""
    if not setting.business.asks_place_first(service):
        return ""
    offered = {location.id for location in service.locations}
    return draft.location_id if draft.location_id in offered else ""


def _by_day(slots: list[Slot], setting: Setting) -> dict[date, list[Slot]]:
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(local(slot.span.start, setting).date(), []).append(slot)
    return days


def spread(slots: list[Slot], count: int) -> list[Slot]:
    """Pick so many over the whole day, first and last included."""
    if len(slots) <= count:
        return slots
    step = (len(slots) - 1) / (count - 1)
    return [slots[round(i * step)] for i in range(count)]


def _page(found: Found, wish: Wish, setting: Setting) -> tuple[Slot, ...]:
    pick: Callable[[list[Slot], int], list[Slot]] = spread
    if wish.prefer is Prefer.EARLIEST:
        pick = _first
    elif wish.prefer is Prefer.LATEST:
        pick = _last
    days = _by_day(list(found.slots), setting).values()
    return tuple(slot for day in days for slot in pick(day, TIMES_PER_DAY))


def _first(slots: list[Slot], count: int) -> list[Slot]:
    return slots[:count]


def _last(slots: list[Slot], count: int) -> list[Slot]:
    return slots[-count:]


async def show(
    draft: Draft, desk: DeskPort, setting: Setting, *, note: str = ""
) -> tuple[Draft, Reply]:
    """Offer the first page that fits the wish, else the nearest times, and say which it is."""
    found = await find(draft, desk, setting, draft.wish)
    return await shown(draft, desk, setting, found, note=note)


async def shown(
    draft: Draft, desk: DeskPort, setting: Setting, found: Found, *, note: str = ""
) -> tuple[Draft, Reply]:
    """Offer what was found for the wish; where it is nothing, the nearest times."""
    if found.is_down:
        return _down(draft, setting)
    if found.slots:
        page = _page(found, draft.wish, setting)
        return _offer(draft, setting, replace(found, slots=page), note=note)
    return await _nearest_to_wish(draft, desk, setting, incomplete=found.unknown)


async def _nearest_to_wish(
    draft: Draft, desk: DeskPort, setting: Setting, *, incomplete: bool
) -> tuple[Draft, Reply]:
    wanted = wishes.target(draft.wish, local(setting.clock.now(), setting).date())
    same_days = wishes.without_hours(draft.wish)
    if same_days.alternatives and same_days != draft.wish:
        found = await find(draft, desk, setting, same_days)
        if found.slots:
            found = _closest(found, wanted.time(), setting)
            return _offer(draft, setting, found, note="no_match")
    wish = wishes.only_exclusions(draft.wish)
    around = datetime.combine(wanted.date() - timedelta(days=3), time(0))
    found = await find(draft, desk, setting, wish, _utc(around, setting))
    if not found.slots and not found.is_down:
        found = await find(draft, desk, setting, wish)
    if found.is_down:
        return _down(draft, setting)
    if not found.slots:
        service = setting.business.service(draft.service_id or "")
        reply = NoSlots(
            setting.business, service, _staff_member(draft, setting), found.unknown or incomplete
        )
        return replace(draft, step="slot", offered=(), offer_id=""), reply
    found = _closest(found, wanted.time(), setting)
    found = replace(found, unknown=found.unknown or incomplete)
    return _offer(draft, setting, found, note="no_match")


def _closest(found: Found, at: time, setting: Setting) -> Found:
    """Keep of each day the times closest to an hour."""
    days = _by_day(list(found.slots), setting).values()
    near = [slot for day in days for slot in _nearest(day, at, setting)]
    return replace(found, slots=tuple(near))


def _nearest(day: list[Slot], at: time, setting: Setting) -> list[Slot]:
    def distance(slot: Slot) -> int:
        start = local(slot.span.start, setting).time()
        return abs((start.hour - at.hour) * 60 + start.minute - at.minute)

    return sorted(sorted(day, key=distance)[:TIMES_PER_DAY], key=lambda s: s.span.start)


async def beside(
    draft: Draft, desk: DeskPort, setting: Setting, lost: datetime, *, note: str
) -> tuple[Draft, Reply]:
    """Offer the three times nearest to one that is gone; excluded times are never among them."""
    service = setting.business.service(draft.service_id or "")
    wish = wishes.only_exclusions(draft.wish)
    found = await find(draft, desk, setting, wish, lost - timedelta(days=1))
    if found.is_down:
        return _down(draft, setting)
    others = sorted(
        (s for s in found.slots if s.span.start != lost), key=lambda s: abs(s.span.start - lost)
    )
    if not others:
        return await show(draft, desk, setting, note=note)
    near = sorted(others[:NEAREST], key=lambda s: s.span.start)
    draft, reply = _offer(
        draft, setting, replace(found, slots=tuple(near), has_more=True), note=note
    )
    return draft, replace(reply, lost=TimeOption(lost, lost + chosen_duration(draft, service)))


async def later(draft: Draft, desk: DeskPort, setting: Setting) -> tuple[Draft, Reply] | None:
    """Turn to the page after the one shown; None where nothing comes after it."""
    if not draft.offered:
        return None
    last = local(draft.offered[-1].start, setting)
    cursor = _utc(datetime.combine(last.date() + timedelta(days=1), time(0)), setting)
    wish = wishes.without_days(draft.wish)
    found = await find(draft, desk, setting, wish, cursor)
    if not found.slots:
        return _down(draft, setting) if found.is_down else None
    pages = (*draft.earlier_pages, draft.offered[0].start)
    page = replace(found, slots=_page(found, draft.wish, setting))
    draft, reply = _offer(draft, setting, page, note="other_times", pages=pages)
    return draft, reply


async def earlier(draft: Draft, desk: DeskPort, setting: Setting) -> tuple[Draft, Reply] | None:
    """Turn to the page before the one shown; None where there is none."""
    if not draft.earlier_pages:
        return await _before_first(draft, desk, setting)
    *pages, start = draft.earlier_pages
    midnight = datetime.combine(local(start, setting).date(), time(0))
    wish = wishes.without_days(draft.wish)
    found = await find(draft, desk, setting, wish, _utc(midnight, setting))
    if not found.slots:
        return _down(draft, setting) if found.is_down else None
    page = replace(found, slots=_page(found, draft.wish, setting))
    return _offer(draft, setting, page, note="other_times", pages=tuple(pages))


async def _before_first(
    draft: Draft, desk: DeskPort, setting: Setting
) -> tuple[Draft, Reply] | None:
    """Show the last days before the first page, where the wish began later than today."""
    if not draft.offered:
        return None
    first = draft.offered[0].start
    wish = wishes.without_days(draft.wish)
    found = await find(draft, desk, setting, wish, first - timedelta(days=DAYS_PER_PAGE + 1))
    before = tuple(s for s in found.slots if s.span.start < first)
    if not before:
        return _down(draft, setting) if found.is_down else None
    page = replace(found, slots=before, has_more=True)
    page = replace(page, slots=_page(page, draft.wish, setting))
    return _offer(draft, setting, page, note="other_times")


def again(draft: Draft, setting: Setting) -> AskSlot | None:
    """Return the question of the offer on the table, as long as all of it lies ahead."""
    if not draft.offered or draft.offered[0].start <= setting.clock.now():
        return None
    return _question(draft, setting)


def _offer(
    draft: Draft,
    setting: Setting,
    found: Found,
    *,
    note: str,
    pages: tuple[datetime, ...] = (),
) -> tuple[Draft, AskSlot]:
    draft = replace(
        draft,
        step="slot",
        offer_id=setting.new_offer_id(),
        offered=tuple(Offered(s.span.start, s.staff_ids) for s in found.slots),
        page_from=found.slots[0].span.start,
        earlier_pages=pages,
        has_later=found.has_more,
        incomplete=found.unknown,
        known_at=found.known_at,
        note_key=note,
    )
    return draft, _question(draft, setting)


def _question(draft: Draft, setting: Setting) -> AskSlot:
    service = setting.business.service(draft.service_id or "")
    length = chosen_duration(draft, service)
    today = local(setting.clock.now(), setting).date()
    first = local(draft.offered[0].start, setting).date()
    return AskSlot(
        business=setting.business,
        service=service,
        staff_member=_staff_member(draft, setting),
        duration_minutes=int(length.total_seconds()) // 60,
        times=tuple(TimeOption(o.start, o.start + length) for o in draft.offered),
        offer_id=draft.offer_id,
        zone=setting.business.zone.key,
        note_key=draft.note_key,
        given_up=_given_up(draft, setting),
        wish_words=wish_words(draft.wish, draft.language),
        incomplete=draft.incomplete,
        known_at=draft.known_at,
        has_earlier=bool(draft.earlier_pages) or first > today + timedelta(days=1),
        has_later=draft.has_later,
        location=_chosen_among_several(draft, service),
        is_one_of_several=bool(draft.wish.recurrence),
    )


def _chosen_among_several(draft: Draft, service: Service) -> Location | None:
    if len(service.locations) < 2:
        return None
    return next((each for each in service.locations if each.id == draft.location_id), None)


def _given_up(draft: Draft, setting: Setting) -> str:
    if draft.note_key != "no_match":
        return ""
    return wishes.given_up(draft.wish, [local(o.start, setting) for o in draft.offered])


def anchor(draft: Draft, setting: Setting) -> datetime | None:
    """Return the local moment "an hour later" counts from: held, wished exactly, or moved."""
    if draft.hold_start is not None:
        return local(draft.hold_start, setting)
    clauses = draft.wish.alternatives
    if len(clauses) != 1 or len(clauses[0].dates) != 1 or not wishes.is_exact(draft.wish):
        return local(draft.moving_from, setting) if draft.moving_from else None
    return datetime.combine(clauses[0].dates[0].first, clauses[0].windows[0].start)


def _down(draft: Draft, setting: Setting) -> tuple[Draft, Reply]:
    cleared = replace(draft, step="slot", offered=(), offer_id="")
    return cleared, CalendarDown(setting.business, moves=bool(draft.moving))


def _staff_member(draft: Draft, setting: Setting) -> StaffMember | None:
    return setting.business.staff_member(draft.staff_id) if draft.staff_id else None

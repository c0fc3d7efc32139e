"""What is known of every calendar and claim, and the views that were made of it.

A view is made when it is first asked for, kept exact with every change, and dropped when it was
the least recently used. No I/O: whoever feeds it reads calendars and the store.
"""

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from scheduling.booking import STAFF
from scheduling.catalog import Business, Service
from scheduling.index.slot_class import SlotClass, serving_at, slot_class
from scheduling.index.standing import Failure, Standing, busy_of
from scheduling.index.view import View
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem
from scheduling.timespan import TimeSpan, from_seconds, local_day

NOT_LOADED = Standing(unknown="not_loaded")
ALWAYS_FREE = Standing()
MOST_VIEWS = 24
MOST_BYTES = 64 * 1024 * 1024
"""All views together: about twelve of 16,000 staff over two weeks."""


class AvailabilityIndex:
    """Standings by resource, views by class."""

    def __init__(
        self,
        business: Business,
        now: datetime,
        *,
        most_views: int = MOST_VIEWS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._business = business
        self._most_views, self._most_bytes = most_views, most_bytes
        self._days = max((s.maximum_advance for s in business.services), default=timedelta(1))
        self._standings: dict[str, Standing] = {}
        self._views: OrderedDict[SlotClass, View] = OrderedDict()
        self._lapses: list[tuple[int, str]] = []
        self.failures: dict[str, Failure] = {}
        """Resource -> why its calendar does not answer, and since when."""
        self.answered: dict[str, datetime] = {}
        """Resource -> when its calendar last answered."""
        self._with_calendar = frozenset(
            unit for r in business.resources if r.mailbox for unit in r.unit_ids
        )
        self.window = self._window(now)

    def _window(self, now: datetime) -> TimeSpan:
        today = local_day(now.astimezone(self._business.zone).date(), self._business.zone)
        last = (now + self._days).astimezone(self._business.zone).date()
        return TimeSpan(today.start, local_day(last, self._business.zone).end)

    def standing(self, resource: str) -> Standing:
        """Return what is known; rooms and equipment without a calendar are known to be free."""
        found = self._standings.get(resource)
        if found is not None:
            return found
        is_unit = not resource.startswith(STAFF) and resource not in self._with_calendar
        return ALWAYS_FREE if is_unit else NOT_LOADED

    def put_calendar(
        self,
        resource: str,
        items: Iterable[BusyItem],
        read_at: datetime,
        covers_until: datetime,
        fresh_until: datetime | None = None,
    ) -> None:
        """Replace what is known of a calendar, from the beginning of the window on.

        `fresh_until`: a notification would tell of any change until then; None = none would.
        """
        standing = replace(
            self.standing(resource),
            busy=busy_of(items),
            unknown=None,
            synced_at=int(read_at.timestamp()),
            read_at=int(read_at.timestamp()),
            covers_until=int(covers_until.timestamp()),
            fresh_until=0 if fresh_until is None else int(fresh_until.timestamp()),
        )
        self.note_answer(resource, None, read_at)
        self._put(resource, standing)

    def put_unknown(self, resource: str, why: str) -> None:
        """Forget a calendar that does not answer: nobody is offered on old knowledge."""
        self._put(resource, replace(self.standing(resource), unknown=why, fresh_until=0))

    def distrust(self, resource: str) -> None:
        """Something changed or failed: until it is read again, the calendar is asked live."""
        before = self._standings.get(resource)
        if before is not None and before.synced_at:
            self._standings[resource] = replace(before, synced_at=0, fresh_until=0)

    def note_answer(self, resource: str, code: str | None, at: datetime) -> None:
        """Note that a calendar answered (None), or why it did not."""
        known = self.failures.get(resource)
        if code is None:
            self.failures.pop(resource, None)
            self.answered[resource] = at
        elif known is None or known.code != code:
            self.failures[resource] = Failure(code, known.since if known else at)

    def put_claims(self, claims: Mapping[str, Iterable[Claim]]) -> None:
        """Replace what the store keeps of these resources."""
        for resource, kept in claims.items():
            ordered = tuple(sorted(kept))
            for claim in ordered:
                if claim.until:
                    heapq.heappush(self._lapses, (claim.until, resource))
            if ordered != self.standing(resource).claims:
                self._put(resource, replace(self.standing(resource), claims=ordered))

    def is_fresh(self, resource: str, now: datetime) -> bool:
        """Tell whether any change of the calendar would have been told of."""
        known = self.standing(resource)
        return (
            known.unknown is None
            and known.fresh_until >= now.timestamp()
            and known.covers_until >= self.window.end.timestamp()
        )

    def was_read_since(self, resource: str, moment: datetime) -> bool:
        """Tell whether the whole calendar was read at or after a moment."""
        known = self.standing(resource)
        return (
            known.unknown is None
            and known.synced_at >= moment.timestamp()
            and known.covers_until >= self.window.end.timestamp()
        )

    def last_known(
        self, resource: str, until: datetime, since: datetime
    ) -> tuple[datetime, tuple[BusyItem, ...]] | None:
        """Return when a calendar was last read, and its entries: how it is now, nobody knows.

        None where that was before `since`, or did not reach up to `until`.
        """
        known = self.standing(resource)
        if not known.read_at or known.covers_until < until.timestamp():
            return None
        read_at = from_seconds(known.read_at, known.read_at + 1).start
        if read_at < since:
            return None
        items = (
            BusyItem(from_seconds(start, end), status)
            for status, flat in known.busy.items()
            for start, end in zip(flat[::2], flat[1::2], strict=True)
        )
        return read_at, tuple(items)

    def claimed(self) -> frozenset[str]:
        """Return whose standing holds claims."""
        return frozenset(name for name, each in self._standings.items() if each.claims)

    def advance(self, now: datetime) -> None:
        """Free what lapsed, and roll the window on to the day of `now`."""
        second = int(now.timestamp())
        while self._lapses and self._lapses[0][0] <= second:
            _, resource = heapq.heappop(self._lapses)
            before = self.standing(resource)
            left = tuple(c for c in before.claims if not c.until or c.until > second)
            if left != before.claims:
                self._put(resource, replace(before, claims=left))
        window = self._window(now)
        if window != self.window:
            self.window = window
            for view in self._views.values():
                view.move(*_seconds(window), self.standing)

    def view(self, service: Service, duration: timedelta, location_id: str = "") -> View:
        """Return the view of a class, which may still have to be completed (`View.step`)."""
        wanted = slot_class(self._business, service, duration, location_id)
        view = self._views.get(wanted)
        if view is None:
            view = self._views[wanted] = self._new_view(wanted, service)
            self._make_room()
        self._views.move_to_end(wanted)
        return view

    def _new_view(self, wanted: SlotClass, service: Service) -> View:
        alike = [s for s in self._business.services if self._is_alike(s, wanted)] or [service]
        serving = {m.id for s in alike for m in serving_at(self._business, s, wanted.places)}
        members = [m for m in self._business.staff if m.id in serving]
        return View(self._business, wanted, members, _seconds(self.window))

    def _is_alike(self, service: Service, wanted: SlotClass) -> bool:
        location = wanted.shape.place_id
        named = {loc.id for loc in service.locations}
        if location and location not in named:
            return False
        return any(
            slot_class(self._business, service, duration, location) == wanted
            for duration in service.durations
        )

    def _make_room(self) -> None:
        while len(self._views) > self._most_views:
            self._views.popitem(last=False)
        held = sum(view.bytes_held() for view in self._views.values())
        while held > self._most_bytes and len(self._views) > 1:
            _, dropped = self._views.popitem(last=False)
            held -= dropped.bytes_held()

    def _put(self, resource: str, standing: Standing) -> None:
        self._standings[resource] = standing
        for view in self._views.values():
            view.refresh(resource, standing)


def _seconds(window: TimeSpan) -> tuple[int, int]:
    return int(window.start.timestamp()), int(window.end.timestamp())

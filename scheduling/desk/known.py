"""What is known without asking Outlook: claims as in the store, calendars as they were fed."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from scheduling.booking import staff_resource
from scheduling.catalog import Business, BusyStatus, Service, StaffMember
from scheduling.index import AvailabilityIndex, View
from scheduling.index.standing import busy_of
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem, ClaimSource
from scheduling.timespan import TimeSpan, whole_seconds

LOOK_BACK = timedelta(days=8)
"""Claims of the running week count for its cap."""

Pause = Callable[[], Awaitable[None]]
"""Lets others have the processor for a moment while a large view is made."""


async def no_pause() -> None:
    """Go on at once."""


class Known:
    """The index, kept in step with the store by whoever asks."""

    def __init__(
        self, index: AvailabilityIndex, store: ClaimSource, business: Business, pause: Pause
    ) -> None:
        self.index = index
        self._store = store
        self._pause = pause
        self._position: int | None = None
        self._window: TimeSpan | None = None
        self.order = {member.id: place for place, member in enumerate(business.staff)}
        """Staff id -> place in the file."""

    async def follow(self, now: datetime) -> None:
        """Take in what the store has changed since, by this process or another."""
        while not await self._followed(now):
            # somebody else took in something newer meanwhile
            pass

    async def _followed(self, now: datetime) -> bool:
        # first: what is read must reach as far as the window of today
        self.index.advance(now)
        began, window = self._position, self.index.window
        changed = await self._store.changed_since(began or 0)
        names = changed.resources
        if began is None or window != self._window:
            names = None
        claims: dict[str, Iterable[Claim]] = {}
        if names is None or names:
            wide = TimeSpan(now - LOOK_BACK, max(window.end, now) + timedelta(days=1))
            wanted = None if names is None else tuple(names)
            claims = dict(await self._store.claims(wanted, wide, now))
        if (self._position, self.index.window) != (began, window):
            return False
        if names is None:
            claims = dict.fromkeys(self.index.claimed(), ()) | claims
        self.index.put_claims(claims)
        # holds that lapsed while the store was asked
        self.index.advance(now)
        self._position, self._window = changed.position, window
        return True

    async def view(self, service: Service, duration: timedelta, location_id: str) -> View:
        """Return the whole view of a service; a large one is made piece by piece."""
        view = self.index.view(service, duration, location_id)
        while not view.is_complete:
            view.step(self.index.standing)
            await self._pause()
        return view

    def split(
        self, members: Sequence[StaffMember], now: datetime
    ) -> tuple[list[StaffMember], list[StaffMember]]:
        """Return who is known to the second, and who has to be asked."""
        fresh: list[StaffMember] = []
        others: list[StaffMember] = []
        for member in members:
            is_fresh = self.index.is_fresh(staff_resource(member.id), now)
            (fresh if is_fresh else others).append(member)
        return fresh, others

    def misses(self, resource: str, items: Iterable[BusyItem], span: TimeSpan) -> bool:
        """Tell whether a live answer about `span` names an entry that is not known here.

        Then a notification was lost: what else is known of that calendar may be wrong as well.
        """
        first, last = whole_seconds(span)
        known = self.index.standing(resource).busy
        for status, flat in busy_of(items).items():
            there = known.get(status, ())
            cuts = {(max(a, first), min(b, last)) for a, b in _pairs(there)}
            told = {(max(a, first), min(b, last)) for a, b in _pairs(flat)}
            if status is not BusyStatus.FREE and told - cuts:
                return True
        return False

    def read_since(self, members: Iterable[StaffMember], since: datetime) -> list[StaffMember]:
        """Return whose calendar was read at or after a moment."""
        read = self.index.was_read_since
        return [m for m in members if read(staff_resource(m.id), since)]


def _pairs(flat: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)

"""Slots to be asked for without serving: what is asked, and the answers over a file alone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.busy_file import FileCalendar, read_busy_file
from scheduling.booking import Booking, staff_resource
from scheduling.catalog import Business
from scheduling.clock import Clock, SystemClock
from scheduling.desk import Finder
from scheduling.errors import UnknownBooking
from scheduling.index import AvailabilityIndex
from scheduling.occupancy import Claim
from scheduling.outage import Outage
from scheduling.outbox import ParkedJob
from scheduling.ports import ChangedClaims
from scheduling.timespan import TimeSpan

LOOK_BACK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class StandingClock:
    """Answers from one moment, as if it were now."""

    moment: datetime

    def now(self) -> datetime:
        """Return it."""
        return self.moment


class NothingBooked:
    """A ClaimSource without a store: nobody has booked anything."""

    async def claims(
        self,
        resources: Sequence[str] | None,
        span: TimeSpan,  # noqa: ARG002 - the port's
        now: datetime,  # noqa: ARG002 - the port's
    ) -> Mapping[str, Sequence[Claim]]:
        """Return no claims."""
        return dict.fromkeys(resources or (), ())

    async def changed_since(self, position: int) -> ChangedClaims:
        """Return that nothing changed."""
        return ChangedClaims(position, frozenset())

    async def booking(self, booking_id: str) -> Booking:
        """Raise UnknownBooking."""
        raise UnknownBooking(booking_id)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What can be asked, and since when which calendar (resource) is known not to answer."""

    business: Business
    finder: Finder
    now: datetime
    failing: Mapping[str, tuple[str, str]]
    waiting_jobs: int = 0
    parked: tuple[ParkedJob, ...] = ()
    outage: Outage | None = None
    """The outage that goes on."""
    held: Mapping[str, tuple[Booking, ...]] = field(default_factory=dict)
    """Resource whose mailbox is gone -> the coming bookings that it holds, by start."""


def clock_at(moment: datetime | None) -> Clock:
    """Return the clock of an inquiry: the real one, or one that stands."""
    return SystemClock() if moment is None else StandingClock(moment)


@asynccontextmanager
async def of_file(business: Business, busy: Path, now: datetime | None) -> AsyncIterator[Inquiry]:
    """Ask a file of busy times, with nothing booked yet; raises BusyFileUnreadable."""
    clock, calendar = clock_at(now), read_busy_file(busy)
    index = AvailabilityIndex(business, clock.now())
    await _put_all(index, business, calendar, clock.now())
    finder = Finder(business, calendar, NothingBooked(), clock, index)
    yield Inquiry(business, finder, clock.now(), {})


async def _put_all(
    index: AvailabilityIndex, business: Business, calendar: FileCalendar, now: datetime
) -> None:
    """Let the index know the whole file: asking it costs nothing, however many they are."""
    boxes = mailboxes_of(business)
    around = TimeSpan(now - LOOK_BACK, index.window.end + timedelta(days=1))
    answers = await calendar.free_busy(tuple(boxes.values()), around)
    for resource, mailbox in boxes.items():
        answer = answers[mailbox]
        if answer.unknown is None:
            index.put_calendar(resource, answer.items, now, around.end, around.end)


def mailboxes_of(business: Business) -> dict[str, str]:
    """Return the mailbox of every resource that has one."""
    found = {staff_resource(m.id): m.mailbox for m in business.staff}
    for resource in business.resources:
        if resource.mailbox:
            found |= dict.fromkeys(resource.unit_ids, resource.mailbox)
    return found

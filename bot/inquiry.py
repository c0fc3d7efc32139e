"""Slots to be asked for without serving: what is asked, and the answers over a file alone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.busy_file import read_busy_file
from scheduling.booking import Booking, staff_resource
from scheduling.catalog import Business
from scheduling.clock import Clock, SystemClock
from scheduling.desk import Finder
from scheduling.errors import UnknownBooking
from scheduling.index import AvailabilityIndex
from scheduling.occupancy import Claim
from scheduling.ports import ChangedClaims
from scheduling.timespan import TimeSpan


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

    def mailboxes(self) -> dict[str, str]:
        """Return the mailbox of every resource that has one."""
        found = {staff_resource(m.id): m.mailbox for m in self.business.staff}
        for resource in self.business.resources:
            if resource.mailbox:
                found |= dict.fromkeys(resource.unit_ids, resource.mailbox)
        return found


def clock_at(moment: datetime | None) -> Clock:
    """Return the clock of an inquiry: the real one, or one that stands."""
    return SystemClock() if moment is None else StandingClock(moment)


@asynccontextmanager
async def of_file(business: Business, busy: Path, now: datetime | None) -> AsyncIterator[Inquiry]:
    """Ask a file of busy times, with nothing booked yet; raises BusyFileUnreadable."""
    clock = clock_at(now)
    index = AvailabilityIndex(business, clock.now())
    finder = Finder(business, read_busy_file(busy), NothingBooked(), clock, index)
    yield Inquiry(business, finder, clock.now(), {})

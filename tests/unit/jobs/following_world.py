"""A calendar in which the staff move and delete, and bookings that follow; time is set by hand."""

from dataclasses import replace
from datetime import timedelta

from bot.jobs.following import SETTLED_AFTER, Follower
from scheduling.booking import Booking, BookingState
from scheduling.catalog import BusyStatus
from scheduling.desk import Following
from scheduling.outbox import JobKind
from scheduling.ports import CalendarChanges, CalendarItem, EventDraft, WrittenEvent
from scheduling.timespan import TimeSpan
from tests.builders import NOW, a_booking, a_business, some_details, span
from tests.fakes import FakeCalendar, FixedClock, InMemoryStore
from tests.following_fake import InMemoryFollowing

ANNA = "anna@example.test"
WEEK = TimeSpan(NOW, NOW + timedelta(days=7))
CHAT = {"channel": "webchat", "conversation": "c1"}
ASKING = {JobKind.MAIL_STAFF_MOVED, JobKind.TELL_STAFF_MOVED}


class GraphAway(Exception):
    code = "http_503"


class StaffCalendar(FakeCalendar):
    """Anna's; `all_day` are made so. `asked_for` counts the looks at single events."""

    def __init__(self) -> None:
        super().__init__()
        self.all_day: set[str] = set()
        self.looks = 0

    async def read_event(self, mailbox: str, event_id: str) -> WrittenEvent | None:
        self.looks += 1
        found = await super().read_event(mailbox, event_id)
        return found and replace(found, is_all_day=event_id in self.all_day)

    async def marked_events(self, mailbox: str, span: TimeSpan) -> list[WrittenEvent]:
        theirs = [key for key, draft in self.drafts.items() if draft.mailbox == mailbox]
        return [self._read(key) for key in theirs if self.drafts[key].span.overlaps(span)]

    def moves(self, booking: Booking, clocks: str) -> None:
        self.drafts[booking.event_id] = replace(self.drafts[booking.event_id], span=span(clocks))

    def deletes(self, booking: Booking) -> None:
        del self.drafts[booking.event_id]

    def items(self) -> tuple[CalendarItem, ...]:
        living = [key for key in self.drafts if key not in self.cancelled]
        return tuple(CalendarItem(k, self.drafts[k].span, BusyStatus.BUSY) for k in living)


class World:
    def __init__(self) -> None:
        self.business = a_business()
        self.clock = FixedClock(NOW)
        self.calendar = StaffCalendar()
        self.store = InMemoryStore(self.clock)
        self.following = InMemoryFollowing(self.store)
        self.follower = self.process()

    def process(self) -> Follower:
        """Another process on the same store."""
        return Follower(
            business=self.business,
            calendar=self.calendar,
            marked=self.calendar,
            store=self.following,
            following=Following(self.business, self.following, self.clock, lambda _: True),
            code_of=lambda failure: getattr(failure, "code", None),
            clock=self.clock,
        )

    def booked(self, clocks: str = "10-10:30", number: int = 1, **changes) -> Booking:
        booking = a_booking(
            clocks,
            id=f"{number:032x}",
            event_id=f"event-{number:032x}",
            event_staff_id="anna",
            details=some_details(reply_to=CHAT),
            **changes,
        )
        self.calendar.drafts[booking.event_id] = EventDraft(
            booking.id, 1, ANNA, booking.span, "UTC", "", "", ""
        )
        return self.store.put(booking)

    def now(self, booking: Booking) -> Booking:
        return self.store.bookings[booking.id]

    def start(self, booking: Booking) -> str:
        return f"{self.now(booking).span.start.astimezone():%H:%M}"

    async def told(self, *event_ids: str, whole: bool = False, by: Follower | None = None) -> None:
        """Anna's calendar is read, all of it or what changed."""
        items = self.calendar.items()
        if not whole:
            items = tuple(item for item in items if item.event_id in event_ids)
        gone = () if whole else tuple(set(event_ids) - {item.event_id for item in items})
        changes = CalendarChanges(items, gone, "link", is_whole=whole)
        await (by or self.follower).on_read("staff:anna", WEEK, changes)

    async def settled(self, *followers: Follower) -> None:
        """Let the followers look until long after an event stands still."""
        for _ in range(4):
            for follower in followers or (self.follower,):
                await follower.step()
            self.clock.advance(SETTLED_AFTER)

    async def seen(self, booking: Booking) -> Booking:
        """Tell of the booking's event, let it settle, and return what the booking became."""
        await self.told(booking.event_id)
        await self.settled()
        return self.now(booking)

    def kinds(self) -> list[str]:
        return [promise.kind for promise in self.store.promises]

    def states(self) -> list[BookingState]:
        return self.store.states()

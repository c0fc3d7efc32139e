"""What scheduling needs from outside, as Protocols of a few methods each.

Adapters: scheduling/store (BookingStore, DurableQueue, DocumentStore), graph/calendar.py
(Calendar), graph/mail.py (Notifier). bot/app.py alone plugs them in.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from scheduling.booking import (
    Booking,
    BookingEvent,
    CancelledBy,
    Details,
    HoldRequest,
    Workload,
)
from scheduling.catalog import BusyStatus
from scheduling.documents import Document as Document
from scheduling.documents import DocumentStore as DocumentStore
from scheduling.ledger import Fact
from scheduling.mail import Attachment as Attachment
from scheduling.mail import IcsEvent as IcsEvent
from scheduling.mail import Mail as Mail
from scheduling.mail import Notifier as Notifier
from scheduling.occupancy import Claim
from scheduling.outbox import Job, ParkedJob, Promise
from scheduling.timespan import TimeSpan


@dataclass(frozen=True, slots=True)
class BusyItem:
    """One entry of a calendar; no subject, no place: nobody needs them here."""

    span: TimeSpan
    status: BusyStatus


@dataclass(frozen=True, slots=True)
class FreeBusy:
    """The answer of one mailbox: its items, or why it is unknown (then it is not bookable)."""

    items: tuple[BusyItem, ...] = ()
    unknown: str | None = None
    """None = answered; else a short code such as `timeout`, `mailbox_not_found`, `http_503`."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """A colleague, or a room, in whose calendar the event is to stand as well."""

    name: str
    email: str
    is_resource: bool = False


@dataclass(frozen=True, slots=True)
class EventDraft:
    """The Outlook event of a booking. The same draft must give a byte-identical request body."""

    booking_id: str
    version: int
    mailbox: str
    span: TimeSpan
    zone: str
    """IANA zone of the staff member, for display only; times are written in UTC."""
    subject: str
    body_text: str
    """Plain text, line breaks as \\n; the adapter escapes it. Never trusted as HTML."""
    location: str
    online_meeting: bool = False
    attendee_name: str = ""
    attendee_email: str = ""
    """Empty = the customer is not invited by Outlook (default)."""
    invitees: tuple[Invitee, ...] = ()
    is_erased: bool = False
    """The customer was erased: text and attendees go too, and with them the online meeting."""


@dataclass(frozen=True, slots=True)
class WrittenEvent:
    """An event as read back from the calendar."""

    event_id: str
    booking_id: str
    span: TimeSpan
    join_url: str | None = None
    is_cancelled: bool = False
    version: int = 1
    """Of the booking as it was written there."""
    staff_id: str = ""
    """In whose calendar; empty = of who serves."""
    is_all_day: bool = False
    invited: frozenset[str] = frozenset()  # addresses in small letters: it stands there too


class FreeBusySource(Protocol):
    """Who is busy when, as far as offers need it."""

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        """Return one answer per mailbox asked for; a failing one is `unknown`, never left out.

        Does not raise for failures of the calendar: then every mailbox is `unknown`.
        """
        ...


class LiveCalendar(FreeBusySource, Protocol):
    """What bookings are checked against before anything is promised."""

    async def event_span(self, mailbox: str, event_id: str) -> TimeSpan | None:
        """Return where the event stands now; None where it does not, or nobody answers.

        Does not raise for failures of the calendar.
        """
        ...


class Calendar(LiveCalendar, Protocol):
    """Outlook, as far as bookings need it. Every failure is a graph.errors.GraphError."""

    async def write_event(self, draft: EventDraft, *, again: bool = False) -> WrittenEvent:
        """Create the event once and read it back.

        `again` = an earlier attempt may have written it: look for it first.
        """
        ...

    async def find_event(self, draft: EventDraft) -> WrittenEvent | None:
        """Return the event that stands for the booking; a mailbox that is gone is a failure."""
        ...

    async def read_event(self, mailbox: str, event_id: str) -> WrittenEvent | None:
        """Return the event, or None where it is gone, as its mailbox says."""
        ...

    async def update_event(self, event_id: str, draft: EventDraft) -> WrittenEvent:
        """Write the draft's times and texts into the event that stands there."""
        ...

    async def cancel_event(self, mailbox: str, event_id: str, comment: str) -> None:
        """Take the event out of the calendar; an event already gone is no error."""
        ...


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """One occurrence in a calendar, by Outlook's immutable id; cancelled ones are left out."""

    event_id: str
    span: TimeSpan
    status: BusyStatus


@dataclass(frozen=True, slots=True)
class CalendarChanges:
    """What changed in one mailbox's window since the last look.

    `is_whole`: these are all items of the window, whatever was known before is void.
    `link` asks for what changes after this; it is opaque and belongs to this mailbox and window.
    """

    items: tuple[CalendarItem, ...]
    gone: tuple[str, ...]
    link: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """A promise by Graph to tell us of changes in one mailbox, until it ends."""

    id: str
    mailbox: str
    ends_at: datetime


class CalendarFeed(Protocol):
    """Changes of calendars. Every failure is a graph.errors.GraphError."""

    async def changes(
        self, mailbox: str, window: TimeSpan, link: str | None = None
    ) -> CalendarChanges:
        """Return what changed since `link`, or the whole window without one.

        A link that is no longer known leads to the whole window, never to an error.
        """
        ...

    async def subscribe(self, mailbox: str, secret: str) -> Subscription:
        """Ask to be told of changes; `secret` comes back with each notification."""
        ...

    async def renew(self, subscription: Subscription) -> Subscription | None:
        """Prolong it; None where Graph knows it no more: then subscribe again."""
        ...

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End it; one already gone is no error."""
        ...


@dataclass(frozen=True, slots=True)
class ChangedClaims:
    """Whose claims changed, and up to where that is known; None = too long ago: read them all."""

    position: int
    resources: frozenset[str] | None


class ClaimSource(Protocol):
    """What bookings and holds keep, as far as offers need it."""

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        ...

    async def claims(
        self, resources: Sequence[str] | None, span: TimeSpan, now: datetime
    ) -> Mapping[str, Sequence[Claim]]:
        """Return what bookings and living holds keep around `span`, by start.

        Each resource asked for has its entry; None = every resource that has claims.
        """
        ...

    async def changed_since(self, position: int) -> ChangedClaims:
        """Tell whose claims changed after a position (0 = the beginning)."""
        ...


class BookingStore(ClaimSource, Protocol):
    """Holds and bookings. One transaction a method; races end in SlotTaken or HoldExpired."""

    async def hold(self, request: HoldRequest, now: datetime) -> Booking:
        """Claim all resources, or none; raises SlotTaken, or TooManyHolds for this owner.

        A hold that the request replaces is released in the same transaction: where the claim
        fails, it stands as before.
        """
        ...

    async def extend_hold(
        self, booking_id: str, owner: str, until: datetime, now: datetime
    ) -> Booking:
        """Move the end of a hold; one that is over but not taken may be extended. HoldExpired."""
        ...

    async def release_hold(self, booking_id: str, owner: str, now: datetime) -> None:
        """Free the time of a hold; nothing happens if it is no hold of this owner any more."""
        ...

    async def confirm(  # noqa: PLR0913 - all of one transaction
        self,
        booking_id: str,
        owner: str,
        details: Details,
        promises: Sequence[Promise],
        now: datetime,
        *,
        limit: int | None = None,
        decide_until: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Booking:
        """Turn the hold into a NOTED booking with its promises, in one transaction.

        With `decide_until` into a REQUESTED one, which the staff decide on until then. `known_at`:
        made in an outage, on a state of the calendars that is so old.

        A second confirm by the same owner returns the booking unchanged (double clicks).
        Raises HoldExpired where the hold was taken by somebody else or released, and LimitReached
        where the customer has `limit` coming bookings of the service already.
        """
        ...

    async def decide(
        self, booking_id: str, event: BookingEvent, promises: Sequence[Promise], now: datetime
    ) -> Booking:
        """Answer a request (APPROVE, DECLINE, EXPIRE) with its promises, in one transaction.

        The same answer again returns the booking unchanged; another one raises TransitionRefused.
        """
        ...

    async def cancel(  # noqa: PLR0913 - all of one transaction
        self,
        booking_id: str,
        owner: str,
        by: CancelledBy,
        promises: Sequence[Promise],
        now: datetime,
        *,
        freed_at: datetime | None = None,
        version: int | None = None,
    ) -> Booking:
        """Give up what the owner asked for or booked, with its promises, in one transaction.

        Cancelled before, it is returned unchanged; in any other state TransitionRefused.
        Until `freed_at` a hold of nobody's keeps the time.
        With `version` only while it is NOTED and of that version.
        """
        ...

    async def move(  # noqa: PLR0913 - all of one transaction
        self,
        booking_id: str,
        owner: str,
        hold_id: str,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
        freed_at: datetime | None = None,
    ) -> Booking:
        """Give the booking the time of a hold that was made to move it, in one transaction.

        Its version goes up by one and it is NOTED until the event was read back; the old time is
        free. A second move by the same hold returns the booking unchanged. HoldExpired: the hold
        went to somebody else or was released. TransitionRefused: the booking has another
        `version` by now, or no longer stands; the hold stays. Until `freed_at` a hold of nobody's
        keeps the old time from everybody but this booking.
        """
        ...

    async def note_conflict(
        self,
        booking_id: str,
        until: datetime,
        promises: Sequence[Promise],
        now: datetime,
        *,
        version: int,
    ) -> Booking:
        """Note that the time of a NOTED booking is taken in Outlook, with what is promised.

        It keeps its claims. Noted before, moved or ended, it is returned unchanged.
        """
        ...

    async def mark(self, booking_id: str, event: BookingEvent, now: datetime) -> Booking:
        """Say whether the customer came (ATTEND, MISS); the same again changes nothing.

        TransitionRefused in any other state.
        """
        ...

    async def accept(self, booking_id: str, owner: str, now: datetime) -> Booking:
        """Note that the time to which the staff moved it suits the owner; else it is unchanged."""
        ...

    async def booking_by_number(self, number: str) -> Booking:
        """Return it or raise UnknownBooking."""
        ...

    async def bookings_of(self, owner: str) -> Sequence[Booking]:
        """Return REQUESTED, NOTED and BOOKED ones of this owner, by start."""
        ...

    async def workload(
        self, staff_ids: Sequence[str], span: TimeSpan, *, but_not: str = ""
    ) -> Mapping[str, Workload]:
        """Return how much each staff member has to do in `span`; everyone asked for is there.

        `but_not` leaves one booking out (the customer's own hold).
        """
        ...

    async def last_served(self, service_id: str, *, but_not: str = "") -> str | None:
        """Return who was assigned the last booking of a service that still stands."""
        ...

    async def ready(self) -> bool:
        """Tell whether a write would succeed now."""
        ...


class FactLog(Protocol):
    """Where facts are recorded that belong to no other write."""

    async def note(self, fact: Fact) -> None:
        """Append it in a transaction of its own."""
        ...


class DurableQueue(Protocol):
    """The outbox's worker side."""

    def listen(self, heard: Callable[[], None]) -> None:
        """Have `heard` called on promised work, by any process, where the store can tell."""
        ...

    async def enqueue(self, promise: Promise, now: datetime) -> None:
        """Add work of its own transaction; the same key twice is one job."""
        ...

    async def claim(self, count: int, lease: timedelta, now: datetime) -> Sequence[Job]:
        """Take due jobs for this process."""
        ...

    async def renew(self, job: Job, lease: timedelta, now: datetime) -> None:
        """Keep a job that takes longer; raises StaleLease."""
        ...

    async def complete(
        self,
        job: Job,
        now: datetime,
        *,
        written: WrittenEvent | None = None,
        follow_ups: Sequence[Promise] = (),
        told: str = "",
    ) -> None:
        """Finish the job; raises StaleLease.

        Recording the event at its booking (NOTED -> BOOKED) and enqueueing what follows are part
        of the same transaction, fenced by id, owner and attempts. The event of a booking that was
        given up meanwhile is recorded with the promise to take it out again. Where the booking was
        moved after the event's `version`, nothing follows, and what stands in the wrong place is
        put right by promises of its own.
        `told`: how the customer was told; recorded as a fact.
        """
        ...

    async def retry(self, job: Job, delay: timedelta, reason: str, now: datetime) -> None:
        """Give the job back for later; raises StaleLease."""
        ...

    async def park(self, job: Job, reason: str, now: datetime) -> None:
        """Set the job aside for a person; raises StaleLease."""
        ...

    async def waiting(self, due_by: datetime | None = None) -> int:
        """Return how many jobs are open; with `due_by` without untried ones that are for later."""
        ...

    async def held_up(self, kinds: Collection[str], span: TimeSpan) -> int:
        """Return how many jobs of these kinds were tried in vain in the span, and done later."""
        ...

    async def parked(self) -> Sequence[ParkedJob]:
        """Return the jobs set aside, the oldest first."""
        ...

    async def take_up_again(self, job_id: int | None = None) -> int:
        """Let a parked job be tried again, or all that failed; return how many those are.

        What was parked from the beginning waits for a decision: it is named, or stays.
        """
        ...

    async def discard(self, job_id: int, now: datetime) -> bool:
        """Give a parked job up for good; False where none is parked so. TransitionRefused."""
        ...

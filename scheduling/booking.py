"""Hold and booking as values, the booking's whole life as one table, and the booking number."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from scheduling.errors import TransitionRefused
from scheduling.timespan import TimeSpan


class BookingState(StrEnum):
    """Where a booking stands. All states but the freeing ones occupy the time."""

    HELD = "held"
    REQUESTED = "requested"
    NOTED = "noted"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    MOVED = "moved"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


FREEING = frozenset(
    {
        BookingState.CANCELLED,
        BookingState.DECLINED,
        BookingState.EXPIRED,
        BookingState.MOVED,
    }
)
"""States that free the time. A forgotten state occupies: it errs on the safe side."""

STANDING = frozenset({BookingState.REQUESTED, BookingState.NOTED, BookingState.BOOKED})
"""What the customer has: asked for or confirmed, and not given up."""


class BookingEvent(StrEnum):
    """What can happen to a booking."""

    CONFIRM = "confirm"
    REQUEST = "request"
    APPROVE = "approve"
    DECLINE = "decline"
    WRITTEN = "written"
    RELEASE = "release"
    EXPIRE = "expire"
    CANCEL = "cancel"
    MOVE = "move"
    ATTEND = "attend"
    MISS = "miss"
    FOLLOW = "follow"


class CancelledBy(StrEnum):
    """Who gave up a booking."""

    CUSTOMER = "customer"
    STAFF = "staff"
    BUSINESS = "business"
    SYSTEM = "system"


TRANSITIONS: Mapping[tuple[BookingState, BookingEvent], BookingState] = {
    # confirmed by the customer: ours in the store, not yet read back from Outlook
    (BookingState.HELD, BookingEvent.CONFIRM): BookingState.NOTED,
    # confirmed by the customer, but the staff decide: a hold that lasts until they did
    (BookingState.HELD, BookingEvent.REQUEST): BookingState.REQUESTED,
    (BookingState.REQUESTED, BookingEvent.APPROVE): BookingState.NOTED,
    (BookingState.REQUESTED, BookingEvent.DECLINE): BookingState.DECLINED,
    (BookingState.REQUESTED, BookingEvent.EXPIRE): BookingState.EXPIRED,
    # the event stands in Outlook and was read back: only now may anybody say "booked"
    (BookingState.NOTED, BookingEvent.WRITTEN): BookingState.BOOKED,
    (BookingState.HELD, BookingEvent.RELEASE): BookingState.CANCELLED,
    (BookingState.HELD, BookingEvent.EXPIRE): BookingState.EXPIRED,
    (BookingState.REQUESTED, BookingEvent.CANCEL): BookingState.CANCELLED,
    (BookingState.NOTED, BookingEvent.CANCEL): BookingState.CANCELLED,
    (BookingState.BOOKED, BookingEvent.CANCEL): BookingState.CANCELLED,
    # the hold of a new time gives it to the booking that it moves, and is no more
    (BookingState.HELD, BookingEvent.MOVE): BookingState.MOVED,
    # ours at the new time, the event not yet read back there: nobody may say "moved"
    (BookingState.NOTED, BookingEvent.MOVE): BookingState.NOTED,
    (BookingState.BOOKED, BookingEvent.MOVE): BookingState.NOTED,
    # moved by the staff in Outlook, and read there: the event stands where it says
    (BookingState.BOOKED, BookingEvent.FOLLOW): BookingState.BOOKED,
    # said after the end by the staff, who may correct themselves
    (BookingState.BOOKED, BookingEvent.ATTEND): BookingState.ATTENDED,
    (BookingState.BOOKED, BookingEvent.MISS): BookingState.NO_SHOW,
    (BookingState.ATTENDED, BookingEvent.MISS): BookingState.NO_SHOW,
    (BookingState.NO_SHOW, BookingEvent.ATTEND): BookingState.ATTENDED,
}

MOVABLE = frozenset(
    state
    for state, event in TRANSITIONS
    if event is BookingEvent.MOVE and state is not BookingState.HELD
)
"""What the customer may give another time."""


def after(state: BookingState, event: BookingEvent) -> BookingState:
    """Return the next state or raise TransitionRefused."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TransitionRefused(f"{event} is not possible when {state}") from None


def was_answered(booking: "Booking", event: BookingEvent) -> bool:
    """Tell whether the booking is a request that was answered by this event."""
    answer = after(BookingState.REQUESTED, event)
    # an approved one goes on by itself
    is_so = booking.state is answer or (
        answer is BookingState.NOTED and booking.state is BookingState.BOOKED
    )
    return is_so and booking.decide_until is not None


STAFF = "staff:"


def staff_resource(staff_id: str) -> str:
    """Name a staff member among the resources that a booking claims."""
    return f"{STAFF}{staff_id}"


NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0/O, 1/I/L: numbers are read out on the phone."""


def new_number() -> str:
    """Return a booking number such as `B-7K4Q-2MXR`: random (31^8), never counted up."""
    letters = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))
    return f"B-{letters[:4]}-{letters[4:]}"


def new_id() -> str:
    """Return an unguessable id (128 random bits, hexadecimal)."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who books. Texts are NFC, free of control characters; phone is E.164 or empty."""

    name: str
    email: str
    phone: str = ""
    language: str = "de"


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who serves and why: `reason` is a code and its figures, readable by staff."""

    staff_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A start that can be booked now: `span` is the service itself, without buffers.

    `room_id`: a room that is free then, for services that need one.
    """

    span: TimeSpan
    staff_ids: tuple[str, ...]
    room_id: str = ""


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many bookings and holds of a resource may begin in a span."""

    resource: str
    span: TimeSpan
    most: int


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """A time to keep for a customer: `busy`, the span with buffers, is claimed for all resources.

    `owner` is the conversation (or web form) that may use the hold; `until` aware UTC.
    `others` are claimed besides the assigned staff member, all or nothing: `staff:...`,
    `room:...`, `equipment:...`. `travel`: seconds from `place_id` to other places.
    """

    service_id: str
    assignment: Assignment
    span: TimeSpan
    busy: TimeSpan
    owner: str
    until: datetime
    others: tuple[str, ...] = ()
    shares_buffers: bool = False
    place_id: str = ""
    travel: Mapping[str, int] = field(default_factory=dict)
    caps: tuple[Cap, ...] = ()
    offer_id: str = ""
    offered: tuple[datetime, ...] = ()
    """The starts among which the customer chose; kept as a fact."""
    known_at: datetime | None = None
    """Set in an outage: how old the state of the calendars is that this is claimed on."""
    replaces: str = ""
    """The owner's earlier hold: given up in the same step, and kept where the claim fails."""
    moves: str = ""
    """The owner's booking for which this is the new time: its own time is not in the way."""

    @property
    def resources(self) -> tuple[str, ...]:
        """All that is claimed, the assigned staff member first."""
        return (staff_resource(self.assignment.staff_id), *self.others)


@dataclass(frozen=True, slots=True)
class Details:
    """What the customer said and agreed to, complete and checked."""

    customer: Customer
    location_id: str
    note: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)
    """Consent kind (`privacy`, `terms`) -> version of the wording agreed to."""
    wordings: Mapping[str, str] = field(default_factory=dict)
    """Consent kind -> digest of the text agreed to."""
    reply_to: Mapping[str, str] = field(default_factory=dict)
    """Where the conversation can be reached again: channel, conversation, service_url, user."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One row of the store: a hold (`details` None, `hold_until` set) or a booking.

    `event_id` is Outlook's immutable id once written; `join_url` the Teams link, if any.
    """

    id: str
    number: str
    state: BookingState
    service_id: str
    staff_id: str
    reason: str
    span: TimeSpan
    busy: TimeSpan
    owner: str
    created_at: datetime
    hold_until: datetime | None = None
    details: Details | None = None
    event_id: str | None = None
    join_url: str | None = None
    version: int = 1
    others: tuple[str, ...] = ()
    """Resources claimed besides the staff member."""
    place_id: str = ""
    decide_until: datetime | None = None
    """Set by a request, and kept: until when the staff could decide."""
    cancelled_by: CancelledBy | None = None
    """None for a hold that was merely released."""
    cancelled_at: datetime | None = None
    moves: str = ""
    """Of a hold: the booking that it is to give another time."""
    moved_from: datetime | None = None
    """The start that it had before it was last moved."""
    staff_since: int = 1
    """Version from which on the staff member serves: an event that is not recorded yet is written
    under it, so that attempts for several versions become one event in that calendar."""
    event_staff_id: str = ""
    """In whose calendar the event stands; empty = none is written. Another than `staff_id` while
    a move to somebody else is on its way."""
    known_at: datetime | None = None
    """Held or noted in an outage: how old the state of the calendars was; None = they answered."""
    noted_at: datetime | None = None
    """When it was confirmed for good, and waits to be written since."""
    conflict_until: datetime | None = None
    """Noted, and found taken in Outlook: until when the customer may choose another time."""
    astray: str = ""
    """Why its event stands elsewhere in Outlook and it could not follow: a code; empty = it does
    not."""
    asked_version: int = 0
    """Moved by the staff: the version that the customer is asked about; 0 = nothing is asked."""

    @property
    def party(self) -> str:
        """Return whose claims are not in the way of these: its own id, or the moved one's."""
        return self.moves or self.id

    @property
    def awaits_answer(self) -> bool:
        """Whether the staff moved it and the customer has not said yet that it suits them."""
        return self.state is BookingState.BOOKED and self.asked_version == self.version

    @property
    def is_asked_for_another(self) -> bool:
        """Whether its noted time was taken in Outlook and the customer is to choose another."""
        return self.state is BookingState.NOTED and self.conflict_until is not None

    @property
    def resources(self) -> tuple[str, ...]:
        """All that it claims, the staff member first."""
        return (staff_resource(self.staff_id), *self.others)

    @property
    def staff_ids(self) -> tuple[str, ...]:
        """All staff members who serve, the one in whose calendar the event stands first."""
        return tuple(
            resource.removeprefix(STAFF)
            for resource in self.resources
            if resource.startswith(STAFF)
        )


NOBODY = "nobody"
"""Owner of holds that only keep a time back; no channel names anybody so."""


def kept_back(before: Booking, freed_at: datetime) -> Booking:
    """Return the hold that keeps the time of a booking until it may be offered again.

    It is in the way of everybody but that booking, should it be moved once more.
    """
    new = new_id()
    return Booking(
        id=new,
        # never told to anybody, and like no booking number
        number=new,
        state=BookingState.HELD,
        service_id=before.service_id,
        staff_id=before.staff_id,
        reason=before.reason,
        span=before.span,
        busy=before.busy,
        owner=NOBODY,
        # the assignment of the booking counts as before, not as a new one
        created_at=before.created_at,
        hold_until=freed_at,
        others=before.others,
        place_id=before.place_id,
        moves=before.id,
    )


@dataclass(frozen=True, slots=True)
class Workload:
    """What one staff member has to do in a span: bookings that occupy, and the last one made.

    `last_given` looks at other times too; None = none that is known.
    """

    count: int = 0
    last_given: datetime | None = None

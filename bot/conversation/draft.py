"""What is known of a booking so far. A form: any order, any amount, never asked twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.understanding.wish import Wish


@dataclass(frozen=True, slots=True)
class Offered:
    """One offered start: UTC start and the staff members free then."""

    start: datetime
    staff_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """The state of one conversation; stored as JSON by bot.memory, replaced, never changed."""

    language: str = "de"
    step: str = "start"
    """What was asked last: start, service, duration, staff, slot, details, review, done."""
    service_id: str | None = None
    duration_minutes: int | None = None
    staff_id: str | None = None
    """Named staff member; None = anyone."""
    excluded_staff_ids: tuple[str, ...] = ()
    wish: Wish = field(default_factory=Wish)
    readings: tuple[Wish, ...] = ()
    """What the last wish may mean, asked back; none of it is wished yet."""
    offer_id: str = ""
    """Id of the offer on the table; cards carry it, an older one books nothing."""
    offered: tuple[Offered, ...] = ()
    page_from: datetime | None = None
    """Start of the page of times now shown, for "later" and "earlier"."""
    hold_id: str | None = None
    hold_start: datetime | None = None
    hold_until: datetime | None = None
    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    location_id: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    consents: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    """Optional questions already put, so that they are not asked twice."""
    misunderstood: int = 0
    booking_id: str | None = None
    """The last finished booking of this conversation."""
    next_field: str = ""
    """The field a customer who only types was asked for last."""
    hold_staff_id: str | None = None
    """Who was assigned to the held time. `hold_start` None with a `hold_id` = times are open
    again, and the next pick replaces that hold."""
    extended: bool = False
    """Whether the customer used the one extension of this hold."""
    service_candidates: tuple[str, ...] = ()
    """Services too close to call, asked about."""
    staff_candidates: tuple[str, ...] = ()
    earlier_pages: tuple[datetime, ...] = ()
    """Starts of the pages of times before this one."""
    has_later: bool = False
    incomplete: bool = False
    """Whether a calendar did not answer when `offered` was made."""
    known_at: datetime | None = None
    """Set in an outage: how old the state is that the offer, then the held time, stands on."""
    note_key: str = ""
    """What is special about `offered`, as in AskSlot."""
    greeted: bool = False
    invitation: str = ""
    """Id of the invitation that a visitor of the page came with."""
    moving: str = ""
    """The booking for which this is the new time; empty = a booking is being made."""
    moving_from: datetime | None = None
    """When it begins as it stands, and with whom."""
    moving_staff_id: str = ""
    movable: tuple[str, ...] = ()
    """Bookings of which one is to be moved, and the question which is open."""
    move_said: str = ""
    """The message with which that began: "an hour later" counts from the one that is chosen."""
    identifying: bool = False
    """Whether a code was sent that is to be written here."""
    cancelling: tuple[str, ...] = ()
    """Bookings a question about cancelling is open for: one = whether, several = which."""

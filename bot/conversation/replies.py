"""What to say, as values. bot/cards makes cards and text of them; nothing here knows a channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scheduling.booking import Booking
from scheduling.catalog import Business, Location, Question, Service, StaffMember


@dataclass(frozen=True, slots=True)
class Said:
    """One plain sentence: a catalogue key and its values (plain text, escaped by the renderer)."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Greeting with the three ways on."""

    business: Business
    name: str = ""


@dataclass(frozen=True, slots=True)
class Help:
    """What can be written, with the reserved words."""

    business: Business


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a person."""

    business: Business


@dataclass(frozen=True, slots=True)
class AskService:
    """Which service; `services` are the candidates (all, or the close ones)."""

    services: tuple[Service, ...]
    business: Business


@dataclass(frozen=True, slots=True)
class AskDuration:
    """Which of several durations."""

    service: Service


@dataclass(frozen=True, slots=True)
class AskLocation:
    """Where, for a service whose free times depend on it."""

    service: Service


@dataclass(frozen=True, slots=True)
class TimeOption:
    """One time to choose."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class AskSlot:
    """Times to choose, in order. `note_key` says what is special about them.

    note_key: "" | slot_taken | no_match (nothing fits the wish, these are the nearest) |
    hold_ended | not_offered | other_times. `incomplete` = a calendar did not answer.
    `known_at` = no calendar answers, the times are as they were then: they can be noted only.
    `given_up` = what the nearest times do not keep: day, hours, both.
    `wish_words` = the absolute reading of the wish, to be echoed ("" = none).
    """

    business: Business
    service: Service
    staff_member: StaffMember | None
    duration_minutes: int
    times: tuple[TimeOption, ...]
    offer_id: str
    zone: str
    note_key: str = ""
    given_up: str = ""
    lost: TimeOption | None = None
    wish_words: str = ""
    incomplete: bool = False
    known_at: datetime | None = None
    has_earlier: bool = False
    has_later: bool = False
    location: Location | None = None
    """Where, as far as it was chosen among several."""
    is_one_of_several: bool = False
    """Whether a series, or several days on end, was asked for: one date is booked here."""


@dataclass(frozen=True, slots=True)
class NoSlots:
    """Nothing is free in the whole horizon (or for this person)."""

    business: Business
    service: Service
    staff_member: StaffMember | None
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class CalendarDown:
    """No calendar answered: nothing is offered, nothing false is said.

    `moves`: the booking that was to be moved stays as it is.
    """

    business: Business
    moves: bool = False


@dataclass(frozen=True, slots=True)
class AskDetails:
    """The form of customer fields; `errors` maps field id -> catalogue key of what is wrong.

    Field ids: name, email, phone, location, note, q_<question id>, privacy, consent.
    `next_field` is the field a customer who only types is asked for now.
    """

    business: Business
    service: Service
    staff_member: StaffMember
    span_start: datetime
    span_end: datetime
    zone: str
    hold_until: datetime
    values: Mapping[str, str]
    questions: tuple[Question, ...]
    next_field: str
    asks_location: bool = True
    """False where the place was chosen before the time."""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Review:
    """All facts before booking; the only way to book is the confirmation of this one."""

    business: Business
    service: Service
    staff_member: StaffMember
    span_start: datetime
    span_end: datetime
    zone: str
    hold_id: str
    hold_until: datetime
    name: str
    email: str
    phone: str
    location_id: str
    note: str
    answers: Mapping[str, str]
    known_at: datetime | None = None
    """No calendar answers: it can be noted only, on the state of then."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The booking as the store has it: only state BOOKED says booked."""

    business: Business
    service: Service
    staff_member: StaffMember
    booking: Booking
    zone: str
    manage: str = ""
    """Token of the link with which the customer manages it, empty = none."""
    reminds: bool = False
    """Whether it is shown to remind of what was booked before."""
    is_found: bool = False
    """Whether it was made elsewhere and opened with a code: its link changes it, not the chat."""


@dataclass(frozen=True, slots=True)
class BookingList:
    """The customer's own coming bookings, at most the first five."""

    business: Business
    bookings: tuple[Booking, ...]
    zone: str
    cancellable: frozenset[str] = frozenset()
    """Ids of those whose time to cancel is not over."""
    movable: frozenset[str] = frozenset()
    """Ids of those that may be given another time."""


@dataclass(frozen=True, slots=True)
class WhichToCancel:
    """Several could be meant: which one, by number or button."""

    business: Business
    bookings: tuple[Booking, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class ConfirmCancel:
    """All facts before cancelling; the only way to cancel is a yes to this one."""

    business: Business
    service: Service
    staff_member: StaffMember
    booking: Booking
    zone: str


@dataclass(frozen=True, slots=True)
class WhichToMove:
    """Several could be meant: which one, by number or button."""

    business: Business
    bookings: tuple[Booking, ...]
    zone: str


@dataclass(frozen=True, slots=True)
class ConfirmMove:
    """The time before and the new one, which is held; the only way to move is a yes to this."""

    business: Business
    service: Service
    staff_member: StaffMember
    was_staff_member: StaffMember
    was_start: datetime
    span_start: datetime
    span_end: datetime
    zone: str
    hold_id: str
    hold_until: datetime
    location_id: str


@dataclass(frozen=True, slots=True)
class StaffMoved:
    """Told unasked: the staff moved it from when to when, and whether that suits."""

    business: Business
    service: Service
    staff_member: StaffMember
    booking: Booking
    zone: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a used card becomes: one line."""

    line_key: str
    values: Mapping[str, str] = field(default_factory=dict)


Reply = (
    Said
    | Welcome
    | Help
    | Contact
    | AskService
    | AskDuration
    | AskLocation
    | AskSlot
    | NoSlots
    | CalendarDown
    | AskDetails
    | Review
    | Receipt
    | BookingList
    | WhichToCancel
    | ConfirmCancel
    | WhichToMove
    | ConfirmMove
    | StaffMoved
)

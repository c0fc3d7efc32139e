"""What a business offers: the frozen result of reading the business file.

Wall-clock values (date, time, zone names) live here and nowhere deeper; availability.py turns
them into UTC spans. No reading of files, no lists of mistakes: bot/business_file.py does that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from scheduling.errors import CatalogError, UnknownService, UnknownStaffMember


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in both languages; plain text, never markup."""

    de: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text for `de...`, else the English one."""
        return self.de if language.lower().startswith("de") else self.en


@dataclass(frozen=True, slots=True)
class OpenHours:
    """One opening on a day: `opens` inclusive, `closes` exclusive; 00:00 closes at midnight."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.closes != time(0) and self.closes <= self.opens:
            raise CatalogError(f"opening hours end before they begin: {self.opens}-{self.closes}")


WeeklyHours = Mapping[int, tuple[OpenHours, ...]]
"""Weekday (0 = Monday) -> openings in order. A weekday that is missing is closed."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """Whole local days, both inclusive; `name` says why (holiday, training)."""

    first: date
    last: date
    name: LocalText | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


class BusyStatus(StrEnum):
    """Free/busy status as in Graph; every unknown word is read as UNKNOWN, which blocks."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OOF = "oof"
    WORKING_ELSEWHERE = "workingElsewhere"
    UNKNOWN = "unknown"


class AssignmentPolicy(StrEnum):
    """Who serves when the customer names nobody."""

    ANY = "any"
    """The one with the least work by weight, then the one who waits longest."""
    IN_TURN = "in_turn"
    """The next in the order of the file after the one who served last."""
    COLLECTIVE = "collective"
    """All of them together."""


class Visibility(StrEnum):
    """Who gets to see a service."""

    PUBLIC = "public"
    HIDDEN = "hidden"
    """Not listed; bookable by whoever knows its address or its exact name."""
    LINK = "link"
    """Not listed; bookable on the page only, with a link that works once."""


BLOCKING = frozenset({BusyStatus.TENTATIVE, BusyStatus.BUSY, BusyStatus.OOF, BusyStatus.UNKNOWN})


class PriceKind(StrEnum):
    """How a price is named."""

    FREE = "free"
    FIXED = "fixed"
    FROM = "from"
    PER_UNIT = "per_unit"


@dataclass(frozen=True, slots=True)
class Price:
    """Net amount in `currency` (ISO 4217); `unit` only for PER_UNIT ("je angefangene Stunde")."""

    kind: PriceKind = PriceKind.FREE
    amount: Decimal = Decimal(0)
    currency: str = "EUR"
    vat_percent: Decimal | None = None
    unit: LocalText | None = None

    @property
    def is_paid(self) -> bool:
        """Whether booking it is an obligation to pay."""
        return self.kind is not PriceKind.FREE


class QuestionKind(StrEnum):
    """Form of an answer."""

    TEXT = "text"
    MULTILINE = "multiline"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Question:
    """An own question of a service; `choices` as (value, label) only for CHOICE."""

    id: str
    label: LocalText
    kind: QuestionKind = QuestionKind.TEXT
    required: bool = False
    max_length: int = 300
    choices: tuple[tuple[str, LocalText], ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """A wording the customer must agree to; the version is stored with the booking."""

    version: str
    text: LocalText
    url: str | None = None


class LocationKind(StrEnum):
    """How people meet."""

    TEAMS = "teams"
    PHONE = "phone"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Place:
    """An address of the business."""

    id: str
    name: LocalText
    address: str


@dataclass(frozen=True, slots=True)
class Location:
    """One way a service can take place; `place` only for PLACE."""

    kind: LocationKind
    place: Place | None = None

    @property
    def id(self) -> str:
        """`teams`, `phone` or the place's id: the value of the customer's choice."""
        return self.place.id if self.place else self.kind.value


class ResourceKind(StrEnum):
    """What a booking can need besides people."""

    ROOM = "room"
    EQUIPMENT = "equipment"


@dataclass(frozen=True, slots=True)
class Resource:
    """A room, or a kind of equipment; each of its `units` serves one booking at a time.

    `place_id`: where it stands, None = anywhere. `mailbox`: its Outlook calendar, if it has one.
    """

    id: str
    name: LocalText
    kind: ResourceKind
    place_id: str | None = None
    units: int = 1
    mailbox: str | None = None

    def __post_init__(self) -> None:
        if self.units < 1:
            raise CatalogError(f"resource {self.id} needs at least one unit")

    @property
    def unit_ids(self) -> tuple[str, ...]:
        """Names of its units as claims know them: `room:blue`, `equipment:beamer#2`."""
        name = f"{self.kind}:{self.id}"
        return (name,) if self.units == 1 else tuple(f"{name}#{n + 1}" for n in range(self.units))


class FieldRule(StrEnum):
    """Whether a customer field is asked for."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Service:
    """What a customer books. Durations, buffers, lead and advance are elapsed time."""

    id: str
    name: LocalText
    description: LocalText
    durations: tuple[timedelta, ...]
    locations: tuple[Location, ...]
    staff_ids: tuple[str, ...]
    pre_buffer: timedelta = timedelta(0)
    post_buffer: timedelta = timedelta(0)
    slot_interval: timedelta = timedelta(minutes=30)
    minimum_lead_time: timedelta = timedelta(hours=2)
    maximum_advance: timedelta = timedelta(days=60)
    hours: WeeklyHours | None = None
    price: Price = field(default_factory=Price)
    phone: FieldRule = FieldRule.OPTIONAL
    note: FieldRule = FieldRule.OPTIONAL
    questions: tuple[Question, ...] = ()
    consent: Consent | None = None
    staff_choice: bool = True
    invite_customer: bool = False
    cancel_until: timedelta = timedelta(hours=24)
    move_until: timedelta = timedelta(hours=24)
    blocking: frozenset[BusyStatus] = BLOCKING
    slot_offset: timedelta = timedelta(0)
    """Starts lie this much after each multiple of the interval."""
    shared_buffers: bool = False
    """Where two bookings that both share meet, the larger buffer counts instead of both."""
    bookable: DateRange | None = None
    """Appointments lie on these days only (a season, a campaign)."""
    assignment: AssignmentPolicy = AssignmentPolicy.ANY
    rooms: tuple[str, ...] = ()
    """Ids of rooms; the booking takes one of them."""
    equipment: tuple[str, ...] = ()
    """Ids of equipment; the booking takes one unit of each."""
    customer_limit: int | None = None
    """How many coming appointments of this service one customer may have."""
    visibility: Visibility = Visibility.PUBLIC
    aliases: tuple[str, ...] = ()
    """Other words customers use for it."""
    approval: timedelta | None = None
    """How long the staff may take to decide on a request; None = booked without asking."""
    reminders: tuple[timedelta, ...] = ()
    """How long before the start customers are reminded."""

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.slot_offset < self.slot_interval:
            raise CatalogError(f"service {self.id} needs an offset below its slot interval")
        if self.customer_limit is not None and self.customer_limit < 1:
            raise CatalogError(f"service {self.id} has a customer limit below one")
        if not self.durations or min(self.durations) <= timedelta(0):
            raise CatalogError(f"service {self.id} needs durations above zero")
        if not timedelta(0) < self.slot_interval <= timedelta(days=1):
            raise CatalogError(f"service {self.id} needs a slot interval of up to a day")
        kept = (self.pre_buffer, self.post_buffer, self.minimum_lead_time, self.maximum_advance)
        if min(kept) < timedelta(0):
            raise CatalogError(f"service {self.id} has a negative buffer, lead or advance")
        if self.approval is not None and self.approval <= timedelta(0):
            raise CatalogError(f"service {self.id} gives the staff no time to decide")

    @property
    def is_listed(self) -> bool:
        """Whether customers are shown it."""
        return self.visibility is Visibility.PUBLIC

    @property
    def needs_invitation(self) -> bool:
        """Whether only somebody with a link that works once may see and book it."""
        return self.visibility is Visibility.LINK


HOME = "home"
"""Work place from which nobody can be met in person."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Who serves. `overrides` replace the weekly hours of that date; breaks are cut out daily."""

    id: str
    name: str
    mailbox: str
    zone: ZoneInfo
    hours: WeeklyHours
    breaks: WeeklyHours = field(default_factory=dict)
    overrides: Mapping[date, tuple[OpenHours, ...]] = field(default_factory=dict)
    time_off: tuple[DateRange, ...] = ()
    skills: frozenset[str] = frozenset()
    weight: int = 1
    """Share of the work under "any": 2 gets twice as many bookings as 1."""
    max_per_day: int | None = None
    max_per_week: int | None = None
    """Caps on own bookings and holds by local day, and by week from Monday, in `zone`."""
    sites: frozenset[str] = frozenset()
    """Ids of the places served at; empty = all."""
    work_places: Mapping[int, str] = field(default_factory=dict)
    """Weekday -> place of that day, or HOME: then only what takes place online or by phone."""
    subdivision: str | None = None
    """Own federal state, whose public holidays are free days besides those of the business."""
    bookable_from: date | None = None
    """First day on which anybody may book them (a wave of a staged roll-out)."""
    declaration: str | None = None
    """Version of the privacy declaration they signed."""

    def __post_init__(self) -> None:
        if min(self.max_per_day or 1, self.max_per_week or 1) < 1 or 0 in {
            self.max_per_day,
            self.max_per_week,
        }:
            raise CatalogError(f"staff member {self.id} has a cap below one")
        if self.weight < 1:
            raise CatalogError(f"staff member {self.id} needs a weight of at least 1")


class ConflictRule(StrEnum):
    """What becomes of a time noted in an outage that Outlook had given to something else."""

    ASK = "ask"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class OutageRules:
    """How to go on while no calendar answers.

    `note_within`: how old the last known state may be for a time to be noted on it, 0 = never.
    `answer_within`: how long a customer whose noted time is taken has to choose another one.
    """

    note_within: timedelta = timedelta(0)
    conflict: ConflictRule = ConflictRule.ASK
    answer_within: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nobody is reminded, by the clock of the business; may go past midnight."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class FreedAfter:
    """How long a time that was given up stays away, drawn anew each time; both 0 = not at all."""

    least: timedelta = timedelta(0)
    most: timedelta = timedelta(0)


class FormOfAddress(StrEnum):
    """How customers are spoken to in languages that have two forms, as Sie and du."""

    FORMAL = "formal"
    INFORMAL = "informal"


@dataclass(frozen=True, slots=True)
class Business:
    """Who offers. `hours` and `closures` bound every service and staff member, in `zone`."""

    id: str
    name: LocalText
    zone: ZoneInfo
    hours: WeeklyHours
    services: tuple[Service, ...]
    staff: tuple[StaffMember, ...]
    places: tuple[Place, ...] = ()
    closures: tuple[DateRange, ...] = ()
    country: str = "DE"
    subdivision: str | None = None
    observe_holidays: bool = True
    language: str = "de"
    form_of_address: FormOfAddress = FormOfAddress.FORMAL
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    privacy: Consent | None = None
    terms_url: str | None = None
    mail_from: str = ""
    resources: tuple[Resource, ...] = ()
    travel: Mapping[frozenset[str], timedelta] = field(default_factory=dict)
    """Two place ids -> time between them."""
    default_travel: timedelta = timedelta(0)
    """Between places that `travel` does not name."""
    declaration_version: str | None = None
    """Staff become bookable only once they signed this version."""
    outage: OutageRules = OutageRules()
    quiet_hours: QuietHours | None = None
    freed_after: FreedAfter = FreedAfter()
    _services: Mapping[str, Service] = field(init=False, repr=False, compare=False)
    _staff: Mapping[str, StaffMember] = field(init=False, repr=False, compare=False)
    _serving: Mapping[str, tuple[StaffMember, ...]] = field(init=False, repr=False, compare=False)
    _resources: Mapping[str, Resource] = field(init=False, repr=False, compare=False)
    _place_first: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # looked up with every message: with 16,000 staff a walk would be felt
        staff = {member.id: member for member in self.staff}
        position = {staff_id: n for n, staff_id in enumerate(staff)}
        found = {
            "_services": {service.id: service for service in self.services},
            "_staff": staff,
            "_serving": {
                service.id: tuple(
                    staff[i]
                    for i in sorted(
                        set(service.staff_ids) & position.keys(), key=position.__getitem__
                    )
                )
                for service in self.services
            },
            "_resources": {resource.id: resource for resource in self.resources},
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)
        first = (s.id for s in self.services if self._depends_on_place(s))
        object.__setattr__(self, "_place_first", frozenset(first))

    def _depends_on_place(self, service: Service) -> bool:
        if len(service.locations) < 2:
            return False
        rooms = (self._resources[name] for name in service.rooms if name in self._resources)
        return (
            bool(self.travel or self.default_travel)
            or any(room.place_id for room in rooms)
            or any(m.sites or m.work_places for m in self._serving[service.id])
        )

    def service(self, service_id: str) -> Service:
        """Return the service or raise UnknownService."""
        try:
            return self._services[service_id]
        except KeyError:
            raise UnknownService(service_id) from None

    def staff_member(self, staff_id: str) -> StaffMember:
        """Return the staff member or raise UnknownStaffMember."""
        try:
            return self._staff[staff_id]
        except KeyError:
            raise UnknownStaffMember(staff_id) from None

    def staff_for(self, service: Service) -> tuple[StaffMember, ...]:
        """Return who serves it, in the file's order."""
        return self._serving[service.id]

    def resource(self, resource_id: str) -> Resource:
        """Return the room or equipment; CatalogError for one that is not described."""
        try:
            return self._resources[resource_id]
        except KeyError:
            raise CatalogError(f"no resource {resource_id}") from None

    def has_staff_member(self, staff_id: str) -> bool:
        """Tell whether somebody of that id is on the staff."""
        return staff_id in self._staff

    def asks_place_first(self, service: Service) -> bool:
        """Tell whether the free times depend on where it is to take place."""
        return service.id in self._place_first

    def listed_services(self) -> tuple[Service, ...]:
        """Return those that customers are shown."""
        return tuple(s for s in self.services if s.is_listed)

    def travel_between(self, one: str, other: str) -> timedelta:
        """Return the time to get from one place to another; none within a place or online."""
        if not one or not other or one == other:
            return timedelta(0)
        return self.travel.get(frozenset((one, other)), self.default_travel)

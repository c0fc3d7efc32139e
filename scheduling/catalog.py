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
    blocking: frozenset[BusyStatus] = BLOCKING

    def __post_init__(self) -> None:
        if not self.durations or min(self.durations) <= timedelta(0):
            raise CatalogError(f"service {self.id} needs durations above zero")
        if not timedelta(0) < self.slot_interval <= timedelta(days=1):
            raise CatalogError(f"service {self.id} needs a slot interval of up to a day")
        kept = (self.pre_buffer, self.post_buffer, self.minimum_lead_time, self.maximum_advance)
        if min(kept) < timedelta(0):
            raise CatalogError(f"service {self.id} has a negative buffer, lead or advance")


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

    def __post_init__(self) -> None:
        if self.weight < 1:
            raise CatalogError(f"staff member {self.id} needs a weight of at least 1")


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
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    privacy: Consent | None = None
    terms_url: str | None = None
    mail_from: str = ""

    def service(self, service_id: str) -> Service:
        """Return the service or raise UnknownService."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise UnknownService(service_id)

    def staff_member(self, staff_id: str) -> StaffMember:
        """Return the staff member or raise UnknownStaffMember."""
        for member in self.staff:
            if member.id == staff_id:
                return member
        raise UnknownStaffMember(staff_id)

    def staff_for(self, service: Service) -> tuple[StaffMember, ...]:
        """Return who serves it, in the file's order."""
        return tuple(m for m in self.staff if m.id in service.staff_ids)

"""The form of business.yaml: one class per kind of entry, one field per key.

Checks of single values only; what joins several is in cross_checks. The docstrings of the fields
end up in the JSON Schema, and so in the editor of whoever writes a file.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from bot.business_file.hours import DayHours, WeekHours
from bot.business_file.values import BothTexts, Id, Mail, Strict, Url, Zone


def _listed(value: object) -> object:
    return [value] if isinstance(value, int | str) else value


Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Buffer = Annotated[int, Field(ge=0, le=24 * 60)]
Hours = Annotated[float, Field(ge=0, le=24 * 365)]
FieldRuleName = Literal["off", "optional", "required"]


class Absence(Strict):
    """Whole days, both included."""

    first: date
    """First day, as 2026-12-24."""
    last: date
    """Last day."""
    name: BothTexts | None = None
    """Why; customers see it for a closure."""


class Consent(Strict):
    """A wording; change the version whenever you change the text."""

    version: str = Field(min_length=1, max_length=40)
    """Kept with every booking."""
    text: BothTexts
    url: Url | None = None
    """Where the long form stands."""


class BusinessEntry(Strict):
    """Who offers."""

    id: Id
    name: BothTexts
    zone: Zone
    """Time zone of the opening hours, as Europe/Berlin."""
    country: str = Field("DE", pattern=r"^[A-Z]{2}$")
    """Two letters; decides the public holidays."""
    state: str | None = None
    """Bundesland, canton or state in short, as NW."""
    observe_holidays: bool = True
    """Closed on public holidays."""
    language: Literal["de", "en"] = "de"
    """First language, for those whose own is not known."""
    phone: str | None = Field(None, min_length=3, max_length=40)
    email: Mail | None = None
    website: Url | None = None
    mail_from: Mail
    """Mailbox that sends the confirmations; a shared one will do."""
    hours: WeekHours
    """Bounds the hours of all services and staff."""
    closures: tuple[Absence, ...] = ()
    privacy: Consent
    """The privacy notice that every customer agrees to."""
    terms_url: Url | None = None


class PlaceEntry(Strict):
    """An address."""

    id: Id
    name: BothTexts
    address: str = Field(min_length=1, max_length=200)


class PriceEntry(Strict):
    """Net amount."""

    kind: Literal["free", "fixed", "from", "per_unit"] = "free"
    amount: Decimal | None = Field(None, gt=0, max_digits=9, decimal_places=2)
    """With a point: 120.50."""
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    vat_percent: Decimal | None = Field(None, ge=0, le=100)
    """Added on top."""
    unit: BothTexts | None = None
    """For per_unit: what is counted, as "started hour"."""


class ChoiceEntry(Strict):
    """One possible answer."""

    value: Id
    label: BothTexts


class QuestionEntry(Strict):
    """An own question."""

    id: Id
    label: BothTexts
    kind: Literal["text", "multiline", "choice"] = "text"
    required: bool = False
    max_length: int = Field(300, ge=1, le=2000)
    choices: tuple[ChoiceEntry, ...] = ()


class ServiceEntry(Strict):
    """What a customer books; times in minutes unless the name says otherwise."""

    id: Id
    name: BothTexts
    description: BothTexts
    minutes: Annotated[tuple[Minutes, ...], BeforeValidator(_listed), Field(min_length=1)]
    """How long it takes: one number, or a list to choose from."""
    locations: tuple[str, ...] = Field(min_length=1)
    """teams, phone, or ids of places."""
    staff: tuple[Id, ...] = ()
    """Ids of those who serve it."""
    skills: tuple[Id, ...] = ()
    """Instead of staff: whoever has all of them serves it."""
    buffer_before: Buffer = 0
    """Minutes kept free before."""
    buffer_after: Buffer = 0
    """Minutes kept free after."""
    interval: Annotated[int, Field(ge=5, le=240)] = 30
    """Minutes between the times offered."""
    lead_hours: Hours = 2
    """Earliest booking: so many hours from now."""
    advance_days: Annotated[int, Field(ge=1, le=365)] = 60
    """Latest booking: so many days from now."""
    hours: WeekHours | None = None
    """Own hours inside those of the business, in its time zone."""
    price: PriceEntry = PriceEntry()
    phone: FieldRuleName = "optional"
    """Whether customers are asked for their number."""
    note: FieldRuleName = "optional"
    """Whether customers can leave a message."""
    questions: tuple[QuestionEntry, ...] = ()
    consent: Consent | None = None
    """A further wording to agree to, as a tariff."""
    staff_choice: bool = True
    """Whether customers choose with whom."""
    invite_customer: bool = False
    """Whether customers stand in the Outlook event."""
    cancel_hours: Hours = 24
    """Customers may cancel until so many hours before."""


class StaffEntry(Strict):
    """Who serves."""

    id: Id
    name: str = Field(min_length=1, max_length=100)
    mailbox: Mail
    """The Outlook calendar."""
    zone: Zone | None = None
    """Time zone of the hours below; left out: that of the business."""
    hours: WeekHours
    breaks: WeekHours = Field(default_factory=dict)
    overrides: dict[date, DayHours] = Field(default_factory=dict)
    """Single days with other hours: 2026-12-15: 08:00-12:00."""
    time_off: tuple[Absence, ...] = ()
    skills: tuple[Id, ...] = ()
    weight: int = Field(1, ge=1, le=100)
    """Share of the work: 2 gets twice as many bookings as 1."""


class BusinessFile(Strict):
    """business.yaml."""

    business: BusinessEntry
    places: tuple[PlaceEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = Field(min_length=1)
    staff: tuple[StaffEntry, ...] = Field(min_length=1)

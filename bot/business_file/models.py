"""The form of business.yaml: one class per kind of entry, one field per key.

Checks of single values only; what joins several is in cross_checks. The docstrings of the fields
end up in the JSON Schema, and so in the editor of whoever writes a file.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from bot.business_file.hours import DayHours, Quiet, WeekHours, WeekPlaces
from bot.business_file.problems import both, refusal
from bot.business_file.values import BothTexts, Id, Mail, Pair, Strict, Url, Zone


def _listed(value: object) -> object:
    return [value] if isinstance(value, int | float | str) else value


Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Buffer = Annotated[int, Field(ge=0, le=24 * 60)]
DelayMinutes = Annotated[int, Field(ge=0, le=7 * 24 * 60)]
Hours = Annotated[float, Field(ge=0, le=24 * 365)]
ReminderHours = Annotated[float, Field(ge=0.25, le=24 * 30)]
Cap = Annotated[int, Field(ge=1, le=1000)]
Version = Annotated[str, Field(min_length=1, max_length=40)]
FieldRuleName = Literal["off", "optional", "required"]
StatusName = Literal["busy", "oof", "tentative", "unknown", "workingElsewhere", "free"]


class Period(Strict):
    """Whole days, both included."""

    first: date
    """First day, as 2026-12-24."""
    last: date
    """Last day."""


class Absence(Period):
    """Whole days on which nobody works, both included."""

    name: BothTexts | None = None
    """Why; customers see it for a closure."""


class Consent(Strict):
    """A wording; change the version whenever you change the text."""

    version: Version
    """Kept with every booking."""
    text: BothTexts
    url: Url | None = None
    """Where the long form stands."""


class WaveEntry(Strict):
    """One step of a staged start."""

    id: Id
    starts: date = Field(alias="from")
    """First day on which its staff can be booked."""


class TravelEntry(Strict):
    """The way between two places."""

    between: Pair
    """Ids of the two places."""
    minutes: Buffer
    """Kept free between two bookings there."""


class OutageEntry(Strict):
    """How to go on while no calendar answers at all."""

    note_hours: Annotated[float, Field(ge=0, le=72)] = 4
    """A time is noted on what was last known, if that is no older; 0: never."""
    conflict: Literal["ask", "keep"] = "ask"
    """A noted time that is taken after all: ask the customer for another, or keep both."""
    answer_hours: Annotated[float, Field(gt=0, le=24 * 14)] = 24
    """Hours the customer has to choose; then the noted time is given up."""


class FreedAfterEntry(Strict):
    """How long a time that was given up stays away: a number drawn between the two."""

    min: DelayMinutes = 0
    """Minutes at least."""
    max: DelayMinutes = Field(0, validate_default=True)
    """Minutes at most, no less than `min`."""

    @field_validator("max")
    @classmethod
    def _no_less_than_the_least(cls, most: int, others: ValidationInfo) -> int:
        if most < others.data.get("min", 0):
            raise refusal(
                both(
                    "The most (max) is less than the least (min).",
                    "Das Höchste (max) liegt unter dem Mindesten (min).",
                ),
                both("Write at least min.", "Schreiben Sie mindestens min."),
            )
        return most


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
    form_of_address: Literal["formal", "informal"] = "formal"
    """How the German texts speak to customers: formal (Sie) or informal (du)."""
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
    waves: tuple[WaveEntry, ...] = ()
    """Steps of a staged start; staff name theirs with `wave`."""
    declaration: Version | None = None
    """Version of the privacy declaration that staff must have signed to be bookable."""
    travel: tuple[TravelEntry, ...] = ()
    """Ways that take another time than travel_minutes."""
    travel_minutes: Buffer = 0
    """Minutes kept free between bookings of one person at two places."""
    outage: OutageEntry = OutageEntry()
    """What is noted while no calendar answers."""
    freed_after: FreedAfterEntry = FreedAfterEntry()
    """How long a time that a customer gave up stays away."""
    quiet_hours: Quiet = Field("21:00-08:00", validate_default=True)
    """When nobody is reminded, by the clock of the business; none: at any time."""


class PlaceEntry(Strict):
    """An address."""

    id: Id
    name: BothTexts
    address: str = Field(min_length=1, max_length=200)


class ResourceEntry(Strict):
    """A room, or a kind of equipment."""

    id: Id
    name: BothTexts
    kind: Literal["room", "equipment"]
    place: Id | None = None
    """Id of the place where it stands; left out: anywhere."""
    units: Cap = 1
    """How many of it there are; each serves one booking at a time."""
    mailbox: Mail | None = None
    """Its Outlook calendar, if it has one."""


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
    minutes: Annotated[
        tuple[Minutes, ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=Minutes | tuple[Minutes, ...]),
    ]
    """How long it takes: one number, or a list to choose from."""
    locations: Annotated[
        tuple[str, ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]),
    ]
    """teams, phone, ids of places, or the word places for all of them."""
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
    offset: Annotated[int, Field(ge=0, lt=240)] = 0
    """Times lie so many minutes after each full interval: 10 with interval 60 is 9:10, 10:10."""
    shared_buffers: bool = False
    """Between two bookings the larger buffer counts, instead of both."""
    lead_hours: Hours = 2
    """Earliest booking: so many hours from now."""
    advance_days: Annotated[int, Field(ge=1, le=365)] = 60
    """Latest booking: so many days from now."""
    hours: WeekHours | None = None
    """Own hours inside those of the business, in its time zone."""
    bookable: Period | None = None
    """Appointments lie on these days only: a season, a campaign."""
    assign: Literal["any", "in_turn", "collective"] = "any"
    """Who serves when nobody is chosen: the least busy, the next in turn, or all together."""
    rooms: tuple[Id, ...] = ()
    """Ids of rooms; each booking takes one of them."""
    equipment: tuple[Id, ...] = ()
    """Ids of equipment; each booking takes one unit of each."""
    approval_hours: Annotated[float, Field(gt=0, le=24 * 30)] | None = None
    """Hours the staff have to say yes or no; left out: booked at once."""
    per_customer: Cap | None = None
    """How many coming appointments one customer may have."""
    visibility: Literal["public", "hidden", "link"] = "public"
    """Not listed: hidden, bookable by address or exact name; link, by a link that works once."""
    aliases: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()
    """Other words customers use for it."""
    blocks: tuple[StatusName, ...] = ("tentative", "busy", "oof", "unknown")
    """States of the Outlook calendar that block a time; unknown always does."""
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
    reminder_hours: Annotated[
        tuple[ReminderHours, ...],
        Field(max_length=5),
        BeforeValidator(_listed, json_schema_input_type=ReminderHours | tuple[ReminderHours, ...]),
    ] = (24,)
    """Customers are reminded so many hours before, each time; []: never."""
    move_hours: Hours | None = None
    """Customers may move until so many hours before; left out, as long as they may cancel."""

    @field_validator("offset")
    @classmethod
    def _below_the_interval(cls, offset: int, others: ValidationInfo) -> int:
        interval = others.data.get("interval")
        if interval is not None and offset >= interval:
            raise refusal(
                both(
                    f"An offset of {offset} minutes is not below the interval of {interval}.",
                    f"Ein Versatz (offset) von {offset} Minuten liegt nicht unter dem Raster "
                    f"(interval) von {interval}.",
                ),
                both(
                    f"Write less than {interval}, or lengthen interval.",
                    f"Schreiben Sie weniger als {interval} oder verlängern Sie interval.",
                ),
            )
        return offset

    @field_validator("blocks")
    @classmethod
    def _unknown_blocks(cls, blocks: tuple[str, ...]) -> tuple[str, ...]:
        if "unknown" not in blocks:
            raise refusal(
                both(
                    "A state that nobody knows must block, or a time could be given twice.",
                    "Ein Zustand, den niemand kennt, muss sperren, sonst wäre eine Zeit doppelt "
                    "vergeben.",
                ),
                both("Add unknown to the list.", "Ergänzen Sie unknown in der Liste."),
            )
        return blocks


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
    per_day: Cap | None = None
    """At most so many bookings a day."""
    per_week: Cap | None = None
    """At most so many bookings a week, from Monday."""
    sites: tuple[Id, ...] = ()
    """Ids of the places served at; left out: all."""
    work_places: WeekPlaces = Field(default_factory=dict)
    """Days -> id of a place, or home: on that day only online or by phone."""
    state: str | None = None
    """Own Bundesland, canton or state in short; its public holidays are free as well."""
    wave: Id | None = None
    """Id of the wave of the staged start, under business."""
    declaration: Version | None = None
    """Version of the privacy declaration they signed."""


class RosterEntry(Strict):
    """Staff in a CSV file; its first line names the columns."""

    file: str = Field(min_length=1, max_length=200)
    """Name of the file, beside this one or in a folder below."""
    shifts: dict[Id, WeekHours] = Field(min_length=1)
    """Weekly hours by the names that the column `shift` uses."""


class BusinessFile(Strict):
    """business.yaml."""

    business: BusinessEntry
    places: tuple[PlaceEntry, ...] = ()
    resources: tuple[ResourceEntry, ...] = ()
    services: tuple[ServiceEntry, ...] = Field(min_length=1)
    roster: RosterEntry | None = None
    """For a large business: its staff in a file of its own."""
    staff: tuple[StaffEntry, ...] = Field((), validate_default=True)
    """At least one, unless there is a roster."""

    @field_validator("staff")
    @classmethod
    def _somebody(
        cls, staff: tuple[StaffEntry, ...], others: ValidationInfo
    ) -> tuple[StaffEntry, ...]:
        if not staff and others.data.get("roster", ...) is None:
            raise refusal(
                both("Nobody serves here.", "Hier ist niemand eingetragen."),
                both(
                    "Name at least one under `staff:`, or a file of them under `roster:`.",
                    "Nennen Sie mindestens eine Person unter `staff:` oder eine Datei unter "
                    "`roster:`.",
                ),
            )
        return staff

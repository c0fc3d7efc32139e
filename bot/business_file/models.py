"""The form of business.yaml. Checks of single values; what joins several is in cross_checks."""

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s*-\s*(\d{1,2}):(\d\d)(?::(\d\d))?")


class Strict(BaseModel):
    """No unknown keys: a misspelt one must not be ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """A text in both languages."""

    de: str = Field(min_length=1, max_length=2000)
    en: str = Field(min_length=1, max_length=2000)


def _both(value: object) -> object:
    return {"de": value, "en": value} if isinstance(value, str) else value


BothTexts = Annotated[Text, BeforeValidator(_both)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Opening = tuple[time, time]


def _clock(hour: str, minute: str, second: str | None) -> time:
    if (hour, minute, second or "00") == ("24", "00", "00"):
        return time(0)
    return time(int(hour), int(minute), int(second or 0))


def openings(value: object) -> tuple[Opening, ...]:
    """Read `09:00-12:00, 13:00-17:00`; raises ValueError with what is wrong."""
    if value in (None, "", "closed"):
        return ()
    if not isinstance(value, str):
        raise ValueError(f"hours are written like 09:00-12:00, 13:00-17:00, not {value!r}")  # noqa: TRY004 - pydantic wants ValueError
    found: list[Opening] = []
    for part in value.split(","):
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise ValueError(
                f"hours are written like 09:00-12:00, 13:00-17:00, not {part.strip()!r}"
            )
        try:
            opens, closes = _clock(*match.group(1, 2, 3)), _clock(*match.group(4, 5, 6))
        except ValueError:
            raise ValueError(f"there is no such time of day in {part.strip()!r}") from None
        if closes != time(0) and opens >= closes:
            raise ValueError(f"{part.strip()} ends before it begins")
        if found and (found[-1][1] == time(0) or opens < found[-1][1]):
            raise ValueError(f"{part.strip()} overlaps the hours before it")
        found.append((opens, closes))
    return tuple(found)


def _days(words: str) -> list[int]:
    days: list[int] = []
    for part in (p.strip().lower() for p in words.split(",")):
        first, _, last = part.partition("-")
        last = last or first
        if first.strip() not in DAYS or last.strip() not in DAYS:
            raise ValueError(
                f"days are mon, tue, wed, thu, fri, sat, sun or mon-fri, not {part!r}"
            )
        a, b = DAYS.index(first.strip()), DAYS.index(last.strip())
        if a > b:
            raise ValueError(f"{part!r} runs backwards")
        days += range(a, b + 1)
    return days


def _week(value: object) -> object:
    if not isinstance(value, Mapping):
        raise ValueError("hours are a list of days, such as mon-fri: 09:00-17:00")  # noqa: TRY004 - pydantic wants ValueError
    week: dict[int, tuple[Opening, ...]] = {}
    for words, hours in value.items():
        spans = openings(hours)
        for day in _days(str(words)):
            if day in week:
                raise ValueError(f"{DAYS[day]} is named twice")
            week[day] = spans
    return {day: spans for day, spans in week.items() if spans}


Week = Annotated[dict[int, tuple[Opening, ...]], BeforeValidator(_week)]
DayHours = Annotated[tuple[Opening, ...], BeforeValidator(openings)]


def _mail(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError(f"{value!r} is no e-mail address") from None


Mail = Annotated[str, AfterValidator(_mail)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, int) else value


Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Buffer = Annotated[int, Field(ge=0, le=24 * 60)]
Url = Annotated[str, Field(pattern=r"^https://[^\s]+$")]


class Absence(Strict):
    """Whole days, both included."""

    first: date
    last: date
    name: BothTexts | None = None


class Consent(Strict):
    """A wording; change the version whenever you change the text."""

    version: str = Field(min_length=1, max_length=40)
    text: BothTexts
    url: Url | None = None


class BusinessEntry(Strict):
    """Who offers."""

    id: Id
    name: BothTexts
    zone: str
    country: str = Field("DE", pattern=r"^[A-Z]{2}$")
    state: str | None = None
    observe_holidays: bool = True
    language: Literal["de", "en"] = "de"
    phone: str | None = None
    email: Mail | None = None
    website: Url | None = None
    mail_from: Mail
    hours: Week
    closures: list[Absence] = []
    privacy: Consent
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
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    vat_percent: Decimal | None = Field(None, ge=0, le=100)
    unit: BothTexts | None = None


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
    choices: list[ChoiceEntry] = []


class ServiceEntry(Strict):
    """What a customer books; times in minutes unless the name says otherwise."""

    id: Id
    name: BothTexts
    description: BothTexts
    minutes: Annotated[list[Minutes], BeforeValidator(_listed), Field(min_length=1)]
    locations: list[str] = Field(min_length=1)
    staff: list[Id] = []
    skills: list[Id] = []
    buffer_before: Buffer = 0
    buffer_after: Buffer = 0
    interval: Annotated[int, Field(ge=5, le=240)] = 30
    lead_hours: Annotated[float, Field(ge=0, le=24 * 365)] = 2
    advance_days: Annotated[int, Field(ge=1, le=365)] = 60
    hours: Week | None = None
    price: PriceEntry = PriceEntry()
    phone: Literal["off", "optional", "required"] = "optional"
    note: Literal["off", "optional", "required"] = "optional"
    questions: list[QuestionEntry] = []
    consent: Consent | None = None
    staff_choice: bool = True
    invite_customer: bool = False
    cancel_hours: Annotated[float, Field(ge=0, le=24 * 365)] = 24


class StaffEntry(Strict):
    """Who serves."""

    id: Id
    name: str = Field(min_length=1, max_length=100)
    mailbox: Mail
    zone: str | None = None
    hours: Week
    breaks: Week = {}
    overrides: dict[date, DayHours] = {}
    time_off: list[Absence] = []
    skills: list[Id] = []
    weight: int = Field(1, ge=1, le=100)


class BusinessFile(Strict):
    """business.yaml."""

    business: BusinessEntry
    places: list[PlaceEntry] = []
    services: list[ServiceEntry] = Field(min_length=1)
    staff: list[StaffEntry] = Field(min_length=1)

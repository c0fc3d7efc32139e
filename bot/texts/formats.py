"""Dates, times, prices and zones as people of each language write them; always by Babel."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from bot.texts.catalogue import language_of, text
from scheduling.catalog import Price, PriceKind

_LOCALES = {"de": Locale.parse("de_DE"), "en": Locale.parse("en_US")}


def _locale(language: str) -> Locale:
    return _LOCALES[language_of(language)]


def _plain(words: str) -> str:
    """Return the text with ordinary blanks: clients show the thin ones badly."""
    return words.replace("\u2009", " ").replace("\u202f", " ").replace("\xa0", " ")


def date_full(moment: datetime, language: str) -> str:
    """Return `Montag, 23. November 2026`; `moment` is local."""
    return _plain(format_date(moment.date(), "full", locale=_locale(language)))


def date_short(moment: datetime, language: str) -> str:
    """Return `Mo., 23. Nov.` or `Mon, Nov 23`."""
    return _plain(format_skeleton("MMMEd", moment, locale=_locale(language)))


def weekday(number: int, language: str) -> str:
    """Return `Mo.` or `Mon` for 0."""
    monday = date(2024, 1, 1)
    return _plain(format_date(monday + timedelta(days=number), "EEE", locale=_locale(language)))


def day_heading(moment: datetime, language: str) -> str:
    """Return `Montag, 23. November`."""
    pattern = "EEEE, d. MMMM" if language_of(language) == "de" else "EEEE, MMMM d"
    return _plain(format_date(moment.date(), pattern, locale=_locale(language)))


def time(moment: datetime, language: str) -> str:
    """Return `09:30` or `9:30 AM`."""
    if language_of(language) == "de":
        return moment.strftime("%H:%M")
    return _plain(format_time(moment.time(), "short", locale=_locale(language)))


def time_spoken(moment: datetime, language: str) -> str:
    """Return `09:30 Uhr` or `9:30 AM`."""
    words = time(moment, language)
    return f"{words} Uhr" if language_of(language) == "de" else words


def interval(start: datetime, end: datetime, language: str) -> str:
    """Return `09:30–10:00 Uhr` or `9:30 AM – 10:00 AM`."""
    if language_of(language) == "de":
        return f"{time(start, language)}–{time(end, language)} Uhr"
    return f"{time(start, language)} – {time(end, language)}"


def when(start: datetime, end: datetime, language: str) -> str:
    """Return the short date and the interval in one line."""
    return f"{date_short(start, language)}, {interval(start, end, language)}"


def zone(name: str, moment: datetime, language: str) -> str:
    """Return `Berlin (MEZ, UTC+1)`; the short name only where the language has one."""
    at = moment.astimezone(ZoneInfo(name))
    offset = at.utcoffset() or timedelta(0)
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "-" if offset < timedelta(0) else "+"
    utc = f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")
    short = get_timezone_name(at, width="short", locale=_locale(language))
    city = name.rsplit("/", 1)[-1].replace("_", " ")
    is_name = short.isalpha()
    return f"{city} ({short}, {utc})" if is_name else f"{city} ({utc})"


def duration(length: timedelta, language: str) -> str:
    """Return `30 Min` or `30 min`."""
    minutes = int(length.total_seconds()) // 60
    return text("minutes", language, count=str(minutes))


def length(span: timedelta, language: str) -> str:
    """Return `24 Stunden`, `1 hour` or `90 Minuten`: whole hours where they are whole."""
    minutes = int(span.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    unit, count = ("minute", minutes) if rest else ("hour", hours)
    return _plain(format_unit(count, f"duration-{unit}", locale=_locale(language)))


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return `80,00 €` or `€80.00`."""
    return _plain(format_currency(amount, currency, locale=_locale(language)))


def price(value: Price, language: str) -> str:
    """Return the price in words, VAT and total included where they are known."""
    if value.kind is PriceKind.FREE:
        return text("price_free", language)
    words = money(value.amount, value.currency, language)
    if value.kind is PriceKind.FROM:
        words = text("price_from", language, amount=words)
    if value.kind is PriceKind.PER_UNIT and value.unit:
        words = text("price_per", language, amount=words, unit=value.unit.in_language(language))
    if value.vat_percent is None:
        return words
    percent = format_decimal(value.vat_percent, locale=_locale(language))
    if value.kind is PriceKind.FIXED:
        total = value.amount * (1 + value.vat_percent / 100)
        gross = money(total, value.currency, language)
        return text("price_gross", language, amount=words, percent=percent, total=gross)
    return text("price_net", language, amount=words, percent=percent)

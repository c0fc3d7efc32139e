"""Both catalogues say the same things, and everything that the code asks for."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot import texts
from scheduling.catalog import LocalText, Price, PriceKind
from tests.integration.processes import ROOT

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=BERLIN)


def test_every_text_exists_in_both_languages() -> None:
    assert texts.keys("de").keys() == texts.keys("en").keys()


def test_both_languages_fill_in_the_same_values() -> None:
    english = texts.keys("en")
    for key, words in texts.keys("de").items():
        names = sorted(set(re.findall(r"{(\w+)}", words)))
        assert names == sorted(set(re.findall(r"{(\w+)}", english[key]))), key


def test_no_text_is_empty() -> None:
    assert all(words.strip() for lang in texts.LANGUAGES for words in texts.keys(lang).values())


def test_every_key_named_in_code_and_templates_exists() -> None:
    known = texts.keys("de").keys()
    asked: set[str] = set()
    for file in (ROOT / "bot").rglob("*.py"):
        asked |= set(re.findall(r'\btext\(\s*"(\w+)"', file.read_text(encoding="utf-8")))
        asked |= set(re.findall(r'\bSaid\(\s*"(\w+)"', file.read_text(encoding="utf-8")))
    for file in (ROOT / "bot/pages/templates").glob("*.html"):
        asked |= set(re.findall(r"\bt\('(\w+)'\s*,", file.read_text(encoding="utf-8")))
    assert len(asked) > 60
    assert asked <= known, asked - known


def test_dates_and_times_read_as_each_language_writes_them() -> None:
    f = texts.formats
    assert f.date_full(MOMENT, "de") == "Montag, 23. November 2026"
    assert f.date_full(MOMENT, "en") == "Monday, November 23, 2026"
    end = MOMENT + timedelta(minutes=30)
    assert f.interval(MOMENT, end, "de") == "09:30–10:00 Uhr"
    assert f.interval(MOMENT, end, "en") == "9:30 AM – 10:00 AM"
    assert f.zone("Europe/Berlin", MOMENT, "de") == "Berlin (MEZ, UTC+1)"
    assert f.zone("Europe/Berlin", datetime(2026, 7, 1, tzinfo=UTC), "en") == "Berlin (UTC+2)"


def test_a_fixed_price_names_net_tax_and_total() -> None:
    price = Price(PriceKind.FIXED, Decimal(80), "EUR", Decimal(19))
    assert texts.formats.price(price, "de") == "80,00 € netto + 19 % MwSt. = 95,20 €"


def test_a_price_per_unit_names_the_unit() -> None:
    unit = LocalText("angefangene Stunde", "hour or part of it")
    price = Price(PriceKind.PER_UNIT, Decimal(89), unit=unit)
    assert texts.formats.price(price, "en") == "€89.00 per hour or part of it"

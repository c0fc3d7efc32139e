"""A table of ways of saying when in each language, and what is read."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.understanding.dates import Circumstances, read_dates
from bot.understanding.prediction import prediction

HERE = Path(__file__).parent
NOW = datetime.fromisoformat("2026-03-04 10:15")
ONE_DAY = timedelta(days=1)


def table(name: str) -> list[tuple[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    rows = [line.partition(" => ") for line in lines if line and not line.startswith("#")]
    return [(text, meant) for text, _, meant in rows]


def short(text: str, language: str) -> str:
    """Return the reading in the notation of the table."""
    month_first = language == "en" and not text.startswith("GB: ")
    at = Circumstances(NOW, language, month_first, excludes_absences=False)
    read = prediction(read_dates(text.removeprefix("GB: "), at).wish, at.today)
    if read is None:
        return "-"
    start, end = (
        datetime.fromisoformat(str(read[k])) if read[k] else None for k in ("start", "end")
    )
    mark = {"earliest": "^", "latest": "v"}.get(str(read["preference"]), "")
    shown = _hours if read["has_time"] else _days
    return shown(start, end, str(read["open"])) + mark


def _days(start: datetime | None, end: datetime | None, side: str) -> str:
    if start is None:
        return f"<{end - ONE_DAY:%m-%d}"
    first = f"{start:%m-%d}" if start.year == NOW.year else f"{start:%Y-%m-%d}"
    if side == "end":
        return f"{first}>"
    return first if end is None or end - start <= ONE_DAY else f"{first}..{end - ONE_DAY:%m-%d}"


def _hours(start: datetime | None, end: datetime | None, side: str) -> str:
    if start is None:
        return f"<{end:%m-%d %H:%M}"
    first = f"{start:%m-%d %H:%M}" if start.year == NOW.year else f"{start:%Y-%m-%d %H:%M}"
    if end is None:
        return first + (">" if side == "end" else "")
    nights = (end.date() - start.date()).days
    return f"{first}-{end:%H:%M}" + (f"+{nights}" if nights else "")


@pytest.mark.parametrize(("text", "meant"), table("readings_en.txt"))
def test_what_is_said_in_english_is_read(text: str, meant: str) -> None:
    assert short(text, "en") == meant


@pytest.mark.parametrize(("text", "meant"), table("readings_de.txt"))
def test_what_is_said_in_german_is_read(text: str, meant: str) -> None:
    assert short(text, "de") == meant

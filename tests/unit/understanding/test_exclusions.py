"""What a customer rules out is never offered, and nothing else is ruled out with it.

The sentences stand in exclusions.txt; they are our own.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.conversation import wishes
from bot.understanding import Context, understand
from tests.builders import a_business, utc, weekdays

NOW = utc("2025-11-25 09:00")
TUESDAY = date(2025, 11, 25)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SENTENCES = [
    tuple(part.strip() for part in line.split("|"))
    for line in (Path(__file__).parent / "exclusions.txt").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("#")
]


def start(code: str) -> datetime:
    """Return the first such day and hour after the day of speaking, with + the second."""
    ahead = (DAYS.index(code[:3]) - TUESDAY.weekday() - 1) % 7 + 1 + 7 * code.count("+")
    hour = time(int(code[3:].rstrip("+")))
    return datetime.combine(TUESDAY + timedelta(days=ahead), hour)


@pytest.mark.parametrize(
    ("language", "text", "never", "still"), SENTENCES, ids=[row[1] for row in SENTENCES]
)
def test_what_is_ruled_out_never_fits_and_the_rest_does(
    language: str, text: str, never: str, still: str
) -> None:
    context = Context(a_business(hours=weekdays("8-18")), NOW, language)
    wish = understand(text, None, context).wish
    assert [code for code in never.split() if wishes.fits(wish, start(code))] == []
    assert [code for code in still.split() if not wishes.fits(wish, start(code))] == []


def test_there_are_more_than_two_hundred_sentences_of_both_languages() -> None:
    counts = {language: sum(row[0] == language for row in SENTENCES) for language in ("de", "en")}
    assert min(counts.values()) >= 100

"""Whatever is written, reading it ends, and in no more steps than the message is long."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding import clean
from bot.understanding.dates import Circumstances, Opening, read_dates, sayings, words
from bot.understanding.dates.tokens import MOST_TOKENS, cut
from bot.understanding.prediction import prediction
from bot.understanding.wish import Wish

SHAPES = (
    "0 1 7 12 24 31. 32 99 1530 2025 3.12. 30.2. 10.10 12:30 24:00 25:00 3/12 1-2-26 14h30"
    " 2025-12-03 12/2025 15th ١٢ ½ , . - / ( ) : am pm + x Müller"
)
KNOWN = [
    *(word for word, _ in words.single_words()),
    *sayings.PHRASES,
    *words.SHORT_WEEKDAYS,
    *SHAPES.split(" "),
]
moments = st.datetimes(datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31"))
languages = st.sampled_from(["de", "en", "fr", ""])


def read(text: str, now: datetime, language: str) -> Wish:
    at = Circumstances(now, language, opening=Opening(480, 1080), anchor=now)
    wish = read_dates(clean(text), at).wish
    prediction(wish, now.date())
    return wish


@given(
    st.lists(st.sampled_from(KNOWN), max_size=12), st.sampled_from(["", " "]), moments, languages
)
@settings(max_examples=400, deadline=None)
def test_no_row_of_words_of_time_makes_reading_fail(
    said: list[str], between: str, now: datetime, language: str
) -> None:
    read(between.join(said), now, language)


@given(st.text(max_size=200), moments, languages)
@settings(max_examples=200, deadline=None)
def test_no_text_at_all_makes_reading_fail(text: str, now: datetime, language: str) -> None:
    read(text, now, language)


@given(st.lists(st.sampled_from(KNOWN), max_size=10), languages)
@settings(max_examples=200, deadline=None)
def test_the_same_text_is_always_read_the_same_way(said: list[str], language: str) -> None:
    now = datetime.fromisoformat("2025-11-25 10:00")
    assert read(" ".join(said), now, language) == read(" ".join(said), now, language)


@given(st.lists(st.sampled_from(KNOWN), max_size=10))
@settings(max_examples=200, deadline=None)
def test_every_span_lies_in_the_text(said: list[str]) -> None:
    text = clean(" ".join(said))
    at = Circumstances(datetime.fromisoformat("2025-11-25 10:00"))
    spans = read_dates(text, at).wish.spans
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


def test_no_month_at_all_is_no_period() -> None:
    now = datetime.fromisoformat("2026-11-09 10:00")
    assert read("die nächsten null Monate", now, "de").is_empty


@pytest.mark.parametrize(
    "text",
    [
        "o29/2märz maifeiertag saturday",
        "31/1 August",
        "29.2. bis 15.1.2028",
    ],
)
def test_a_text_that_once_made_reading_fail_is_read(text: str) -> None:
    read(text, datetime.fromisoformat("2026-11-09 10:00"), "de")


@pytest.mark.parametrize("piece", ["am 3.12. um 10, ", "nicht am Montag ", "1. ", "1-", "o'"])
def test_a_text_is_cut_into_no_more_tokens_than_a_message_has(piece: str) -> None:
    assert len(cut(piece * 10_000)) <= MOST_TOKENS + 1


def test_a_megabyte_is_read_as_far_as_a_message_goes() -> None:
    now = datetime.fromisoformat("2025-11-25 10:00")
    assert read("x " * 500_000 + "morgen", now, "de").is_empty

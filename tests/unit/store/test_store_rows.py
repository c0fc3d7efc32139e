from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.booking import Assignment, Customer, Details, HoldRequest
from scheduling.errors import StoreUnavailable
from scheduling.store import rows
from scheduling.store.databases import database_for
from scheduling.store.sqlite import journal_for
from scheduling.store.tables import Moment
from scheduling.timespan import TimeSpan, from_seconds, whole_seconds

MOMENTS = st.timedeltas(timedelta(0), timedelta(days=80_000)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def spans(draw):
    start = draw(MOMENTS)
    return TimeSpan(start, start + draw(st.timedeltas(timedelta(microseconds=1), timedelta(9))))


@given(MOMENTS)
def test_a_moment_comes_back_exactly(moment):
    column = Moment()
    assert column.process_result_value(column.process_bind_param(moment, None), None) == moment


@given(spans())
def test_a_claim_encloses_its_span_by_less_than_a_second_on_each_side(span):
    claimed = from_seconds(*whole_seconds(span))
    assert claimed.contains(span)
    assert claimed.duration - span.duration < timedelta(seconds=2)


@given(spans())
def test_whole_seconds_are_claimed_as_they_are(span):
    whole = TimeSpan(
        span.start.replace(microsecond=0), span.end.replace(microsecond=0) + timedelta(seconds=1)
    )
    assert from_seconds(*whole_seconds(whole)) == whole


@given(TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_details_come_back_as_they_were_said(name, note, answers):
    details = Details(Customer(name, "eva@example.org"), "teams", note, answers)
    assert rows._DETAILS.validate_json(rows.details_text(details)) == details


@given(st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers() | TEXTS, max_size=4))
def test_a_document_comes_back_as_it_was(body):
    assert rows.object_of(rows.object_text(body)) == body


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2027, 1, 1, tzinfo=UTC)])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises((ValueError, TypeError)):
        rows.object_text({"value": value})


def test_a_row_says_who_serves_why_and_until_when_it_is_held():
    start = datetime(2027, 1, 4, 9, tzinfo=UTC)
    span = TimeSpan(start, start + timedelta(hours=1))
    request = HoldRequest("cut", Assignment("anna", "chosen"), span, span, "chat", start)
    held = rows.held(request, "id", "B-1", start)
    row = rows.booking_row(held)
    assert (row["staff_id"], row["reason"], row["hold_until"]) == ("anna", "chosen", start)


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "delete"),
        ((3, 44, 6), "delete"),
        ((3, 51, 2), "delete"),
        ((3, 51, 3), "wal"),
        ((3, 52, 0), "wal"),
        ((4, 0, 0), "wal"),
    ],
)
def test_wal_is_used_only_where_its_reset_bug_is_mended(version, mode):
    assert journal_for(version) == mode


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("mysql://bot@localhost/bookings", "mysql is not supported"),
        ("postgresql://bot@localhost", "name the database"),
        ("sqlite://", "need a file"),
        ("sqlite:///:memory:", "need a file"),
        ("sqlite:///a.sqlite3?mode=ro", "need a file"),
        ("bookings.sqlite3", "cannot be read"),
    ],
)
def test_a_url_that_cannot_keep_bookings_is_refused_in_words(url, word):
    with pytest.raises(StoreUnavailable, match=word):
        database_for(url, timedelta(seconds=1))

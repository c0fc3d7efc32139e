"""Graph's JSON, both ways."""

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import wire
from graph.errors import Transient
from scheduling.catalog import BLOCKING, BusyStatus
from scheduling.ports import EventDraft, FreeBusy
from scheduling.timespan import TimeSpan

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPAN = TimeSpan(datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC))
DRAFT = EventDraft(
    booking_id="b1", version=2, mailbox="anna@contoso.com", span=SPAN, zone="Europe/Berlin",
    subject="Beratung", body_text="Zeile 1\nZeile 2", location="Bonn",
)  # fmt: skip
ANNA = "anna@contoso.com"


def moment(text: str, zone: str = "UTC") -> wire.DateTimeTimeZone:
    return wire.DateTimeTimeZone(date_time=text, time_zone=zone)


def answered(*items: object, **entry: object) -> FreeBusy:
    body = {"value": [{"scheduleId": ANNA, "scheduleItems": list(items), **entry}]}
    schedules = wire.read(wire.Schedules, json.dumps(body).encode())
    return wire.free_busy(schedules, [ANNA])[ANNA]


def an_item(start: str, end: str, status: object = "busy") -> dict[str, object]:
    return {
        "status": status,
        "start": {"dateTime": start, "timeZone": "UTC"},
        "end": {"dateTime": end, "timeZone": "UTC"},
    }


def test_seven_digits_of_fraction_are_read() -> None:
    assert moment("2026-12-01T09:00:00.0000000").moment() == SPAN.start


def test_a_start_is_rounded_down_and_an_end_up() -> None:
    item = answered(an_item("2026-12-01T09:00:00.9", "2026-12-01T09:30:00.0000001")).items[0]
    assert item.span.start == SPAN.start
    assert item.span.end == SPAN.start + timedelta(minutes=30, seconds=1)


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001 - wall clock
    st.sampled_from(["UTC", "W. Europe Standard Time", "Europe/Berlin", "Pacific/Apia"]),
)
def test_a_moment_read_encloses_the_one_written(wall: datetime, zone: str) -> None:
    text = moment(wall.isoformat(timespec="microseconds"), zone)
    start, end = text.moment(), text.moment(is_end=True)
    assert start <= end
    assert end - start <= timedelta(hours=24, seconds=1)


def test_a_time_that_occurs_twice_is_taken_as_wide_as_it_can_be_meant() -> None:
    twice = moment("2026-10-25T02:30:00", "Europe/Berlin")
    assert twice.moment() == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert twice.moment(is_end=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2026-12-01", "2026-12-01T25:00:00", "2026-13-01T09:00:00", "2026-12-01T09:00:00+01:00",
     "٢٠٢٦-12-01T09:00:00", "now"],
)  # fmt: skip
def test_a_time_that_cannot_be_read_makes_the_mailbox_unknown(text: str) -> None:
    assert answered(an_item(text, "2026-12-01T10:00:00")).unknown == "unreadable_item"


def test_the_year_one_is_no_crash() -> None:
    item = an_item("0001-01-01T00:00:00.0000000", "2026-12-01T10:00:00")
    item["start"]["timeZone"] = "W. Europe Standard Time"
    assert answered(item).unknown == "unreadable_item"


def test_an_unknown_zone_makes_the_mailbox_unknown() -> None:
    item = an_item("2026-12-01T09:00:00", "2026-12-01T10:00:00")
    item["start"]["timeZone"] = "Customized Time Zone"
    assert answered(item).unknown == "unreadable_item"


def test_an_entry_that_ends_before_it_begins_makes_the_mailbox_unknown() -> None:
    assert answered(an_item("2026-12-01T10:00:00", "2026-12-01T09:00:00")).unknown


def test_an_entry_of_no_length_blocks_nothing() -> None:
    assert answered(an_item("2026-12-01T09:00:00", "2026-12-01T09:00:00")) == FreeBusy()


@pytest.mark.parametrize(
    ("written", "status"),
    [("busy", BusyStatus.BUSY), ("Tentative", BusyStatus.TENTATIVE), ("FREE", BusyStatus.FREE),
     ("workingelsewhere", BusyStatus.WORKING_ELSEWHERE)],
)  # fmt: skip
def test_a_status_is_read_in_any_case(written: str, status: BusyStatus) -> None:
    assert answered(an_item("2026-12-01T09:00:00", "2026-12-01T10:00:00", written)).items[
        0
    ].status is (status)


@pytest.mark.parametrize("written", ["dozing", "", None, 4, ["busy"]])
def test_a_status_nobody_knows_blocks(written: object) -> None:
    item = answered(an_item("2026-12-01T09:00:00", "2026-12-01T10:00:00", written)).items[0]
    assert item.status in BLOCKING


@pytest.mark.parametrize(
    ("code", "told"),
    [("5016", "error_5016"), (5006, "error_5006"), ("ErrorX", "error_ErrorX"),
     ("Anna Berger is away", "error_unknown"), ("9" * 40, "error_unknown")],
)  # fmt: skip
def test_an_error_of_one_mailbox_is_told_by_its_code_alone(code: object, told: str) -> None:
    error = {"message": "Proxy web request failed.", "responseCode": code}
    assert answered(error=error).unknown == told


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert wire.event_request(DRAFT) == wire.event_request(replace(DRAFT))


def test_an_event_carries_our_mark_and_its_transaction() -> None:
    event = json.loads(wire.event_request(DRAFT))
    mark = {"id": wire.BOOKING_PROPERTY, "value": "b1"}
    assert event["transactionId"] == "b1:2"
    assert event["singleValueExtendedProperties"] == [mark]


def test_an_event_is_busy_and_nobody_may_propose_another_time() -> None:
    event = json.loads(wire.event_request(DRAFT))
    assert (event["showAs"], event["allowNewTimeProposals"]) == ("busy", False)


def test_times_are_written_in_utc_without_offset() -> None:
    event = json.loads(wire.event_request(DRAFT))
    assert event["start"] == {"dateTime": "2026-12-01T09:00:00", "timeZone": "UTC"}


def test_nobody_is_invited_unless_an_address_is_given() -> None:
    assert "attendees" not in json.loads(wire.event_request(DRAFT))


def test_no_online_meeting_is_made_unless_wanted() -> None:
    assert "isOnlineMeeting" not in json.loads(wire.event_request(DRAFT))


def test_the_text_of_an_event_is_never_markup() -> None:
    event = json.loads(wire.event_request(replace(DRAFT, body_text="<img onerror=x>")))
    assert event["body"] == {"contentType": "text", "content": "<img onerror=x>"}


@given(st.text())
def test_any_text_makes_an_event_that_can_be_sent(text: str) -> None:
    draft = replace(DRAFT, subject=text, body_text=text, location=text, attendee_name=text)
    event = json.loads(wire.event_request(draft))
    assert len(event["subject"]) <= wire.LONGEST_LINE
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in event["subject"])


def test_a_quote_in_a_booking_id_does_not_leave_the_filter() -> None:
    assert "ep/value eq 'b'' or 1 eq 1'" in wire.booking_filter("b' or 1 eq 1")


def test_free_busy_is_asked_in_the_zone_with_an_hour_more_on_each_side() -> None:
    body = json.loads(wire.schedule_request([ANNA], SPAN, "Europe/Berlin"))
    assert body["startTime"] == {
        "dateTime": "2026-12-01T09:00:00", "timeZone": "W. Europe Standard Time",
    }  # fmt: skip
    assert body["endTime"]["dateTime"] == "2026-12-01T12:00:00"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b"{", b'"x"', b"\xff\xfe"])
def test_an_answer_of_another_shape_is_transient(body: bytes) -> None:
    with pytest.raises(Transient, match="unreadable_answer"):
        wire.read(wire.EventBody, body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error":{"code":"A","innerError":{"code":"B","innererror":{"code":"C"}}}}', "C"),
        (b'{"error":{"code":"A","innerError":{"code":"429"}}}', "A"),
        (b'{"error":{"code":"","message":"m"}}', ""),
        (b'{"error":{"code":"Anna Berger is away"}}', ""),
        (b'{"error":"x"}', ""),
        (b'{"error":{"code":5}}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_the_deepest_known_code_is_kept(body: bytes, code: str) -> None:
    assert wire.refusal(body).code == code


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7), ("0", 0), ("1.5", 1.5), ("86400", 3600), ("1e400", None), ("nan", None),
        ("-3", None), ("soon", None), ("", None), (None, None),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30), ("Tue, 24 Nov 2026 12:00:30 -0000", 30),
        ("Tue, 24 Nov 2026 11:59:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_may_be_anything(header: str | None, seconds: float | None) -> None:
    wait = wire.retry_after(header, NOW)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(max_size=40))
def test_no_retry_after_is_a_crash_or_negative(header: str) -> None:
    wait = wire.retry_after(header, NOW)
    assert wait is None or timedelta(0) <= wait <= wire.MAX_RETRY_AFTER

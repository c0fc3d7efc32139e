"""The calendar file: one event, whatever the texts say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.mail import ics
from scheduling.ports import IcsEvent
from scheduling.timespan import TimeSpan

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
EVENT = IcsEvent(
    uid="b1@terminbot", sequence=3, span=TimeSpan(START, START + timedelta(minutes=30)),
    zone="Europe/Berlin", summary="Beratung", description="Zeile 1\nZeile 2", location="Bonn",
    organizer_name="Praxis", organizer_email="praxis@contoso.com", stamp=START,
)  # fmt: skip


def lines(event: IcsEvent) -> list[str]:
    text = ics(event).decode()
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")


def read(event: IcsEvent) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(ics(event))
    assert len(calendar.events) == 1
    return calendar.events[0]


def at(moment: datetime) -> IcsEvent:
    return replace(EVENT, span=TimeSpan(moment, moment + timedelta(minutes=30)))


def test_times_are_those_of_the_zone_which_is_explained() -> None:
    found = lines(EVENT)
    assert "DTSTART;TZID=Europe/Berlin:20261201T100000" in found
    assert "BEGIN:VTIMEZONE" in found


def test_uid_and_sequence_let_a_later_file_replace_it() -> None:
    assert {"UID:b1@terminbot", "SEQUENCE:3"} <= set(lines(EVENT))


def test_the_method_is_the_callers() -> None:
    assert b"METHOD:CANCEL\r\n" in ics(replace(EVENT, is_cancelled=True))


def test_the_second_half_past_two_is_written_in_utc() -> None:
    assert "DTSTART:20261025T013000Z" in lines(at(datetime(2026, 10, 25, 1, 30, tzinfo=UTC)))


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 3, 29, h, m, tzinfo=UTC) for h in range(6) for m in (0, 30)]
    + [datetime(2026, 10, 25, h, m, tzinfo=UTC) for h in range(6) for m in (0, 30)],
)
def test_the_moment_survives_a_clock_change(moment: datetime) -> None:
    assert read(at(moment)).start.astimezone(UTC) == moment


@pytest.mark.parametrize(
    "text",
    [
        "x\r\nATTENDEE:mailto:eve@example.org",
        "x\nEND:VEVENT\nBEGIN:VEVENT",
        "x\rX-EVIL:1",
        "x\x0bX-EVIL:1",
        "x\x85X-EVIL:1",
        "x\u2028X-EVIL:1",
        "x\\nX-EVIL:1",
        'x";X-EVIL=1:mailto:y',
    ],
)
def test_no_text_adds_a_line_or_a_parameter(text: str) -> None:
    hurt = replace(
        EVENT, uid=text, summary=text, description=text, location=text, organizer_name=text,
        organizer_email=f"a@b.de{text}", url=f"https://example.org/{text}",
    )  # fmt: skip
    names = [line.partition(":")[0].partition(";")[0] for line in lines(hurt)]
    assert not {"ATTENDEE", "X-EVIL"} & set(names)
    assert names.count("BEGIN") == names.count("END") == 4
    assert set(read(hurt)["organizer"].params) == {"CN"}


@given(st.text(), st.text())
def test_any_text_leaves_one_readable_event(line: str, text: str) -> None:
    event = read(replace(EVENT, summary=line, location=line, organizer_name=line,
                         description=text))  # fmt: skip
    assert event.start == START
    assert not any(c in str(event["summary"]) for c in "\r\n\x00\u202e")


def test_texts_come_back_as_they_were() -> None:
    odd = 'Öl; Farbe, Lack \\ "100 %" 🎨 ' + "lang " * 30
    assert str(read(replace(EVENT, summary=odd))["summary"]) == odd.strip()


def test_a_backslash_before_an_n_is_no_line_break() -> None:
    event = read(replace(EVENT, summary=r"C:\New", location=r"C:\new", description=r"\N"))
    assert not any("\n" in str(event[name]) for name in ("summary", "location", "description"))


def test_lines_are_folded_at_75_octets() -> None:
    found = ics(replace(EVENT, summary="ö" * 200)).split(b"\r\n")
    assert max(len(line) for line in found) <= 75


def test_a_long_link_stays_whole() -> None:
    link = "https://teams.microsoft.com/l/meetup-join/" + "x" * 400
    assert str(read(replace(EVENT, url=link))["url"]) == link

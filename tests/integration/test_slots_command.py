"""`slots` as somebody at a terminal, or a program, meets it."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot import slots_command
from bot.slots_command import Question, SlotsImpossible

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-09T06:00:00Z"
TUESDAY = "2026-11-10"
PETRA, JONAS, MIRIAM, AMARA, LUIS = (
    f"{name}@praxis.example"
    for name in ("petra.lenz", "jonas.weber", "miriam.ritter", "amara.okafor", "luis.romero")
)
NOTHING: dict[str, object] = {box: [] for box in (PETRA, JONAS, MIRIAM, AMARA, LUIS)}


@dataclass(frozen=True)
class Ended:
    code: int | None
    out: str
    err: str


async def bot(*arguments: str, folder: Path = ROOT, **environment: str) -> Ended:
    """Run `python -m bot` in a folder to its end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TERMINBOT_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *arguments,
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return Ended(process.returncode, out.decode(), err.decode())


def an_entry(start: str, end: str, status: str = "busy", day: str = TUESDAY) -> dict[str, str]:
    """An entry of that day, in UTC."""
    return {"start": f"{day}T{start}Z", "end": f"{day}T{end}Z", "status": status}


class Desk:
    """Asks `slots` in this process about files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = Question(
            service="follow-up", first=TUESDAY, days=1, staff=None, location="", minutes=None,
            now=NOW, explain=False, busy=folder / "busy.json", business=None, example="practice",
        )  # fmt: skip

    def busy(self, content: object) -> Path:
        text = content if isinstance(content, str) else json.dumps(content)
        file = self.folder / "busy.json"
        file.write_text(text, encoding="utf-8")
        return file

    async def json(self, content: object = None, **changes: object) -> dict:
        self.busy(NOTHING if content is None else content)
        answer = await slots_command.answer(replace(self.asked, **changes))
        return json.loads(answer.as_json())

    async def starts(self, content: object = None, **changes: object) -> dict[str, list[str]]:
        """Local wall clock -> staff."""
        found = await self.json(content, **changes)
        return {slot["start_local"][11:16]: slot["staff"] for slot in found["slots"]}

    async def refusal(self, content: object = None, **changes: object) -> str:
        self.busy(NOTHING if content is None else content)
        with pytest.raises(SlotsImpossible) as refused:
            await slots_command.answer(replace(self.asked, **changes))
        return str(refused.value)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# ---- as a process


async def test_the_answer_is_one_json_object_in_utc_and_local(desk: Desk) -> None:
    entries = {**NOTHING, PETRA: [an_entry("07:00:00", "16:00:00")], JONAS: None}
    ended = await bot(
        "slots", "--service", "follow-up", "--example", "practice", "--from", TUESDAY,
        "--days", "1", "--busy", str(desk.busy(entries)), "--now", NOW, "--explain", "--json",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert found.keys() == {"service", "zone", "slots", "unknown", "explain"}
    assert found["slots"][0] == {
        "start": "2026-11-10T09:00:00Z",
        "end": "2026-11-10T09:15:00Z",
        "start_local": "2026-11-10T10:00:00+01:00",
        "end_local": "2026-11-10T10:15:00+01:00",
        "staff": ["miriam", "amara"],
        "room": None,
    }
    assert found["unknown"] == [
        {
            "staff": "jonas",
            "resource": "staff:jonas",
            "mailbox": JONAS,
            "why": "no_answer",
            "since": NOW,
        }
    ]
    assert found["explain"][0] == {
        "start": "2026-11-10T07:00:00Z",
        "start_local": "2026-11-10T08:00:00+01:00",
        "staff": "petra",
        "why": "busy",
        "facts": {"status": "busy", "from": "2026-11-10T07:00:00Z", "to": "2026-11-10T16:00:00Z"},
    }


async def test_a_terminal_gets_lines_with_names_and_reasons(desk: Desk) -> None:
    entries = {PETRA: [an_entry("07:30:00", "07:35:00")], JONAS: {"error": "mailbox_gone"}}
    ended = await bot(
        "slots", "--service", "follow-up", "--example", "practice", "--from", TUESDAY,
        "--days", "1", "--busy", str(desk.busy(entries)), "--now", NOW, "--explain",
    )  # fmt: skip
    lines = ended.out.splitlines()
    assert lines[0] == "Nachgespräch (follow-up), times in Europe/Berlin"
    assert lines[1] == "Tue 2026-11-10 08:00-08:15  petra"
    assert f"not offered: jonas ({JONAS}): mailbox_gone, since {NOW}" in lines
    assert f"not offered: amara ({AMARA}): not_in_file, since {NOW}" in lines
    assert "Tue 2026-11-10 09:00  free: petra" in lines
    assert (
        "Tue 2026-11-10 08:30  petra: busy (status busy, from 2026-11-10T07:30:00Z, "
        "to 2026-11-10T07:35:00Z)" in lines
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--service", "massage", "--example", "practice"), "There is no service 'massage'."),
        (("--service", "follow-up", "--example", "cafe"), "There is no example 'cafe'."),
        (("--service", "follow-up", "--business", "{folder}/none.yaml"), "no such file"),
    ],
)
async def test_a_mistake_is_said_in_words_with_exit_code_one(
    desk: Desk, arguments: tuple[str, ...], said: str
) -> None:
    busy = str(desk.busy(NOTHING))
    typed = [each.replace("{folder}", str(desk.folder)) for each in arguments]
    ended = await bot("slots", *typed, "--busy", busy, "--now", NOW)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


async def test_a_business_file_with_mistakes_is_listed_as_check_does(desk: Desk) -> None:
    broken = ROOT / "tests/unit/broken_business_files/07_service.yaml"
    ended = await bot(
        "slots", "--service", "x", "--business", str(broken), "--busy", str(desk.busy({}))
    )
    assert (ended.code, ended.out) == (1, "")
    assert "mistakes." in ended.err
    assert "Traceback" not in ended.err


# ---- what is in the way


async def test_seconds_of_an_entry_count(desk: Desk) -> None:
    until = {**NOTHING, JONAS: [an_entry("07:00:00", "08:55:00")]}
    over = {**NOTHING, JONAS: [an_entry("07:00:00", "08:55:30")]}
    # five minutes of buffer before the call at 10:00
    assert "jonas" in (await desk.starts(until))["10:00"]
    assert "jonas" not in (await desk.starts(over))["10:00"]
    assert "jonas" in (await desk.starts(over))["10:15"]


async def test_a_meeting_until_seven_and_a_half_minutes_past_blocks_the_quarter(
    desk: Desk,
) -> None:
    entries = {**NOTHING, JONAS: [an_entry("08:00:00", "09:07:30")]}
    found = await desk.starts(entries, service="consultation", staff="jonas")
    assert min(found) == "10:15"


@pytest.mark.parametrize(
    ("status", "blocks"),
    [
        ("busy", True),
        ("tentative", True),
        ("oof", True),
        ("unknown", True),
        ("Frei", True),
        ("free", False),
        ("workingElsewhere", False),
    ],
)
async def test_a_word_for_the_status_decides_and_unknown_words_block(
    desk: Desk, status: str, blocks: bool
) -> None:
    entries = {**NOTHING, JONAS: [an_entry("07:00:00", "18:00:00", status)]}
    assert ((await desk.starts(entries, staff="jonas")) == {}) is blocks


async def test_without_a_status_an_entry_is_busy(desk: Desk) -> None:
    entry = {"start": "2026-11-10T07:00:00", "end": "2026-11-10T18:00:00"}
    assert await desk.starts({**NOTHING, JONAS: [entry]}, staff="jonas") == {}


async def test_an_offset_in_the_file_is_heeded(desk: Desk) -> None:
    entry = {"start": "2026-11-10T00:00:00+01:00", "end": "2026-11-10T10:00:00+01:00"}
    found = await desk.starts({**NOTHING, JONAS: [entry]}, staff="jonas")
    assert min(found) == "10:15"


async def test_somebody_busy_for_ever_is_never_offered(desk: Desk) -> None:
    entry = {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-14:00"}
    assert await desk.starts({**NOTHING, JONAS: [entry]}, staff="jonas") == {}


async def test_an_entry_without_length_keeps_nothing(desk: Desk) -> None:
    entries = {**NOTHING, JONAS: [an_entry("09:00:00", "09:00:00")]}
    assert await desk.starts(entries) == await desk.starts()


async def test_mailboxes_are_found_whatever_their_case(desk: Desk) -> None:
    entries = {**NOTHING, JONAS.upper(): [an_entry("07:00:00", "18:00:00")]}
    del entries[JONAS]
    assert await desk.starts(entries, staff="jonas") == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "no_answer"),
        ({"error": "http_503"}, "http_503"),
        ({"error": ""}, "no_answer"),
        ("missing", "not_in_file"),
    ],
)
async def test_a_calendar_that_does_not_answer_is_named_and_only_colleagues_are_offered(
    desk: Desk, said: object, why: str
) -> None:
    entries = {**NOTHING, JONAS: said}
    if said == "missing":
        del entries[JONAS]
    found = await desk.json(entries)
    assert {name for slot in found["slots"] for name in slot["staff"]} == {
        "petra", "miriam", "amara"
    }  # fmt: skip
    assert [(each["staff"], each["why"]) for each in found["unknown"]] == [("jonas", why)]


async def test_nobody_known_leaves_no_slots_and_no_error(desk: Desk) -> None:
    found = await desk.json({}, explain=True)
    assert found["slots"] == []
    assert {each["why"] for each in found["unknown"]} == {"not_in_file"}
    assert {each["why"] for each in found["explain"]} == {
        "calendar_unknown",
        "not_working",
        "break",
    }


# ---- what is asked


async def test_one_person_can_be_asked_for(desk: Desk) -> None:
    assert set(map(tuple, (await desk.starts(staff="petra")).values())) == {("petra",)}


async def test_a_longer_duration_leaves_fewer_starts(desk: Desk) -> None:
    usual = await desk.starts(service="consultation", staff="petra")
    long = await desk.starts(service="consultation", staff="petra", minutes=90)
    assert max(usual) == "16:15"
    assert max(long) == "15:30"
    assert long.keys() < usual.keys()


async def test_a_location_of_the_service_may_be_named(desk: Desk) -> None:
    anywhere = await desk.starts(service="consultation")
    assert await desk.starts(service="consultation", location="bonn") == anywhere


async def test_without_a_first_day_today_is_meant(desk: Desk) -> None:
    found = await desk.json(first="", days=2)
    assert {slot["start"][:10] for slot in found["slots"]} == {"2026-11-09", TUESDAY}


async def test_days_that_are_over_are_explained_as_past(desk: Desk) -> None:
    found = await desk.json(first="2026-11-06", explain=True)
    assert (found["slots"], {each["why"] for each in found["explain"]}) == ([], {"past"})


async def test_somebody_who_does_not_serve_it_is_explained(desk: Desk) -> None:
    found = await desk.json(staff="luis", explain=True)
    assert (found["slots"], {each["why"] for each in found["explain"]}) == ([], {"no_skill"})


async def test_every_start_is_a_slot_or_explained(desk: Desk) -> None:
    found = await desk.json({**NOTHING, PETRA: None}, days=7, explain=True)
    slots = {each["start"] for each in found["slots"]}
    reasons = {each["start"] for each in found["explain"]}
    assert not slots & reasons
    # five days from 8 to 19 in quarters, the last begins at 18:45
    assert len(slots | reasons) == 5 * 44


BAD_FILES = [
    ("{", "Invalid JSON"),
    ("[]", "at the file: Input should be an object"),
    ('{"a@b.c": 5}', "at a@b.c: "),
    ('{"a@b.c": [5]}', "at a@b.c / 0: "),
    ('{"a@b.c": [{"start": "x", "end": "2026-11-10T10:00:00Z"}]}', "at a@b.c / 0 / start: "),
    ('{"a@b.c": [{"start": 5, "end": 10}]}', "at a@b.c / 0 / start: "),
    ('{"a@b.c": [{"start": "2026-11-10T10:00:00Z"}]}', "at a@b.c / 0 / end: "),
    (json.dumps({"a@b.c": [an_entry("10:00:00", "09:00:00")]}), "at a@b.c: an entry ends at"),
    ('{"a@b.c": [], "A@b.c": []}', "A@b.c stands there twice"),
    ('{"a@b.c": {"err": "x"}}', "at a@b.c"),
]


@pytest.mark.parametrize(("text", "said"), BAD_FILES)
async def test_a_bad_file_is_refused_with_the_place(desk: Desk, text: str, said: str) -> None:
    refusal = await desk.refusal(text)
    assert said in refusal
    assert str(desk.folder) in refusal
    assert len(refusal.splitlines()) <= 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"service": ""}, "There is no service ''."),
        ({"staff": "zoe"}, "Nobody on the staff has the id 'zoe'."),
        ({"staff": "luis"}, "'luis' does not serve 'follow-up'."),
        ({"location": "mars"}, "does not take place at 'mars'. There are: phone."),
        ({"minutes": 50}, "does not take 50 minutes. It takes: 15."),
        ({"minutes": 10**15}, "It takes: 15."),
        ({"first": "morgen"}, "'morgen' is no day."),
        ({"first": "2026-02-30"}, "'2026-02-30' is no day."),
        ({"first": "9999-12-31"}, "'9999-12-31' is too far away."),
        ({"now": "gestern"}, "'gestern' is no time."),
        ({"now": "0001-01-01T00:00:00+14:00"}, "is too far away."),
        ({"busy": Path("/nowhere/busy.json")}, "No such file"),
        ({"busy": ROOT}, "Is a directory"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused_in_one_line(
    desk: Desk, changes: Mapping[str, object], said: str
) -> None:
    refusal = await desk.refusal(**changes)
    assert said in refusal
    assert len(refusal.splitlines()) == 1


# ---- a business of one's own


NIGHT = """
business:
  id: night
  name: Nacht
  zone: {zone}
  country: DE
  observe_holidays: false
  language: de
  mail_from: post@night.example
  hours: {{ mon-sun: 00:00-06:00 }}
  privacy: {{ version: v1, text: Gelesen., url: https://night.example/privacy }}
places:
  - {{ id: north, name: Nord, address: Nordweg 1 }}
  - {{ id: south, name: Süd, address: Südweg 1 }}
services:
  - {{ id: call, name: Anruf, description: Anruf, minutes: 30, interval: 15, lead_hours: 0,
      locations: [phone], phone: required, staff: [eve] }}
  - {{ id: visit, name: Besuch, description: Besuch, minutes: 30, interval: 15,
      locations: [north, south], rooms: [cell], staff: [eve, tom] }}
resources:
  - {{ id: cell, name: Zelle, kind: room, mailbox: cell@night.example }}
staff:
  - {{ id: eve, name: Eve, mailbox: eve@night.example, hours: {{ mon-sun: 00:00-06:00 }} }}
  - {{ id: tom, name: Tom, mailbox: tom@night.example, hours: {{ mon-sun: 00:00-06:00 }},
      sites: [south] }}
"""


class Night(Desk):
    def __init__(self, folder: Path, zone: str = "Europe/Berlin") -> None:
        super().__init__(folder)
        file = folder / "business.yaml"
        file.write_text(NIGHT.format(zone=zone), encoding="utf-8")
        self.asked = replace(self.asked, service="call", business=file, example=None)


EMPTY = {f"{name}@night.example": [] for name in ("eve", "tom", "cell")}


@pytest.mark.parametrize(
    ("day", "zone", "first", "last", "count"),
    [
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T03:30:00Z", 19),
        ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T04:30:00Z", 27),
        ("2026-03-08", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T09:30:00Z", 19),
    ],
)
async def test_nights_of_a_clock_change_have_as_many_starts_as_hours(
    tmp_path: Path, day: str, zone: str, first: str, last: str, count: int
) -> None:
    before = f"{date.fromisoformat(day) - timedelta(days=2)}T00:00:00Z"
    found = await Night(tmp_path, zone).json(EMPTY, first=day, now=before, explain=True)
    starts = [slot["start"] for slot in found["slots"]]
    assert (starts[0], starts[-1], len(set(starts))) == (first, last, count)
    assert len({slot["start_local"] for slot in found["slots"]}) == count
    assert found["explain"] == []


async def test_a_slot_names_its_room_and_a_taken_room_is_explained(tmp_path: Path) -> None:
    entries = {**EMPTY, "cell@night.example": [an_entry("00:00:00", "01:00:00")]}
    found = await Night(tmp_path).json(entries, service="visit", explain=True)
    assert found["slots"][0]["room"] == "cell"
    in_the_room = [each for each in found["explain"] if each["start"] == "2026-11-10T00:00:00Z"]
    assert [(each["why"], each["facts"]["resource"]) for each in in_the_room] == [
        ("room_taken", "room:cell")
    ]


async def test_a_room_whose_calendar_is_not_known_is_never_offered(tmp_path: Path) -> None:
    entries = {**EMPTY, "cell@night.example": {"error": "timeout"}}
    found = await Night(tmp_path).json(entries, service="visit", explain=True)
    assert found["slots"] == []
    assert {each["why"] for each in found["explain"]} == {"calendar_unknown"}
    assert found["explain"][0]["facts"] == {"resource": "room:cell", "code": "timeout"}
    assert found["unknown"] == [
        {
            "staff": None,
            "resource": "room:cell",
            "mailbox": "cell@night.example",
            "why": "timeout",
            "since": NOW,
        }
    ]


async def test_a_place_leaves_those_who_serve_there(tmp_path: Path) -> None:
    night = Night(tmp_path)
    north = await night.starts(EMPTY, service="visit", location="north")
    south = await night.starts(EMPTY, service="visit", location="south")
    assert set(map(tuple, north.values())) == {("eve",)}
    assert set(map(tuple, south.values())) == {("eve", "tom")}

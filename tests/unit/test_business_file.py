"""Broken business files: every mistake with its line and path, in words a layman can act on."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.business_file import BusinessFileInvalid, check, json_schema, load
from bot.business_file.hours import openings
from bot.business_file.openings import longest_opening
from bot.business_file.parts import readable_parts
from bot.business_file.reading import check_text
from bot.business_file.yaml_tree import read_tree

ROOT = Path(__file__).resolve().parents[2]
BROKEN = Path(__file__).parent / "broken_business_files"
EXAMPLES = sorted((ROOT / "examples").glob("*/business.yaml"))
PRACTICE = (ROOT / "examples" / "practice" / "business.yaml").read_text(encoding="utf-8")

# file -> line, path, a word of the cure in English, and one in German
EXPECTED = {
    "01_unknown_key": [(35, "services[0].intervall", "`interval`", "Meinten")],
    "02_tab": [(37, "", "blanks", "Leerzeichen")],
    "03_unknown_ids": [
        (38, "services[0].staff[1]", "jonas", "jonas"),
        (55, "services[1].locations[1]", "bonn", "bonn"),
        (56, "services[1].skills[0]", "advice", "advice"),
    ],
    "04_hours": [
        (14, "business.hours.mon-fri", "Exchange", "Vertauschen"),
        (89, "staff[1].breaks", "into the hours", "Arbeitszeit"),
        (95, "staff[2].hours", "tue", "tue"),
    ],
    "05_zone_and_state": [
        (5, "business.zone", "Europe/Berlin", "Europe/Berlin"),
        (7, "business.state", "NW (Nordrhein-Westfalen)", "NW (Nordrhein-Westfalen)"),
        (101, "staff[3].zone", "Europe/London", "Europe/London"),
    ],
    "06_mailboxes": [
        (38, "services[0].staff[1]", "Known are", "Es gibt"),
        (81, "staff[0].mailbox", "full address", "ganze Adresse"),
        (90, "staff[2].id", "its own", "eigenen"),
        (106, "staff[4].mailbox", "its own", "eigenen"),
    ],
    "07_service": [
        (36, "services[0].lead_hours", "Lower", "Verringern"),
        (52, "services[1].minutes[1]", "Shorten", "Verkürzen"),
        (53, "services[1].interval", "5 or more", "5 oder mehr"),
        (54, "services[1].buffer_after", "0 or more", "0 oder mehr"),
        (57, "services[1].price", "amount: 80", "amount: 80"),
    ],
    "08_no_privacy": [
        (2, "business.privacy", "version", "stimmen"),
        (16, "business.closures[0]", "Exchange", "Vertauschen"),
    ],
    "09_twice_and_empty": [
        (6, "business.country", "Remove one", "Löschen"),
        (60, "services[2].name", "Write a value", "Ergänzen"),
    ],
    "10_syntax": [(28, "", "quotes", "Anführungszeichen")],
    "11_offset": [(38, "services[0].offset", "less than 30", "weniger als 30")],
    "29_freed_after": [(17, "business.freed_after.max", "at least min", "mindestens min")],
    "30_form_of_address": [
        (9, "business.form_of_address", "formal, informal", "formal, informal")
    ],
    "12_blocks": [
        (38, "services[0].blocks", "Add unknown", "Ergänzen Sie unknown"),
        (58, "services[1].blocks[1]", "workingElsewhere", "workingElsewhere"),
    ],
    "13_caps_of_zero": [
        (34, "resources[0].units", "1 or more", "1 oder mehr"),
        (44, "services[0].per_customer", "1 or more", "1 oder mehr"),
        (91, "staff[0].per_day", "1 or more", "1 oder mehr"),
        (92, "staff[0].per_week", "1 or more", "1 oder mehr"),
    ],
    "14_unknown_resources": [
        (35, "resources[1].place", "mean bonn", "Meinten Sie bonn"),
        (45, "services[0].rooms[0]", "mean blue", "Meinten Sie blue"),
        (46, "services[0].equipment[0]", "under resources", "unter resources"),
    ],
    "15_kinds_of_resources": [
        (36, "resources[2].kind", "room, equipment", "room, equipment"),
        (46, "services[0].rooms[0]", "Move it to equipment", "nach equipment"),
        (47, "services[0].equipment[0]", "Move it to rooms", "nach rooms"),
    ],
    "16_rooms_elsewhere": [
        (45, "services[0].rooms[0]", "Add bonn to locations", "bonn unter locations"),
        (64, "services[1].rooms[1]", "Remove one", "Löschen Sie eines"),
        (64, "services[1].rooms", "Remove koeln", "Streichen Sie koeln"),
        (83, "services[3].equipment[0]", "Remove bonn", "Streichen Sie bonn"),
    ],
    "17_travel": [
        (24, "business.travel_minutes", "0 or more", "0 oder mehr"),
        (26, "business.travel[0].between[1]", "mean koeln", "Meinten Sie koeln"),
        (27, "business.travel[1].between", "two different", "zwei verschiedene"),
        (29, "business.travel[3].between", "Remove one", "Löschen Sie einen"),
        (30, "business.travel[4].between", "[bonn, cologne]", "[bonn, koeln]"),
        (31, "business.travel[5].between", "[bonn, cologne]", "[bonn, koeln]"),
    ],
    "18_work_places": [
        (87, "staff[0].sites[1]", "mean koeln", "Meinten Sie koeln"),
        (95, "staff[1].work_places", "Add koeln to sites", "koeln unter sites"),
        (95, "staff[1].work_places", "home, bonn, koeln", "home, bonn, koeln"),
        (108, "staff[2].work_places", "Write tue", "Schreiben Sie tue"),
    ],
    "19_collective": [
        (39, "services[0].assign", "at least two", "mindestens zwei"),
        (58, "services[1].assign", "in_turn, collective", "in_turn, collective"),
        (70, "services[3]", "Widen", "Erweitern"),
    ],
    "20_bookable": [
        (38, "services[0].bookable", "Exchange", "Vertauschen"),
        (58, "services[1].bookable.last", "Add the line", "Ergänzen"),
        (58, "services[1].bookable.until", "first, last", "first, last"),
    ],
    "21_waves": [
        (26, "business.waves[1].from", "`from: 2026-12-01`", "`from: 2026-12-01`"),
        (27, "business.waves[2].id", "its own", "eigenen"),
        (28, "business.waves[3].from", "year-month-day", "Jahr-Monat-Tag"),
        (89, "staff[0].wave", "mean pilot", "Meinten Sie pilot"),
    ],
    "22_buffers": [(39, "services[0].buffer_after", "Shorten", "Verkürzen")],
    "23_staff_state": [
        (84, "staff[0].state", "Write BY", "Schreiben Sie BY"),
        (91, "staff[1].state", "ST (Sachsen-Anhalt)", "ST (Sachsen-Anhalt)"),
    ],
    "24_aliases": [
        (38, "services[0].aliases[1]", "one service only", "nur einer Leistung"),
        (58, "services[1].aliases[1]", "one service only", "nur einer Leistung"),
        (77, "services[3].aliases[0]", "Write a text", "Schreiben Sie einen Text"),
        (78, "services[3].visibility", "public, hidden, link", "public, hidden, link"),
    ],
    "25_places": [(26, "places[0].id", "another id", "andere id")],
    "26_no_places": [(32, "services[0].locations[0]", "under places", "unter places")],
    "27_mailboxes_of_rooms": [
        (37, "resources[0].mailbox", "its own", "eigenen"),
        (42, "resources[2].id", "its own", "eigenen"),
        (45, "resources[2].mailbox", "its own", "eigenen"),
    ],
    "28_approval": [
        (37, "services[0].approval_hours", "Raise lead_hours to 1", "Erhöhen Sie lead_hours"),
        (55, "services[1].approval_hours", "more than 0", "mehr als 0"),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_file_gets_one_list_with_line_path_and_cure(name):
    problems = check(BROKEN / f"{name}.yaml")
    assert [(p.line, p.path) for p in problems] == [(e[0], e[1]) for e in EXPECTED[name]]
    for problem, (_, _, english, german) in zip(problems, EXPECTED[name], strict=True):
        assert english in problem.cure.en
        assert german in problem.cure.de


def test_every_broken_file_is_expected_here():
    assert sorted(file.stem for file in BROKEN.iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_have_no_mistake(example):
    assert check(example) == []


def test_a_file_with_mistakes_is_not_loaded():
    with pytest.raises(BusinessFileInvalid) as refused:
        load(BROKEN / "03_unknown_ids.yaml")
    assert len(refused.value.problems) == 3


def test_a_problem_reads_as_place_reason_and_cure():
    problem = check(BROKEN / "01_unknown_key.yaml")[0]
    assert str(problem).splitlines()[1:] == [
        "    There is no key `intervall` here.",
        "    -> Did you mean `interval`?",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"- a\n- b\n", "no business file"),
        (b"a: &x [*x]", "nested"),
        (b"[" * 3000, "nested"),
        (b"a: 1\n---\nb: 2\n", "second document"),
        (b"a: 1\nb: \xff", "not UTF-8"),
        (b"a: \x07", "control characters"),
        (b"x" * 1_100_000, "larger"),
    ],
)
def test_a_file_that_is_no_business_file_is_refused_in_words(tmp_path, content, reason):
    (tmp_path / "business.yaml").write_bytes(content)
    problems = check(tmp_path / "business.yaml")
    assert len(problems) == 1
    assert reason in problems[0].reason.en


@pytest.mark.parametrize("path", [".", "nowhere.yaml"])
def test_a_path_without_a_file_is_refused_in_words(tmp_path, path):
    assert "no such file" in check(tmp_path / path)[0].reason.en


def test_words_that_yaml_would_change_stay_as_they_are_written():
    tree = read_tree("phone: off\ncountry: NO\nnumber: 0228 1\nhour: 12:30\nempty:\n")
    assert tree.values == {
        "phone": "off",
        "country": "NO",
        "number": "0228 1",
        "hour": "12:30",
        "empty": None,
    }


def test_hours_are_read_in_any_usual_spelling():
    assert openings("9-12, 13:30-24:00") == openings("13:30 – 24:00, 09:00-12:00")


def test_a_service_nobody_can_serve_is_found_across_zones():
    text = PRACTICE.replace("mon-fri: 12:00-19:00", "mon-fri: 08:00-09:30")
    problems = check_text(text, "business.yaml")
    assert [p.path for p in problems] == ["services[3]"]
    assert "never be booked" in problems[0].reason.en


def test_the_longest_opening_ends_where_the_first_of_all_hours_ends():
    parts = readable_parts(dict(read_tree(PRACTICE).values))
    # New York 07:00-15:00 is 13:00-21:00 in Berlin; the service ends at 19:00
    assert longest_opening(parts.business, parts.services[3], parts.staff[4]) == 6 * 60


@settings(deadline=None)
@given(st.integers(0, len(PRACTICE)), st.integers(0, 40), st.text(max_size=4))
def test_no_damage_to_a_file_makes_the_check_itself_fail(at, length, instead):
    check_text(PRACTICE[:at] + instead + PRACTICE[at + length :], "business.yaml")


def test_the_schema_for_editors_is_up_to_date():
    stored = json.loads((ROOT / "docs" / "reference" / "business.schema.json").read_text())
    assert stored == json.loads(json.dumps(json_schema())), (
        "run.py schema --out docs/reference/..."
    )


def test_a_service_cannot_take_the_address_of_a_page_of_its_own(tmp_path):
    written = (ROOT / "examples" / "practice" / "business.yaml").read_text(encoding="utf-8")
    file = tmp_path / "business.yaml"
    file.write_text(written.replace("id: follow-up", "id: details"), encoding="utf-8")
    assert [p.path for p in check(file)] == ["services[2].id"]

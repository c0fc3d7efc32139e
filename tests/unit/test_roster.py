"""Staff in a CSV file: read to the same entries as those of business.yaml; mistakes by line."""

from datetime import date
from pathlib import Path
from time import process_time

import pytest

from bot import demo_roster
from bot.business_file import BusinessFileInvalid, check, load
from bot.business_file.reading import check_text
from bot.business_file.roster import MOST_PROBLEMS
from bot.demo_program import DemoOptions, prepare

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "service-desk"

BUSINESS = """\
business:
  id: desk
  name: Desk
  zone: Europe/Berlin
  mail_from: desk@desk.example
  hours: { daily: 06:00-22:00 }
  privacy: { version: v1, text: Read. }
  waves: [{ id: w1, from: 2026-09-01 }]
places:
  - { id: halle, name: Halle, address: Markt 1 }
services:
  - id: repair
    name: Reparatur
    description: Vor Ort
    minutes: 30
    locations: [halle]
    skills: [dsl]
roster:
  file: staff.csv
  shifts:
    early: { mon-fri: "07:00-11:30, 12:00-16:00" }
    late: { mon-fri: 13:00-21:30 }
"""
HEADER = "id,name,mailbox,shift,zone,skills,sites,weight,per_day,per_week,wave,declaration,state"
ANNA = "anna,Anna,anna@desk.example,early,,dsl fibre,halle,2,5,20,w1,v1,ST"
SHORT = "id,name,mailbox,shift,skills"


@pytest.fixture
def read(tmp_path):
    """Write the file and its roster; give the problems, or the business."""

    def _read(*lines: str | bytes, business=BUSINESS, how=check):
        content = b"".join(
            (each if isinstance(each, bytes) else each.encode()) + b"\n" for each in lines
        )
        (tmp_path / "staff.csv").write_bytes(content)
        (tmp_path / "business.yaml").write_text(business, encoding="utf-8")
        return how(tmp_path / "business.yaml")

    return _read


def the_one(problems):
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def test_a_row_is_a_member_of_staff_with_all_its_columns(read):
    (anna,) = read(HEADER, ANNA, how=load).staff
    assert (anna.id, anna.name, anna.mailbox) == ("anna", "Anna", "anna@desk.example")
    assert (anna.zone.key, anna.subdivision) == ("Europe/Berlin", "ST")
    assert (anna.skills, anna.sites) == ({"dsl", "fibre"}, {"halle"})
    assert (anna.weight, anna.max_per_day, anna.max_per_week) == (2, 5, 20)
    assert (anna.bookable_from, anna.declaration) == (date(2026, 9, 1), "v1")
    assert sorted(anna.hours) == [0, 1, 2, 3, 4]


def test_a_row_reads_as_the_same_entry_in_business_yaml(read):
    entry = (
        "staff:\n"
        "  - { id: anna, name: Anna, mailbox: anna@desk.example, skills: [dsl, fibre],\n"
        "      hours: { mon-fri: '07:00-11:30, 12:00-16:00' }, sites: [halle], weight: 2,\n"
        "      per_day: 5, per_week: 20, wave: w1, declaration: v1, state: ST }\n"
    )
    listed = read("", business=BUSINESS.partition("roster:")[0] + entry, how=load)
    assert read(HEADER, ANNA, how=load).staff == listed.staff


def test_columns_may_stand_in_any_order_and_optional_ones_be_missing(read):
    business = read("skills,shift,mailbox,name,id", "dsl,late,b@desk.example,Bo,bo", how=load)
    assert business.staff_for(business.service("repair"))[0].name == "Bo"


def test_a_spreadsheet_with_semicolons_and_a_byte_order_mark_is_read(read):
    lines = [
        b"\xef\xbb\xbf" + SHORT.replace(",", ";").encode() + b"\r",
        b'bo;"Bo, der Erste";b@desk.example;late;dsl\r',
        b";;;;\r",
    ]
    assert [member.name for member in read(*lines, how=load).staff] == ["Bo, der Erste"]


def test_members_of_one_shift_share_one_object_as_their_hours(read):
    rows = [f"s{n},S,s{n}@desk.example,{'early' if n % 2 else 'late'},dsl" for n in range(6)]
    staff = read(SHORT, *rows, how=load).staff
    assert len({id(member.hours) for member in staff}) == 2


def test_the_roster_stands_behind_the_staff_of_the_file(read):
    first = (
        "staff: [{ id: zoe, name: Zoe, mailbox: zoe@desk.example, hours: { mon: 9-12 },"
        " skills: [dsl] }]\n"
    )
    business = read(HEADER, ANNA, business=BUSINESS + first, how=load)
    assert [member.id for member in business.staff] == ["zoe", "anna"]
    assert business.services[0].staff_ids == ("zoe", "anna")


# row below ANNA -> column, a word of the reason, of the cure in English, and in German
WRONG_ROWS = {
    "bo,Bo,no-address,late,,dsl,,,,,,,": ("mailbox", "no mail address", "full", "ganze"),
    "bo,Bo,b@desk.example,earlie,,dsl,,,,,,,": ("shift", "no shift", "early", "Meinten"),
    "bo,Bo,b@desk.example,,,dsl,,,,,,,": ("shift", "empty", "Fill", "Füllen"),
    "bo,,b@desk.example,late,,dsl,,,,,,,": ("name", "empty", "Fill", "Füllen"),
    "bo,Bo,b@desk.example,late,,dsl,hale,,,,,,": ("sites", "no place", "halle", "Meinten"),
    "bo,Bo,b@desk.example,late,,dsl,,,,,w7,,": ("wave", "no wave", "w1", "w1"),
    "bo,Bo,b@desk.example,late,,dsl,,,,,,,XX": ("state", "no state", "BY", "BY"),
    "bo,Bo,b@desk.example,late,Berlin,dsl,,,,,,,": ("zone", "zone", "Europe/Berlin", "Meinten"),
    "bo,Bo,b@desk.example,late,,DSL,,,,,,,": ("skills", "DSL", "small letters", "Klein"),
    "bo,Bo,b@desk.example,late,,dsl,,0,,,,,": ("weight", "0", "1 or more", "1 oder mehr"),
    "bo,Bo,b@desk.example,late,,dsl,,,0,,,,": ("per_day", "0", "1 or more", "1 oder mehr"),
    "bo,Bo,b@desk.example,late,,dsl,,,,x,,,": ("per_week", "x", "number", "Zahl"),
    "anna,Bo,b@desk.example,late,,dsl,,,,,,,": ("id", "used twice", "its own", "eigenen"),
    "bo,Bo,ANNA@desk.example,late,,dsl,,,,,,,": ("mailbox", "used twice", "own", "eigenen"),
    "bo,Bo,b@desk.example,late,,dsl,,,,,,,,x": ("", "14 cells", "comma", "Komma"),
    'bo,"B"o,b@desk.example,late,,dsl,,,,,,,': ("", "quotes", "Close", "Schließen"),
    'bo,"Bo,b@desk.example,late,,dsl,,,,,,,': ("", "quotes", "Close", "Schließen"),
}


@pytest.mark.parametrize("row", WRONG_ROWS)
def test_a_mistake_in_a_row_is_named_with_file_line_column_and_cure(read, tmp_path, row):
    column, reason, english, german = WRONG_ROWS[row]
    problem = the_one(read(HEADER, ANNA, "", row))
    assert (problem.file, problem.line) == (str(tmp_path / "staff.csv"), 4)
    assert problem.path == column
    assert reason in problem.reason.en
    assert english in problem.cure.en
    assert german in problem.cure.de


def test_a_name_over_two_lines_does_not_shift_the_lines_below(read):
    problem = the_one(read(SHORT, '"a","A\nB",a@desk.example,late,dsl', "b,B,no,late,dsl"))
    assert problem.line == 4


def test_every_mistake_of_a_row_is_named_at_once(read):
    problems = read(HEADER, ANNA, "bo,Bo,no,lat,,dsl,hale,,,,w7,,")
    assert {problem.path for problem in problems} == {"mailbox", "shift", "wave", "sites"}
    assert {problem.line for problem in problems} == {3}


@pytest.mark.parametrize(
    ("lines", "line", "reason", "cure"),
    [
        ([], 1, "no first line", "id,name,mailbox,shift"),
        (["anna,Anna,anna@desk.example,early"], 1, "names no columns", "id,name,mailbox,shift"),
        ([SHORT + ",color", ANNA], 1, "no column `color`", "Known are"),
        ([SHORT + ",sits", ANNA], 1, "no column `sits`", "sites"),
        ([SHORT + ",id", ANNA], 1, "`id` is there twice", "Remove"),
        (["id,name,shift", "a,A,early"], 1, "`mailbox` is missing", "Add it"),
        ([SHORT], 1, "names nobody", "one line"),
        ([SHORT, "a,A,a@desk.example,early,dsl", b"b,B\xe4r,b"], 3, "not UTF-8", "CSV UTF-8"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_in_words(read, tmp_path, lines, line, reason, cure):
    problem = the_one(read(*lines))
    assert (problem.file, problem.line) == (str(tmp_path / "staff.csv"), line)
    assert reason in problem.reason.en
    assert cure in problem.cure.en
    assert problem.reason.de != problem.reason.en


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nobody.csv", "no file"),
        ("business.yaml/staff.csv", "no file"),
        ('"a\\0b"', "no file"),
        (".", "no file"),
        ("../staff.csv", "outside"),
        ("/etc/hostname", "outside"),
        ("below/../../staff.csv", "outside"),
    ],
)
def test_a_roster_that_is_no_file_of_the_folder_is_refused_in_words(read, tmp_path, name, reason):
    problem = the_one(
        read(HEADER, ANNA, business=BUSINESS.replace("file: staff.csv", f"file: {name}"))
    )
    assert (problem.file, problem.path) == (str(tmp_path / "business.yaml"), "roster.file")
    assert problem.line == 19
    assert reason in problem.reason.en


def test_a_link_out_of_the_folder_is_refused(read, tmp_path):
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    business = BUSINESS.replace("staff.csv", "link.csv")
    assert "outside" in the_one(read(HEADER, ANNA, business=business)).reason.en


def test_without_staff_and_without_a_roster_nobody_serves(read):
    problem = the_one(read("", business=BUSINESS.partition("roster:")[0]))
    assert problem.path == "staff"
    assert "roster" in problem.cure.de


def test_a_mistake_in_a_shift_says_nothing_about_the_rows(read):
    problem = the_one(read(HEADER, ANNA, business=BUSINESS.replace("13:00-21:30", "13:00-25:00")))
    assert problem.path == "roster.shifts.late.mon-fri"


def test_a_skill_that_nobody_of_the_roster_has_is_found(read):
    problem = the_one(read(HEADER, ANNA, business=BUSINESS.replace("[dsl]", "[copper]")))
    assert problem.path == "services[0].skills[0]"


def test_a_service_may_name_members_of_the_roster(read):
    named = BUSINESS.replace("skills: [dsl]", "staff: [anna, otto]")
    assert the_one(read(HEADER, ANNA, business=named)).path == "services[0].staff[1]"


def test_a_shift_that_is_never_open_together_with_the_service_is_found(read):
    hours = BUSINESS.replace("skills: [dsl]", "skills: [dsl]\n    hours: { sun: 10-12 }")
    assert "can never be booked" in the_one(read(HEADER, ANNA, business=hours)).reason.en


def test_thousands_of_equal_mistakes_end_in_one_line(read):
    rows = [f"s{n},S,s{n}@desk.example,night,dsl" for n in range(3 * MOST_PROBLEMS)]
    problems = read(SHORT, *rows)
    assert len(problems) == MOST_PROBLEMS + 1
    assert f"{2 * MOST_PROBLEMS} more mistakes" in problems[-1].reason.en
    assert problems[-1].line == MOST_PROBLEMS + 2


def test_a_roster_with_mistakes_is_not_loaded(read):
    with pytest.raises(BusinessFileInvalid) as refused:
        read(HEADER, ANNA, ANNA, how=load)
    assert {problem.path for problem in refused.value.problems} == {"id", "mailbox"}


def test_a_text_without_a_folder_is_checked_without_its_roster():
    assert check_text(BUSINESS, "business.yaml") == []


def test_the_sample_of_the_example_is_what_the_demo_invents():
    written = (EXAMPLE / demo_roster.FILE).read_text(encoding="utf-8")
    assert written == demo_roster.staff_csv(demo_roster.SAMPLE)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service-desk")
    options = DemoOptions(demo_roster.EXAMPLE, folder / "demo", "127.0.0.1", 1, 2, reset=False)
    return prepare(options)


def test_the_demo_puts_the_business_with_its_invented_staff_into_its_folder(demo):
    file = demo.settings.business_file
    assert file == demo.options.data / "business.yaml"
    assert len(demo.business.staff) == 16_000
    assert file.read_bytes() == (EXAMPLE / "business.yaml").read_bytes()


def test_sixteen_thousand_staff_are_read_in_time(demo):
    begun = process_time()
    load(demo.settings.business_file)
    assert process_time() - begun < 5  # about one, on a computer with nothing else to do


def test_the_invented_staff_have_forty_skills_and_serve_at_every_place(demo):
    business = demo.business
    assert len(set().union(*(member.skills for member in business.staff))) == 40
    visitors = business.staff_for(business.service("technician"))
    assert {site for member in visitors for site in member.sites} == {
        place.id for place in business.places
    }


def test_the_invented_staff_start_in_waves_and_most_have_signed(demo):
    business = demo.business
    starts = {member.bookable_from for member in business.staff}
    assert starts == {date(2026, 9, 1), date(2026, 12, 1), date(2027, 2, 1)}
    signed = sum(member.declaration == business.declaration_version for member in business.staff)
    assert 0.9 < signed / len(business.staff) < 1


def test_the_invented_staff_work_in_three_zones_and_eight_shifts(demo):
    business = demo.business
    zones = [member.zone.key for member in business.staff]
    assert 0.75 < zones.count("Europe/Berlin") / len(zones) < 0.85
    assert set(zones) == {"Europe/Berlin", "Europe/London", "America/New_York"}
    assert len({id(member.hours) for member in business.staff}) == 8

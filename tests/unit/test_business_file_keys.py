"""What the keys of the business file mean in the catalog, and what a mistake must not bring on."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.business_file import json_schema, load
from bot.business_file.building import business_of
from bot.business_file.cross_checks import findings
from bot.business_file.models import BusinessFile, StaffEntry
from bot.business_file.parts import readable_parts
from bot.business_file.reading import check_text
from bot.business_file.values import nearest
from bot.business_file.yaml_tree import read_tree
from scheduling.catalog import (
    BLOCKING,
    HOME,
    AssignmentPolicy,
    Business,
    BusyStatus,
    DateRange,
    FormOfAddress,
    FreedAfter,
    LocalText,
    Resource,
    ResourceKind,
    Visibility,
)

HEAD = """
business:
  id: clinic
  name: Clinic
  zone: Europe/Berlin
  state: NW
  mail_from: desk@clinic.example
  hours: { mon-fri: 08:00-18:00 }
  privacy: { version: v1, text: Read it. }
"""
PLACES = """
places:
  - { id: bonn, name: Bonn, address: Hauptstr. 1 }
  - { id: koeln, name: Cologne, address: Domplatz 1 }
"""
FULL = f"""{HEAD}
  declaration: d2
  travel_minutes: 30
  freed_after: {{ min: 10, max: 45 }}
  travel: [{{ between: [bonn, koeln], minutes: 45 }}]
  waves: [{{ id: pilot, from: 2026-12-01 }}, {{ id: rest, from: 2027-02-01 }}]
{PLACES}
resources:
  - {{ id: blue, name: Blue room, kind: room, place: bonn, mailbox: blue@clinic.example }}
  - {{ id: red, name: Red room, kind: room }}
  - {{ id: beamer, name: Beamer, kind: equipment, units: 3 }}
services:
  - id: talk
    name: Talk
    description: A talk
    minutes: 30
    locations: places
    staff: [ada, bo]
    interval: 60
    offset: 10
    shared_buffers: true
    bookable: {{ first: 2026-12-01, last: 2027-03-31 }}
    assign: collective
    rooms: [blue, red]
    equipment: [beamer]
    per_customer: 2
    cancel_hours: 6
    move_hours: 3
    visibility: hidden
    aliases: [chat, Gespräch]
    blocks: [busy, unknown, workingElsewhere]
  - id: plain
    name: Plain
    description: All defaults
    minutes: 30
    locations: [phone, bonn, places]
    staff: [bo]
staff:
  - id: ada
    name: Ada
    mailbox: ada@clinic.example
    hours: {{ mon-fri: 08:00-16:00 }}
    per_day: 4
    per_week: 12
    sites: [bonn, koeln]
    work_places: {{ mon: bonn, "tue, wed": home, thu-fri: koeln }}
    state: ST
    wave: rest
    declaration: d2
  - id: bo
    name: Bo
    mailbox: bo@clinic.example
    hours: {{ mon-fri: 08:00-16:00 }}
"""


@pytest.fixture
def business(tmp_path: Path) -> Business:
    file = tmp_path / "business.yaml"
    file.write_text(FULL, encoding="utf-8")
    return load(file)


@pytest.mark.parametrize("written", ["formal", "informal"])
def test_the_form_of_address_reaches_the_catalog(tmp_path, written):
    file = tmp_path / "business.yaml"
    line = f"  form_of_address: {written}\n  state: NW"
    file.write_text(FULL.replace("  state: NW", line, 1), encoding="utf-8")
    assert load(file).form_of_address is FormOfAddress(written)


def test_customers_are_addressed_formally_unless_it_is_said_otherwise(business):
    assert business.form_of_address is FormOfAddress.FORMAL


def test_how_long_a_freed_time_stays_away_reaches_the_catalog(business):
    assert business.freed_after == FreedAfter(timedelta(minutes=10), timedelta(minutes=45))


def test_who_may_cancel_may_move_unless_it_is_said_otherwise(business):
    talk, plain = business.service("talk"), business.service("plain")
    assert (talk.cancel_until, talk.move_until) == (timedelta(hours=6), timedelta(hours=3))
    assert plain.move_until == plain.cancel_until == timedelta(hours=24)


def test_every_key_of_a_service_reaches_the_catalog(business):
    talk = business.service("talk")
    assert (talk.slot_offset, talk.shared_buffers) == (timedelta(minutes=10), True)
    assert talk.bookable == DateRange(date(2026, 12, 1), date(2027, 3, 31))
    assert talk.assignment is AssignmentPolicy.COLLECTIVE
    assert (talk.rooms, talk.equipment) == (("blue", "red"), ("beamer",))
    assert (talk.customer_limit, talk.visibility) == (2, Visibility.HIDDEN)
    assert talk.aliases == ("chat", "Gespräch")
    assert talk.blocking == {
        BusyStatus.BUSY,
        BusyStatus.UNKNOWN,
        BusyStatus.WORKING_ELSEWHERE,
    }


def test_a_service_can_be_booked_by_link_only(tmp_path):
    file = tmp_path / "business.yaml"
    file.write_text(FULL.replace("visibility: hidden", "visibility: link"), encoding="utf-8")
    business = load(file)
    assert business.service("talk").needs_invitation
    assert [service.id for service in business.listed_services()] == ["plain"]


def test_keys_left_out_mean_what_the_catalog_means_without_them(business):
    plain = business.service("plain")
    assert plain.blocking == BLOCKING
    assert plain.assignment is AssignmentPolicy.ANY
    assert (plain.customer_limit, plain.bookable, plain.rooms) == (None, None, ())
    bo = business.staff_member("bo")
    assert (bo.max_per_day, bo.max_per_week, bo.bookable_from, bo.declaration) == (None,) * 4
    assert (bo.sites, dict(bo.work_places), bo.subdivision) == (frozenset(), {}, None)


def test_every_key_of_a_staff_member_reaches_the_catalog(business):
    ada = business.staff_member("ada")
    assert (ada.max_per_day, ada.max_per_week) == (4, 12)
    assert ada.sites == {"bonn", "koeln"}
    assert ada.work_places == {0: "bonn", 1: HOME, 2: HOME, 3: "koeln", 4: "koeln"}
    assert (ada.subdivision, ada.declaration) == ("ST", "d2")


def test_a_staff_member_is_bookable_from_the_first_day_of_their_wave(business):
    assert business.staff_member("ada").bookable_from == date(2027, 2, 1)


def test_rooms_equipment_and_travel_reach_the_catalog(business):
    assert business.resource("blue") == Resource(
        id="blue",
        name=LocalText("Blue room", "Blue room"),
        kind=ResourceKind.ROOM,
        place_id="bonn",
        mailbox="blue@clinic.example",
    )
    assert len(business.resource("beamer").unit_ids) == 3
    assert business.travel_between("koeln", "bonn") == timedelta(minutes=45)
    assert business.travel_between("koeln", "elsewhere") == timedelta(minutes=30)
    assert business.declaration_version == "d2"


def test_the_word_places_means_all_of_them_and_none_twice(business):
    assert [each.id for each in business.service("talk").locations] == ["bonn", "koeln"]
    assert [each.id for each in business.service("plain").locations] == ["phone", "bonn", "koeln"]


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        ("id: rest, from: 2027-02-01", "id: rest, from: soon", "business.waves[1].from"),
        ("kind: room }", "kind: hall }", "resources[1].kind"),
        ("kind: room }", "kind: room, place: [] }", "resources[1].place"),
        ("id: red,", "id: red, seats: 4,", "resources[1].seats"),
        ("locations: places", "locations: { at: bonn }", "services[0].locations"),
        ("interval: 60", "interval: hourly", "services[0].interval"),
        ("staff: [ada, bo]", "staff: ada and bo", "services[0].staff"),
        ("  state: NW", "  country: germany\n  state: NW", "business.country"),
        ("minutes: 45 }", "minutes: long }", "business.travel[0].minutes"),
    ],
)
def test_one_mistake_brings_on_no_other(right, wrong, path):
    assert FULL.count(right) == 1
    problems = check_text(FULL.replace(right, wrong), "business.yaml")
    assert [problem.path for problem in problems] == [path]


def test_one_wrong_wave_does_not_hide_another():
    text = FULL.replace("id: pilot, from: 2026-12-01", "id: rest, from: soon")
    paths = [problem.path for problem in check_text(text, "business.yaml")]
    assert paths == ["business.waves[0].from", "business.waves[1].id"]


def test_staff_who_are_never_free_at_once_cannot_serve_together():
    lines = FULL.splitlines()
    last = max(n for n, line in enumerate(lines) if "hours:" in line)
    lines[last] = "    hours: { mon-fri: 16:00-18:00 }"
    problems = check_text("\n".join(lines), "business.yaml")
    assert [problem.path for problem in problems] == ["services[0]"]
    assert "no time in common" in problems[0].reason.en


def test_a_list_of_names_in_a_cure_stays_short():
    names = [f"person-{n}" for n in range(16_000)]
    assert len(nearest("zoe", names, LocalText("", "")).en) < 200


def test_the_schema_takes_one_word_where_the_file_does():
    service = json_schema()["$defs"]["ServiceEntry"]["properties"]
    for key, one in (("minutes", "integer"), ("locations", "string")):
        assert {each["type"] for each in service[key]["anyOf"]} == {one, "array"}


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(FULL)), st.integers(0, 12), st.text("0[]{}-: abr", max_size=3))
def test_a_file_without_mistakes_can_always_be_loaded(at, length, instead):
    text = FULL[:at] + instead + FULL[at + length :]
    if not check_text(text, "business.yaml"):
        file = BusinessFile.model_validate(read_tree(text).values)
        business_of(file.business, file.services, file.staff, file.places, file.resources)


def test_thousands_of_staff_are_checked_and_built():
    parts = readable_parts(dict(read_tree(FULL).values))
    ada = parts.staff[0].model_dump(exclude={"id", "mailbox", "work_places", "hours"})
    week = {"hours": {"mon-fri": "08:00-16:00"}, "work_places": {"mon": "bonn"}}
    staff = {
        n: StaffEntry.model_validate(
            {**ada, **week, "id": f"p{n}", "mailbox": f"p{n}@clinic.example"}
        )
        for n in range(4_000)
    }
    ids = dict.fromkeys(member.id for member in staff.values())
    everybody = parts.services[1].model_copy(update={"staff": tuple(ids)})
    many = replace(parts, staff=staff, services={0: everybody}, ids={**parts.ids, "staff": ids})
    assert list(findings(many)) == []
    built = business_of(
        many.business, [everybody], list(staff.values()), list(many.places.values())
    )
    assert len(built.staff_for(built.services[0])) == 4_000

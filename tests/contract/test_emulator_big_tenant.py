"""A tenant of thousands: nothing is made before somebody looks, and nobody can tell."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.emulator.app import create_app
from graph.emulator.clock import MovableClock
from graph.emulator.errors import TenantFileError
from graph.emulator.seed import seed
from graph.emulator.shelf import MOST_OPEN
from graph.emulator.state import StateFile
from graph.emulator.tenant import Mailbox, Tenant
from graph.emulator.tenant_file import build_tenant, read_file
from tests.contract.emulator_world import (
    ANNA,
    CLIENT,
    NOW,
    SECRET,
    TENANT,
    World,
    a_tenant,
    an_event,
    event_path,
    moment,
)

MANY = 2000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Europe/Zurich")


def person(number: int) -> str:
    return f"person{number}@contoso.com"


def tenant_file(folder: Path, **more: Any) -> Path:
    mailboxes = [
        {
            "mail": person(n),
            "displayName": f"Person {n}",
            "timeZone": ZONES[n % len(ZONES)],
            "kind": "user",
        }
        for n in range(MANY)
    ]
    path = folder / "tenant.json"
    clients = [{"client_id": CLIENT, "client_secret": SECRET}]
    content = {"tenant": TENANT, "clients": clients, "mailboxes": mailboxes, **more}
    path.write_text(json.dumps(content))
    return path


def loaded(path: Path, now: datetime = NOW) -> Tenant:
    file = read_file(path)
    tenant = build_tenant(file)
    seed(tenant, now, file.seed)
    return tenant


class BigWorld(World):
    def __init__(self, folder: Path) -> None:
        self.clock, self.folder = MovableClock(NOW), folder
        self.state = StateFile(folder / "state.json")
        self.tenant = loaded(tenant_file(folder))
        self.state.save(self.tenant)
        app = create_app(self.tenant, self.clock, lambda: self.state.save(self.tenant))
        self.http = TestClient(TestServer(app))
        self.token, self.headers = "", {}

    def after_a_restart(self, now: datetime = NOW) -> Tenant:
        self.state.close()
        tenant = build_tenant(read_file(self.folder / "tenant.json"))
        StateFile(self.folder / "state.json").load(tenant)
        seed(tenant, now)
        return tenant

    async def taken(self, *addresses: str, days: int = 42, **more: Any) -> list[dict[str, Any]]:
        """What getSchedule says of the seeded weeks."""
        end = NOW + timedelta(days=days)
        body = {
            "schedules": list(addresses),
            "startTime": moment("2026-11-22T00:00:00"),
            "endTime": moment(f"{end:%Y-%m-%d}T00:00:00"),
            **more,
        }
        path = f"/users/{addresses[0]}/calendar/getSchedule"
        status, answer = await self.call("POST", path, body)
        assert status == 200, answer
        found: list[dict[str, Any]] = answer["value"]
        return found

    def open_mailboxes(self) -> list[str]:
        return [m.mail for m in self.tenant.mailboxes.values() if len(m.content.held) > 10]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[BigWorld]:
    async with BigWorld(tmp_path) as running:
        yield running
    running.state.close()


async def page(world: BigWorld, path: str) -> str:
    answer = await world.http.get(path)
    assert answer.status == 200, path
    return await answer.text()


def events_made(tenant: Tenant) -> int:
    return sum(len(mailbox.content.held) for mailbox in tenant.mailboxes.values())


def test_loading_and_seeding_makes_no_event(tmp_path: Path) -> None:
    tenant = loaded(tenant_file(tmp_path))
    assert len(tenant.mailboxes) == MANY
    assert events_made(tenant) == 0


async def test_free_and_busy_makes_no_event(world: BigWorld) -> None:
    rows = await world.taken(*(person(n) for n in range(20)))
    assert all(len(row["scheduleItems"]) > 50 for row in rows)
    assert events_made(world.tenant) == 0


async def test_a_calendar_view_makes_the_events_of_that_mailbox_alone(world: BigWorld) -> None:
    await world.view(person(7))
    assert world.open_mailboxes() == [person(7)]


async def test_free_and_busy_is_the_same_before_and_after_the_events_came_into_being(
    world: BigWorld,
) -> None:
    addresses = [person(n) for n in range(20)]
    before = await world.taken(*addresses)
    for address in addresses:
        assert world.tenant.mailbox(address).events
    assert await world.taken(*addresses) == before


@settings(deadline=None, max_examples=60)
@given(
    zone=st.sampled_from([*ZONES, "UTC", "Africa/Casablanca", "US/East-Indiana"]),
    name=st.sampled_from("abcdefghij"),
    hours=st.integers(-100 * 24, 100 * 24),
    length=st.integers(1, 62 * 24),
    now=st.sampled_from(
        [NOW, datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
    ),
)
@example(zone="US/East-Indiana", name="a", hours=0, length=24 * 14, now=NOW)
def test_rows_without_events_are_the_rows_of_the_events(
    zone: str, name: str, hours: int, length: int, now: datetime
) -> None:
    tenant = Tenant("t", {}, {})
    box = tenant.add_mailbox(Mailbox(f"{name}@contoso.com", name, zone))
    seed(tenant, now)
    start = int((now + timedelta(hours=hours)).timestamp()) * 1_000_000
    end = start + length * 3600 * 1_000_000
    lazy = {r for r in tenant.shelf.rows(box, start, end) if r.start < end and r.end > start}
    assert box.events
    made = tenant.shelf.rows(box, start, end)
    assert lazy == {r for r in made if r.start < end and r.end > start}


async def test_a_changed_or_deleted_event_of_the_seed_stays_so(world: BigWorld) -> None:
    _, listed = await world.call("GET", f"/users/{person(1)}/events?$top=20")
    lunch, gone = [e for e in listed["value"] if e["type"] == "singleInstance"][:2]
    change = {"showAs": "free", "subject": "Verlegt"}
    await world.call("PATCH", event_path(lunch, person(1)), change)
    await world.call("DELETE", event_path(gone, person(1)))
    open_ = await world.taken(person(1))
    world.tenant.mailbox(person(1)).content.close()
    assert len(world.tenant.mailbox(person(1)).content.held) == 1
    assert await world.taken(person(1)) == open_
    status, _ = await world.call("GET", event_path(gone, person(1)))
    assert status == 404
    again = world.after_a_restart().mailbox(person(1))
    assert again.find(lunch["id"]).facts["subject"] == "Verlegt"
    assert gone["id"] not in again.events


async def test_a_booking_shows_in_free_and_busy_that_was_asked_for_before(world: BigWorld) -> None:
    await world.create(mailbox=person(1))
    before = (await world.taken(person(1)))[0]["scheduleItems"]
    await world.create(mailbox=person(1))
    assert len((await world.taken(person(1)))[0]["scheduleItems"]) == len(before) + 1


async def test_a_changed_series_of_the_seed_counts_once(world: BigWorld) -> None:
    _, listed = await world.call("GET", f"/users/{person(10)}/events?$top=20")
    team = next(e for e in listed["value"] if e["type"] == "seriesMaster")
    await world.call("PATCH", event_path(team, person(10)), {"subject": "Neue Runde"})
    world.tenant.mailbox(person(10)).content.close()
    subjects = [i.get("subject") for i in (await world.taken(person(10)))[0]["scheduleItems"]]
    assert "Teambesprechung" not in subjects
    assert subjects.count("Neue Runde") == 6


async def test_only_so_many_mailboxes_keep_their_events_and_none_loses_a_booking(
    world: BigWorld,
) -> None:
    made = await world.create(mailbox=person(0))
    for n in range(1, MOST_OPEN + 10):
        assert world.tenant.mailbox(person(n)).events
    assert len(world.open_mailboxes()) == MOST_OPEN
    assert person(0) not in world.open_mailboxes()
    status, _ = await world.call("GET", event_path(made, person(0)))
    assert status == 200


async def test_the_state_holds_the_booking_and_no_more(world: BigWorld) -> None:
    await world.view(person(1))
    await world.create(mailbox=person(2))
    text = (world.folder / "state.json").read_text()
    assert len(text) < 4000
    assert person(2) in text
    assert person(1) not in text


async def test_a_save_adds_to_the_file_and_writes_nothing_twice(world: BigWorld) -> None:
    await world.create(an_event(subject="Erster"), mailbox=person(2))
    before = (world.folder / "state.json").read_bytes()
    await world.create(an_event(subject="Zweiter"), mailbox=person(2))
    after = (world.folder / "state.json").read_bytes()
    assert after.startswith(before)
    assert b"Erster" not in after[len(before) :]


async def test_ids_of_the_seed_are_good_after_a_restart(world: BigWorld) -> None:
    _, listed = await world.call("GET", f"/users/{person(5)}/events?$top=5")
    again = world.after_a_restart().mailbox(person(5))
    assert [again.find(e["id"]).change_key for e in listed["value"]] == [
        e["changeKey"] for e in listed["value"]
    ]


async def test_a_restart_weeks_later_keeps_what_was_and_fills_what_is_new(world: BigWorld) -> None:
    before = set(world.tenant.mailbox(person(5)).events)
    later = world.after_a_restart(NOW + timedelta(weeks=2)).mailbox(person(5))
    assert before < set(later.events)


async def test_a_line_cut_off_by_a_kill_is_left_out(world: BigWorld) -> None:
    first = await world.create(mailbox=person(2))
    second = await world.create(mailbox=person(2))
    path = world.folder / "state.json"
    world.state.close()
    path.write_bytes(path.read_bytes()[:-30])
    events = world.after_a_restart().mailbox(person(2)).events
    assert first["id"] in events
    assert second["id"] not in events


def test_a_file_that_is_no_state_is_refused_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"tenant": "x", "mailboxes": []}')
    with pytest.raises(TenantFileError, match="--reset"):
        StateFile(path).load(a_tenant())


def test_a_tenant_may_have_sparse_calendars_or_empty_ones(tmp_path: Path) -> None:
    counts = {
        density: len(loaded(tenant_file(tmp_path, seed=density)).mailbox(person(1)).events)
        for density in ("none", "light", "normal")
    }
    assert counts["none"] == 0
    assert 20 < counts["light"] < counts["normal"] / 2


async def test_the_week_shows_the_first_25_and_those_with_bookings_before_others(
    world: BigWorld,
) -> None:
    await world.create(mailbox=person(1999))
    text = await page(world, "/?lang=en")
    assert text.count('class="person"') == 25
    assert "1–25 of 2000" in text
    assert person(1999) in text
    assert len(world.open_mailboxes()) <= 26


async def test_the_search_finds_a_person_in_any_case(world: BigWorld) -> None:
    text = await page(world, "/?lang=en&q=PERSON1234%40")
    assert text.count('class="person"') == 1
    assert person(1234) in text


async def test_a_search_goes_on_over_weeks_and_pages(world: BigWorld) -> None:
    text = await page(world, "/?lang=en&q=person12&page=2")
    assert "26–50 of 111" in text
    assert "?q=person12&amp;page=2&amp;week=2026-11-30&amp;lang=en" in text
    assert "?q=person12&amp;page=3&amp;week=2026-11-23&amp;lang=en" in text


@pytest.mark.parametrize("query", ["page=-1", "page=x", "page=%C2%B2", "page=0"])
async def test_a_page_that_makes_no_sense_is_the_first(world: BigWorld, query: str) -> None:
    assert "1–25 of 2000" in await page(world, f"/?lang=en&{query}")


async def test_what_is_searched_is_never_html(world: BigWorld) -> None:
    text = await page(world, "/?lang=en&q=%22%3E%3Cb%3Ex")
    assert "<b>x" not in text
    assert "Nothing found" in text


async def test_many_mails_are_shown_in_pages_and_searched(world: BigWorld) -> None:
    for n in range(30):
        to = [{"emailAddress": {"address": f"kunde{n}@example.com"}}]
        message = {"subject": f"Termin {n}", "toRecipients": to}
        await world.call("POST", f"/users/{person(1)}/sendMail", {"message": message})
    text = await page(world, "/mail?lang=en")
    assert "1–25 of 30" in text
    assert "Termin 29" in text
    assert "Termin 3<" not in text
    assert "Termin 3<" in await page(world, "/mail?lang=en&q=kunde3%40")


async def test_a_mailbox_among_thousands_is_made_to_disappear_by_its_address(
    world: BigWorld,
) -> None:
    assert len(await page(world, "/faults")) < 5000
    form = {"switch": "dead_mailbox", "mailbox": person(1)}
    await world.http.post("/faults", data=form)
    assert (await world.call("GET", f"/users/{person(1)}/calendar"))[0] == 404


SPANS = st.tuples(
    st.integers(-10, 60),
    st.integers(0, 40),
    st.sampled_from(["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"]),
)


@settings(deadline=None, max_examples=40)
@given(spans=st.lists(SPANS, max_size=12), interval=st.sampled_from([5, 7, 30, 45, 1440]))
async def test_a_digit_is_the_highest_of_what_overlaps_its_interval(
    spans: list[tuple[int, int, str]], interval: int
) -> None:
    midnight, digits = datetime(2026, 12, 1, tzinfo=UTC), {"tentative": 1, "oof": 3}
    digits |= {"free": 0, "workingElsewhere": 0, "busy": 2, "unknown": 2}
    async with World() as world:
        for begin, length, status in spans:
            start = midnight + timedelta(minutes=25 * begin)
            end = start + timedelta(minutes=25 * length)
            times = {
                "start": moment(start.isoformat()[:19]),
                "end": moment(end.isoformat()[:19]),
            }
            await world.create(an_event(**times, showAs=status))
        _, body = await world.schedule(ANNA, AvailabilityViewInterval=interval)
    view = body["value"][0]["availabilityView"]
    assert len(view) == -(-1440 // interval)
    for index, digit in enumerate(view):
        begins, ends = index * interval, min((index + 1) * interval, 1440)
        over = [
            digits[s]
            for b, n, s in spans
            if 25 * b < ends and 25 * (b + n) > begins and 25 * (b + n) > 0
        ]
        assert int(digit) == max(over, default=0)

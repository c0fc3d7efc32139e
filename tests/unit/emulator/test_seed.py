"""The seeded calendars of the demo."""

from datetime import timedelta

from graph.emulator.schedule import busy_items
from graph.emulator.seed import seed
from graph.emulator.tenant import Event, Tenant
from tests.contract.emulator_world import ANNA, BEN, NOW, ROOM, a_tenant


def seeded() -> Tenant:
    tenant = a_tenant()
    seed(tenant, NOW)
    return tenant


def facts(tenant: Tenant, mail: str) -> list[tuple[object, ...]]:
    events = tenant.mailbox(mail).events.values()
    return [(e.start, e.end, e.facts["subject"], e.facts["showAs"]) for e in events]


def test_an_address_gets_the_same_times_in_every_run() -> None:
    assert facts(seeded(), ANNA) == facts(seeded(), ANNA)
    assert facts(seeded(), ANNA) != facts(seeded(), BEN)


def test_rooms_stay_empty() -> None:
    assert facts(seeded(), ROOM) == []


def test_the_times_show_every_kind_a_client_must_read() -> None:
    events = [e for box in seeded().mailboxes.values() for e in box.events.values()]
    assert {e.facts["showAs"] for e in events} == {"busy", "free", "tentative", "oof"}
    assert any(e.is_all_day for e in events)
    assert any(e.recurrence for e in events)
    assert any(e.facts["sensitivity"] == "private" for e in events)


def test_meetings_last_15_to_90_minutes() -> None:
    timed: list[Event] = [e for e in seeded().mailbox(ANNA).events.values() if not e.is_all_day]
    lengths = {(e.end - e.start) // timedelta(minutes=1) for e in timed}
    assert lengths <= set(range(15, 91))


def test_a_later_start_fills_only_the_weeks_that_are_new() -> None:
    tenant = seeded()
    before = len(tenant.mailbox(ANNA).events)
    seed(tenant, NOW)
    assert len(tenant.mailbox(ANNA).events) == before
    seed(tenant, NOW + timedelta(weeks=1))
    week = NOW + timedelta(weeks=6)
    found = busy_items(tenant.mailbox(ANNA), week, week + timedelta(days=5), "UTC")
    assert len(found) > 5

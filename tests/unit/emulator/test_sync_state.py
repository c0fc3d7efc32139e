"""What a restart keeps of delta links and subscriptions, and what it does not."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from graph.emulator.state import StateFile
from graph.emulator.subscription import Subscription
from graph.emulator.tenant import Mailbox, Tenant
from tests.contract.emulator_world import ANNA, NOW, a_tenant
from tests.unit.emulator.test_delta import Replica, event


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateFile]:
    with closing(StateFile(tmp_path / "state.json")) as file:
        yield file


def restarted(state: StateFile) -> Tenant:
    """Close the file and begin with what is in it."""
    state.close()
    tenant = a_tenant()
    state.load(tenant)
    return tenant


def followed(state: StateFile) -> tuple[Tenant, Mailbox]:
    tenant = a_tenant()
    state.save(tenant)
    anna = tenant.mailbox(ANNA)
    tenant.sync.journal(anna.object_id, anna.events.values())
    return tenant, anna


def a_subscription(tenant: Tenant, **changes: Any) -> Subscription:
    return Subscription(
        id="s1",
        client_id="client-1",
        mailbox=tenant.mailbox(ANNA).object_id,
        resource=f"users/{ANNA}/events",
        change_type="updated",
        notification_url="http://127.0.0.1/x",
        lifecycle_url=None,
        client_state=None,
        expires=NOW + timedelta(days=1),
        **changes,
    )


@pytest.mark.parametrize("rewritten", [False, True], ids=["line by line", "written anew"])
def test_links_outlive_a_restart(state: StateFile, rewritten: bool) -> None:
    tenant, anna = followed(state)
    state.save(tenant)
    anna.add(replace(event(1), recurrence=weekly_pattern()))
    anna.add(event(2))
    anna.take_out(anna.events["plain-2"])
    state.save(tenant)
    if rewritten:
        state.save(restarted(state))
    assert restarted(state).sync.journals == tenant.sync.journals


def weekly_pattern() -> dict[str, Any]:
    pattern = {"type": "daily", "interval": 1}
    return {"pattern": pattern, "range": {"type": "noEnd", "startDate": "2026-11-23"}}


def test_the_client_goes_on_with_its_link_after_a_restart(state: StateFile) -> None:
    replica = Replica()
    state.save(replica.engine.tenant)
    for action in ("create", "round", "create"):
        replica.act(action, 0, 3)
    state.save(replica.engine.tenant)
    replica.engine.tenant = restarted(state)
    replica.act("delete", 0, 3)
    replica.act("round", 0, 1)
    assert replica.held.keys() == {e["id"] for e in replica.view()}
    assert len(replica.held) == 1


def test_a_record_that_was_lost_stays_lost(state: StateFile) -> None:
    tenant, anna = followed(state)
    state.save(tenant)
    tenant.sync.forget(anna.object_id)
    state.save(tenant)
    assert restarted(state).sync.journals == {}


def test_another_season_of_the_seed_makes_links_void(state: StateFile) -> None:
    tenant, anna = followed(state)
    tenant.sync.begin_season("")
    assert anna.object_id in tenant.sync.journals
    tenant.sync.begin_season("normal Europe/Berlin/2026-12-28")
    state.save(tenant)
    assert restarted(state).sync.journals == {}
    assert restarted(state).sync.season == "normal Europe/Berlin/2026-12-28"


def test_subscriptions_outlive_a_restart_with_their_last_end(state: StateFile) -> None:
    tenant, anna = followed(state)
    held = a_subscription(tenant)
    tenant.sync.add(held)
    state.save(tenant)
    held.expires += timedelta(days=1)
    tenant.sync.add(held)
    state.save(tenant)
    assert restarted(state).sync.following(anna.object_id, NOW) == [held]


def test_an_ended_subscription_stays_ended(state: StateFile) -> None:
    tenant, anna = followed(state)
    held = a_subscription(tenant)
    tenant.sync.add(held)
    tenant.sync.drop(held)
    state.save(tenant)
    assert restarted(state).sync.following(anna.object_id, NOW) == []

"""Whatever is written, a replica fed by rounds of delta shows what the calendar view shows."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.emulator.call import Call
from graph.emulator.engine import Engine
from graph.emulator.errors import Refusal
from graph.emulator.event import Event
from graph.emulator.journal import MOST_CHANGES, Journal
from graph.emulator.tenant import ALL_ROLES
from tests.contract.emulator_world import ANNA, BEN, NOW, a_tenant, an_event, moment, weekly
from tests.contract.sync_world import local

WINDOW = {"startDateTime": "2026-12-01T00:00:00Z", "endDateTime": "2026-12-15T00:00:00Z"}
DAYS = st.integers(1, 28)
WIDER = {**WINDOW, "endDateTime": "2026-12-31T00:00:00Z"}
ACTIONS = st.tuples(
    st.sampled_from(
        ["create", "series", "move", "retitle", "repeat", "delete", "delete one", "move one"]
    ),
    st.integers(0, 9),
    DAYS,
)
ROUND = ("round", 0, 1)


def shown(item: dict[str, Any]) -> tuple[str, str]:
    return item["@odata.etag"], item["start"]["dateTime"]


class Replica:
    """An emulator and a copy of one calendar window that only delta keeps up to date."""

    def __init__(self) -> None:
        self.engine = Engine(a_tenant())
        self.options = self.engine.tenant.options
        self.held: dict[str, tuple[str, str]] = {}
        self.link = ""

    def ask(self, method: str, *segments: str, body: Any = None, **query: str) -> Any:
        call = Call(
            tenant=self.engine.tenant,
            now=NOW,
            method=method,
            segments=("users", ANNA, *segments),
            query=query,
            headers={"prefer": "odata.maxpagesize=2"},
            body=body,
            origin="http://127.0.0.1",
            roles=ALL_ROLES,
        )
        return asyncio.run(self.engine.answer(call)).body

    def view(self, window: dict[str, str] = WINDOW) -> list[dict[str, Any]]:
        answer = self.ask("GET", "calendarView", **window, **{"$top": "1000"})
        return list(answer["value"])

    def act(self, action: str, number: int, day: int) -> None:
        if action == "round":
            return self.follow()
        span = {
            "start": moment(f"2026-12-{day:02}T09:00:00"),
            "end": moment(f"2026-12-{day:02}T10:00:00"),
        }
        if action in {"create", "series"}:
            made = an_event(**span) if action == "create" else weekly(**span)
            self.ask("POST", "events", body=made)
            return None
        listed = self.view(WIDER) if "one" in action else self.ask("GET", "events")["value"]
        if not listed:
            return None
        path = ("events", listed[number % len(listed)]["id"])
        if action.startswith("delete"):
            self.ask("DELETE", *path)
            return None
        changes = {
            "move": span,
            "move one": span,
            "retitle": {"subject": "x"},
            "repeat": weekly(**span),
        }
        try:
            self.ask("PATCH", *path, body=changes[action])
        except Refusal:
            return None  # an occurrence may not pass its neighbour
        return None

    def follow(self) -> None:
        query = WINDOW
        if self.link:
            query = self._query(self.link)
        while True:
            page = self.ask("GET", "calendarView", "delta()", **query)
            for item in page["value"]:
                if "@removed" in item:
                    self.held.pop(item["id"], None)
                else:
                    self.held[item["id"]] = shown(item)
            self.link = page.get("@odata.deltaLink", "")
            if self.link:
                return
            query = self._query(page["@odata.nextLink"])

    def _query(self, link: str) -> dict[str, str]:
        name, _, token = local(link).partition("?")[2].partition("=")
        return {name: token}


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS | st.just(ROUND), max_size=14), st.integers(0, 2))
def test_a_replica_shows_what_the_view_shows(
    actions: list[tuple[str, int, int]], replays: int
) -> None:
    replica = Replica()
    replica.options.delta_replays = replays
    for action in [*actions, ROUND]:
        replica.act(*action)
    assert replica.held == {e["id"]: shown(e) for e in replica.view()}


def event(number: int) -> Event:
    return Event(
        id=f"plain-{number}",
        immutable_id=f"lasting-{number}",
        uid=f"uid-{number}",
        start=NOW,
        end=NOW + timedelta(hours=1),
        zone="UTC",
        end_zone="UTC",
        created=NOW,
        modified=NOW,
        facts={},
        organizer=BEN,
    )


def test_a_record_forgets_what_is_long_ago_and_says_so() -> None:
    journal = Journal.starting_with([])
    for number in range(MOST_CHANGES + 1):
        journal.note(event(number), "created")
    assert not journal.knows(journal.life, 0)
    assert journal.knows(journal.life, 1)
    assert len(journal.since(1)) == MOST_CHANGES


@pytest.mark.parametrize("sequence", [-1, 2])
def test_a_record_knows_only_its_own_past(sequence: int) -> None:
    journal = Journal.starting_with([])
    journal.note(event(1), "created")
    assert not journal.knows(journal.life, sequence)
    assert not journal.knows("another", 1)


def test_a_mailbox_nobody_follows_keeps_no_record() -> None:
    tenant = a_tenant()
    tenant.mailbox(ANNA).add(event(1))
    assert tenant.sync.journals == {}
    assert tenant.sync.take_notices() == []

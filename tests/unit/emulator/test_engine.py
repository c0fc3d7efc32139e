"""Whatever JSON arrives, the emulator answers or refuses; it never breaks."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.emulator.call import Call
from graph.emulator.engine import Engine
from graph.emulator.errors import Refusal
from graph.emulator.tenant import ALL_ROLES
from tests.contract.emulator_world import ANNA, NOW, a_tenant, an_event

EVENT_NAMES = "subject body start end dateTime timeZone isAllDay attendees emailAddress address"
SERIES_NAMES = "recurrence pattern range type startDate endDate interval daysOfWeek location"
ACTION_NAMES = "schedules startTime endTime message toRecipients attachments contentBytes name"
WISH_NAMES = "changeType notificationUrl resource expirationDateTime clientState"
BATCH_NAMES = "requests id method url dependsOn headers value transactionId numberOfOccurrences"
NAMES = st.sampled_from(
    f"{EVENT_NAMES} {SERIES_NAMES} {ACTION_NAMES} {BATCH_NAMES} {WISH_NAMES}".split()
)
WORDS = st.sampled_from(
    [
        "weekly",
        "daily",
        "monday",
        "UTC",
        "2026-12-01",
        "2026-12-01T09:00:00",
        "0001-01-01T00:00:00",
        "GET",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**6) | st.text(max_size=5) | WORDS
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)
SPOILED = st.dictionaries(NAMES, JSON, max_size=4).map(lambda changes: {**an_event(), **changes})
ROUTES = st.sampled_from(
    [
        ("POST", ("users", ANNA, "events")),
        ("POST", ("users", ANNA, "calendar", "getSchedule")),
        ("POST", ("users", ANNA, "sendMail")),
        ("POST", ("subscriptions",)),
        ("POST", ("$batch",)),
    ]
)


def call(engine: Engine, method: str, segments: tuple[str, ...], body: Any) -> Call:
    return Call(
        tenant=engine.tenant,
        now=NOW,
        method=method,
        segments=segments,
        query={},
        headers={},
        body=body,
        origin="http://127.0.0.1",
        roles=ALL_ROLES,
    )


def status(engine: Engine, asked: Call) -> int:
    try:
        return asyncio.run(engine.answer(asked)).status
    except Refusal as refusal:
        return refusal.status


@settings(max_examples=200, deadline=None)
@given(ROUTES, JSON | SPOILED)
def test_any_body_is_answered_or_refused(route: tuple[str, tuple[str, ...]], body: Any) -> None:
    engine = Engine(a_tenant())
    assert status(engine, call(engine, *route, body)) < 500


@settings(max_examples=100, deadline=None)
@given(SPOILED)
def test_any_change_leaves_a_calendar_that_can_be_read(changes: dict[str, Any]) -> None:
    engine = Engine(a_tenant())
    asked = call(engine, "POST", ("users", ANNA, "events"), an_event())
    made = asyncio.run(engine.answer(asked))
    path = ("users", ANNA, "events", made.body["id"] if made.body else "")
    assert status(engine, call(engine, "PATCH", path, changes)) in {200, 400}
    assert status(engine, call(engine, "GET", path, None)) == 200

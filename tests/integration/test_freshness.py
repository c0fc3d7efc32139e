"""Warm offers of the real programs: no question to Outlook, and yet what stands in Outlook."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import pytest_asyncio
from yarl import URL

from tests.integration.processes import Chat, Outlook, World, buttons, words

pytestmark = pytest.mark.asyncio(loop_scope="module")

PETRA = "petra.lenz@praxis.example"
WISH = "Erstberatung bei Petra Lenz nächste Woche"
SOON = 20.0
PAUSE = 0.3


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + SOON
    while not await condition():
        assert loop.time() < end, f"in vain: {what}"
        await asyncio.sleep(PAUSE)


class Colleague(Outlook):
    """Somebody who writes into the calendars."""

    async def send(self, method: str, path: str, body: object = None) -> dict:
        url = URL(f"{self._url}/v1.0{path}", encoded=True)
        headers = await self._headers()
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if await answer.read() else {}


class Warm:
    """The demo once everybody is subscribed to."""

    def __init__(self, world: World, outlook: Colleague) -> None:
        self.world, self.outlook = world, outlook

    async def control(self, method: str, path: str, body: object = None) -> dict:
        url = f"{self.world.outlook_url}/control{path}"
        async with self.world.http.request(method, url, json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json() if await answer.read() else {}

    async def asked(self) -> list[str]:
        """The kinds of requests since the log was emptied."""
        log = (await self.control("GET", "/requests"))["requests"]
        return [line["template"] for line in log]

    async def times(self, wish: str = WISH) -> list[str]:
        """What a new customer is offered."""
        async with Chat(self.world.bot_url, self.world.http) as chat:
            await chat.news()
            return [pick["slot"] for pick in buttons(await chat.says(wish), "slot.pick")]

    async def warm_times(self) -> list[str] | None:
        """What is offered out of the index alone; None where Outlook was asked."""
        await self.control("DELETE", "/requests")
        times = await self.times()
        return None if any("getSchedule" in path for path in await self.asked()) else times

    async def becomes(self, expected: Callable[[list[str]], bool], what: str) -> None:
        async def holds() -> bool:
            times = await self.warm_times()
            return times is not None and expected(times)

        await until(holds, what)

    async def subscriptions(self) -> list[str]:
        found = (await self.control("GET", "/sync"))["subscriptions"]
        return sorted(each["id"] for each in found)

    async def is_warm(self) -> bool:
        return len(await self.subscriptions()) == 5 and bool(await self.warm_times())

    async def add(self, slot: str) -> str:
        """Somebody puts an event over a time, in Outlook itself."""
        start = datetime.fromisoformat(slot)
        body = {
            "subject": "Eigener Termin",
            "start": {"dateTime": _utc(start), "timeZone": "UTC"},
            "end": {"dateTime": _utc(start + timedelta(minutes=30)), "timeZone": "UTC"},
        }
        return (await self.outlook.send("POST", f"/users/{PETRA}/events", body))["id"]

    async def remove(self, event_id: str) -> None:
        await self.outlook.send("DELETE", f"/users/{PETRA}/events/{quote(event_id, safe='')}")

    @asynccontextmanager
    async def going_wrong(self, **fault: object) -> AsyncIterator[None]:
        await self.control("POST", "/sync/faults", fault)
        try:
            yield
        finally:
            await self.control("DELETE", "/sync/faults")


def _utc(moment: datetime) -> str:
    return (moment - moment.utcoffset()).strftime("%Y-%m-%dT%H:%M:%S")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def warm(tmp_path_factory) -> AsyncIterator[Warm]:
    async with World(tmp_path_factory.mktemp("freshness")) as world:
        credentials = (await world.urls())["emulator_credentials"]
        running = Warm(world, Colleague(world.outlook_url, world.http, credentials))
        await until(running.is_warm, "everybody subscribed to and read")
        yield running


async def test_a_warm_offer_asks_outlook_nothing(warm):
    await warm.control("DELETE", "/requests")
    assert await warm.times()
    assert await warm.asked() == []


async def test_what_is_put_into_outlook_is_offered_no_more_and_what_goes_is_offered_again(warm):
    before = await warm.warm_times()
    event_id = await warm.add(before[0])
    await warm.becomes(lambda times: before[0] not in times, "the event is known")
    await warm.remove(event_id)
    await warm.becomes(lambda times: times == before, "the time is free again")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "doubled"},
        {"kind": "delayed", "seconds": 2.0},
        {"kind": "reordered"},
        {"kind": "noisy"},
    ],
    ids=lambda fault: fault["kind"],
)
async def test_whatever_befalls_a_notification_the_end_is_the_same(warm, fault):
    before = await warm.warm_times()
    async with warm.going_wrong(**fault):
        first, second = await warm.add(before[0]), await warm.add(before[1])
        await warm.remove(first)
        await warm.becomes(
            lambda times: before[0] in times and before[1] not in times, "all is known"
        )
        await warm.remove(second)
        await warm.becomes(lambda times: times == before, "all is free again")


async def test_after_a_lost_notification_nobody_is_booked_twice(warm):
    before = await warm.warm_times()
    async with warm.going_wrong(kind="lost"):
        event_id = await warm.add(before[0])
        async with Chat(warm.world.bot_url, warm.world.http) as chat:
            await chat.news()
            (pick, *_) = buttons(await chat.says(WISH), "slot.pick")
            assert pick["slot"] == before[0]
            answer = await chat.presses(**pick)
    assert "details.submit" not in words(answer)
    assert before[0] not in [p["slot"] for p in buttons(answer, "slot.pick")]
    assert await warm.outlook.events_of_bot(PETRA) == []
    # it is not offered to the next one either, although nobody has told of it yet
    assert before[0] not in await warm.times()
    await warm.remove(event_id)


async def test_a_subscription_that_graph_removes_is_made_again(warm):
    before = await warm.subscriptions()
    body = {"kind": "subscriptionRemoved", "mailbox": PETRA}
    await warm.control("POST", "/sync/lifecycle", body)

    async def is_back() -> bool:
        now = await warm.subscriptions()
        return len(now) == 5 and now != before

    await until(is_back, "subscribed again")
    times = await warm.times()
    event_id = await warm.add(times[0])
    await warm.becomes(lambda found: times[0] not in found, "the new one tells")
    await warm.remove(event_id)


async def test_a_restart_takes_over_the_subscriptions(warm):
    before = await warm.subscriptions()
    await warm.world.demo.stop()
    await warm.world.demo.start()
    await warm.world.demo.answers(f"{warm.world.bot_url}/health/ready")
    await until(warm.is_warm, "warm again")
    assert await warm.subscriptions() == before
    times = await warm.warm_times()
    event_id = await warm.add(times[0])
    await warm.becomes(lambda found: times[0] not in found, "it is still told")
    await warm.remove(event_id)


async def test_the_log_of_all_this_names_nobody_and_no_fault(warm):
    lines = (warm.world.folder / "demo.log").read_text().splitlines()
    told = [line for line in lines if not line.startswith('{"chat"')]
    assert [line for line in told if "@" in line or "staff:" in line or "Traceback" in line] == []
    assert [line for line in told if "feed_failed" in line or "request_failed" in line] == []

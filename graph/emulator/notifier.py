"""Tells subscribers of changes by HTTP: together where they come together, again if unanswered."""

import asyncio
import json
from collections import deque
from collections.abc import Coroutine
from typing import Any

from graph.emulator.clock import Clock
from graph.emulator.endpoint import Endpoint
from graph.emulator.event import Json
from graph.emulator.notifications import write_change, write_lifecycle
from graph.emulator.outside import Outside
from graph.emulator.subscription import Subscription
from graph.emulator.sync import Notice
from graph.emulator.sync_faults import SyncFault, SyncFaultKind
from graph.emulator.tenant import Tenant

_MOST_TOGETHER = 100
_MOST_LOGGED = 500
_LONGEST_PAUSE_SECONDS = 300.0


class Notifier:
    """The post office of one emulator; what waits here is lost when it stops."""

    def __init__(self, tenant: Tenant, clock: Clock, outside: Outside) -> None:
        self._tenant, self._clock, self._outside = tenant, clock, outside
        self._waiting: dict[str, list[Json]] = {}
        self._reversed: set[str] = set()
        self._endpoints: dict[str, Endpoint] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.log: deque[dict[str, Any]] = deque(maxlen=_MOST_LOGGED)

    @property
    def under_way(self) -> int:
        """How many deliveries are not finished."""
        return len(self._tasks)

    def tell(self) -> None:
        """Send word of every change nobody was told of yet."""
        sync, now = self._tenant.sync, self._clock.now()
        for notice in sync.take_notices():
            for held in sync.following(notice.mailbox, now):
                if notice.kind in held.kinds and not held.is_silent(now):
                    self.send(held, notice)

    def send(self, held: Subscription, notice: Notice) -> None:
        """Send one notification, unless a fault has other plans."""
        mailbox = self._tenant.known(notice.mailbox)
        if mailbox is None or self._tenant.find(notice.mailbox) is None:
            return
        faults = self._tenant.sync_faults.take(frozenset({mailbox.mail.lower(), notice.mailbox}))
        verdict = self._endpoint(held.notification_url).verdict(_seconds())
        if "lost" in faults or verdict == "dropped":
            return
        if verdict == "slow":
            delay = self._tenant.options.endpoint_delay_seconds
            faults.setdefault("delayed", SyncFault(kind="delayed", seconds=delay))
        message = write_change(self._tenant.id, held, notice)
        if "wrong_client_state" in faults:
            message["clientState"] = "somebody else's"
        self._post(held.notification_url, message, faults)
        if "noisy" in faults:
            echo = write_change(self._tenant.id, held, notice)
            self._together(held.notification_url, {**echo, "changeType": "updated"})

    def _post(self, url: str, message: Json, faults: dict[SyncFaultKind, SyncFault]) -> None:
        if "reordered" in faults:
            self._reversed.add(url)
        if "doubled" in faults:
            self._start(self._deliver(url, [message]))
        if "delayed" in faults:
            self._start(self._deliver_later(url, message, faults["delayed"].seconds))
        else:
            self._together(url, message)

    def lifecycle(self, held: Subscription, kind: str) -> bool:
        """Send a word about the subscription itself; False if it has no address for that."""
        if held.lifecycle_url is None:
            return False
        message = write_lifecycle(self._tenant.id, held, kind)
        self._start(self._deliver(held.lifecycle_url, [message]))
        return True

    async def close(self) -> None:
        """Drop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _together(self, url: str, message: Json) -> None:
        """Put it to what waits for the same address."""
        waiting = self._waiting.setdefault(url, [])
        waiting.append(message)
        if len(waiting) == 1:
            self._start(self._collect(url))

    async def _collect(self, url: str) -> None:
        await asyncio.sleep(self._tenant.options.notification_delay_seconds)
        messages = self._waiting.pop(url)
        if url in self._reversed:
            self._reversed.discard(url)
            messages.reverse()
        for begin in range(0, len(messages), _MOST_TOGETHER):
            self._start(self._deliver(url, messages[begin : begin + _MOST_TOGETHER]))

    async def _deliver_later(self, url: str, message: Json, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._deliver(url, [message])

    async def _deliver(self, url: str, messages: list[Json]) -> None:
        """Post until a 2xx comes back, with growing pauses, or until it is given up."""
        options, loop = self._tenant.options, asyncio.get_running_loop()
        until = loop.time() + options.notification_give_up_seconds
        pause, attempt = options.notification_retry_seconds, 1
        while messages:
            if await self._attempt(url, messages, attempt):
                return
            if loop.time() + pause > until:
                self._give_up(messages)
                return
            await asyncio.sleep(pause)
            pause, attempt = min(pause * 2, _LONGEST_PAUSE_SECONDS), attempt + 1
            messages = [m for m in messages if self._is_wanted(m)]

    def _endpoint(self, url: str) -> Endpoint:
        options = self._tenant.options
        if url not in self._endpoints:
            limits = options.notification_first_seconds, options.notification_later_seconds
            self._endpoints[url] = Endpoint(*limits, options.endpoint_sample)
        return self._endpoints[url]

    async def _attempt(self, url: str, messages: list[Json], attempt: int) -> bool:
        options, begun = self._tenant.options, _seconds()
        first, later = options.notification_first_seconds, options.notification_later_seconds
        reply = await self._outside.post(
            url,
            json.dumps({"value": messages}).encode(),
            content_type="application/json; charset=utf-8",
            seconds=first if attempt == 1 else later,
        )
        self._endpoint(url).record(_seconds(), _seconds() - begun)
        self.log.append(
            {
                "at": self._clock.now().isoformat(),
                "url": url,
                "attempt": attempt,
                "notifications": len(messages),
                "status": reply.status if reply else None,
            }
        )
        return reply is not None and 200 <= reply.status < 300

    def _is_wanted(self, message: Json) -> bool:
        return self._held(message) is not None

    def _held(self, message: Json) -> Subscription | None:
        return self._tenant.sync.find(message["subscriptionId"], self._clock.now())

    def _give_up(self, messages: list[Json]) -> None:
        """Say by the other address that something was missed."""
        concerned = {m["subscriptionId"]: self._held(m) for m in messages if "changeType" in m}
        for held in concerned.values():
            if held is not None:
                self.lifecycle(held, "missed")


def _seconds() -> float:
    return asyncio.get_running_loop().time()

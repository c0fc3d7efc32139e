"""A message has one effect, however often it comes; those of a conversation keep their order."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from scheduling.clock import Clock
from scheduling.errors import BookingError, DocumentConflict
from scheduling.ports import Document, DocumentStore

log = structlog.get_logger(__name__)

KIND = "inbox"
LEASE = timedelta(seconds=15)
"""After this an unfinished message counts as lost with its process. Teams repeats after 15 s."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller of a channel gets back."""

    status: int
    body: Mapping[str, object] | None = None


Tell = Callable[[Answer], None]
Work = Callable[[Tell], Awaitable[Answer]]
"""Does what a message asks for; may tell its answer before it has finished."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What is answered when the work is late (or done elsewhere at this moment), or broke."""

    late: Answer
    failed: Answer


@dataclass(slots=True)
class _Running:
    told: asyncio.Future[Answer]
    task: asyncio.Task[None]


class Inbox:
    """Runs each message once. The answer outlives the process; a repetition gets the same one."""

    def __init__(self, documents: DocumentStore, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._unnamed = 0

    async def answer(
        self, name: tuple[str, ...] | None, work: Work, *, within: float, otherwise: Otherwise
    ) -> Answer:
        """Run the work (once per name) and return its answer, or another one when that is late.

        Work that is late goes on. Without a name nothing can be recognised as a repetition.
        """
        key = self._key(name)
        running = self._running.get(key)
        if running is None:
            running = self._start(key, work, otherwise, is_named=name is not None)
        await asyncio.wait({running.told}, timeout=within)
        return running.told.result() if running.told.done() else otherwise.late

    async def drain(self, seconds: float) -> None:
        """Let running work finish, at most so long; then it is cancelled."""
        tasks = {running.task for running in self._running.values()}
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=seconds)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    def _key(self, name: tuple[str, ...] | None) -> str:
        if name is None:
            self._unnamed += 1
            return f"unnamed-{self._unnamed}"
        return hashlib.sha256("\0".join(name).encode()).hexdigest()

    def _start(self, key: str, work: Work, otherwise: Otherwise, *, is_named: bool) -> _Running:
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def tell(answer: Answer) -> None:
            if not told.done():
                told.set_result(answer)

        async def run() -> None:
            try:
                done = self._once(key, work, tell, otherwise.late) if is_named else work(tell)
                tell(await done)
            except BookingError as refusal:
                log.warning("message_not_answered", code=refusal.code)
            except Exception:
                # an error that escapes would end a background task unseen
                log.exception("message_failed")
            finally:
                tell(otherwise.failed)
                self._running.pop(key, None)

        running = _Running(told, asyncio.create_task(run()))
        self._running[key] = running
        return running

    async def _once(self, key: str, work: Work, tell: Tell, late: Answer) -> Answer:
        try:
            claimed = await self._claim(key)
        except DocumentConflict:
            return late
        except BookingError as refusal:
            log.warning("inbox_unavailable", code=refusal.code)
            return await work(tell)
        if isinstance(claimed, Answer):
            return claimed
        if claimed is None:
            return late
        try:
            answer = await work(tell)
        except Exception:
            await self._give_back(key)
            raise
        await self._note(key, answer, claimed.version)
        return answer

    async def _give_back(self, key: str) -> None:
        """Nothing was done: a repetition may try again at once."""
        try:
            await self._documents.remove(KIND, key)
        except BookingError as refusal:
            log.warning("claim_not_given_back", code=refusal.code)

    async def _claim(self, key: str) -> Answer | Document | None:
        """Return our claim, the stored answer, or None while another process is at it."""
        now = self._clock.now()
        found = await self._documents.read(KIND, key)
        if found.body.get("state") == "done":
            return _stored(found.body)
        if found.version and not _is_lost(found.body, now):
            return None
        claim = {"state": "open", "since": now.isoformat()}
        return await self._documents.write(KIND, key, claim, found.version, now)

    async def _note(self, key: str, answer: Answer, version: int) -> None:
        body = {"state": "done", "status": answer.status, "body": answer.body}
        try:
            await self._documents.write(KIND, key, body, version, self._clock.now())
        except BookingError as refusal:
            log.warning("answer_not_noted", code=refusal.code)


def _stored(body: Mapping[str, object]) -> Answer:
    status, content = body.get("status"), body.get("body")
    return Answer(
        status if isinstance(status, int) else 200,
        content if isinstance(content, Mapping) else None,
    )


def _is_lost(body: Mapping[str, object], now: datetime) -> bool:
    since = body.get("since")
    return not isinstance(since, str) or now - datetime.fromisoformat(since) > LEASE


@dataclass(slots=True)
class _Line:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Lines:
    """One queue per conversation: whoever came first is served first."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn_of(self, conversation: str) -> AsyncIterator[None]:
        """Wait for the others of this conversation, then have it alone."""
        line = self._lines.setdefault(conversation, _Line())
        line.waiting += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(conversation, None)

"""Signs where the ledger ends: at the start, each hour, after many records, and at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from scheduling.clock import Clock
from scheduling.errors import BookingError
from scheduling.ledger import Head

log = structlog.get_logger(__name__)

LOOK_SECONDS = 60.0
AT_LEAST_EVERY = timedelta(hours=1)
AFTER_RECORDS = 100

Heads = Callable[[], Awaitable[Sequence[Head]]]
Sign = Callable[[Sequence[Head], datetime], object]
"""Blocks until the checkpoint is on disk; BookingError, OSError."""


class Checkpoints:
    """Signs while the bot runs; a failure is logged, and tried again at the next look."""

    def __init__(self, heads: Heads, sign: Sign, clock: Clock) -> None:
        self._heads = heads
        self._sign = sign
        self._clock = clock
        self._signed: dict[int, int] | None = None
        self._signed_at: datetime | None = None

    async def run(self) -> None:
        """Look each minute until cancelled, and sign once more then."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self.look(last=True)

    async def look(self, *, last: bool = False) -> None:
        """Sign if it is time; `last`: whatever is not signed yet."""
        try:
            heads, now = await self._heads(), self._clock.now()
            if self._is_time(heads, now, last=last):
                await asyncio.to_thread(self._sign, heads, now)
                self._signed, self._signed_at = {h.lane: h.seq for h in heads}, now
        except (BookingError, OSError) as failure:
            log.warning("checkpoint_not_signed", reason=type(failure).__name__)

    def _is_time(self, heads: Sequence[Head], now: datetime, *, last: bool) -> bool:
        if self._signed is None or self._signed_at is None:
            return bool(heads)
        new = sum(head.seq - self._signed.get(head.lane, 0) for head in heads)
        is_due = now - self._signed_at >= AT_LEAST_EVERY or new >= AFTER_RECORDS
        return new > 0 and (is_due or last)

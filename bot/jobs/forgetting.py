"""Forgets small documents and conversations that are of no use any more."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog

from bot import attempts, identification
from bot.events import LEFT
from bot.replays import TOLD
from scheduling.clock import Clock
from scheduling.documents import DocumentStore
from scheduling.errors import BookingError

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3600.0
IDLE = timedelta(days=30)
"""A conversation in which nothing was said for so long is over."""
CHATS = "chat:"
"""How the names of the logs begin in which web chats stand."""
KEPT: Mapping[str, timedelta] = {
    # each is of use for an hour at most
    attempts.KIND: timedelta(days=1),
    identification.KIND: timedelta(days=1),
    identification.SENT: timedelta(days=1),
    # a channel repeats a message for minutes
    "inbox": timedelta(days=7),
    # what somebody was about to book, with name and address; bookings stand in the store
    "draft": IDLE,
    "page": IDLE,
    # longer than any work is tried again by itself
    TOLD: timedelta(days=90),
    LEFT: timedelta(days=90),
}
"""Kind of document -> how long after it was last written it is kept."""


class Forgetting:
    """Looks at the start and each hour."""

    def __init__(self, documents: DocumentStore, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Forget what is old enough; a failure is logged, and tried again at the next look."""
        now = self._clock.now()
        for kind, kept in KEPT.items():
            try:
                await self._documents.forget(kind, now - kept)
            except BookingError as failure:
                log.warning("documents_not_forgotten", kind=kind, code=failure.code)
        try:
            await self._documents.forget_logs(CHATS, now - IDLE)
        except BookingError as failure:
            log.warning("chats_not_forgotten", code=failure.code)

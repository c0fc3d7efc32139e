"""Notifications of Graph: which are ours, and how every process of one store hears of them."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from scheduling.clock import Clock
from scheduling.errors import DocumentConflict
from scheduling.ports import DocumentStore

KEYS, KEY = "notification_key", "current"
NOTICES = "calendar_notices"
KEPT = 1_000
"""Posts that stay in the log: each process reads it every second."""
TRIM_EVERY = 100
LETTERS = 48


class Notice(Protocol):
    """What Graph posts: something changed (or, `lifecycle_event`, befell the subscription)."""

    @property
    def client_state(self) -> str:
        """What was given at subscribing."""
        ...

    @property
    def subscription_id(self) -> str:
        """Which subscription it comes from."""
        ...

    @property
    def lifecycle_event(self) -> str | None:
        """None for a change of an event."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """A notification that is ours: of which mailbox, and the event that befell what."""

    key: str
    event: str = ""
    subscription_id: str = ""


class NoticeLog:
    """One process's end of the log that all processes write and read."""

    def __init__(self, documents: DocumentStore, clock: Clock, process: str) -> None:
        """`process`: a name that no other process has."""
        self._documents = documents
        self._clock = clock
        self._process = process
        self._secret = b""
        self._position = 0
        self._trimmed = 0

    async def start(self) -> None:
        """Hear from now on."""
        self._position = self._trimmed = await self._documents.last(NOTICES)

    async def state_of(self, key: str) -> str:
        """Return the client state of a mailbox: its key and what only we can add."""
        digest = hmac.new(await self._ours(), key.encode(), hashlib.sha256).hexdigest()
        return f"{key}.{digest[:LETTERS]}"

    async def genuine(self, notices: Iterable[Notice]) -> list[Heard]:
        """Return those with our own client state, each once, in order.

        Costs no look into the store: anybody may post here. Whoever knows a client state may at
        most make us read that calendar again.
        """
        found: dict[Heard, None] = {}
        for notice in notices:
            state = notice.client_state
            key, _, _ = state.rpartition(".")
            if key and hmac.compare_digest((await self.state_of(key)).encode(), state.encode()):
                event = str(notice.lifecycle_event or "")
                found[Heard(key, event, notice.subscription_id if event else "")] = None
        return list(found)

    async def share(self, heard: Iterable[Heard]) -> None:
        """Tell the other processes."""
        rows = [[each.key, each.event, each.subscription_id] for each in heard]
        body = {"from": self._process, "heard": rows}
        await self._documents.append(NOTICES, body, self._clock.now())

    async def news(self) -> tuple[list[Heard], bool]:
        """Return what others heard since, and whether some of it is lost to us."""
        found: dict[Heard, None] = {}
        has_gap = False
        while entries := await self._documents.entries(NOTICES, self._position):
            has_gap = has_gap or entries[0][0] != self._position + 1
            for position, body in entries:
                self._position = position
                rows = body.get("heard")
                if body.get("from") != self._process and isinstance(rows, list):
                    found |= {Heard(*map(str, row)): None for row in rows}
        if self._position >= self._trimmed + TRIM_EVERY:
            await self._documents.trim(NOTICES, self._position - KEPT)
            self._trimmed = self._position
        return list(found), has_gap

    async def _ours(self) -> bytes:
        """Return the secret of this installation, made at the first need."""
        if not self._secret:
            document = await self._documents.read(KEYS, KEY)
            if not document.version:
                try:
                    new = {"secret": secrets.token_urlsafe(32)}
                    document = await self._documents.write(KEYS, KEY, new, 0, self._clock.now())
                except DocumentConflict:
                    document = await self._documents.read(KEYS, KEY)
            self._secret = str(document.body["secret"]).encode()
        return self._secret

"""The web chats: who they belong to, what was said in them, and the sockets that read along.

What was said lives in the DocumentStore and survives a restart; a socket is only a reader of it.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web

from scheduling.clock import Clock
from scheduling.errors import DocumentConflict
from scheduling.ports import DocumentStore

log = structlog.get_logger(__name__)

KIND = "chat"
BOT_ID = "bot"
PAGE = 200
QUEUE = 200
SOCKET_WRITE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Chat:
    """One web chat. `started` and `ended` bracket the time in which it can be written to."""

    id: str
    user: str
    started: bool = False
    ended: bool = False


def new_chat() -> Chat:
    """Return a chat nobody can guess, of a user nobody can guess."""
    return Chat(secrets.token_urlsafe(18), f"dl_{secrets.token_urlsafe(18)}")


class Reader:
    """A socket's place in a chat. Falls behind rather than holding the writers up."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.news: asyncio.Queue[tuple[int | None, Mapping[str, Any]]] = asyncio.Queue(QUEUE)
        self.is_behind = False

    def offer(self, position: int | None, activity: Mapping[str, Any]) -> None:
        """Hand over something new; what does not fit is read from the log later."""
        try:
            self.news.put_nowait((position, activity))
        except asyncio.QueueFull:
            self.is_behind = True


class ChatLog:
    """Reads and writes chats."""

    def __init__(self, documents: DocumentStore, clock: Clock, *, poll_seconds: float) -> None:
        """`poll_seconds`: how often a reader looks for what another process wrote."""
        self._documents = documents
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._readers: dict[str, list[Reader]] = {}
        self._sockets: set[web.WebSocketResponse] = set()

    async def find(self, chat_id: str) -> Chat | None:
        """Return the chat, or None where it was never started."""
        found = await self._documents.read(KIND, chat_id)
        if not found.version:
            return None
        user = found.body.get("user")
        return Chat(chat_id, str(user), started=True, ended=bool(found.body.get("ended")))

    async def start(self, chat_id: str, user: str) -> bool:
        """Note that the chat was started; False where it was already."""
        now = self._clock.now()
        body = {"user": user, "started_at": now.isoformat(), "ended": False}
        try:
            await self._documents.write(KIND, chat_id, body, 0, now)
        except DocumentConflict:
            return False
        return True

    async def end(self, chat_id: str) -> None:
        """Stop all writing by the customer; reading goes on."""
        found = await self._documents.read(KIND, chat_id)
        body = {**found.body, "ended": True}
        await self._documents.write(KIND, chat_id, body, found.version, self._clock.now())

    async def add(self, chat_id: str, activity: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Append to the log and tell the readers; return the position and what was written."""
        now = self._clock.now()
        written = {
            **activity,
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "conversation": {"id": chat_id},
            "channelId": "directline",
        }
        position = await self._documents.append(_log_name(chat_id), written, now)
        complete = _with_id(chat_id, position, written)
        self._tell(chat_id, position, complete)
        return position, complete

    def show(self, chat_id: str, activity: Mapping[str, Any]) -> None:
        """Show something to the readers of this moment only (typing)."""
        self._tell(chat_id, None, {**activity, "conversation": {"id": chat_id}})

    async def page(
        self, chat_id: str, after: int, limit: int = PAGE
    ) -> Sequence[tuple[int, dict[str, Any]]]:
        """Return later activities in order, at most `limit`."""
        entries = await self._documents.entries(_log_name(chat_id), after, limit)
        return [(position, _with_id(chat_id, position, body)) for position, body in entries]

    async def last(self, chat_id: str) -> int:
        """Return the position of the newest activity (0 = nothing was said)."""
        position = 0
        while entries := await self._documents.entries(_log_name(chat_id), position, PAGE):
            position = entries[-1][0]
        return position

    def _tell(self, chat_id: str, position: int | None, activity: Mapping[str, Any]) -> None:
        for reader in self._readers.get(chat_id, ()):
            reader.offer(position, activity)

    def readers(self, chat_id: str) -> int:
        """Return how many sockets read along."""
        return len(self._readers.get(chat_id, ()))

    async def stream(self, chat_id: str, after: int, socket: web.WebSocketResponse) -> None:
        """Send everything after a position and all that follows, until the socket ends."""
        reader = Reader(after)
        self._readers.setdefault(chat_id, []).append(reader)
        self._sockets.add(socket)
        try:
            await self._catch_up(chat_id, reader, socket)
            while not socket.closed:
                await self._next(chat_id, reader, socket)
        finally:
            self._sockets.discard(socket)
            self._readers[chat_id].remove(reader)
            if not self._readers[chat_id]:
                del self._readers[chat_id]

    async def close(self) -> None:
        """Say good-bye to all sockets: they come back to the next process."""
        sockets = tuple(self._sockets)
        await asyncio.gather(*(s.close(code=1001) for s in sockets), return_exceptions=True)

    async def _next(self, chat_id: str, reader: Reader, socket: web.WebSocketResponse) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                position, activity = await reader.news.get()
        except TimeoutError:
            await self._catch_up(chat_id, reader, socket)
            return
        if position is None:
            await _send(socket, {"activities": [activity]})
        elif position == reader.after + 1:
            await _send(socket, {"activities": [activity], "watermark": str(position)})
            reader.after = position
        elif position > reader.after:
            await self._catch_up(chat_id, reader, socket)
        if reader.is_behind and reader.news.empty():
            reader.is_behind = False
            await self._catch_up(chat_id, reader, socket)

    async def _catch_up(self, chat_id: str, reader: Reader, socket: web.WebSocketResponse) -> None:
        while page := await self.page(chat_id, reader.after):
            reader.after = page[-1][0]
            activities = [activity for _, activity in page]
            await _send(socket, {"activities": activities, "watermark": str(reader.after)})


async def _send(socket: web.WebSocketResponse, frame: Mapping[str, object]) -> None:
    async with asyncio.timeout(SOCKET_WRITE_SECONDS):
        await socket.send_str(json.dumps(frame, ensure_ascii=False))


def _log_name(chat_id: str) -> str:
    return f"chat:{chat_id}"


def _with_id(chat_id: str, position: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """Add the id; one of its own makes Web Chat replace the earlier activity of that id."""
    return {**body, "id": body.get("id") or f"{chat_id}|{position:07d}"}

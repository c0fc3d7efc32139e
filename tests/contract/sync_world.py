"""A receiver of notifications on loopback, beside the emulator of emulator_world."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.contract.emulator_world import ANNA, NOW, World

WINDOW = "startDateTime=2026-12-01T00:00:00Z&endDateTime=2026-12-15T00:00:00Z"
STATE = "a secret of ours"


class Receiver:
    """What a subscriber runs; it answers the handshake and keeps what it is sent."""

    def __init__(self) -> None:
        self.posts: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.handshakes: list[dict[str, str]] = []
        self.types: list[str] = []
        self.answers: list[int] = []
        self.shake: Callable[[str], web.Response] = lambda token: web.Response(text=token)
        self.pause: asyncio.Event | None = None
        self.blocked: asyncio.Event | None = None
        self._server = TestServer(self._app())
        self._port: int | None = None

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{name}", self._post)
        return app

    async def __aenter__(self) -> "Receiver":
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    async def leave(self) -> None:
        """Be away: nothing listens any more."""
        self._port = self._server.port
        await self._server.close()

    async def come_back(self) -> None:
        """Listen again at the same address."""
        self._server = TestServer(self._app(), port=self._port)
        await self._server.start_server()

    def url(self, name: str) -> str:
        return str(self._server.make_url(f"/{name}"))

    async def _post(self, request: web.Request) -> web.Response:
        token = request.query.get("validationToken")
        if token is not None:
            self.handshakes.append({"path": request.path, **request.query})
            self.types.append(request.content_type)
            if self.blocked is not None:
                await self.blocked.wait()
            return self.shake(token)
        if self.pause is not None:
            await self.pause.wait()
        await self.posts.put((request.match_info["name"], await request.json()))
        return web.Response(status=self.answers.pop(0) if self.answers else 202)

    async def next(self, name: str = "changes") -> list[dict[str, Any]]:
        """The notifications of the next POST, which must go to that address."""
        found, body = await asyncio.wait_for(self.posts.get(), 5)
        assert found == name, body
        return body["value"]


class SyncWorld(World):
    """Follows calendars as a client would."""

    def __init__(self) -> None:
        super().__init__()
        self.receiver = Receiver()
        self.tenant.options.notification_retry_seconds = 0.01

    async def __aenter__(self) -> "SyncWorld":
        await self.receiver.__aenter__()
        await super().__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        await self.receiver.__aexit__()

    def wish(self, **changes: Any) -> dict[str, Any]:
        return {
            "changeType": "created,updated,deleted",
            "notificationUrl": self.receiver.url("changes"),
            "lifecycleNotificationUrl": self.receiver.url("lifecycle"),
            "resource": f"users/{ANNA}/events",
            "expirationDateTime": (NOW + timedelta(days=2)).isoformat(),
            "clientState": STATE,
            **changes,
        }

    async def subscribe(self, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        body = self.wish(**changes)
        status, made = await self.call("POST", "/subscriptions", body, **(headers or {}))
        assert status == 201, made
        return made

    async def round(
        self, link: str | None = None, window: str = WINDOW, **headers: str
    ) -> tuple[list[dict[str, Any]], str]:
        """All items of one round, and the link of the next."""
        path = link or f"/users/{ANNA}/calendarView/delta?{window}"
        found: list[dict[str, Any]] = []
        while True:
            status, body = await self.call("GET", path, **headers)
            assert status == 200, body
            found += body["value"]
            if "@odata.deltaLink" in body:
                return found, local(body["@odata.deltaLink"])
            path = local(body["@odata.nextLink"])

    async def control(self, method: str, tail: str = "", body: Any = None) -> Any:
        answer = await self.http.request(method, f"/control/sync{tail}", json=body)
        assert answer.status < 300, await answer.text()
        return await answer.json() if await answer.read() else None


def local(link: str) -> str:
    """The part of a link below /v1.0."""
    parts = urlsplit(link)
    return f"{parts.path.removeprefix('/v1.0')}?{parts.query}"


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items if "@removed" not in item]


def gone(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items if "@removed" in item]

"""Real servers on loopback for channel tests: a stand-in Bot Connector, its keys, an echo turn."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bot.wire import Inbound, Outcome

APP_ID = "00000000-aaaa-bbbb-cccc-000000000001"
TENANT = "tenant-1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CARD = {
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": "Karte als Text",
        "body": [{"type": "TextBlock", "text": "Eine Karte", "wrap": True}],
        "actions": [
            {"type": "Action.Submit", "title": "Nehmen", "data": {"verb": "slot.pick", "n": 1}}
        ],
    },
}


class Noon:
    """Stands still; `now_is` may be assigned."""

    def __init__(self) -> None:
        self.now_is = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.now_is


class EchoTurn:
    """Answers what was said; `gate` holds it up, `failure` breaks it."""

    def __init__(self) -> None:
        self.seen: list[Inbound] = []
        self.gate: asyncio.Event | None = None
        self.failure: Exception | None = None

    async def handle(self, inbound: Inbound) -> Outcome:
        self.seen.append(inbound)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        kind = inbound.raw["type"]
        if kind == "invoke":
            value = {"type": "AdaptiveCard", "version": "1.5", "body": []}
            card_type = "application/vnd.microsoft.card.adaptive"
            return Outcome(
                ({"type": "message", "text": "clicked"},),
                {"statusCode": 200, "type": card_type, "value": value},
            )
        if kind != "message":
            return Outcome(({"type": "message", "text": "Willkommen"},))
        return Outcome(
            (
                {"type": "message", "text": f"Echo: {inbound.raw.get('text', '')}"},
                {"type": "message", "attachments": [CARD], "text": ""},
            )
        )

    def texts(self) -> list[object]:
        return [i.raw.get("text") for i in self.seen if i.raw["type"] == "message"]


class Connector:
    """A stand-in Bot Connector with its keys; `answers` are given before the usual 200."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[tuple[str, str, dict[str, Any], str]] = []
        self.answers: list[tuple[int, dict[str, str], str]] = []
        self.keys = [jwk("key-1", KEY)]
        self.key_fetches = 0
        self.keys_are_down = False

    def register(self, app: web.Application) -> None:
        app.router.add_get("/openid", self._openid)
        app.router.add_get("/keys", self._jwks)
        app.router.add_route("*", "/teams/{rest:.*}", self._activity)

    async def _openid(self, _: web.Request) -> web.Response:
        if self.keys_are_down:
            return web.Response(status=500)
        return web.json_response({"jwks_uri": f"{self.url}/keys"})

    async def _jwks(self, _: web.Request) -> web.Response:
        self.key_fetches += 1
        return web.json_response({"keys": self.keys})

    async def _activity(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else {}
        token = request.headers.get("Authorization", "")
        self.calls.append((request.method, request.raw_path, body, token))
        if self.answers:
            status, headers, text = self.answers.pop(0)
            return web.Response(status=status, headers=headers, text=text)
        return web.json_response({"id": f"sent-{len(self.calls)}"})

    @property
    def service_url(self) -> str:
        return f"{self.url}/teams"

    @property
    def texts(self) -> list[str]:
        return [body.get("text", "") for _, _, body, _ in self.calls]


def jwk(
    kid: str, key: rsa.RSAPrivateKey, endorsements: Sequence[str] = ("msteams", "webchat")
) -> dict[str, Any]:
    return {
        **RSAAlgorithm.to_jwk(key.public_key(), as_dict=True),
        "kid": kid,
        "use": "sig",
        "endorsements": list(endorsements),
    }


def claims_for(service_url: str, now: datetime, **changes: object) -> dict[str, Any]:
    present = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": "https://api.botframework.com",
        "aud": APP_ID,
        "nbf": present - 60,
        "exp": present + 3600,
        "serviceurl": service_url,
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def signed(
    claims: Mapping[str, Any],
    *,
    key: rsa.RSAPrivateKey = KEY,
    kid: str | None = "key-1",
    **header: object,
) -> str:
    names = {"kid": kid, **header} if kid is not None else dict(header)
    return jwt.encode(dict(claims), key, algorithm="RS256", headers=names)


def activity(service_url: str, **changes: object) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "type": "message",
        "id": f"activity-{time.monotonic_ns()}",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": "29:user", "name": "Alex", "aadObjectId": "aad-1"},
        "recipient": {"id": "28:bot", "name": "Terminbot"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": TENANT},
        "text": "Hallo",
        **changes,
    }
    return {name: value for name, value in raw.items() if value is not None}


@asynccontextmanager
async def served(
    register: Callable[[web.Application], None], *middlewares: Any
) -> AsyncIterator[str]:
    """Run an application on a free port of this computer and give its address."""
    app = web.Application(middlewares=middlewares)
    register(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop work until the condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - nothing to wait for but the condition
            await asyncio.sleep(0.005)

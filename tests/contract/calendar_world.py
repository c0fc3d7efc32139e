"""The ports on an emulator in this process, through the real SDK over HTTP."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from graph.auth import Credentials, TokenSource
from graph.calendar import OutlookCalendar
from graph.client import TOTAL_SECONDS, GraphClient
from graph.emulator.app import create_app
from graph.emulator.tenant import Tenant as EmulatedTenant
from graph.emulator.tenant_file import (
    DEMO_CLIENT,
    DEMO_SECRET,
    DEMO_TENANT,
    build_tenant,
    default_file,
)
from graph.mail import OutlookMail
from graph.retry import Pace
from graph.wire import BOOKING_PROPERTY
from scheduling.clock import SystemClock
from scheduling.outage import OutageWatch
from scheduling.ports import EventDraft
from scheduling.timespan import TimeSpan

START = datetime(2030, 5, 6, 9, 0, tzinfo=UTC)
SPAN = TimeSpan(START, START + timedelta(minutes=30))
DAY = TimeSpan(START - timedelta(hours=2), START + timedelta(hours=4))
ANNA, BEN = "anna@contoso.com", "ben@contoso.com"
DRAFT = EventDraft(
    booking_id="b1", version=1, mailbox=ANNA, span=SPAN, zone="Europe/Berlin",
    subject="Beratung – Alex <b>Wilber</b>", body_text="Zeile 1\n<img onerror=x>", location="Bonn",
)  # fmt: skip


@dataclass
class Tenant:
    url: str
    http: aiohttp.ClientSession
    calendar: OutlookCalendar
    mail: OutlookMail
    client: GraphClient
    tokens: TokenSource
    pauses: list[float]
    watch: OutageWatch

    async def fault(self, **switch: object) -> None:
        async with self.http.post(f"{self.url}/control/faults", json=switch) as answer:
            assert answer.status < 300, await answer.text()

    async def options(self, **changed: object) -> None:
        async with self.http.post(f"{self.url}/control/options", json=changed) as answer:
            assert answer.status < 300, await answer.text()

    async def requests(self) -> list[dict]:
        async with self.http.get(f"{self.url}/control/requests") as answer:
            found = await answer.json()
        return found["requests"]

    async def busy(self, mailbox: str, **event: object) -> None:
        body = {"mailbox": mailbox, "events": [event]}
        async with self.http.post(f"{self.url}/control/events", json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def posts(self) -> int:
        return sum(
            r["method"] == "POST" and r["path"].endswith("/events") for r in await self.requests()
        )


class PauseNotes:
    """Waits for nobody; notes what would have been waited."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self._waited = 0.0

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._waited += seconds

    def pace(self) -> Pace:
        return Pace(self.sleep, lambda: self._waited, lambda: 0.0)


@asynccontextmanager
async def emulated(
    credentials: Credentials | None = None,
    tenant: EmulatedTenant | None = None,
    total_seconds: float = TOTAL_SECONDS,
) -> AsyncIterator[Tenant]:
    """Run an emulator and give the ports on it; pauses between attempts take no time."""
    server = TestServer(create_app(tenant or build_tenant(default_file())))
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    tokens = TokenSource(credentials or Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), url)
    watch = OutageWatch(2)
    client = GraphClient(
        tokens, SystemClock(), f"{url}/v1.0", heard=watch.heard, total_seconds=total_seconds
    )
    notes = PauseNotes()
    calendar = OutlookCalendar(client, pace=notes.pace())
    async with aiohttp.ClientSession() as http:
        yield Tenant(url, http, calendar, OutlookMail(client), client, tokens, notes.pauses, watch)
    await client.close()
    tokens.close()
    await server.close()


Answer = Callable[[web.Request], web.StreamResponse]


@dataclass
class Stranger:
    """Something that stands where Graph should, and answers whatever it was told to."""

    url: str
    calendar: OutlookCalendar
    mail: OutlookMail
    answers: list[Answer]
    watch: OutageWatch
    heard: list[web.Request] = field(default_factory=list)
    tokens_given: int = 0


@asynccontextmanager
async def a_stranger(*answers: Answer) -> AsyncIterator[Stranger]:
    """Run one; its last answer is given again and again."""
    stranger: Stranger

    async def openid(_: web.Request) -> web.Response:
        login = f"https://login.microsoftonline.com/{DEMO_TENANT}"
        return web.json_response(
            {
                "token_endpoint": f"{login}/oauth2/v2.0/token",
                "authorization_endpoint": f"{login}/oauth2/v2.0/authorize",
                "issuer": f"{login}/v2.0",
            }
        )

    async def token(_: web.Request) -> web.Response:
        stranger.tokens_given += 1
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": 3599,
                "access_token": f"token-{stranger.tokens_given}",
            }
        )

    async def graph(request: web.Request) -> web.StreamResponse:
        await request.read()
        stranger.heard.append(request)
        answer = stranger.answers[0]
        if len(stranger.answers) > 1:
            stranger.answers.pop(0)
        return answer(request)

    app = web.Application()
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", openid)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", token)
    app.router.add_route("*", "/v1.0/{tail:.*}", graph)
    server = TestServer(app)
    await server.start_server()
    url = str(server.make_url("")).rstrip("/")
    tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), url)
    watch = OutageWatch(2)
    client = GraphClient(tokens, SystemClock(), f"{url}/v1.0", heard=watch.heard)
    pace = PauseNotes().pace()
    stranger = Stranger(
        url, OutlookCalendar(client, pace=pace), OutlookMail(client), list(answers), watch
    )
    yield stranger
    await client.close()
    tokens.close()
    await server.close()


def says(body: object, status: int = 200, **headers: str) -> Answer:
    """Answer JSON; header names with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda _: web.Response(
        text=text, status=status, headers=named, content_type="application/json"
    )


def an_event_body(event_id: str = "AAA=", **changed: object) -> dict[str, object]:
    """The event of DRAFT as Graph tells it."""
    return {
        "@odata.etag": 'W/"1"',
        "id": event_id,
        "start": {"dateTime": "2030-05-06T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2030-05-06T09:30:00.0000000", "timeZone": "UTC"},
        "isCancelled": False,
        "singleValueExtendedProperties": [{"id": BOOKING_PROPERTY, "value": "b1"}],
        **changed,
    }

"""The emulator as an aiohttp application: sockets, headers, faults in transport, the log."""

import asyncio
import json
import uuid
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from graph.emulator import login
from graph.emulator.call import Answer, Call
from graph.emulator.clock import Clock, SystemClock
from graph.emulator.control import add_control, read_form
from graph.emulator.control_sync import add_sync_control
from graph.emulator.engine import Arrived, Engine, fault_refusal, refused
from graph.emulator.errors import Refusal
from graph.emulator.faults import Fault
from graph.emulator.notifier import Notifier
from graph.emulator.outside import Outside
from graph.emulator.pages import add_pages
from graph.emulator.tenant import Tenant

MOST_BYTES = 4 * 1024 * 1024
MOST_LOGGED = 500
_HTML = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


@dataclass
class Desk:
    """What belongs to one running emulator."""

    engine: Engine
    clock: Clock
    saved: Callable[[], None]
    notifier: Notifier
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_LOGGED))
    in_flight: Counter[str] = field(default_factory=Counter)
    mended: asyncio.Event = field(default_factory=asyncio.Event)

    def wrote(self) -> None:
        """Keep a change, and tell those who follow."""
        self.saved()
        self.notifier.tell()


DESK = web.AppKey("desk", Desk)


def create_app(
    tenant: Tenant, clock: Clock | None = None, saved: Callable[[], None] = lambda: None
) -> web.Application:
    """Return the whole program but its socket; `saved` is called after every write."""
    app = web.Application(client_max_size=MOST_BYTES)
    clock, outside = clock or SystemClock(), Outside()
    notifier = Notifier(tenant, clock, outside)
    app[DESK] = Desk(Engine(tenant, outside), clock, saved, notifier)
    app.cleanup_ctx.append(_post_office(notifier, outside))
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", _openid)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", _token)
    app.router.add_route("*", "/v1.0/{tail:.*}", _graph)
    add_control(app, DESK)
    add_sync_control(app, DESK)
    add_pages(app, DESK)
    return app


def _post_office(
    notifier: Notifier, outside: Outside
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def open_hours(_app: web.Application) -> AsyncIterator[None]:
        notifier.tell()
        yield
        await notifier.close()
        await outside.close()

    return open_hours


async def _openid(request: web.Request) -> web.Response:
    return web.json_response(login.openid_configuration(request.match_info["tenant"]))


async def _token(request: web.Request) -> web.Response:
    desk = request.app[DESK]
    form, tenant = await read_form(request), desk.engine.tenant
    answer = login.token(tenant, request.match_info["tenant"], form, desk.clock.now())
    _log(desk, request, answer.status, body=None, template="token")
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


async def _graph(request: web.Request) -> web.StreamResponse:
    desk = request.app[DESK]
    call: Call | None = None
    try:
        call = desk.engine.open(await _arrived(request), desk.clock.now())
        return await _serve(desk, request, call)
    except Refusal as refusal:
        answer = refused(refusal, call, desk.clock.now())
        _log(desk, request, answer.status, body=call.body if call else None)
        return _respond(desk, request, answer)


async def _arrived(request: web.Request) -> Arrived:
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(
            413, "ErrorMessageSizeExceeded", "The request exceeds the maximum size."
        ) from None
    return Arrived(
        method=request.method,
        raw_path=request.rel_url.raw_path,
        query=request.query,
        headers=request.headers,
        body=body,
        origin=f"{request.scheme}://{request.host}",
    )


async def _serve(desk: Desk, request: web.Request, call: Call) -> web.StreamResponse:
    """One call through limits and faults; a write may happen although the answer is lost."""
    names = desk.engine.names(call)
    key = f"{call.client_id}/{min(names, default='')}" if names else ""
    desk.in_flight[key] += 1
    try:
        _check_concurrency(desk, key)
        faults = desk.engine.take_faults(call)
        await _delay(desk, faults)
        for fault in faults:
            if fault.kind in {"status", "throttle", "before_write"}:
                raise fault_refusal(fault)
        answer = await _run(desk, request, call, in_flight=desk.in_flight[key])
        return _spoiled(desk, request, faults, answer)
    finally:
        desk.in_flight[key] -= 1


def _check_concurrency(desk: Desk, key: str) -> None:
    limit = desk.engine.tenant.options.mailbox_concurrency
    if key and limit is not None and desk.in_flight[key] > limit:
        raise Refusal(
            429,
            "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit.",
            headers={"Retry-After": "1"},
        )


async def _delay(desk: Desk, faults: list[Fault]) -> None:
    seconds = sum(f.seconds for f in faults if f.kind == "latency")
    if seconds:
        desk.mended.clear()
        try:
            await asyncio.wait_for(desk.mended.wait(), seconds)
        except TimeoutError:
            return


async def _run(desk: Desk, request: web.Request, call: Call, *, in_flight: int) -> Answer:
    route = desk.engine.route(call)
    try:
        answer = await desk.engine.answer(call)
    except Refusal as refusal:
        answer = refused(refusal, call)
    template = route.template if route else "/$batch"
    _log(desk, request, answer.status, call.body, template=template, in_flight=in_flight)
    if answer.wrote:
        desk.wrote()
    return answer


def _spoiled(
    desk: Desk, request: web.Request, faults: list[Fault], answer: Answer
) -> web.Response:
    """Return the answer as it leaves the house: lost, cut, a gateway's page, or right."""
    for fault in faults:
        if fault.kind == "after_write":
            return _respond(desk, request, refused(fault_refusal(fault), None, desk.clock.now()))
        if fault.kind == "html":
            return web.Response(status=502, text=_HTML, content_type="text/html")
        if fault.kind == "truncate":
            return _cut(answer)
    return _respond(desk, request, answer)


def _cut(answer: Answer) -> web.Response:
    whole = json.dumps(answer.body).encode()
    part = web.Response(status=answer.status, body=whole[: len(whole) // 2])
    part.content_type = "application/json"
    return part


def _respond(desk: Desk, request: web.Request, answer: Answer) -> web.Response:
    ours = str(uuid.uuid4())
    headers = {
        "request-id": ours,
        "client-request-id": _printable(request.headers.get("client-request-id")) or ours,
        "Date": format_datetime(desk.clock.now(), usegmt=True),
        "Cache-Control": "no-store",
        "Strict-Transport-Security": "max-age=31536000",
        "x-ms-ags-diagnostic": json.dumps(
            {"ServerInfo": {"DataCenter": "Germany West Central", "Slice": "E", "Ring": "3"}}
        ),
        **answer.headers,
    }
    if "outlook.timezone" in request.headers.get("Prefer", "") and answer.status < 300:
        headers["Preference-Applied"] = _printable(request.headers["Prefer"])
    if answer.body is None:
        return web.Response(status=answer.status, headers=headers)
    headers["Content-Type"] = (
        "application/json; odata.metadata=minimal; odata.streaming=true; "
        "IEEE754Compatible=false; charset=utf-8"
    )
    body = json.dumps(answer.body).encode()
    return web.Response(status=answer.status, body=body, headers=headers)


def _printable(text: str | None) -> str:
    return "".join(c for c in (text or "")[:500] if " " <= c <= "~")


def _log(
    desk: Desk,
    request: web.Request,
    status: int,
    body: object,
    *,
    template: str = "",
    in_flight: int = 0,
) -> None:
    wanted = ("prefer", "if-match", "client-request-id", "retry-attempt", "user-agent")
    desk.log.append(
        {
            "at": desk.clock.now().isoformat(),
            "method": request.method,
            "path": request.rel_url.raw_path,
            "query": dict(request.query),
            "template": template,
            "status": status,
            "in_flight": in_flight,
            "headers": {n: request.headers[n] for n in wanted if n in request.headers},
            "body": body,
        }
    )

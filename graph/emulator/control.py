"""The control paths: faults, options, busy time, the log. For this machine only."""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from graph.emulator.busy import Busy, add_busy
from graph.emulator.errors import Refusal
from graph.emulator.faults import Fault
from graph.emulator.tenant import Options

if TYPE_CHECKING:
    from graph.emulator.app import Desk

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


_OPTIONS = TypeAdapter(Options)


class _Move(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mailbox: str = Field(min_length=1)
    events: list[Busy]


def add_control(app: web.Application, key: "web.AppKey[Desk]") -> None:
    """Add the control routes."""
    control = _Control(key)
    routes: list[tuple[str, str, _Handler]] = [
        ("GET", "/control/faults", control.faults),
        ("POST", "/control/faults", control.add_fault),
        ("DELETE", "/control/faults", control.clear_faults),
        ("POST", "/control/revoke_tokens", control.revoke_tokens),
        ("POST", "/control/events", control.add_events),
        ("GET", "/control/requests", control.requests),
        ("DELETE", "/control/requests", control.forget_requests),
        ("GET", "/control/options", control.options),
        ("POST", "/control/options", control.set_options),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, loopback_only(handler))


def is_loopback(request: web.Request) -> bool:
    """Whether the request comes from this machine."""
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def loopback_only(handler: _Handler) -> _Handler:
    """Wrap a handler: other machines get 403, a refusal becomes 400."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not is_loopback(request):
            return web.json_response({"error": "loopback only"}, status=403)
        try:
            return await handler(request)
        except ValidationError as error:
            return web.json_response({"error": error.errors(include_url=False)}, status=400)
        except Refusal as refusal:
            return web.json_response({"error": refusal.message}, status=400)

    return guarded


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form, none if it cannot be read."""
    try:
        form = await request.post()
    except ValueError:
        return {}
    return {k: v for k, v in form.items() if isinstance(v, str)}


async def read_json(request: web.Request) -> object:
    """Return the body; 400 if it is no JSON."""
    # a page of another site cannot send this content type without asking first
    if request.content_type != "application/json":
        raise Refusal(415, "UnsupportedMediaType", "application/json only")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        raise Refusal(400, "BadRequest", "not JSON") from None


class _Control:
    def __init__(self, key: "web.AppKey[Desk]") -> None:
        self._key = key

    def _desk(self, request: web.Request) -> "Desk":
        return request.app[self._key]

    async def faults(self, request: web.Request) -> web.Response:
        active = self._desk(request).engine.tenant.faults.active
        return web.json_response({"faults": [f.model_dump() for f in active]})

    async def add_fault(self, request: web.Request) -> web.Response:
        fault = Fault.model_validate(await read_json(request))
        self._desk(request).engine.tenant.faults.add(fault)
        return web.json_response(fault.model_dump(), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        desk = self._desk(request)
        desk.engine.tenant.faults.clear()
        desk.mended.set()
        return web.Response(status=204)

    async def revoke_tokens(self, request: web.Request) -> web.Response:
        desk = self._desk(request)
        desk.engine.tenant.tokens_valid_from = desk.clock.now()
        desk.saved()
        return web.Response(status=204)

    async def add_events(self, request: web.Request) -> web.Response:
        desk, given = self._desk(request), _Move.model_validate(await read_json(request))
        mailbox = desk.engine.tenant.mailbox(given.mailbox)
        zone = ZoneInfo(mailbox.zone)
        made = [add_busy(mailbox, busy, zone, desk.clock.now()) for busy in given.events]
        desk.wrote()
        return web.json_response({"ids": [event.id for event in made]}, status=201)

    async def requests(self, request: web.Request) -> web.Response:
        return web.json_response({"requests": list(self._desk(request).log)})

    async def forget_requests(self, request: web.Request) -> web.Response:
        self._desk(request).log.clear()
        return web.Response(status=204)

    async def options(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._desk(request).engine.tenant.options))

    async def set_options(self, request: web.Request) -> web.Response:
        tenant, given = self._desk(request).engine.tenant, await read_json(request)
        known = {f.name for f in fields(Options)}
        if not isinstance(given, dict) or not set(given) <= known:
            raise Refusal(400, "BadRequest", f"options are {sorted(known)}")
        tenant.options = _OPTIONS.validate_python({**asdict(tenant.options), **given})
        return web.json_response(asdict(tenant.options))

"""The control paths of delta links, subscriptions and notifications. For this machine only."""

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from graph.emulator.control import loopback_only, read_json
from graph.emulator.errors import Refusal
from graph.emulator.event import Json, new_change_key, new_id
from graph.emulator.journal import ChangeKind
from graph.emulator.subscription import Subscription
from graph.emulator.sync import Notice
from graph.emulator.sync_faults import SyncFault
from graph.emulator.times import write_instant

if TYPE_CHECKING:
    from graph.emulator.app import Desk


class _Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mailbox: str | None = None
    """Address or object id, None for all."""


class _Word(_Chosen):
    kind: Literal["reauthorizationRequired", "subscriptionRemoved", "missed"]
    grace_seconds: float = Field(default=600.0, ge=0)
    """How long reauthorizationRequired may stay unanswered before changes are lost."""


class _Stray(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subscription: str
    """The id of a living subscription, or of one that is gone."""
    change_type: ChangeKind = "updated"


def add_sync_control(app: web.Application, key: "web.AppKey[Desk]") -> None:
    """Add the control routes."""
    control = _SyncControl(key)
    add = app.router.add_route
    add("GET", "/control/sync", loopback_only(control.state))
    add("POST", "/control/sync/faults", loopback_only(control.add_fault))
    add("DELETE", "/control/sync/faults", loopback_only(control.clear_faults))
    add("POST", "/control/sync/lose_links", loopback_only(control.lose_links))
    add("POST", "/control/sync/lifecycle", loopback_only(control.lifecycle))
    add("POST", "/control/sync/notify", loopback_only(control.notify))


class _SyncControl:
    def __init__(self, key: "web.AppKey[Desk]") -> None:
        self._key = key

    def _desk(self, request: web.Request) -> "Desk":
        return request.app[self._key]

    async def state(self, request: web.Request) -> web.Response:
        """Show what is followed, what went out and what is to go wrong."""
        desk = self._desk(request)
        tenant = desk.engine.tenant
        return web.json_response(
            {
                "subscriptions": [_row(s) for s in tenant.sync.subscriptions.values()],
                "removed": [_row(s) for s in tenant.sync.removed],
                "journals": {k: j.sequence for k, j in tenant.sync.journals.items()},
                "faults": [f.model_dump() for f in tenant.sync_faults.active],
                "under_way": desk.notifier.under_way,
                "deliveries": list(desk.notifier.log),
            }
        )

    async def add_fault(self, request: web.Request) -> web.Response:
        fault = SyncFault.model_validate(await read_json(request))
        self._desk(request).engine.tenant.sync_faults.active.append(fault)
        return web.json_response(fault.model_dump(), status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._desk(request).engine.tenant.sync_faults.active.clear()
        return web.Response(status=204)

    async def lose_links(self, request: web.Request) -> web.Response:
        desk, given = self._desk(request), _Chosen.model_validate(await read_json(request))
        tenant = desk.engine.tenant
        tenant.sync.forget(tenant.mailbox(given.mailbox).object_id if given.mailbox else None)
        desk.wrote()
        return web.Response(status=204)

    async def lifecycle(self, request: web.Request) -> web.Response:
        desk, given = self._desk(request), _Word.model_validate(await read_json(request))
        sync, now = desk.engine.tenant.sync, desk.clock.now()
        chosen = self._chosen(desk, given.mailbox)
        for held in chosen:
            if given.kind == "reauthorizationRequired":
                held.silent_from = now + timedelta(seconds=given.grace_seconds)
            if given.kind == "subscriptionRemoved":
                sync.drop(held)
            desk.notifier.lifecycle(held, given.kind)
        desk.wrote()
        return web.json_response({"subscriptions": [held.id for held in chosen]}, status=202)

    def _chosen(self, desk: "Desk", mailbox: str | None) -> list[Subscription]:
        tenant = desk.engine.tenant
        if mailbox is None:
            return list(tenant.sync.subscriptions.values())
        return tenant.sync.following(tenant.mailbox(mailbox).object_id, desk.clock.now())

    async def notify(self, request: web.Request) -> web.Response:
        desk, given = self._desk(request), _Stray.model_validate(await read_json(request))
        sync = desk.engine.tenant.sync
        everything = [*sync.subscriptions.values(), *sync.removed]
        held = next((s for s in everything if s.id == given.subscription), None)
        if held is None:
            raise Refusal(400, "BadRequest", "no such subscription")
        ids = new_id("AAMkAD"), new_id("AAkALg")
        notice = Notice(held.mailbox, given.change_type, *ids, new_change_key())
        desk.notifier.send(held, notice)
        return web.json_response({"id": ids[1 if held.immutable_ids else 0]}, status=202)


def _row(held: Subscription) -> Json:
    return {
        "id": held.id,
        "mailbox": held.mailbox,
        "changeType": held.change_type,
        "notificationUrl": held.notification_url,
        "lifecycleNotificationUrl": held.lifecycle_url,
        "expirationDateTime": write_instant(held.expires),
    }

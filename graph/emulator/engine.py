"""Answers Graph calls without a socket: door, faults, routes, $batch, errors in Graph's shape."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from graph.emulator import login
from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, bad_request
from graph.emulator.event import Json
from graph.emulator.faults import Fault
from graph.emulator.outside import Outside
from graph.emulator.router import Route, Router
from graph.emulator.routes import graph_routes
from graph.emulator.tenant import Tenant

MOST_BATCHED = 20


@dataclass(slots=True)
class Arrived:
    """What the socket brought."""

    method: str
    raw_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    origin: str


class Engine:
    """One tenant behind its routes."""

    def __init__(self, tenant: Tenant, outside: Outside | None = None) -> None:
        self.tenant, self.outside = tenant, outside
        self.router: Router = graph_routes()

    def open(self, arrived: Arrived, now: datetime) -> Call:
        """Who calls and what is wanted; 401 without a token, 400 for a body that is no JSON."""
        segments = tuple(unquote(s) for s in arrived.raw_path.strip("/").split("/"))[1:]
        headers = {k.lower(): v for k, v in arrived.headers.items()}
        client = login.caller(self.tenant, headers.get("authorization"), now)
        return Call(
            tenant=self.tenant,
            now=now,
            method=arrived.method,
            segments=segments,
            query=arrived.query,
            headers=headers,
            body=_parse(arrived.body, headers),
            origin=arrived.origin,
            roles=client.roles,
            client_id=client.client_id,
            outside=self.outside,
        )

    def route(self, call: Call) -> Route | None:
        """Return the route, None for $batch."""
        if call.segments == ("$batch",) and call.method == "POST":
            return None
        route, call.params = self.router.find(call.method, call.segments)
        return route

    async def answer(self, call: Call) -> Answer:
        """Run the route or the batch."""
        route = self.route(call)
        return await (self.batch(call) if route is None else self.router.answer(call, route))

    def names(self, call: Call) -> frozenset[str]:
        """Every name of the mailbox in the path, in lower case."""
        if len(call.segments) < 2 or call.segments[0].lower() != "users":
            return frozenset()
        mailbox = self.tenant.known(call.segments[1])
        if mailbox is None:
            return frozenset({call.segments[1].lower()})
        return frozenset({mailbox.mail.lower(), mailbox.object_id})

    def take_faults(self, call: Call) -> list[Fault]:
        """Return the faults that hit this call."""
        return self.tenant.faults.take(call.method, call.segments, self.names(call))

    async def batch(self, call: Call) -> Answer:
        """POST $batch: each item through the same routes, dependsOn in order."""
        items = _batch_items(call)
        done: dict[str, Json] = {}
        wrote = False
        for item in items:
            answer = await self._batched(call, item, done)
            wrote = wrote or answer.wrote
            done[str(item["id"]).lower()] = _batch_row(item, answer)
        context = call.context("microsoft.graph.batchResponse")
        body = {"@odata.context": context, "responses": list(done.values())}
        return Answer(body=body, wrote=wrote)

    async def _batched(self, call: Call, item: Json, done: dict[str, Json]) -> Answer:
        needed = [done.get(str(n).lower()) for n in item.get("dependsOn") or []]
        if any(row is None or row["status"] >= 400 for row in needed):
            refusal = Refusal(424, "FailedDependency", "A request this one depends on failed.")
            return refused(refusal, call)
        inner = call
        try:
            inner = _inner_call(call, item)
            for fault in self.take_faults(inner):
                if fault.kind in {"status", "throttle", "before_write"}:
                    raise fault_refusal(fault)
            return await self.answer(inner)
        except Refusal as refusal:
            return refused(refusal, inner)


def _parse(body: bytes, headers: Mapping[str, str]) -> object:
    if not body.strip():
        return None
    if "json" not in headers.get("content-type", ""):
        raise Refusal(415, "UnsupportedMediaType", "The content type must be application/json.")
    try:
        parsed: object = json.loads(body)
        # neither NaN nor half a surrogate pair could be written down again
        json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and "
            "payload is of valid JSON format."
        ) from None
    return parsed


def _batch_items(call: Call) -> list[Json]:
    items = call.body_object().get("requests")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_BATCHED:
        raise bad_request(f"A batch holds 1 to {MOST_BATCHED} requests.")
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, dict) or not _is_batch_item(item):
            raise bad_request("A request of the batch is not valid.")
        name = item["id"].lower()
        if name in seen:
            raise bad_request("The ids of a batch must be unique.")
        seen.add(name)
    return items


def _is_batch_item(item: Json) -> bool:
    texts = all(isinstance(item.get(k), str) and item[k] for k in ("id", "method", "url"))
    headers, needed = item.get("headers") or {}, item.get("dependsOn") or []
    shapes = isinstance(headers, dict) and isinstance(needed, list)
    if not texts or not shapes or "://" in item["url"]:
        return False
    typed = "content-type" in {str(k).lower() for k in headers}
    return item.get("body") is None or typed


def _inner_call(call: Call, item: Json) -> Call:
    path, _, query = item["url"].partition("?")
    own = {str(k).lower(): str(v) for k, v in (item.get("headers") or {}).items()}
    return replace(
        call,
        method=item["method"].upper(),
        segments=tuple(unquote(s) for s in path.strip("/").split("/")),
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers={**own, "client-request-id": call.headers.get("client-request-id", "")},
        body=item.get("body"),
        params={},
    )


def _batch_row(item: Json, answer: Answer) -> Json:
    row: Json = {"id": item["id"], "status": answer.status, "headers": dict(answer.headers)}
    if answer.body is not None:
        row["headers"]["Content-Type"] = "application/json"
        row["body"] = answer.body
    return row


def refused(refusal: Refusal, call: Call | None, now: datetime | None = None) -> Answer:
    """Return the Graph error; `now` is needed where no call came about."""
    moment = call.now if call else now
    ours = str(uuid.uuid4())
    inner = {
        "date": f"{moment:%Y-%m-%dT%H:%M:%S}",
        "request-id": ours,
        "client-request-id": (call and call.headers.get("client-request-id")) or ours,
    }
    error = {
        "code": refusal.code,
        "message": refusal.message,
        **refusal.extra,
        "innerError": inner,
    }
    return Answer(refusal.status, {"error": error}, dict(refusal.headers))


_CODES = {
    400: "ErrorInvalidRequest",
    401: "InvalidAuthenticationToken",
    403: "ErrorAccessDenied",
    404: "ErrorItemNotFound",
    409: "ErrorIrresolvableConflict",
    412: "ErrorIrresolvableConflict",
    429: "ApplicationThrottled",
    500: "ErrorInternalServerError",
    502: "UnknownError",
    503: "ServiceUnavailable",
    504: "UnknownError",
}


def fault_refusal(fault: Fault) -> Refusal:
    """Word what a switched-on fault answers."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.kind == "throttle":
        return Refusal(
            429,
            fault.code or "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit.",
            headers=headers,
        )
    code = fault.code or _CODES.get(fault.status, "UnknownError")
    return Refusal(fault.status, code, "The service does not answer now.", headers=headers)

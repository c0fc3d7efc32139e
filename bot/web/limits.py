"""What every request and answer of this process must stand: sizes, types, headers, faults."""

import asyncio
from collections.abc import Collection
from secrets import token_hex

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from multidict import MultiDict

log = structlog.get_logger(__name__)

MAX_FORM_BYTES = 64 * 1024
BODY_SECONDS = 10.0
FORM = "application/x-www-form-urlencoded"
UTF_8 = frozenset({"utf-8", "utf8"})
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}
"""For answers that set none themselves; a page states its own Content-Security-Policy."""


def middlewares(*, is_https: bool) -> list[Middleware]:
    """Return the guards every application of this process is built with, outermost first."""
    return [_headers(is_https=is_https), _faults]


def _headers(*, is_https: bool) -> Middleware:
    headers = dict(SECURITY_HEADERS)
    if is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"

    @web.middleware
    async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = await handler(request)
        except web.HTTPException as refusal:
            _add(headers, refusal)
            raise
        if not answer.prepared:
            _add(headers, answer)
        return answer

    return security_headers


def _add(headers: dict[str, str], answer: web.StreamResponse) -> None:
    for name, value in headers.items():
        answer.headers.setdefault(name, value)


@web.middleware
async def _faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer our own faults without a trace; the reference in the answer stands in the log too."""
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        # the last line before the client: anything that gets here is a fault of ours
        reference = token_hex(4)
        resource = request.match_info.route.resource
        path = resource.canonical if resource else "unknown"
        log.exception("request_failed", path=path, method=request.method, reference=reference)
        return web.Response(status=500, text=f"Fehler / Error ({reference})")


async def read_form(request: web.Request, limit: int = MAX_FORM_BYTES) -> MultiDict[str]:
    """Read the fields of an HTML form; 400, 408, 413 or 415 for anything else."""
    check_type(request, {FORM})
    if (request.charset or "utf-8").lower() not in UTF_8:
        # some codecs make half characters, or take a second for what fits into a form
        raise web.HTTPUnsupportedMediaType
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length or 0)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            form = await request.clone(client_max_size=limit).post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, LookupError, web.RequestPayloadError):
        raise web.HTTPBadRequest from None
    return MultiDict(
        (name, value.replace("\0", "")) for name, value in form.items() if isinstance(value, str)
    )


def check_type(request: web.Request, allowed: Collection[str]) -> None:
    """Refuse a body of another content type with 415."""
    if request.content_type not in allowed:
        raise web.HTTPUnsupportedMediaType

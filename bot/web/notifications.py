"""POST /api/notifications: where Graph tells us that a calendar changed.

learn.microsoft.com/graph/change-notifications-delivery-webhooks. Answered at once, whatever is in
it: the work comes afterwards, and a slow answer makes Graph hold back further notifications.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from aiohttp import web

from scheduling.errors import BookingError

log = structlog.get_logger(__name__)

PATH = "/api/notifications"
LARGEST_BODY = 1024 * 1024
LONGEST_TOKEN = 2048
BODY_SECONDS = 10.0

N = TypeVar("N")


class Notifications:
    """The door; what a notification says is checked behind it."""

    def __init__(
        self,
        read: Callable[[bytes], Sequence[N] | None],
        notified: Callable[[Sequence[N]], Awaitable[None]],
    ) -> None:
        """`read` returns None for a body that is none of Graph's."""
        self._read = read
        self._notified = notified

    def register(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_post(PATH, self._posted)

    async def _posted(self, request: web.Request) -> web.Response:
        token = request.query.get("validationToken")
        if token is not None:
            return _echo(token)
        notices = self._read(await _body(request))
        if notices is None:
            raise web.HTTPBadRequest
        try:
            await self._notified(notices)
        except BookingError as failure:
            # Graph repeats what is not accepted
            log.warning("notification_not_kept", code=failure.code)
            raise web.HTTPServiceUnavailable from None
        return web.Response(status=202)


def _echo(token: str) -> web.Response:
    """Answer the handshake. Plain text that no browser takes for anything else."""
    if len(token) > LONGEST_TOKEN:
        raise web.HTTPBadRequest
    return web.Response(text=token, content_type="text/plain")


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > LARGEST_BODY:
        raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, request.content_length or 0)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.clone(client_max_size=LARGEST_BODY).read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except web.RequestPayloadError:
        raise web.HTTPBadRequest from None

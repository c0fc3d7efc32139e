"""Customers first: work that can wait waits while a customer's request is being answered."""

import asyncio
import contextlib

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LONGEST_WAIT_SECONDS = 0.5
"""Background work goes on after that all the same: without it everything gets slower."""
DOORS = ("/book", "/v3/directline", "/api/messages")


class Traffic:
    """Counts the requests of customers that are being answered."""

    def __init__(self) -> None:
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    async def quiet(self) -> None:
        """Return once no customer waits, or after a while."""
        await asyncio.sleep(0)
        if not self._quiet.is_set():
            with contextlib.suppress(TimeoutError):
                # not wait_for: it forgets to be cancelled where quiet comes that very moment
                async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                    await self._quiet.wait()

    def middleware(self) -> Middleware:
        """Return what counts; streams that stay open are nobody who waits."""

        @web.middleware
        async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith(DOORS) or request.path.endswith("/stream"):
                return await handler(request)
            self._running += 1
            self._quiet.clear()
            try:
                return await handler(request)
            finally:
                self._running -= 1
                if not self._running:
                    self._quiet.set()

        return counted

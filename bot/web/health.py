"""Is the process alive, and does a booking work now? For load balancers and the demo's start."""

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

Ready = Callable[[], Awaitable[bool]]


class Health:
    """GET /health/live and /health/ready."""

    def __init__(self, ready: Ready) -> None:
        """`ready` says whether a booking made now would be kept."""
        self._ready = ready

    def register(self, app: web.Application) -> None:
        """Add both routes."""
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._is_ready)

    async def _live(self, _: web.Request) -> web.Response:
        return _state("live", status=200)

    async def _is_ready(self, _: web.Request) -> web.Response:
        try:
            is_ready = await self._ready()
        except Exception:
            # whatever keeps us from knowing means: not ready
            log.exception("readiness_unknown")
            is_ready = False
        return _state("ready", status=200) if is_ready else _state("not ready", status=503)


def _state(word: str, *, status: int) -> web.Response:
    return web.json_response(
        {"status": word}, status=status, headers={"Cache-Control": "no-store"}
    )

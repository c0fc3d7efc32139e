"""GET /metrics, for who knows the key; without a key there is no such page."""

import hmac

from aiohttp import web

from bot.metrics import CONTENT_TYPE, Metrics


class MetricsPage:
    """What Prometheus reads."""

    def __init__(self, metrics: Metrics, key: str) -> None:
        """`key` comes as `Authorization: Bearer KEY`; empty = nobody may read."""
        self._metrics = metrics
        self._key = key

    def register(self, app: web.Application) -> None:
        """Add the route where somebody may read it."""
        if self._key:
            app.router.add_get("/metrics", self._show)

    async def _show(self, request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._key}".encode()):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
        return web.Response(body=self._metrics.text(), headers=headers)

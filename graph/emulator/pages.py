"""The emulator's pages for people."""

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from graph.emulator.app import Desk


def add_pages(app: web.Application, key: "web.AppKey[Desk]") -> None:
    """Add the pages."""

    async def week(request: web.Request) -> web.Response:
        return web.Response(text=request.app[key].engine.tenant.id)

    app.router.add_get("/", week)

"""GET /book/move/...: a visitor of the plain page gives a booking of theirs another time."""

from aiohttp import web

from bot.conversation.setting import DeskPort
from bot.web.booking_page import BookingPage, Visit, see
from bot.web.moves import Held, Moves, Shown, Visited
from scheduling.catalog import Business
from scheduling.clock import Clock

PATH = "/book/move/{booking_id}"


class MovePage:
    """The steps of a move behind the visitor's session; looking changes nothing."""

    def __init__(
        self, page: BookingPage, business: Business, desk: DeskPort, clock: Clock
    ) -> None:
        self._page = page
        self._moves = Moves(business, desk, clock)

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("GET", PATH, self._page.page(self._times))
        add("POST", PATH, self._page.page(self._hold))
        add("GET", PATH + "/{hold_id}", self._page.page(self._review))
        add("POST", PATH + "/{hold_id}", self._page.page(self._move))

    async def _visited(self, visit: Visit) -> Visited:
        booking = await self._page.own(visit)
        return Visited(booking, f"/book/move/{booking.id}", visit.language)

    async def _times(self, visit: Visit) -> web.Response:
        visited = await self._visited(visit)
        return self._shown(visit, await self._moves.times(visited, visit.request.query))

    async def _hold(self, visit: Visit) -> web.Response:
        visited = await self._visited(visit)
        visit.here = visited.root
        step = await self._moves.hold(visited, visit.form)
        if isinstance(step, Held):
            return see(f"{visited.root}/{step.hold_id}")
        return self._shown(visit, step)

    async def _review(self, visit: Visit) -> web.Response:
        visited = await self._visited(visit)
        step = await self._moves.review(visited, visit.request.match_info["hold_id"])
        return self._done(visited) if step is None else self._shown(visit, step)

    async def _move(self, visit: Visit) -> web.Response:
        visited = await self._visited(visit)
        visit.here = visited.root
        step = await self._moves.move(visited, visit.request.match_info["hold_id"])
        return self._shown(visit, step) if isinstance(step, Shown) else self._done(visited)

    def _done(self, visited: Visited) -> web.Response:
        return see(f"/book/done/{visited.booking.id}")

    def _shown(self, visit: Visit, step: Shown) -> web.Response:
        hidden = {"csrf": visit.session.csrf}
        back = f"/book/done/{visit.request.match_info['booking_id']}"
        values = {**step.values, "hidden": hidden, "back": back}
        return self._page.shown(visit, step.template, step.title, status=step.status, **values)

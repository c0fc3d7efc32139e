"""GET /my: a customer without their link finds their booking by its number and a mailed code."""

from datetime import timedelta

import structlog
from aiohttp import web

from bot.attempts import Attempts
from bot.callers import address_of
from bot.identification import Identification, TooOften
from bot.manage_links import ManageLinks
from bot.texts import text
from bot.web.booking_page import BookingPage, Visit, see

log = structlog.get_logger(__name__)

SESSION = timedelta(minutes=30)
"""How long the booking can be managed after a code."""


class MyPage:
    """The two steps: number and address, then the code. Neither says whether a booking exists."""

    def __init__(
        self,
        page: BookingPage,
        identification: Identification,
        links: ManageLinks,
        attempts: Attempts,
        *,
        proxies: int = 0,
    ) -> None:
        self._page = page
        self._identification = identification
        self._links = links
        self._proxies = proxies
        self._attempts = attempts

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("GET", "/my", self._page.page(self._start))
        add("POST", "/my", self._page.page(self._ask))
        add("GET", "/my/code", self._page.page(self._wait))
        add("POST", "/my/code", self._page.page(self._take))

    async def _start(self, visit: Visit) -> web.Response:
        return self._shown_start(visit)

    async def _ask(self, visit: Visit) -> web.Response:
        visit.here = "/my"
        if not await self._may(visit):
            return self._shown_start(visit, status=429, problem="page_too_many")
        try:
            await self._identification.ask(
                visit.form.get("number", "")[:40],
                visit.setting.owner,
                email=visit.form.get("email", "")[:254],
            )
        except TooOften:
            return self._shown_start(visit, status=429, problem="page_too_many")
        return see("/my/code")

    async def _wait(self, visit: Visit) -> web.Response:
        return self._shown_code(visit)

    async def _take(self, visit: Visit) -> web.Response:
        visit.here = "/my/code"
        if not await self._may(visit):
            return self._shown_code(visit, status=429, problem="page_too_many")
        booking = await self._identification.take(visit.form.get("code", ""), visit.setting.owner)
        if booking is None:
            return self._shown_code(visit, status=422, problem="code_wrong")
        return see(f"/manage/{await self._links.new(booking.id, SESSION)}")

    async def _may(self, visit: Visit) -> bool:
        """Count an attempt of this address; False where none is left."""
        caller = address_of(visit.request, self._proxies)
        if await self._attempts.take(caller):
            log.info("too_many_attempts")
            return False
        return True

    def _shown_start(self, visit: Visit, *, status: int = 200, problem: str = "") -> web.Response:
        values = {name: visit.form.get(name, "") for name in ("number", "email")}
        title = text("my_title", visit.language)
        return self._page.shown(visit, "my.html", title, status=status, problem=problem, **values)

    def _shown_code(self, visit: Visit, *, status: int = 200, problem: str = "") -> web.Response:
        title = text("my_title", visit.language)
        return self._page.shown(visit, "my_code.html", title, status=status, problem=problem)

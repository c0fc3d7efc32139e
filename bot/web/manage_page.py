"""GET /manage/<token>: the customer's own booking, over the link in the mails.

Looking changes nothing, so that a scanner of mails may follow the link. The token is the secret;
it proves no more than this one booking. What it does not open is answered like what never was.
"""

from collections.abc import Mapping
from typing import Protocol

import structlog
from aiohttp import web

from bot import pages
from bot.callers import address_of
from bot.manage_links import ManageLinks, PageIsOld
from bot.texts import LANGUAGES, text
from bot.web.attempts import Attempts
from bot.web.booking_page import HEADERS
from bot.web.booking_session import asked_language, comes_from_here
from bot.web.limits import read_form
from bot.web.receipts import receipt
from bot.web.refusals import key_of
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import BookingError, CancelTooLate, TransitionRefused, UnknownBooking

log = structlog.get_logger(__name__)

PATH = "/manage/{token}"
_PRIVATE = {**HEADERS, "X-Robots-Tag": "noindex, nofollow"}
_REFUSALS: Mapping[type[BookingError], tuple[int, str]] = {
    CancelTooLate: (409, "cancel_too_late"),
    TransitionRefused: (409, "manage_changed"),
}


class ManageDesk(Protocol):
    """What the page asks of the desk."""

    async def cancel(self, booking_id: str, owner: str, *, in_chat: bool = True) -> Booking:
        """Give up the owner's booking; CancelTooLate, TransitionRefused."""
        ...


class ManagePage:
    """Shows a booking to whoever holds its link, and takes what they want of it."""

    def __init__(  # noqa: PLR0913 - what it is plugged into, by name
        self,
        *,
        business: Business,
        desk: ManageDesk,
        links: ManageLinks,
        clock: Clock,
        base_url: str,
        demo: bool,
        proxies: int = 0,
    ) -> None:
        self._business = business
        self._desk = desk
        self._links = links
        self._clock = clock
        self._base_url = base_url
        self._demo = demo
        self._proxies = proxies
        self._guesses = Attempts(clock)

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(PATH, self._show)
        app.router.add_post(PATH, self._act)

    async def _show(self, request: web.Request) -> web.Response:
        try:
            return await self._shown(request)
        except (BookingError, web.HTTPException) as refusal:
            return self._refused(request, refusal)

    async def _act(self, request: web.Request) -> web.Response:
        try:
            if not comes_from_here(request, self._base_url):
                raise web.HTTPForbidden
            form = await read_form(request)
            return await self._done(request, form.get("do", ""), form.get("once", ""))
        except (BookingError, web.HTTPException) as refusal:
            return self._refused(request, refusal)

    async def _done(self, request: web.Request, act: str, once: str) -> web.Response:
        token = request.match_info["token"]
        if act != "cancel":
            return await self._shown(request, status=400)
        try:
            booking = await self._links.act(token, once)
            await self._desk.cancel(booking.id, booking.owner, in_chat=False)
        except PageIsOld:
            return await self._shown(request, status=409, problem="manage_changed")
        except tuple(_REFUSALS) as refusal:
            log.info("booking_not_cancelled", code=refusal.code)
            status, problem = _REFUSALS[type(refusal)]
            return await self._shown(request, status=status, problem=problem)
        return web.Response(status=303, headers={**_PRIVATE, "Location": request.path_qs})

    async def _shown(
        self, request: web.Request, *, status: int = 200, problem: str = ""
    ) -> web.Response:
        managed = await self._links.open(request.match_info["token"])
        language = self._language(request, managed.booking)
        body = self._page(
            request,
            "manage.html",
            language,
            problem=problem,
            once=managed.once,
            **receipt(managed.booking, self._business, language, self._clock.now()),
        )
        return web.Response(text=body, content_type="text/html", status=status, headers=_PRIVATE)

    def _refused(
        self, request: web.Request, refusal: BookingError | web.HTTPException
    ) -> web.Response:
        headers = dict(_PRIVATE)
        status, key = 503, "request_store_down"
        if isinstance(refusal, UnknownBooking):
            status, key = 404, "manage_unknown"
            # a link that is right works, however many wrong ones came from there
            if wait := self._guesses.wait(self._address_of(request)):
                status, key, headers["Retry-After"] = 429, key_of(429), str(wait)
            self._guesses.count(self._address_of(request))
        elif isinstance(refusal, web.HTTPException):
            status, key = refusal.status, key_of(refusal.status)
        language = self._language(request)
        title = text("page_refused_title", language)
        body = self._page(
            request, "book_refusal.html", language, title=title, words=text(key, language)
        )
        return web.Response(text=body, content_type="text/html", status=status, headers=headers)

    def _address_of(self, request: web.Request) -> str:
        return address_of(request, self._proxies)

    def _page(self, request: web.Request, template: str, language: str, **values: object) -> str:
        return pages.render(
            template,
            business=self._business,
            demo=self._demo,
            language=language,
            to_language={code: f"{request.path}?lang={code}" for code in LANGUAGES},
            **values,
        )

    def _language(self, request: web.Request, booking: Booking | None = None) -> str:
        asked = request.query.get("lang", "")
        if asked in LANGUAGES:
            return asked
        if booking is not None and booking.details is not None:
            return booking.details.customer.language
        return asked_language(request, self._business.language)

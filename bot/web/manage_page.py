"""GET /manage/<token>: the customer's own booking, over the link in the mails.

Looking changes nothing, so that a scanner of mails may follow the link. The token is the secret;
it proves no more than this one booking. What it does not open is answered like what never was.
"""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from bot import pages
from bot.attempts import Attempts
from bot.callers import address_of
from bot.conversation.setting import DeskPort
from bot.manage_links import Managed, ManageLinks, PageIsOld
from bot.texts import LANGUAGES, addressed, language_for, text
from bot.web.booking_page import HEADERS
from bot.web.booking_session import asked_language, comes_from_here
from bot.web.limits import read_form
from bot.web.moves import Held, Moves, Shown, Visited
from bot.web.receipts import receipt
from bot.web.refusals import key_of, refusal_key, status_of
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import (
    BookingError,
    CancelTooLate,
    MoveRefused,
    MoveTooLate,
    TransitionRefused,
    UnknownBooking,
)

log = structlog.get_logger(__name__)

PATH = "/manage/{token}"
MOVE = PATH + "/move"
_PRIVATE = {**HEADERS, "X-Robots-Tag": "noindex, nofollow"}
_REFUSALS: Mapping[type[BookingError], tuple[int, str]] = {
    CancelTooLate: (409, "cancel_too_late"),
    MoveTooLate: (409, "move_too_late"),
    MoveRefused: (409, "move_refused"),
    TransitionRefused: (409, "manage_changed"),
}
Handler = Callable[[web.Request, Mapping[str, str]], Awaitable[web.Response]]


class ManagePage:
    """Shows a booking to whoever holds its link, and takes what they want of it."""

    def __init__(  # noqa: PLR0913 - what it is plugged into, by name
        self,
        *,
        business: Business,
        desk: DeskPort,
        links: ManageLinks,
        clock: Clock,
        guesses: Attempts,
        base_url: str,
        demo: bool,
        proxies: int = 0,
    ) -> None:
        self._business = business
        self._desk = desk
        self._links = links
        self._moves = Moves(business, desk, clock)
        self._clock = clock
        self._base_url = base_url
        self._demo = demo
        self._proxies = proxies
        self._guesses = guesses

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("GET", PATH, self._page(self._look))
        add("POST", PATH, self._page(self._cancel))
        add("GET", MOVE, self._page(self._times))
        add("POST", MOVE, self._page(self._hold))
        add("GET", MOVE + "/{hold_id}", self._page(self._review))
        add("POST", MOVE + "/{hold_id}", self._page(self._move))

    def _page(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await self._answered(request, handler)
            except (BookingError, web.HTTPException) as refusal:
                return await self._refused(request, refusal)

        return answer

    async def _answered(self, request: web.Request, handler: Handler) -> web.Response:
        form: Mapping[str, str] = {}
        if request.method == "POST":
            if not comes_from_here(request, self._base_url):
                raise web.HTTPForbidden
            form = await read_form(request)
        try:
            return await handler(request, form)
        except PageIsOld:
            return await self._shown(request, status=409, problem="manage_changed")
        except tuple(_REFUSALS) as refusal:
            log.info("booking_not_changed", code=refusal.code)
            status, problem = _REFUSALS[type(refusal)]
            return await self._shown(request, status=status, problem=problem)

    async def _look(self, request: web.Request, _: Mapping[str, str]) -> web.Response:
        return await self._shown(request)

    async def _cancel(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        if form.get("do") != "cancel":
            return await self._shown(request, status=400)
        booking = await self._links.act(request.match_info["token"], form.get("once", ""))
        await self._desk.cancel(booking.id, booking.owner, in_chat=False)
        return _see(request.path_qs)

    # -- moving --------------------------------------------------------------------------------

    async def _times(self, request: web.Request, _: Mapping[str, str]) -> web.Response:
        managed = await self._opened(request)
        step = await self._moves.times(self._visited(request, managed), request.query)
        return self._step(request, managed, step)

    async def _hold(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        managed = await self._opened(request)
        managed.require(form.get("once", ""))
        step = await self._moves.hold(self._visited(request, managed), form)
        if isinstance(step, Held):
            return _see(f"{_root(request)}/move/{step.hold_id}")
        return self._step(request, managed, step)

    async def _review(self, request: web.Request, _: Mapping[str, str]) -> web.Response:
        managed = await self._opened(request)
        visited = self._visited(request, managed)
        step = await self._moves.review(visited, request.match_info["hold_id"])
        return _see(_root(request)) if step is None else self._step(request, managed, step)

    async def _move(self, request: web.Request, form: Mapping[str, str]) -> web.Response:
        managed = await self._opened(request)
        visited, hold_id = self._visited(request, managed), request.match_info["hold_id"]
        if await self._moves.review(visited, hold_id) is None:
            # a second click: the first one moved it
            return _see(_root(request))
        await self._links.act(request.match_info["token"], form.get("once", ""))
        step = await self._moves.move(visited, hold_id)
        if isinstance(step, Shown):
            return self._step(request, await self._opened(request), step)
        return _see(_root(request))

    def _visited(self, request: web.Request, managed: Managed) -> Visited:
        language = self._language(request, managed.booking)
        return Visited(managed.booking, f"{_root(request)}/move", language)

    def _step(self, request: web.Request, managed: Managed, step: Shown) -> web.Response:
        values = {"title": step.title, "hidden": {"once": managed.once}, "back": _root(request)}
        language = self._language(request, managed.booking)
        return self._html(request, step.template, language, step.status, **step.values, **values)

    # -- what is shown -------------------------------------------------------------------------

    async def _opened(self, request: web.Request) -> Managed:
        return await self._links.open(request.match_info["token"])

    async def _shown(
        self, request: web.Request, *, status: int = 200, problem: str = ""
    ) -> web.Response:
        managed = await self._opened(request)
        language = self._language(request, managed.booking)
        shown = receipt(managed.booking, self._business, language, self._clock.now())
        values = {"problem": problem, "once": managed.once, "root": _root(request)}
        return self._html(request, "manage.html", language, status, **values, **shown)

    async def _wait(self, caller: str) -> int:
        """Count a wrong link of this address; return the seconds to wait where none is left."""
        try:
            return await self._guesses.take(caller)
        except BookingError as failure:
            # not counted: answered as if there were none left
            log.warning("attempt_not_counted", code=failure.code)
            return 1

    async def _refused(
        self, request: web.Request, refusal: BookingError | web.HTTPException
    ) -> web.Response:
        wait = 0
        if isinstance(refusal, UnknownBooking):
            status, key = 404, "manage_unknown"
            # a link that is right works, however many wrong ones came from there
            caller = address_of(request, self._proxies)
            if wait := await self._wait(caller):
                status, key = 429, key_of(429)
        elif isinstance(refusal, web.HTTPException):
            status, key = refusal.status, key_of(refusal.status)
        else:
            status, key = status_of(refusal), refusal_key(refusal)
        language = self._language(request)
        values = {"title": text("page_refused_title", language), "words": text(key, language)}
        answer = self._html(request, "book_refusal.html", language, status, **values)
        if wait:
            answer.headers["Retry-After"] = str(wait)
        return answer

    def _html(
        self, request: web.Request, template: str, language: str, status: int, **values: object
    ) -> web.Response:
        body = pages.render(
            template,
            business=self._business,
            demo=self._demo,
            language=language,
            to_language={code: f"{request.path}?lang={code}" for code in LANGUAGES},
            **values,
        )
        return web.Response(text=body, content_type="text/html", status=status, headers=_PRIVATE)

    def _language(self, request: web.Request, booking: Booking | None = None) -> str:
        asked = request.query.get("lang", "")
        if asked not in LANGUAGES:
            if booking is not None:
                return language_for(booking, self._business)
            asked = asked_language(request, self._business.language)
        return addressed(asked, self._business.form_of_address)


def _root(request: web.Request) -> str:
    return f"/manage/{request.match_info['token']}"


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={**_PRIVATE, "Location": path})

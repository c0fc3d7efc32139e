"""GET /requests/<token>: where the staff decide on a request.

Looking changes nothing, so that a scanner of mails may follow the link. The token is the secret;
who has it may decide.
"""

from collections.abc import Mapping
from typing import Protocol

import structlog
from aiohttp import web

from bot import pages
from bot.approvals import DecisionTokens, request_facts
from bot.cards.standing import decide_words
from bot.texts import LANGUAGES, text
from bot.web.booking_page import HEADERS
from bot.web.booking_session import asked_language, comes_from_here
from bot.web.limits import read_form
from scheduling.booking import Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import (
    BookingError,
    CalendarUnavailable,
    SlotTaken,
    TransitionRefused,
    UnknownBooking,
)

log = structlog.get_logger(__name__)

PATH = "/requests/{token}"
_PRIVATE = {**HEADERS, "X-Robots-Tag": "noindex, nofollow"}
_STANDING: Mapping[BookingState, str] = {
    BookingState.REQUESTED: "request_decide",
    BookingState.NOTED: "request_approved",
    BookingState.BOOKED: "request_booked",
    BookingState.DECLINED: "request_declined",
    BookingState.EXPIRED: "request_expired",
    BookingState.CANCELLED: "request_cancelled",
}
_REFUSALS: Mapping[type[BookingError], tuple[int, str]] = {
    SlotTaken: (409, "request_taken"),
    TransitionRefused: (409, "request_answered"),
    CalendarUnavailable: (503, "request_calendar_down"),
}


class RequestDesk(Protocol):
    """What the page asks of the desk."""

    async def booking(self, booking_id: str) -> Booking:
        """Return it or raise UnknownBooking."""
        ...

    async def decide(self, booking_id: str, *, approve: bool) -> Booking:
        """Answer a request."""
        ...


class DecisionPage:
    """Shows a request to whoever holds its token, and takes the answer."""

    def __init__(
        self,
        *,
        business: Business,
        desk: RequestDesk,
        tokens: DecisionTokens,
        clock: Clock,
        base_url: str,
        demo: bool,
    ) -> None:
        self._business = business
        self._desk = desk
        self._tokens = tokens
        self._clock = clock
        self._base_url = base_url
        self._demo = demo

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(PATH, self._show)
        app.router.add_post(PATH, self._answer)

    async def _show(self, request: web.Request) -> web.Response:
        try:
            return self._shown(request, await self._requested(request))
        except BookingError as error:
            return self._refused(request, error)

    async def _answer(self, request: web.Request) -> web.Response:
        if not comes_from_here(request, self._base_url):
            return self._html(request, 403, words="page_forbidden")
        decision = (await read_form(request)).get("decision", "")
        try:
            booking = await self._requested(request)
            if decision not in {"approve", "decline"}:
                return self._shown(request, booking, status=400)
            return await self._decided(request, booking, approve=decision == "approve")
        except BookingError as error:
            return self._refused(request, error)

    async def _decided(
        self, request: web.Request, booking: Booking, *, approve: bool
    ) -> web.Response:
        try:
            await self._desk.decide(booking.id, approve=approve)
        except tuple(_REFUSALS) as refusal:
            log.info("request_not_answered", booking=booking.id, code=refusal.code)
            status, problem = _REFUSALS[type(refusal)]
            booking = await self._requested(request)
            return self._shown(request, booking, status=status, problem=problem)
        return web.Response(status=303, headers={**_PRIVATE, "Location": request.path_qs})

    async def _requested(self, request: web.Request) -> Booking:
        """Return the booking behind the token; UnknownBooking, also once it lies in the past."""
        booking_id = await self._tokens.booking_id(request.match_info["token"])
        booking = await self._desk.booking(booking_id)
        if booking.state not in _STANDING or booking.span.end <= self._clock.now():
            raise UnknownBooking
        return booking

    def _shown(
        self, request: web.Request, booking: Booking, *, status: int = 200, problem: str = ""
    ) -> web.Response:
        language = self._language(request)
        state = self._state(booking)
        zone = self._business.staff_member(booking.staff_id).zone
        until = decide_words(booking, zone.key, language)
        body = self._page(
            request,
            "request.html",
            title=text("request_title", language),
            words=text(_STANDING[state], language, when=until),
            problem=problem,
            zone=zone.key,
            start=booking.span.start.astimezone(zone),
            end=booking.span.end.astimezone(zone),
            facts=request_facts(booking, self._business),
            is_open=state is BookingState.REQUESTED,
        )
        return web.Response(text=body, content_type="text/html", status=status, headers=_PRIVATE)

    def _state(self, booking: Booking) -> BookingState:
        """Return its state; a request that is over has expired, whenever that is recorded."""
        until = booking.decide_until
        if booking.state is BookingState.REQUESTED and until and until <= self._clock.now():
            return BookingState.EXPIRED
        return booking.state

    def _refused(self, request: web.Request, error: BookingError) -> web.Response:
        if isinstance(error, UnknownBooking):
            return self._html(request, 404, words="request_unknown")
        return self._html(request, 503, words="request_store_down")

    def _html(self, request: web.Request, status: int, *, words: str) -> web.Response:
        language = self._language(request)
        body = self._page(
            request,
            "book_refusal.html",
            title=text("page_refused_title", language),
            words=text(words, language),
        )
        return web.Response(text=body, content_type="text/html", status=status, headers=_PRIVATE)

    def _page(self, request: web.Request, template: str, **values: object) -> str:
        return pages.render(
            template,
            business=self._business,
            demo=self._demo,
            language=self._language(request),
            to_language={code: f"{request.path}?lang={code}" for code in LANGUAGES},
            **values,
        )

    def _language(self, request: web.Request) -> str:
        asked = request.query.get("lang", "")
        if asked in LANGUAGES:
            return asked
        return asked_language(request, self._business.language)

"""GET /book: the whole booking as plain forms, without any script.

The steps and their rules are the conversation's own (holding, confirming, checks); this module
only puts them behind pages.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from multidict import MultiDict
from yarl import URL

from bot import pages
from bot.cards.places import place_words
from bot.cards.policies import approval_rule, cancel_rule
from bot.cards.standing import blind_notice
from bot.conversation import checks, confirming, holding, times
from bot.conversation.draft import Draft
from bot.conversation.replies import AskSlot, CalendarDown, NoSlots, Receipt, Reply
from bot.conversation.setting import DeskPort, Setting
from bot.invitations import InvitationRefused, Invitations
from bot.texts import LANGUAGES, addressed, text
from bot.web import booking_form, booking_session, booking_times
from bot.web.booking_session import Session, Sessions
from bot.web.limits import read_form
from bot.web.receipts import CONFIRMED, SHOWN, can_cancel, facts, receipt
from bot.web.refusals import key_of, refusal_key, status_of
from scheduling.booking import STANDING, Booking, BookingState
from scheduling.catalog import Business, Service
from scheduling.clock import Clock
from scheduling.errors import (
    BookingError,
    CancelTooLate,
    TransitionRefused,
    UnknownBooking,
    UnknownService,
)
from scheduling.ports import DocumentStore

log = structlog.get_logger(__name__)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_UNLISTED = {"X-Robots-Tag": "noindex, nofollow"}
_BOOKING_ID = re.compile(r"[0-9a-f]{32}")
_UNKNOWN = (UnknownService, UnknownBooking)


@dataclass(slots=True)
class Visit:
    """One request: who asks, what was posted, and the page its links lead back to."""

    request: web.Request
    session: Session
    form: MultiDict[str]
    setting: Setting
    here: str

    @property
    def draft(self) -> Draft:
        """The visitor's draft as it was read."""
        return self.session.draft

    @property
    def language(self) -> str:
        """Language of the answer, as it speaks to customers."""
        form = self.setting.business.form_of_address
        return addressed(self.session.draft.language, form)


Handler = Callable[[Visit], Awaitable[web.Response]]


class BookingPage:
    """The plain page over the desk; `ics` makes the calendar file of a booking."""

    def __init__(  # noqa: PLR0913 - what it is plugged into, by name
        self,
        *,
        business: Business,
        desk: DeskPort,
        documents: DocumentStore,
        clock: Clock,
        base_url: str,
        demo: bool,
        ics: Callable[[Booking], bytes],
    ) -> None:
        self._business = business
        self._desk = desk
        self._clock = clock
        self._base_url = base_url
        self._demo = demo
        self._ics = ics
        self._sessions = Sessions(documents, clock, language=business.language)
        self._invitations = Invitations(documents, desk, clock)
        self._style = resources.files("bot.web").joinpath("static/page.css").read_bytes()

    def register(self, app: web.Application) -> None:
        """Add the routes."""
        add = app.router.add_route
        add("GET", "/book", self.page(self._services))
        add("GET", "/book/details", self.page(self._details))
        add("POST", "/book/details", self.page(self._enter))
        add("GET", "/book/review", self.page(self._review))
        add("POST", "/book/confirm", self.page(self._confirm))
        add("GET", "/book/done/{booking_id}", self.page(self._done))
        add("GET", "/book/invited/{token}", self.page(self._invited))
        add("GET", "/book/cancel/{booking_id}", self.page(self._ask_cancel))
        add("POST", "/book/cancel/{booking_id}", self.page(self._cancel))
        add("GET", "/book/{service}", self.page(self._times))
        add("POST", "/book/{service}/hold", self.page(self._hold))
        add("GET", "/b/{booking_id}.ics", self._calendar_file)
        add("GET", "/static/page.css", self._stylesheet)

    # -- around every page ---------------------------------------------------------------------

    def page(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the route of a page: its visitor, the check of what is posted, refusals."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                form = await read_form(request) if request.method == "POST" else MultiDict()
                async with self._sessions.of(request) as session:
                    return await self._answered(request, session, form, handler)
            except web.HTTPException as refusal:
                return self._refused(request, refusal.status, key_of(refusal.status))
            except _UNKNOWN:
                return self._refused(request, 404, "page_not_found")
            except InvitationRefused as refusal:
                return self._refused(request, refusal.status, refusal.code)
            except BookingError as error:
                return self._refused(request, status_of(error), refusal_key(error))

        return answer

    async def _answered(
        self, request: web.Request, session: Session, form: MultiDict[str], handler: Handler
    ) -> web.Response:
        if request.method == "POST":
            booking_session.check_posted(request, form, session, self._base_url)
        asked = request.query.get("lang", "")
        if asked in LANGUAGES and asked != session.draft.language:
            await self._sessions.save(session, replace(session.draft, language=asked))
        setting = Setting(self._business, session.owner, self._clock, {"channel": "page"})
        visit = Visit(request, session, form, setting, request.path_qs)
        answer = await handler(visit)
        if session.draft.invitation:
            answer.headers.update(_UNLISTED)
        if session.is_new:
            self._remember(answer, session)
        return answer

    def _remember(self, answer: web.Response, session: Session) -> None:
        answer.set_cookie(
            booking_session.COOKIE,
            session.secret,
            httponly=True,
            samesite="Lax",
            secure=urlsplit(self._base_url).scheme == "https",
            path="/",
        )

    def _refused(self, request: web.Request, status: int, key: str) -> web.Response:
        language = request.query.get("lang", "")
        if language not in LANGUAGES:
            language = booking_session.asked_language(request, self._business.language)
        language = addressed(language, self._business.form_of_address)
        values = {"words": text(key, language), "language": language}
        title = text("page_refused_title", language)
        answer = self._html("book_refusal.html", "/book", status, title=title, **values)
        answer.headers.update(_UNLISTED)
        return answer

    def _html(self, template: str, here: str, status: int, **values: object) -> web.Response:
        body = pages.render(
            template,
            business=self._business,
            demo=self._demo,
            to_language={code: _in_language(here, code) for code in LANGUAGES},
            **values,
        )
        return web.Response(text=body, content_type="text/html", status=status, headers=HEADERS)

    def shown(
        self, visit: Visit, template: str, title: str, *, status: int = 200, **values: object
    ) -> web.Response:
        """Render a page for its visitor."""
        values = {"csrf": visit.session.csrf, "language": visit.language, **values}
        return self._html(template, visit.here, status, title=title, **values)

    # -- the steps -----------------------------------------------------------------------------

    async def _services(self, visit: Visit) -> web.Response:
        title = text("page_title", visit.language)
        return self.shown(
            visit, "book_services.html", title, services=self._business.listed_services()
        )

    async def _invited(self, visit: Visit) -> web.Response:
        invitation = await self._invitations.open(visit.request.match_info["token"])
        await self._sessions.save(visit.session, replace(visit.draft, invitation=invitation.id))
        return see(f"/book/{invitation.service_id}")

    async def _service(self, visit: Visit, service_id: str | None) -> Service:
        """Return the service, if this visitor may book it."""
        service = self._business.service(service_id or "")
        if service.needs_invitation:
            draft = visit.draft
            await self._invitations.admit(draft.invitation, service.id, draft.hold_id or "")
        return service

    async def _times(self, visit: Visit) -> web.Response:
        service = await self._service(visit, visit.request.match_info["service"])
        query = visit.request.query
        asked = booking_times.read_search(visit.draft, query, service, visit.setting)
        page = await booking_times.page(asked, self._desk, visit.setting)
        return self._shown_times(visit, asked, page, date=query.get("date", ""))

    def _shown_times(
        self,
        visit: Visit,
        asked: booking_times.Asked,
        page: booking_times.Page,
        *,
        status: int = 200,
        date: str = "",
    ) -> web.Response:
        service = self._business.service(asked.draft.service_id or "")
        title = service.name.in_language(visit.language)
        today = times.local(self._clock.now(), visit.setting).date()
        return self.shown(
            visit,
            "book_times.html",
            title,
            status=503 if page.is_down else status,
            service=service,
            members=self._business.staff_for(service) if service.staff_choice else (),
            asked=asked,
            page=page,
            zones=booking_times.zone_words(page, visit.setting, visit.language),
            date=date[:20],
            today=today,
            last=today + service.maximum_advance,
            place_words=place_words,
            places=service.locations if self._business.asks_place_first(service) else (),
            minutes_of=booking_times.minutes_of,
            instant=booking_times.instant,
            blind=blind_notice(page.known_at, self._business.zone.key, visit.language),
        )

    async def _hold(self, visit: Visit) -> web.Response:
        service = await self._service(visit, visit.request.match_info["service"])
        visit.here = f"/book/{service.id}"
        draft = booking_times.chosen(visit.draft, visit.form, service, visit.setting)
        start = booking_times.read_start(visit.form.get("start", ""), service, visit.setting)
        has_place = draft.location_id or not self._business.asks_place_first(service)
        if start is None or not has_place:
            asked = booking_times.Asked(draft)
            page = await booking_times.page(asked, self._desk, visit.setting)
            return self._shown_times(visit, asked, replace(page, note="not_offered"), status=422)
        draft, reply = await holding.pick(draft, start, self._desk, visit.setting)
        await self._sessions.save(visit.session, draft)
        if reply is not None:
            return self._instead(visit, reply)
        return see("/book/details")

    def _instead(self, visit: Visit, reply: Reply) -> web.Response:
        """Show what the conversation offers instead of a time that is gone."""
        asked = booking_times.Asked(visit.draft)
        visit.here = f"/book/{visit.draft.service_id}"
        if isinstance(reply, CalendarDown):
            return self._shown_times(visit, asked, booking_times.Page(is_down=True))
        if isinstance(reply, NoSlots):
            page = booking_times.Page(incomplete=reply.incomplete, note="slot_taken")
            return self._shown_times(visit, asked, page, status=409)
        assert isinstance(reply, AskSlot)
        page = booking_times.page_of(reply, visit.setting)
        return self._shown_times(visit, asked, page, status=409)

    async def _details(self, visit: Visit) -> web.Response:
        step = await self._with_time(visit)
        if isinstance(step, web.Response):
            return step
        values = booking_form.known(visit.draft, booking_form.fields_of(self._business, step))
        return self._shown_details(visit, step, values, {})

    async def _with_time(self, visit: Visit) -> Service | web.Response:
        """Return the service whose time is held, renewed where it ran out; else where to go."""
        draft = visit.draft
        if draft.hold_id is None or draft.hold_start is None:
            return see(f"/book/{draft.service_id}" if draft.service_id else "/book")
        service = await self._service(visit, draft.service_id)
        draft, reply = await holding.keep(draft, self._desk, visit.setting)
        await self._sessions.save(visit.session, draft)
        return service if reply is None else self._instead(visit, reply)

    def _shown_details(
        self, visit: Visit, service: Service, values: Mapping[str, str], errors: Mapping[str, str]
    ) -> web.Response:
        title = text("details_title", visit.language)
        return self.shown(
            visit,
            "book_details.html",
            text("page_errors_title", visit.language, title=title) if errors else title,
            status=422 if errors else 200,
            heading=title,
            service=service,
            fields=booking_form.fields_of(self._business, service),
            values=values,
            errors=errors,
            needs=booking_form.needs,
            place_words=place_words,
            consents=checks.consents_of(self._business, service),
            **self._held(visit),
        )

    def _held(self, visit: Visit) -> dict[str, object]:
        zone = self._business.zone
        draft = visit.draft
        assert draft.hold_start is not None
        length = times.chosen_duration(draft, self._business.service(draft.service_id or ""))
        until = draft.hold_until or self._clock.now()
        return {
            "start": draft.hold_start.astimezone(zone),
            "end": (draft.hold_start + length).astimezone(zone),
            "until": until.astimezone(zone),
            "member": self._business.staff_member(draft.hold_staff_id or ""),
        }

    async def _enter(self, visit: Visit) -> web.Response:
        visit.here = "/book/details"
        if visit.draft.hold_start is None or visit.draft.service_id is None:
            return await self._details(visit)
        service = await self._service(visit, visit.draft.service_id)
        entered = booking_form.enter(visit.draft, visit.form, self._business, service)
        # first kept, then the time renewed: what was typed outlives a time that is gone
        await self._sessions.save(visit.session, entered.draft)
        step = await self._with_time(visit)
        if isinstance(step, web.Response):
            return step
        if entered.errors:
            return self._shown_details(visit, service, entered.values, entered.errors)
        return see("/book/review")

    async def _review(self, visit: Visit) -> web.Response:
        step = await self._with_time(visit)
        if isinstance(step, web.Response):
            return step
        if not booking_form.is_complete(visit.draft, self._business, step):
            return see("/book/details")
        return self._shown_review(visit, step)

    def _shown_review(
        self, visit: Visit, service: Service, *, problem: str = "", status: int = 200
    ) -> web.Response:
        draft = visit.draft
        location = checks.chosen_location(draft, service)
        return self.shown(
            visit,
            "book_review.html",
            text("review_title", visit.language),
            status=status,
            service=service,
            draft=draft,
            facts=booking_form.facts(draft),
            place=place_words(location, visit.language) if location else "",
            answers=booking_form.answer_words(draft, service, visit.language),
            problem=problem,
            approval_rule=approval_rule,
            cancel_rule=cancel_rule,
            blind=blind_notice(draft.known_at, self._business.zone.key, visit.language),
            **self._held(visit),
        )

    async def _confirm(self, visit: Visit) -> web.Response:
        visit.here = "/book/review"
        draft = visit.draft
        if draft.hold_id is None or draft.hold_start is None:
            # a second click: the first one booked already
            return see(f"/book/done/{draft.booking_id}" if draft.booking_id else "/book")
        service = await self._service(visit, draft.service_id)
        if not booking_form.is_complete(draft, self._business, service):
            return see("/book/details")
        if visit.form.get("facts") != booking_form.facts(draft):
            return self._shown_review(visit, service, problem="page_changed", status=409)
        claim = self._invitations.claim_for(draft.invitation, service, visit.setting.owner)
        draft, (reply,) = await confirming.confirm(draft, self._desk, visit.setting, claim)
        if isinstance(reply, Receipt):
            await self._forget(visit, draft)
            return see(f"/book/done/{reply.booking.id}")
        await self._sessions.save(visit.session, draft)
        if isinstance(reply, CalendarDown) and draft.hold_start is not None:
            return self._shown_review(visit, service, problem="calendar_down", status=503)
        return self._instead(visit, reply)

    async def _forget(self, visit: Visit, draft: Draft) -> None:
        try:
            await self._sessions.save(visit.session, draft)
        except BookingError as error:
            # the booking is committed: whatever else fails, the customer must be told so
            log.warning("page_session_not_saved", reason=error.code)

    async def _done(self, visit: Visit) -> web.Response:
        booking = await self.own(visit)
        shown = receipt(booking, self._business, visit.language, self._clock.now())
        return self.shown(visit, "book_done.html", **shown)

    async def own(self, visit: Visit) -> Booking:
        """Return the visitor's booking that the address names; UnknownBooking."""
        booking = await self._found(visit.request.match_info["booking_id"], SHOWN)
        if booking.owner != visit.setting.owner:
            raise UnknownBooking
        return booking

    async def _ask_cancel(self, visit: Visit) -> web.Response:
        booking = await self.own(visit)
        if booking.state not in STANDING:
            return see(f"/book/done/{booking.id}")
        return self._shown_cancel(visit, booking)

    def _shown_cancel(self, visit: Visit, booking: Booking, *, status: int = 200) -> web.Response:
        return self.shown(
            visit,
            "book_cancel.html",
            text("cancel_title", visit.language),
            status=status,
            can_cancel=can_cancel(booking, self._business, self._clock.now()),
            **facts(booking, self._business, visit.language),
        )

    async def _cancel(self, visit: Visit) -> web.Response:
        booking = await self.own(visit)
        try:
            await self._desk.cancel(booking.id, visit.setting.owner, in_chat=False)
        except CancelTooLate:
            return self._shown_cancel(visit, booking, status=409)
        except TransitionRefused as refusal:
            # declined meanwhile: its page says so
            log.info("booking_not_cancelled", booking=booking.id, code=refusal.code)
        return see(f"/book/done/{booking.id}")

    # -- files ---------------------------------------------------------------------------------

    async def _found(self, booking_id: str, states: Collection[BookingState]) -> Booking:
        if _BOOKING_ID.fullmatch(booking_id) is None:
            raise UnknownBooking
        booking = await self._desk.booking(booking_id)
        if booking.state not in states:
            raise UnknownBooking
        return booking

    async def _calendar_file(self, request: web.Request) -> web.Response:
        try:
            booking = await self._found(request.match_info["booking_id"], CONFIRMED)
        except UnknownBooking:
            return self._refused(request, 404, "page_not_found")
        except BookingError as error:
            return self._refused(request, status_of(error), refusal_key(error))
        named = {"Content-Disposition": f'attachment; filename="{booking.number}.ics"'}
        return web.Response(
            body=self._ics(booking),
            content_type="text/calendar",
            charset="utf-8",
            headers={**HEADERS, **named},
        )

    async def _stylesheet(self, _request: web.Request) -> web.Response:
        headers = {**HEADERS, "Cache-Control": "public, max-age=300"}
        return web.Response(
            body=self._style, content_type="text/css", charset="utf-8", headers=headers
        )


def see(path: str) -> web.Response:
    """Lead on to another page."""
    return web.Response(status=303, headers={**HEADERS, "Location": path})


def _in_language(here: str, code: str) -> str:
    return str(URL(here, encoded=True).update_query(lang=code))

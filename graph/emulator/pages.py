"""The emulator's pages for people: the week, an event, the mails, the faults. No script at all."""

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aiohttp import web

from graph.emulator.control import is_loopback, read_form
from graph.emulator.errors import Refusal
from graph.emulator.event import Json
from graph.emulator.markup import Html, el, join, style_sheet
from graph.emulator.page_faults import faults_of, faults_page
from graph.emulator.page_mail import attachment, mail_page, mails_page
from graph.emulator.page_search import Wanted
from graph.emulator.page_texts import TEXTS, language
from graph.emulator.page_week import edit_event, event_page, monday_of, week_page
from graph.emulator.tenant import Mail

if TYPE_CHECKING:
    from graph.emulator.app import Desk

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
# text of mails and events is foreign: it may show itself and do nothing else
_FOREIGN = {
    **_COMMON,
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; frame-ancestors 'self'",
}
_NAVIGATION = (("/", "calendar"), ("/mail", "mails"), ("/faults", "faults"))


def add_pages(app: web.Application, key: "web.AppKey[Desk]") -> None:
    """Add the pages."""
    pages = _Pages(key)
    app.router.add_get("/", pages.week)
    app.router.add_get("/style.css", pages.style)
    app.router.add_get("/mail", pages.mails)
    app.router.add_get("/mail/{id}", pages.mail)
    app.router.add_get("/mail/{id}/text", pages.mail_text)
    app.router.add_get("/mail/{id}/attachments/{index}", pages.attachment)
    app.router.add_get("/events/{mailbox}/{id}", pages.event)
    app.router.add_post("/events/{mailbox}/{id}", pages.edit)
    app.router.add_get("/events/{mailbox}/{id}/text", pages.event_text)
    app.router.add_get("/faults", pages.faults)
    app.router.add_post("/faults", pages.switch)


def _language(request: web.Request) -> str:
    return language(request.query.get("lang"), request.headers.get("Accept-Language", ""))


def _page(request: web.Request, name: str, inside: Html, status: int = 200) -> web.Response:
    lang = _language(request)
    words = TEXTS[lang]
    links = [
        el("a", words[n], href=f"{p}?lang={lang}", aria_current="page" if n == name else None)
        for p, n in _NAVIGATION
    ]
    other = "en" if lang == "de" else "de"
    switch = el("a", "English" if other == "en" else "Deutsch", href=f"?lang={other}", lang=other)
    top = el("div", el("strong", words["title"]), el("nav", *links, switch), cls="top")
    head = join(
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{words.get(name, '')} – {words['title']}"),
        el("link", rel="icon", href="data:,"),
        el("link", rel="stylesheet", href="/style.css"),
    )
    body = join(el("header", top, el("p", words["note"], cls="note")), el("main", inside))
    text = "<!doctype html>" + el("html", el("head", head), el("body", body), lang=lang)
    return web.Response(status=status, text=text, content_type="text/html", headers=_PAGE)


def _foreign(body: Json) -> web.Response:
    content = str(body.get("content") or "")
    if str(body.get("contentType")).lower() == "html":
        text = content
    else:
        text = el("pre", content, style="white-space:pre-wrap;font:inherit")
    whole = f'<!doctype html><meta charset="utf-8"><body style="font-family:sans-serif">{text}'
    return web.Response(text=whole, content_type="text/html", headers=_FOREIGN)


def _is_own(request: web.Request) -> bool:
    """Tell whether a form comes from this computer and from one of our pages."""
    origin = request.headers.get("Origin")
    return is_loopback(request) and (not origin or urlsplit(origin).netloc == request.host)


class _Pages:
    def __init__(self, key: "web.AppKey[Desk]") -> None:
        self._key = key

    def _desk(self, request: web.Request) -> "Desk":
        return request.app[self._key]

    async def style(self, _request: web.Request) -> web.Response:
        return web.Response(text=style_sheet(), content_type="text/css", headers=_COMMON)

    async def week(self, request: web.Request) -> web.Response:
        desk = self._desk(request)
        today = desk.clock.now().date()
        try:
            wanted = date.fromisoformat(request.query.get("week", today.isoformat()))
        except ValueError:
            wanted = today
        monday = monday_of(wanted if 1900 < wanted.year < 2200 else today)
        chosen = Wanted.of(request.query)
        inside = week_page(desk.engine.tenant, monday, today, _language(request), chosen)
        return _page(request, "calendar", inside)

    async def event(self, request: web.Request) -> web.Response:
        try:
            box = self._desk(request).engine.tenant.mailbox(request.match_info["mailbox"])
            event = box.find(request.match_info["id"])
        except Refusal:
            return self._gone(request, "calendar")
        path = f"/events/{quote(box.mail)}/{quote(event.shown_id(immutable=False), safe='')}/text"
        return _page(request, "calendar", event_page(box, event, _language(request), path))

    async def edit(self, request: web.Request) -> web.Response:
        """Move or delete an event, as its owner would in Outlook."""
        if not _is_own(request):
            return web.Response(status=403, text="403")
        desk, form = self._desk(request), await read_form(request)
        try:
            box = desk.engine.tenant.mailbox(request.match_info["mailbox"])
            event = box.find(request.match_info["id"])
        except Refusal:
            return self._gone(request, "calendar")
        if edit_event(box, event, form, desk.clock.now()):
            desk.wrote()
        week = event.start.date().isoformat()
        raise web.HTTPSeeOther(f"/?week={week}&lang={_language(request)}")

    async def event_text(self, request: web.Request) -> web.Response:
        try:
            box = self._desk(request).engine.tenant.mailbox(request.match_info["mailbox"])
            event = box.find(request.match_info["id"])
        except Refusal:
            return self._gone(request, "calendar")
        return _foreign(event.facts.get("body") or {})

    def _gone(self, request: web.Request, name: str) -> web.Response:
        words = TEXTS[_language(request)]
        inside = join(el("h1", words["gone"]), el("p", el("a", words["back"], href="/")))
        return _page(request, name, inside, status=404)

    def _mail(self, request: web.Request) -> Mail | None:
        wanted = request.match_info["id"]
        mails = self._desk(request).engine.tenant.mails
        return next((m for m in mails if m.id == wanted), None)

    async def mails(self, request: web.Request) -> web.Response:
        wanted = Wanted.of(request.query)
        inside = mails_page(self._desk(request).engine.tenant, _language(request), wanted)
        return _page(request, "mails", inside)

    async def mail(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        if mail is None:
            return self._gone(request, "mails")
        return _page(request, "mails", mail_page(mail, _language(request)))

    async def mail_text(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        if mail is None:
            return self._gone(request, "mails")
        return _foreign(mail.message.get("body") or {})

    async def attachment(self, request: web.Request) -> web.Response:
        mail = self._mail(request)
        found = attachment(mail, request.match_info["index"]) if mail else None
        if found is None:
            return self._gone(request, "mails")
        name, content = found
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        headers = {**_COMMON, "Content-Disposition": disposition}
        return web.Response(body=content, headers=headers)

    async def faults(self, request: web.Request) -> web.Response:
        inside = faults_page(self._desk(request).engine.tenant, _language(request))
        return _page(request, "faults", inside)

    async def switch(self, request: web.Request) -> web.Response:
        if not _is_own(request):
            return web.Response(status=403, text="403")
        form, desk = await read_form(request), self._desk(request)
        switch = form.get("switch", "")
        if switch == "all_well":
            desk.engine.tenant.faults.clear()
            desk.mended.set()
        for fault in faults_of(switch, form.get("mailbox", "")):
            desk.engine.tenant.faults.add(fault)
        raise web.HTTPSeeOther(f"/faults?lang={_language(request)}")

"""The visitor behind the plain page: an unguessable cookie, their draft, and who may post."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import structlog
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.conversation.draft import Draft
from bot.texts import LANGUAGES
from scheduling.clock import Clock
from scheduling.ports import DocumentStore

log = structlog.get_logger(__name__)
COOKIE = "terminbot_page"
KIND = "page"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_FORM = TypeAdapter(Draft)
# a person's own click: typed address, bookmark, or a link of this very page
OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(slots=True)
class Session:
    """One visitor. `draft` is changed in memory; `Sessions.save` keeps it."""

    secret: str
    draft: Draft
    version: int
    is_new: bool

    @property
    def id(self) -> str:
        """What stands in the database: it cannot be turned back into the cookie."""
        return _derived("id", self.secret)

    @property
    def owner(self) -> str:
        """Owner of the visitor's holds and bookings."""
        return f"page:{self.id}"

    @property
    def csrf(self) -> str:
        """Token of every form; derived, so that looking at pages writes nothing."""
        return _derived("csrf", self.secret)


def _derived(purpose: str, secret: str) -> str:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).hexdigest()[:32]


class Sessions:
    """Sessions by cookie, one request at a time each."""

    def __init__(self, documents: DocumentStore, clock: Clock, *, language: str) -> None:
        self._documents = documents
        self._clock = clock
        self._language = language
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, request: web.Request) -> AsyncIterator[Session]:
        """Give the session of the request alone to the caller; nothing is saved by itself."""
        secret = request.cookies.get(COOKIE, "")
        is_new = _SECRET.fullmatch(secret) is None
        if is_new:
            secret = secrets.token_urlsafe(32)
        lock = self._locks.setdefault(secret, asyncio.Lock())
        async with lock:
            fresh = Draft(language=asked_language(request, self._language))
            session = Session(secret, fresh, 0, is_new)
            if not is_new:
                document = await self._documents.read(KIND, session.id)
                session.version = document.version
                if document.version:
                    session.draft = _read(document.body, fresh)
            yield session

    async def save(self, session: Session, draft: Draft) -> None:
        """Keep the draft; raises DocumentConflict where another process answered meanwhile."""
        if draft == session.draft and session.version:
            return
        body = _FORM.dump_python(draft, mode="json")
        document = await self._documents.write(
            KIND, session.id, body, session.version, self._clock.now()
        )
        session.draft, session.version = draft, document.version


def _read(body: Mapping[str, object], fresh: Draft) -> Draft:
    try:
        return _FORM.validate_python(body)
    except ValidationError:
        # a draft of an older form: the visitor begins again, bookings stand in the store
        log.warning("page_draft_of_another_form")
        return fresh


def asked_language(request: web.Request, default: str) -> str:
    """Return the first language of Accept-Language we speak; its order is taken as it stands."""
    for part in request.headers.get("Accept-Language", "").split(","):
        language = part.strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return default


def check_posted(
    request: web.Request, form: Mapping[str, str], session: Session, base_url: str
) -> None:
    """Refuse with 403 a form that this visitor did not send from this page."""
    token = form.get("csrf", "").encode()
    is_ours = hmac.compare_digest(token, session.csrf.encode()) and not session.is_new
    if not (is_ours and comes_from_here(request, base_url)):
        raise web.HTTPForbidden


def comes_from_here(request: web.Request, base_url: str) -> bool:
    """Tell whether a browser sent this from a page of ours, as far as it says."""
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
        return False
    origin = request.headers.get("Origin", "null")
    # our own Referrer-Policy makes browsers say "null" for our own forms; the token decides then
    if origin == "null":
        return True
    try:
        return urlsplit(origin).netloc in {urlsplit(base_url).netloc, request.host}
    except ValueError:
        return False

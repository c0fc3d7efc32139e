"""GET /chat, /embed.js and the files they need, each under a strict policy and cached by its hash.

The page works without a template engine and without any script of its own in the HTML.
"""

import asyncio
import gzip
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from importlib import resources
from string import Template
from urllib.parse import urlsplit

from aiohttp import web

from bot.settings import Settings
from bot.texts import addressed, text
from scheduling.catalog import Business, FormOfAddress

FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"
SCRIPT, STYLE = "text/javascript", "text/css"
GERMAN, ENGLISH = "de", "en"
LOCALES = {GERMAN: "de-DE", ENGLISH: "en-US"}
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class WebChatSettings:
    """What the page says and who may show it."""

    title: str = "Terminbot"
    public_url: str = ""
    """https address seen from outside; empty = as the request says (development)."""
    embedding_sites: tuple[str, ...] = ()
    """Origins that may show the chat in a frame (`https://www.example.com`)."""
    language: str = GERMAN
    """Used where the visitor asks for neither German nor English."""
    form_of_address: FormOfAddress = FormOfAddress.FORMAL
    book_url: str = "/book"
    """The plain page that does the same without scripts."""
    demo: bool = False
    """Shows a banner and serves /embed-demo."""

    @classmethod
    def of(cls, settings: Settings, business: Business) -> "WebChatSettings":
        """Return what the settings of the process mean for the page."""
        return cls(
            title=business.name.in_language(business.language),
            public_url="" if settings.demo else settings.base_url,
            embedding_sites=settings.embedding_sites,
            language=business.language,
            form_of_address=business.form_of_address,
            demo=settings.demo,
        )


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: its body, compressed once, and a path that changes with it."""

    path: str
    content_type: str
    body: bytes
    packed: bytes
    cache: str = FOREVER


WORDS = (
    "heading",
    "plain",
    "other",
    "demo",
    "noscript",
    "loading",
    "offline",
    "online",
    "failed",
    "renewed",
    "skip",
)
"""Texts of the page, as `chat_...` in the catalogues."""
_NOTICES = ("FEW", "MANY", "OTHER", "TWO")
CLIENT_WORDS = {
    "ACTIVITY_YOU_ATTACHED_ALT": "you_attached",
    "ACTIVITY_YOU_SAID_ALT": "you_said",
    "CONNECTIVITY_STATUS_ALT_RENDER_ERROR": "not_shown",
    **{f"TOAST_ACCORDION_{count}": "notices" for count in _NOTICES},
    "TRANSCRIPT_LIVE_REGION_INTERACTIVE_LABEL_ALT": "interactive",
    "TRANSCRIPT_LIVE_REGION_INTERACTIVE_WITH_LINKS_LABEL_ALT": "interactive_links",
    "TRANSCRIPT_LIVE_REGION_SUGGESTED_ACTIONS_LABEL_ALT": "suggested",
    "TRANSCRIPT_LIVE_REGION_SUGGESTED_ACTIONS_WITH_ACCESS_KEY_LABEL_ALT": "suggested_key",
}
"""Web Chat's own words that say Sie -> ours, as `chat_...` in the catalogues."""

PAGE = Template("""<!doctype html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$heading – $title</title>
<link rel="stylesheet" href="$style">
</head>
<body class="$frame">
<a class="skip" href="#chat">$skip</a>
<header>
<h1>$title</h1>
$demo<nav><a href="$book" target="_top">$plain</a>
<a href="?lang=$other_code$embed" lang="$other_code" hreflang="$other_code">$other</a></nav>
</header>
<main>
<p id="status" role="status">$loading</p>
<noscript><p>$noscript <a href="$book" target="_top">$plain</a></p></noscript>
<div id="chat" tabindex="-1" aria-label="$heading"></div>
</main>
<script type="application/json" id="config">$config</script>
<script src="$webchat" defer></script>
<script src="$script" defer></script>
</body>
</html>
""")

EMBED_DEMO = Template("""<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Einbettung – $title</title>
</head>
<body>
<h1>Eine fremde Website</h1>
<p>Der Knopf unten öffnet den Chat; darunter steht er fest in der Seite.</p>
<script src="/embed.js" data-mode="button" data-position="right" data-lang="de"></script>
<script src="/embed.js" data-mode="inline" data-lang="de"></script>
</body>
</html>
""")


class WebChat:
    """Serves the chat page and everything it loads; nothing comes from another host."""

    def __init__(self, settings: WebChatSettings) -> None:
        self._settings = settings
        self._assets: dict[str, Asset] = {}
        self._host_config = json.loads(_read("hostconfig.json"))

    def register(self, app: web.Application) -> None:
        """Add the routes; the files are compressed once, at the start."""
        app.on_startup.append(self._load)
        app.router.add_get("/chat", self._page)
        app.router.add_get("/embed.js", self._embed)
        app.router.add_get(
            r"/static/{name:(?:webchat|chat)\.[0-9a-f]{16}\.(?:js|css)}", self._file
        )
        if self._settings.demo:
            app.router.add_get("/embed-demo", self._embed_demo)

    async def _load(self, _: web.Application) -> None:
        for name, kind in (
            ("webchat.js", SCRIPT),
            ("chat.js", SCRIPT),
            ("chat.css", STYLE),
            ("embed.js", SCRIPT),
        ):
            self._assets[name] = await asyncio.to_thread(load_asset, name, kind)

    async def _file(self, request: web.Request) -> web.Response:
        for asset in self._assets.values():
            if asset.path == request.path:
                return serve(request, asset)
        raise web.HTTPNotFound

    async def _embed(self, request: web.Request) -> web.Response:
        asset = self._assets["embed.js"]
        return serve(request, asset, cache=SHORT)

    async def _page(self, request: web.Request) -> web.Response:
        language = language_of(request, self._settings.language)
        nonce = secrets.token_urlsafe(16)
        is_embedded = "embed" in request.query
        spoken = addressed(language, self._settings.form_of_address)
        said = {name: text(f"chat_{name}", spoken) for name in WORDS}
        client = {name: text(f"chat_{key}", spoken) for name, key in CLIENT_WORDS.items()}
        words = {name: escape(word) for name, word in said.items()}
        other = ENGLISH if language == GERMAN else GERMAN
        html = PAGE.substitute(
            words,
            language=language,
            title=escape(self._settings.title),
            other_code=other,
            embed="&amp;embed=1" if is_embedded else "",
            frame="embedded" if is_embedded else "full",
            book=escape(f"{self._settings.book_url}?lang={language}"),
            demo=f'<p class="demo">{words["demo"]}</p>\n' if self._settings.demo else "",
            config=self._config(
                locale=LOCALES[language], nonce=nonce, words=said, clientWords=client
            ),
            webchat=self._assets["webchat.js"].path,
            script=self._assets["chat.js"].path,
            style=self._assets["chat.css"].path,
        )
        headers = {
            "Content-Security-Policy": self._policy(request, nonce),
            "Cache-Control": "no-store",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Language",
        }
        return web.Response(text=html, content_type="text/html", headers=headers)

    def _config(self, **told: str | Mapping[str, str]) -> str:
        content = {**told, "hostConfig": self._host_config}
        # the text stands inside a script element: nothing in it may close that
        return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")

    def _policy(self, request: web.Request, nonce: str) -> str:
        sites = " ".join(("'self'", *self._settings.embedding_sites))
        return "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                f"style-src 'self' 'nonce-{nonce}'",
                f"connect-src 'self' {self._socket_origin(request)} blob:",
                "img-src 'self' data: blob:",
                "worker-src blob:",
                "base-uri 'none'",
                "form-action 'none'",
                f"frame-ancestors {sites}",
            )
        )

    def _socket_origin(self, request: web.Request) -> str:
        public = urlsplit(self._settings.public_url)
        if public.scheme == "https":
            return f"wss://{public.netloc}"
        scheme = "wss" if request.scheme == "https" else "ws"
        return f"{scheme}://{request.host}" if _HOST.fullmatch(request.host) else ""

    async def _embed_demo(self, _: web.Request) -> web.Response:
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return web.Response(
            text=EMBED_DEMO.substitute(title=escape(self._settings.title)),
            content_type="text/html",
            headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"},
        )


def load_asset(name: str, content_type: str) -> Asset:
    """Read, hash and compress a file of this package."""
    body = _read(name)
    digest = hashlib.sha256(body).hexdigest()[:16]
    stem, _, extension = name.rpartition(".")
    path = f"/static/{stem}.{digest}.{extension}"
    return Asset(path, content_type, body, gzip.compress(body, 6, mtime=0))


def serve(request: web.Request, asset: Asset, *, cache: str = FOREVER) -> web.Response:
    """Answer with the file, compressed where the client reads that."""
    headers = {
        "Cache-Control": cache,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{asset.path.split(".")[1]}"',
    }
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers=headers)
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=asset.packed if is_packed else asset.body,
        content_type=asset.content_type,
        charset="utf-8",
        headers=headers,
    )


def language_of(request: web.Request, default: str) -> str:
    """Return de or en: as the address says, else as the browser prefers, else the default."""
    if (asked := request.query.get("lang", "")) in LOCALES:
        return asked
    preferred = []
    for part in request.headers.get("Accept-Language", "").split(","):
        name, _, weight = part.strip().partition(";q=")
        if (language := name[:2].lower()) in LOCALES:
            preferred.append((_weight(weight), language))
    return max(preferred, key=lambda found: found[0])[1] if preferred else default


def _weight(text: str) -> float:
    try:
        return float(text or "1")
    except ValueError:
        return 0.0


def _read(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()

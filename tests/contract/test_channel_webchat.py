"""The chat page and its files over HTTP: policies, caching, the vendored client."""

import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import resources

import aiohttp
import pytest

from bot.channels.webchat import WebChat, WebChatSettings
from bot.channels.webchat.page import CLIENT_WORDS
from tests.address import FORMAL
from tests.contract.channel_world import served

EVIL = '</title></script><script>alert(1)</script>"'
WEBCHAT_SHA256 = "0a68ad0a64fc04d621197da10c3eec0f843e16f7d03f6bcbed29b47517cf9bff"
LICENSE_SHA256 = "0e5d49c2257986a71e6394be4e9a8257afdd212b204de2d6d8ed1cbe890badcc"


@dataclass
class Visitor:
    """Gets pages as a browser does, but sees the bytes."""

    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
        async with self.http.get(self.url + path, headers=headers) as got:
            return got, await got.read()


@pytest.fixture
async def visitor() -> AsyncIterator[Visitor]:
    page = WebChat(
        WebChatSettings(title=EVIL, embedding_sites=("https://www.praxis.example",), demo=True)
    )
    async with (
        served(page.register) as url,
        aiohttp.ClientSession(auto_decompress=False) as http,
    ):
        yield Visitor(url, http)


@pytest.mark.parametrize(
    ("name", "digest"),
    [("webchat.js", WEBCHAT_SHA256), ("webchat.js.LICENSE.txt", LICENSE_SHA256)],
)
def test_the_vendored_client_is_exactly_the_published_file(name: str, digest: str) -> None:
    body = resources.files("bot.channels.webchat").joinpath(name).read_bytes()
    assert hashlib.sha256(body).hexdigest() == digest


def german_words_of_the_client() -> dict[str, str]:
    """Return the client's own German texts; they stand together in one object of its file."""
    body = resources.files("bot.channels.webchat").joinpath("webchat.js").read_text("utf-8")
    at = body.index('ACTIVITY_YOU_SAID_ALT:"Sie sagten:"')
    words = body[body.rindex("{", 0, at) : body.index("}", at)]
    found = re.findall(r'([A-Z0-9_]+):("(?:[^"\\]|\\.)*")', words)
    return {name: json.loads(re.sub(r"\\x(..)", r"\\u00\1", text)) for name, text in found}


def test_where_the_client_says_sie_our_own_words_stand_instead() -> None:
    words = german_words_of_the_client()
    assert len(words) > 90
    formal = {name for name, text in words.items() if FORMAL.search(text)}
    assert formal == CLIENT_WORDS.keys()


@pytest.mark.parametrize("language", ["de", "en"])
async def test_our_words_for_the_client_are_told_to_it(visitor: Visitor, language: str) -> None:
    _, body = await visitor.get(f"/chat?lang={language}")
    config = re.search(rb'id="config">(.*?)</script>', body, re.DOTALL)
    assert config is not None
    told = json.loads(config[1])["clientWords"]
    assert told["ACTIVITY_YOU_SAID_ALT"] == {"de": "Sie sagten:", "en": "You said:"}[language]
    assert told.keys() == CLIENT_WORDS.keys()


async def test_the_page_runs_nothing_but_our_own_files(visitor: Visitor) -> None:
    got, _ = await visitor.get("/chat")
    policy = got.headers["Content-Security-Policy"]
    host = visitor.url.removeprefix("http://")
    for rule in (
        "default-src 'none'",
        "script-src 'self';",
        f"connect-src 'self' ws://{host} blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self' https://www.praxis.example",
    ):
        assert rule in policy
    assert "unsafe" not in policy


async def test_every_page_has_another_nonce_and_tells_it_the_client(visitor: Visitor) -> None:
    nonces = set()
    for _ in range(2):
        got, body = await visitor.get("/chat")
        nonce = re.search(r"'nonce-([^']+)'", got.headers["Content-Security-Policy"])
        assert nonce is not None
        config = re.search(rb'id="config">(.*?)</script>', body, re.DOTALL)
        assert config is not None
        assert json.loads(config[1])["nonce"] == nonce[1]
        nonces.add(nonce[1])
    assert len(nonces) == 2


async def test_a_title_with_markup_is_shown_as_text(visitor: Visitor) -> None:
    _, body = await visitor.get("/chat")
    assert b"<script>alert" not in body
    assert b"&lt;script&gt;alert(1)" in body


async def test_the_page_has_no_script_or_style_of_its_own(visitor: Visitor) -> None:
    _, body = await visitor.get("/chat")
    assert not re.search(rb"\son\w+=|style=|<style", body)
    assert re.findall(rb"<script(?! src=| type=\"application/json\")", body) == []


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("?lang=en", "de", b'<html lang="en">'),
        ("?lang=fr", "en", b'<html lang="en">'),
        ("", "en-GB,en;q=0.9,de;q=0.8", b'<html lang="en">'),
        ("", "fr, de;q=0.3, en;q=rubbish", b'<html lang="de">'),
        ("", "fr", b'<html lang="de">'),
        ('?lang="><script>', "", b'<html lang="de">'),
    ],
)
async def test_the_page_speaks_what_is_asked_for(
    visitor: Visitor, query: str, accepted: str, language: bytes
) -> None:
    _, body = await visitor.get(f"/chat{query}", **{"Accept-Language": accepted})
    assert language in body


async def test_a_strange_host_name_gets_into_no_policy(visitor: Visitor) -> None:
    got, _ = await visitor.get("/chat", Host="evil;script-src *")
    assert got.status == 400 or "evil" not in got.headers["Content-Security-Policy"]


async def test_the_client_is_cached_for_good_under_its_hash(visitor: Visitor) -> None:
    _, page = await visitor.get("/chat")
    path = re.search(r"/static/webchat\.[0-9a-f]{16}\.js", page.decode())
    assert path is not None
    got, packed = await visitor.get(path[0], **{"Accept-Encoding": "gzip"})
    assert got.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert got.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert len(packed) < 1_000_000
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == WEBCHAT_SHA256
    _, plain = await visitor.get(path[0], **{"Accept-Encoding": "identity"})
    assert hashlib.sha256(plain).hexdigest() == WEBCHAT_SHA256


@pytest.mark.parametrize(
    "path",
    ["/static/webchat.0000000000000000.js", "/static/page.py", "/static/../page.py", "/static/"],
)
async def test_nothing_else_is_served(visitor: Visitor, path: str) -> None:
    got, _ = await visitor.get(path)
    assert got.status == 404


async def test_the_snippet_is_checked_for_changes_by_its_tag(visitor: Visitor) -> None:
    got, body = await visitor.get("/embed.js", **{"Accept-Encoding": "identity"})
    assert b"data-position" in body
    again, _ = await visitor.get("/embed.js", **{"If-None-Match": got.headers["ETag"]})
    assert again.status == 304


async def test_the_embedding_example_is_part_of_the_demo_only(visitor: Visitor) -> None:
    assert (await visitor.get("/embed-demo"))[0].status == 200
    async with served(WebChat(WebChatSettings()).register) as visitor.url:
        assert (await visitor.get("/embed-demo"))[0].status == 404
        assert b'class="demo"' not in (await visitor.get("/chat"))[1]


async def test_behind_https_the_socket_is_encrypted() -> None:
    page = WebChat(WebChatSettings(public_url="https://termine.example"))
    async with served(page.register) as url, aiohttp.ClientSession() as http:
        got, _ = await Visitor(url, http).get("/chat")
    assert (
        "connect-src 'self' wss://termine.example blob:" in got.headers["Content-Security-Policy"]
    )

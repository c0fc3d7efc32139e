"""Guards of every request and the health answers, over real sockets."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bot.web.health import Health
from bot.web.limits import middlewares, read_form
from tests.contract.channel_world import served


async def broken(_: web.Request) -> web.Response:
    raise RuntimeError("secret detail")


async def echo(request: web.Request) -> web.Response:
    return web.json_response(dict(await read_form(request)))


async def ready() -> bool:
    return True


async def not_ready() -> bool:
    return False


async def unknown() -> bool:
    raise RuntimeError("database gone")


def register(app: web.Application) -> None:
    app.router.add_get("/broken/{id}", broken)
    app.router.add_post("/form", echo)
    Health(ready).register(app)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        served(register, *middlewares(is_https=True)) as url,
        aiohttp.ClientSession(url) as session,
    ):
        yield session


async def test_a_fault_of_ours_tells_a_reference_and_no_detail(
    http: aiohttp.ClientSession,
) -> None:
    async with http.get("/broken/7") as got:
        text = await got.text()
    assert (got.status, "secret" in text, "Traceback" in text) == (500, False, False)


@pytest.mark.parametrize("path", ["/broken/7", "/nowhere", "/health/live"])
async def test_every_answer_carries_the_security_headers(
    http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(path) as got:
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Referrer-Policy"]
        assert "frame-ancestors 'none'" in got.headers["Content-Security-Policy"]
        assert got.headers["Strict-Transport-Security"]


async def test_a_form_is_read_without_nul(http: aiohttp.ClientSession) -> None:
    async with http.post("/form", data={"name": "An\0na", "e": "ä"}) as got:
        assert await got.json() == {"name": "Anna", "e": "ä"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=1", "application/json", 415),
        (b"a=1", "multipart/form-data; boundary=x", 415),
        (b"a=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"a=\xff", "application/x-www-form-urlencoded", 400),
        (b"a=1", "application/x-www-form-urlencoded; charset=klingon", 415),
        (b"a=\\ud800", "application/x-www-form-urlencoded; charset=unicode_escape", 415),
        (b"a=1", "application/x-www-form-urlencoded; charset=UTF-8", 200),
    ],
)
async def test_other_bodies_get_their_status(
    http: aiohttp.ClientSession, body: bytes, kind: str, status: int
) -> None:
    async with http.post("/form", data=body, headers={"Content-Type": kind}) as got:
        assert got.status == status


async def test_a_body_that_grows_on_the_way_is_refused(http: aiohttp.ClientSession) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"x" * 1024

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    async with http.post("/form", data=endless(), headers=kind) as got:
        assert got.status == 413


@pytest.mark.parametrize(("check", "status"), [(ready, 200), (not_ready, 503), (unknown, 503)])
async def test_ready_means_that_a_booking_works_now(check: object, status: int) -> None:
    async with (
        served(Health(check).register) as url,  # type: ignore[arg-type]
        aiohttp.ClientSession(url) as session,
        session.get("/health/ready") as got,
    ):
        assert got.status == status


async def test_a_process_that_runs_is_alive(http: aiohttp.ClientSession) -> None:
    async with http.get("/health/live") as got:
        assert got.status == 200

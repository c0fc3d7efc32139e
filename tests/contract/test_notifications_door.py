"""POST /api/notifications on a real server: the handshake, and what is thrown at an open door."""

import asyncio
import io
import json
import zlib
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest
from yarl import URL

from bot.web.limits import middlewares
from bot.web.notifications import LARGEST_BODY, LONGEST_TOKEN, PATH, Notifications
from graph.errors import GraphError
from graph.notifications import Notification, read_notifications
from scheduling.errors import StoreUnavailable
from tests.contract.channel_world import served

ENTRY = {"subscriptionId": "sub-1", "clientState": "staff:anna.secret", "changeType": "updated"}


class Behind:
    """What stands behind the door."""

    def __init__(self) -> None:
        self.heard: list[Notification] = []
        self.failure: Exception | None = None

    async def notified(self, notices: Sequence[Notification]) -> None:
        if self.failure is not None:
            raise self.failure
        self.heard += notices


class Door:
    def __init__(self, url: str, http: aiohttp.ClientSession, behind: Behind) -> None:
        self.url, self.http, self.behind = url + PATH, http, behind

    async def post(self, body: object = b"", **options) -> aiohttp.ClientResponse:
        return await self.http.post(self.url, data=body, **options)


def read(body: bytes) -> Sequence[Notification] | None:
    try:
        return read_notifications(body)
    except GraphError:
        return None


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    behind = Behind()
    doors = Notifications(read, behind.notified)
    async with (
        served(doors.register, *middlewares(is_https=True)) as url,
        aiohttp.ClientSession() as http,
    ):
        yield Door(url, http, behind)


def posted(*entries: dict) -> bytes:
    return json.dumps({"value": entries}).encode()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


TOKENS = [
    ("Validation%3A+Testing+a%2Bb%2F%3D", "Validation: Testing a+b/="),
    ("%3Cscript%3Ealert(1)%3C%2Fscript%3E", "<script>alert(1)</script>"),
    ("gr%C3%BC%C3%9Fe", "grüße"),
    ("", ""),
]


@pytest.mark.parametrize(("sent", "expected"), TOKENS)
async def test_the_handshake_is_echoed_decoded_as_plain_text(door, sent, expected):
    async with door.http.post(URL(f"{door.url}?validationToken={sent}", encoded=True)) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert await answer.text() == expected
    assert door.behind.heard == []


async def test_a_token_too_long_is_not_echoed(door):
    longest = "t" * LONGEST_TOKEN
    assert (await door.post(params={"validationToken": longest})).status == 200
    assert (await door.post(params={"validationToken": longest + "t"})).status == 400


async def test_a_notification_is_accepted_and_handed_on(door):
    answer = await door.post(posted(ENTRY, {**ENTRY, "lifecycleEvent": "missed"}))
    assert answer.status == 202
    assert await answer.read() == b""
    assert [each.subscription_id for each in door.behind.heard] == ["sub-1", "sub-1"]
    assert [each.lifecycle_event for each in door.behind.heard] == [None, "missed"]


MALFORMED = [
    b"",
    b"no json",
    b"[]",
    b"{}",
    b'{"value": {}}',
    b'{"value": [{}]}',
    b'{"value": [{"subscriptionId": "x"}]}',
    b"\xff\xfe",
    b"[" * 100_000,
    posted(ENTRY, {**ENTRY, "clientState": "x" * 129}),
    posted(*[ENTRY] * 1001),
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
async def test_what_is_none_of_graphs_is_refused_whole(door, body):
    assert (await door.post(body)).status == 400
    assert door.behind.heard == []


async def test_a_body_too_large_is_refused_by_its_announced_length(door):
    assert (await door.post(io.BytesIO(b" " * (LARGEST_BODY + 1)))).status == 413


async def test_a_body_too_large_is_refused_without_an_announced_length_as_well(door):
    parts = chunks(*[b" " * LARGEST_BODY, b" "])
    assert (await door.post(parts)).status == 413


async def test_a_body_that_unfolds_too_large_is_refused(door):
    folded = zlib.compress(b" " * (LARGEST_BODY + 1))
    answer = await door.post(folded, headers={"Content-Encoding": "deflate"})
    assert answer.status == 413


async def test_a_large_body_within_the_limit_is_read(door):
    body = posted(ENTRY)
    assert (await door.post(body + b" " * (LARGEST_BODY - len(body)))).status == 202


async def test_a_body_that_cannot_be_unpacked_is_refused(door):
    answer = await door.post(b"no gzip", headers={"Content-Encoding": "gzip"})
    assert answer.status == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(door, method):
    async with door.http.request(method, door.url, params={"validationToken": "t"}) as answer:
        assert answer.status == 405


async def test_what_the_store_cannot_keep_is_to_be_posted_again(door):
    door.behind.failure = StoreUnavailable()
    assert (await door.post(posted(ENTRY))).status == 503


async def test_a_fault_behind_the_door_tells_nothing_about_itself(door):
    door.behind.failure = RuntimeError("staff:anna.secret")
    answer = await door.post(posted(ENTRY))
    assert answer.status == 500
    assert "secret" not in await answer.text()


async def test_a_client_that_goes_away_in_the_middle_leaves_the_door_open(door):
    host, port = door.url.split("/")[2].split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await door.post(posted(ENTRY))).status == 202


async def test_broken_chunks_are_refused(door):
    host, port = door.url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode() + b"zz\r\nno chunk\r\n")
    await writer.drain()
    status = await asyncio.wait_for(reader.readline(), 5)
    assert b" 400 " in status
    writer.close()
    await writer.wait_closed()

"""Our Direct Line 3.0 over real sockets, as the stock client speaks it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.channels.direct_line import DirectLine, DirectLineSettings
from bot.channels.outbound import ConversationGone
from bot.channels.rates import Rate
from bot.channels.tokens import ChatClaims, ChatTokens
from scheduling.errors import StoreUnavailable
from tests.contract.channel_world import EchoTurn, Noon, served, until
from tests.fakes import Documents

SITE = "https://www.praxis.example"
DIRECT_LINE = "/v3/directline"


@dataclass
class Stage:
    """The endpoint under test; every `channel()` is another process on the same store."""

    http: aiohttp.ClientSession
    turn: EchoTurn = field(default_factory=EchoTurn)
    documents: Documents = field(default_factory=Documents)
    clock: Noon = field(default_factory=Noon)
    url: str = ""
    line: DirectLine | None = None

    def channel(self, **changes: Any) -> DirectLine:
        settings = {"origins": frozenset({SITE}), **changes}
        self.line = DirectLine(
            turn=self.turn,
            tokens=ChatTokens(b"k" * 32, self.clock),
            documents=self.documents,
            clock=self.clock,
            settings=DirectLineSettings(**settings),
        )
        return self.line

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, **more) as got:
            text = await got.text()
            return got.status, json.loads(text) if text else None

    async def token(self, **headers: str) -> dict[str, Any]:
        status, body = await self.call(
            "POST", "/chat/token", headers={"Origin": self.url, **headers}
        )
        assert status == 200, body
        return body

    async def visit(self) -> "Visitor":
        body = await self.token()
        visitor = Visitor(self, body["conversationId"], body["token"])
        status, started = await visit_call(visitor, "POST", "", json={"locale": "de-DE"})
        assert status == 201, started
        visitor.stream_url = started["streamUrl"]
        return visitor


@dataclass
class Visitor:
    """A customer's browser."""

    stage: Stage
    conversation: str
    token: str
    stream_url: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def call(self, method: str, rest: str = "", **more: Any) -> tuple[int, Any]:
        path = f"{DIRECT_LINE}/conversations/{self.conversation}{rest}"
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.stage.call(method, path, headers=headers, **more)

    async def post(self, **activity: object) -> tuple[int, Any]:
        raw = {"type": "message", "from": {"id": "admin"}, **activity}
        return await self.call("POST", "/activities", json=raw)

    async def said(self, watermark: str = "") -> list[Any]:
        _, body = await self.call("GET", f"/activities?watermark={watermark}")
        return [a.get("text") or "card" for a in body["activities"]]


async def visit_call(visitor: Visitor, method: str, rest: str, **more: Any) -> tuple[int, Any]:
    path = f"{DIRECT_LINE}/conversations{rest}"
    return await visitor.stage.call(method, path, headers=visitor.headers, **more)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        made = Stage(http)
        async with served(made.channel().register) as made.url:
            yield made


async def frame(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    return json.loads(await socket.receive_str(timeout=5))


# ---- tokens and cookie


async def test_a_page_gets_a_token_for_a_user_nobody_can_guess(stage: Stage) -> None:
    body = await stage.token()
    claims = ChatTokens(b"k" * 32, stage.clock).read(body["token"], "chat")
    assert claims.user.startswith("dl_")
    assert len(claims.user) >= 24
    assert (claims.conversation, body["expires_in"]) == (body["conversationId"], 3600)


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(stage: Stage) -> None:
    async with stage.http.post(f"{stage.url}/chat/token", headers={"Origin": stage.url}) as got:
        cookie = got.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


async def test_behind_https_the_cookie_is_secure_and_works_inside_a_frame(stage: Stage) -> None:
    public = "https://termine.example"
    async with (
        served(stage.channel(public_url=public).register) as url,
        stage.http.post(f"{url}/chat/token", headers={"Origin": public}) as got,
    ):
        cookie = got.headers["Set-Cookie"]
    assert all(w in cookie for w in ("Secure", "SameSite=None", "Partitioned", "HttpOnly"))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_other_sites_get_no_token(stage: Stage, origin: str) -> None:
    status, body = await stage.call("POST", "/chat/token", headers={"Origin": origin})
    assert (status, body["error"]["code"]) == (403, "OriginNotAllowed")


async def test_a_listed_site_gets_a_token_and_may_read_the_answer(stage: Stage) -> None:
    url = f"{stage.url}{DIRECT_LINE}/tokens/generate"
    async with stage.http.post(url, headers={"Origin": SITE}) as got:
        assert got.status == 200
        assert got.headers["Access-Control-Allow-Origin"] == SITE


async def test_a_preflight_of_a_listed_site_allows_the_clients_headers(stage: Stage) -> None:
    url = f"{stage.url}{DIRECT_LINE}/conversations"
    async with stage.http.options(url, headers={"Origin": SITE}) as got:
        assert "x-ms-bot-agent" in got.headers["Access-Control-Allow-Headers"]
    async with stage.http.options(url, headers={"Origin": "https://evil.example"}) as got:
        assert got.status == 403


async def test_a_page_that_comes_back_finds_its_conversation(stage: Stage) -> None:
    visitor = await stage.visit()
    again = await stage.token()
    assert (again["conversationId"], again["started"]) == (visitor.conversation, True)


async def test_without_the_cookie_it_is_another_conversation(stage: Stage) -> None:
    visitor = await stage.visit()
    stage.http.cookie_jar.clear()
    assert (await stage.token())["conversationId"] != visitor.conversation


async def test_a_token_is_refreshed_while_it_is_good(stage: Stage) -> None:
    visitor = await stage.visit()
    stage.clock.now_is += timedelta(minutes=59)
    path = f"{DIRECT_LINE}/tokens/refresh"
    status, body = await stage.call("POST", path, headers=visitor.headers)
    assert (status, body["conversationId"]) == (200, visitor.conversation)
    stage.clock.now_is += timedelta(minutes=1)
    status, body = await stage.call("POST", path, headers=visitor.headers)
    assert (status, body["error"]["code"]) == (403, "TokenExpired")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "a b"}])
async def test_who_shows_no_token_gets_401(stage: Stage, header: dict[str, str]) -> None:
    visitor = await stage.visit()
    path = f"{DIRECT_LINE}/conversations/{visitor.conversation}/activities"
    status, body = await stage.call("GET", path, headers=header)
    assert (status, set(body["error"])) == (401, {"code", "message"})


async def test_anothers_conversation_is_forbidden(stage: Stage) -> None:
    first = await stage.visit()
    stage.http.cookie_jar.clear()
    second = await stage.visit()
    second.conversation = first.conversation
    for method, rest in (("GET", ""), ("GET", "/activities"), ("POST", "/activities")):
        assert (await second.call(method, rest, json={"type": "message"}))[0] == 403


async def test_a_conversation_never_started_is_not_found(stage: Stage) -> None:
    body = await stage.token()
    visitor = Visitor(stage, body["conversationId"], body["token"])
    assert (await visitor.call("GET", "/activities"))[0] == 404


# ---- conversations and activities


async def test_the_start_greets_in_the_visitors_language(stage: Stage) -> None:
    visitor = await stage.visit()
    arrival = stage.turn.seen[0]
    assert (arrival.raw["type"], arrival.raw["locale"]) == ("conversationUpdate", "de-DE")
    assert arrival.owner == f"webchat:{visitor.conversation}"
    assert arrival.raw["from"] == {"id": arrival.user, "role": "user"}
    assert await visitor.said() == ["Willkommen"]


async def test_a_second_start_greets_nobody_again(stage: Stage) -> None:
    visitor = await stage.visit()
    status, body = await visit_call(visitor, "POST", "")
    assert (status, body["conversationId"]) == (200, visitor.conversation)
    assert len(stage.turn.seen) == 1


async def test_a_message_is_answered_before_the_post_returns(stage: Stage) -> None:
    visitor = await stage.visit()
    status, body = await visitor.post(text="Hallo", channelData={"clientActivityID": "c1"})
    assert (status, body["id"]) == (200, f"{visitor.conversation}|0000002")
    assert await visitor.said() == ["Willkommen", "Hallo", "Echo: Hallo", "card"]


async def test_the_echo_keeps_the_clients_id_and_overwrites_the_sender(stage: Stage) -> None:
    visitor = await stage.visit()
    await visitor.post(text="x", channelData={"clientActivityID": "c1"}, serviceUrl="https://e/")
    _, body = await visitor.call("GET", "/activities?watermark=1")
    mine, answer = body["activities"][:2]
    assert mine["channelData"] == {"clientActivityID": "c1"}
    assert mine["from"]["id"].startswith("dl_")
    assert "serviceUrl" not in mine
    assert (answer["from"]["role"], answer["replyToId"]) == ("bot", mine["id"])


async def test_only_the_token_says_who_writes(stage: Stage) -> None:
    visitor = await stage.visit()
    await visitor.post(text="x", recipient={"id": "r"}, conversation={"id": "other"})
    inbound = stage.turn.seen[-1]
    assert inbound.conversation == visitor.conversation
    assert inbound.raw["conversation"] == {"id": visitor.conversation}
    assert inbound.raw["from"] == {"id": inbound.user, "role": "user"}


async def test_a_retry_of_the_same_message_has_one_effect(stage: Stage) -> None:
    visitor = await stage.visit()
    clicked = {"text": "x", "channelData": {"clientActivityID": "c1"}}
    first, second = await asyncio.gather(visitor.post(**clicked), visitor.post(**clicked))
    assert first == second
    assert stage.turn.texts() == ["x"]


async def test_a_visitor_cannot_forge_an_arrival(stage: Stage) -> None:
    visitor = await stage.visit()
    for kind in ("conversationUpdate", "invoke", "event", "typing", "trace"):
        assert (await visitor.post(type=kind))[0] == 200
    assert len(stage.turn.seen) == 1
    assert await visitor.said() == ["Willkommen"]


BAD_BODIES: list[tuple[bytes, dict[str, str], int]] = [
    (b"{", {}, 400),
    (b"[]", {}, 400),
    (b"{}", {}, 400),
    (b'{"type":5}', {}, 400),
    (b'{"type":"message","text":{"a":1}}', {}, 400),
    (b"\xff", {}, 400),
    (b'{"type":"message","text":"' + b"x" * 1_000_000 + b'"}', {}, 413),
    (b"{}", {"Content-Type": "text/plain"}, 415),
]


@pytest.mark.parametrize(("body", "headers", "status"), BAD_BODIES)
async def test_malformed_messages_get_their_status(
    stage: Stage, body: bytes, headers: dict[str, str], status: int
) -> None:
    visitor = await stage.visit()
    sent = {"Content-Type": "application/json", **headers}
    got, answer = await visitor.call("POST", "/activities", data=body, headers=sent)
    assert (got, set(answer["error"])) == (status, {"code", "message"})
    assert (await visitor.post(text="noch da"))[0] == 200


@pytest.mark.parametrize("watermark", ["-1", "x", "1.5", "9" * 40, "²"])
async def test_a_watermark_that_is_none_of_ours_gets_400(stage: Stage, watermark: str) -> None:
    visitor = await stage.visit()
    assert (await visitor.call("GET", f"/activities?watermark={watermark}"))[0] == 400


async def test_files_are_politely_refused(stage: Stage) -> None:
    visitor = await stage.visit()
    form = aiohttp.FormData()
    form.add_field("file", b"x", filename="a.txt")
    status, body = await visitor.call("POST", "/upload?userId=x", data=form)
    assert (status, body["error"]["code"]) == (415, "UnsupportedMediaType")


async def test_after_the_end_nothing_is_written_and_all_is_read(stage: Stage) -> None:
    visitor = await stage.visit()
    await visitor.post(type="endOfConversation")
    assert (await visitor.post(text="noch was"))[0] == 403
    assert await visitor.said() == ["Willkommen"]
    assert (await stage.token())["conversationId"] != visitor.conversation


async def test_a_conversation_has_a_longest_length(stage: Stage) -> None:
    async with served(stage.channel(max_entries=4).register) as stage.url:
        visitor = await stage.visit()
        assert [(await visitor.post(text="x"))[0] for _ in range(3)] == [200, 200, 403]


async def test_a_flood_is_slowed_down_with_the_time_to_wait(stage: Stage) -> None:
    async with served(stage.channel(messages=Rate(3, 1)).register) as stage.url:
        visitor = await stage.visit()
        statuses = [(await visitor.post(text="x"))[0] for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        stage.clock.now_is += timedelta(seconds=2)
        assert (await visitor.post(text="x"))[0] == 200


async def test_a_flood_of_new_chats_from_one_address_is_slowed_down(stage: Stage) -> None:
    async with served(stage.channel(starts=Rate(2, 1)).register) as stage.url:
        await stage.visit()
        url = f"{stage.url}/chat/token"
        async with stage.http.post(url, headers={"Origin": stage.url}) as got:
            assert (got.status, got.headers["Retry-After"]) == (429, "2")


async def test_what_was_said_survives_a_restart(stage: Stage) -> None:
    visitor = await stage.visit()
    await visitor.post(text="Hallo")
    async with served(stage.channel().register) as stage.url:
        assert await visitor.said() == ["Willkommen", "Hallo", "Echo: Hallo", "card"]


async def test_a_fault_of_ours_is_an_apology(stage: Stage) -> None:
    visitor = await stage.visit()
    stage.turn.failure = RuntimeError("broken")
    assert (await visitor.post(text="x"))[0] == 200
    assert "Sorry" in (await visitor.said())[-1]


async def test_a_store_that_is_down_asks_to_try_again(stage: Stage) -> None:
    visitor = await stage.visit()
    stage.documents.failure = StoreUnavailable()
    status, body = await visitor.post(text="x")
    assert (status, body["error"]["code"]) == (503, "ServiceUnavailable")


# ---- stream


async def test_a_socket_shows_all_from_the_start_and_what_follows(stage: Stage) -> None:
    visitor = await stage.visit()
    async with stage.http.ws_connect(visitor.stream_url) as socket:
        first = await frame(socket)
        assert (first["activities"][0]["text"], first["watermark"]) == ("Willkommen", "1")
        await visitor.post(text="Hallo")
        shown = [await frame(socket) for _ in range(3)]
    assert [f["watermark"] for f in shown] == ["2", "3", "4"]
    assert shown[2]["activities"][0]["attachments"]


async def test_after_a_lost_connection_the_rest_is_shown_once(stage: Stage) -> None:
    visitor = await stage.visit()
    await visitor.post(text="Hallo")
    _, body = await visitor.call("GET", "?watermark=2")
    async with stage.http.ws_connect(body["streamUrl"]) as socket:
        shown = await frame(socket)
    assert ([a.get("text") for a in shown["activities"]], shown["watermark"]) == (
        ["Echo: Hallo", ""],
        "4",
    )


async def test_typing_is_shown_but_not_kept(stage: Stage) -> None:
    async with served(stage.channel(typing_after=0.05).register) as stage.url:
        visitor = await stage.visit()
        stage.turn.gate = asyncio.Event()
        async with stage.http.ws_connect(visitor.stream_url) as socket:
            await frame(socket)
            posted = asyncio.create_task(visitor.post(text="x"))
            await frame(socket)
            typing = await frame(socket)
            stage.turn.gate.set()
            await posted
        assert (typing["activities"][0]["type"], "watermark" in typing) == ("typing", False)
        assert await visitor.said() == ["Willkommen", "x", "Echo: x", "card"]


async def test_a_slow_answer_follows_over_the_socket(stage: Stage) -> None:
    async with served(stage.channel(within=0.2).register) as stage.url:
        visitor = await stage.visit()
        stage.turn.gate = asyncio.Event()
        assert (await visitor.post(text="x"))[0] == 200
        stage.turn.gate.set()
        await until(lambda: len(stage.documents.logs[f"chat:{visitor.conversation}"]) == 4)


async def test_a_proactive_message_appears(stage: Stage) -> None:
    visitor = await stage.visit()
    assert stage.line is not None
    async with stage.http.ws_connect(visitor.stream_url) as socket:
        await frame(socket)
        await stage.line.send({"conversation": visitor.conversation}, {"text": "gebucht"})
        assert (await frame(socket))["activities"][0]["text"] == "gebucht"


async def test_nobody_is_written_to_in_a_chat_that_does_not_exist(stage: Stage) -> None:
    assert stage.line is not None
    with pytest.raises(ConversationGone):
        await stage.line.send({"conversation": "nowhere"}, {"text": "gebucht"})


async def test_a_card_with_the_id_of_an_earlier_one_keeps_that_id(stage: Stage) -> None:
    visitor = await stage.visit()
    assert stage.line is not None
    for text in ("offen", "erledigt"):
        await stage.line.send(
            {"conversation": visitor.conversation}, {"id": "card-1", "text": text}
        )
    _, body = await visitor.call("GET", "/activities?watermark=1")
    assert [a["id"] for a in body["activities"]] == ["card-1", "card-1"]


async def test_what_another_process_wrote_is_found(stage: Stage) -> None:
    async with served(stage.channel(poll_seconds=0.05).register) as stage.url:
        visitor = await stage.visit()
        async with stage.http.ws_connect(visitor.stream_url) as socket:
            await frame(socket)
            other = stage.channel()
            await other.send({"conversation": visitor.conversation}, {"text": "von dort"})
            assert (await frame(socket))["activities"][0]["text"] == "von dort"


async def test_a_gap_left_by_another_process_is_filled_in_order(stage: Stage) -> None:
    async with served(stage.channel(poll_seconds=60).register) as stage.url:
        visitor, here = await stage.visit(), stage.line
        reference = {"conversation": visitor.conversation}
        async with stage.http.ws_connect(visitor.stream_url) as socket:
            await frame(socket)
            await stage.channel().send(reference, {"text": "von dort"})
            assert here is not None
            await here.send(reference, {"text": "von hier"})
            shown = await frame(socket)
    assert [a["text"] for a in shown["activities"]] == ["von dort", "von hier"]


@pytest.mark.parametrize("kind", ["none", "chat", "old", "foreign", "origin", "plain"])
async def test_a_stream_wants_its_own_fresh_token(stage: Stage, kind: str) -> None:
    visitor = await stage.visit()
    url, headers = visitor.stream_url, {}
    if kind == "none":
        url = url.split("?")[0]
    if kind == "chat":
        url = f"{url.split('?')[0]}?t={visitor.token}"
    if kind == "old":
        stage.clock.now_is += timedelta(seconds=61)
    if kind == "foreign":
        url = url.replace(visitor.conversation, "other")
    if kind == "origin":
        headers = {"Origin": "https://evil.example"}
    if kind == "plain":
        assert (await stage.call("GET", url.removeprefix(stage.url.replace("http", "ws"))))[
            0
        ] == 400
        return
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await stage.http.ws_connect(url, headers=headers)
    assert refused.value.status == (401 if kind == "none" else 403)


async def test_a_ping_is_no_message_and_a_huge_frame_ends_only_that_socket(stage: Stage) -> None:
    visitor = await stage.visit()
    async with stage.http.ws_connect(visitor.stream_url) as socket:
        await frame(socket)
        await socket.send_str("")
        await visitor.post(text="x")
        assert (await frame(socket))["watermark"] == "2"
        await socket.send_str("x" * 100_000)
        while (message := await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
    assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert (await visitor.post(text="noch da"))[0] == 200


async def test_a_chat_has_only_so_many_sockets(stage: Stage) -> None:
    async with served(stage.channel(max_sockets=1).register) as stage.url:
        visitor = await stage.visit()
        async with stage.http.ws_connect(visitor.stream_url) as socket:
            await frame(socket)
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await stage.http.ws_connect(visitor.stream_url)
        assert refused.value.status == 429


async def test_a_chat_token_is_no_pass_to_another_users_conversation(stage: Stage) -> None:
    visitor = await stage.visit()
    forged = ChatTokens(b"k" * 32, stage.clock).issue(
        ChatClaims(visitor.conversation, "dl_other"), "chat", timedelta(hours=1)
    )
    visitor.token = forged
    assert (await visitor.call("GET", "/activities"))[0] == 404
    assert (await visit_call(visitor, "POST", ""))[0] == 403

"""POST /api/messages over real sockets, with a stand-in Bot Connector and signed tokens."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from bot.channels.outbound import Sender, Unreachable
from bot.channels.teams import TeamsChannel, TeamsSettings
from bot.channels.tokens import BotTokens
from scheduling.errors import StoreUnavailable
from tests.contract.channel_world import (
    APP_ID,
    TENANT,
    Connector,
    EchoTurn,
    Noon,
    activity,
    claims_for,
    served,
    signed,
    until,
)
from tests.fakes import Documents


async def token() -> str:
    return "outbound-token"


@dataclass
class Stage:
    """The channel under test and all that stands around it."""

    connector: Connector
    http: aiohttp.ClientSession
    turn: EchoTurn = field(default_factory=EchoTurn)
    documents: Documents = field(default_factory=Documents)
    clock: Noon = field(default_factory=Noon)
    url: str = ""

    def channel(self, **changes: Any) -> TeamsChannel:
        hosts = ("127.0.0.1",)
        openid_url = f"{self.connector.url}/openid"
        return TeamsChannel(
            turn=self.turn,
            tokens=BotTokens(APP_ID, self.http, self.clock, openid_url=openid_url, hosts=hosts),
            sender=Sender(self.http, token, self.clock, hosts=hosts),
            documents=self.documents,
            clock=self.clock,
            settings=TeamsSettings(tenants=frozenset({TENANT}), **changes),
        )

    def activity(self, **changes: object) -> dict[str, Any]:
        return activity(self.connector.service_url, **changes)

    @property
    def headers(self) -> dict[str, str]:
        claims = claims_for(self.connector.service_url, self.clock.now_is)
        return {"Authorization": f"Bearer {signed(claims)}"}

    async def post(self, raw: object, **changes: Any) -> tuple[int, Any]:
        body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        headers = {"Content-Type": "application/json", **self.headers, **changes}
        async with self.http.post(f"{self.url}/api/messages", data=body, headers=headers) as got:
            text = await got.text()
            return got.status, json.loads(text) if text else None


@pytest.fixture
async def hasty(stage: Stage) -> AsyncIterator[Stage]:
    """The same, but every answer is late."""
    channel = stage.channel(within=0.3, invoke_within=0.3, typing_after=0.05)
    async with served(channel.register) as stage.url:
        yield stage


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    connector = Connector()
    async with served(connector.register) as at, aiohttp.ClientSession() as http:
        connector.url = at
        made = Stage(connector, http)
        async with served(made.channel().register) as url:
            made.url = url
            yield made


async def test_a_message_is_answered_in_its_conversation(stage: Stage) -> None:
    raw = stage.activity(id="1:abc/d")
    assert await stage.post(raw) == (202, None)
    method, path, body, used = stage.connector.calls[0]
    assert (method, path) == ("POST", "/teams/v3/conversations/a%3A1/activities/1%3Aabc%2Fd")
    assert (body["text"], body["replyToId"], used) == (
        "Echo: Hallo",
        "1:abc/d",
        "Bearer outbound-token",
    )
    assert body["recipient"] == {"id": "29:user"}
    assert body["conversation"] == {"id": "a:1", "tenantId": TENANT}


async def test_the_conversation_gets_who_wrote_and_where_to_answer(stage: Stage) -> None:
    await stage.post(stage.activity())
    inbound = stage.turn.seen[0]
    assert (inbound.owner, inbound.user, inbound.tenant) == (
        f"msteams:{TENANT}:aad-1",
        "aad-1",
        TENANT,
    )
    assert inbound.reference["service_url"] == stage.connector.service_url


async def test_a_card_click_is_answered_with_the_new_card(stage: Stage) -> None:
    raw = stage.activity(type="invoke", name="adaptiveCard/action", value={"action": {}})
    status, body = await stage.post(raw)
    assert (status, body["type"]) == (200, "application/vnd.microsoft.card.adaptive")
    await until(lambda: stage.connector.texts == ["clicked"])


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"x" * (256 * 1024 + 1), {}, 413),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"null", {}, 400),
        (b"\xff", {}, 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, {}, 400),
        (b"{}", {"Authorization": ""}, 401),
        (b"not gzip", {"Content-Encoding": "gzip"}, 400),
    ],
)
async def test_malformed_requests_get_their_status_and_reach_nobody(
    stage: Stage, raw: bytes, headers: dict[str, str], status: int
) -> None:
    got, body = await stage.post(raw, **headers)
    assert (got, set(body["error"])) == (status, {"code", "message"})
    assert not stage.turn.seen


async def test_other_methods_are_refused(stage: Stage) -> None:
    async with stage.http.get(f"{stage.url}/api/messages") as got:
        assert got.status == 405


@pytest.mark.parametrize(
    "changes",
    [{"type": 5}, {"conversation": "text"}, {"conversation": None}, {"from": []}, {"id": 7}],
)
async def test_an_activity_of_wrong_shape_gets_400(stage: Stage, changes: dict) -> None:
    assert (await stage.post(stage.activity(**changes)))[0] == 400


@pytest.mark.parametrize("tenant", ["tenant-2", None, 5])
async def test_another_tenant_is_refused(stage: Stage, tenant: object) -> None:
    conversation = {"id": "a:1", "tenantId": tenant}
    assert (await stage.post(stage.activity(conversation=conversation)))[0] == 403


async def test_the_tenant_is_also_read_from_the_channel_data(stage: Stage) -> None:
    raw = stage.activity(conversation={"id": "a:1"}, channelData={"tenant": {"id": TENANT}})
    assert (await stage.post(raw))[0] == 202


async def test_the_same_activity_twice_has_one_effect_and_the_same_answer(stage: Stage) -> None:
    raw = stage.activity(type="invoke", name="adaptiveCard/action", value={})
    first, second = await stage.post(raw), await stage.post(raw)
    assert first == second
    assert len(stage.turn.seen) == 1


async def test_a_repetition_waits_for_the_first_while_that_is_under_way(stage: Stage) -> None:
    stage.turn.gate = asyncio.Event()
    raw = stage.activity(type="invoke", name="adaptiveCard/action", value={})
    both = asyncio.gather(stage.post(raw), stage.post(raw))
    await until(lambda: len(stage.turn.seen) == 1)
    stage.turn.gate.set()
    first, second = await both
    assert first == second
    assert len(stage.turn.seen) == 1


async def test_a_second_process_knows_what_the_first_answered(stage: Stage) -> None:
    raw = stage.activity(type="invoke", name="adaptiveCard/action", value={})
    first = await stage.post(raw)
    async with served(stage.channel().register) as stage.url:
        assert await stage.post(raw) == first
    assert len(stage.turn.seen) == 1


async def test_a_message_whose_process_died_is_answered_when_it_comes_again(stage: Stage) -> None:
    raw = stage.activity()
    await stage.post(raw)
    (key,) = [k for k in stage.documents.kept if k[0] == "inbox"]
    document = stage.documents.kept.pop(key)
    since = "2026-11-23T11:59:00+00:00"
    await stage.documents.write(*key, {"state": "open", "since": since}, 0, stage.clock.now())
    assert document.body["state"] == "done"
    await stage.post(raw)
    assert len(stage.turn.seen) == 2


async def test_activities_without_id_are_each_answered(stage: Stage) -> None:
    await stage.post(stage.activity(id=None))
    await stage.post(stage.activity(id=None))
    assert len(stage.turn.seen) == 2


@pytest.mark.parametrize("kind", ["messageReaction", "endOfConversation", "futureThing"])
async def test_unknown_types_are_accepted_and_left_alone(stage: Stage, kind: str) -> None:
    assert (await stage.post(stage.activity(type=kind)))[0] == 200
    assert not stage.turn.seen


@pytest.mark.parametrize("name", ["task/fetch", "signin/verifyState", "composeExtension/query", 5])
async def test_unknown_invokes_get_200_and_an_empty_body(stage: Stage, name: object) -> None:
    assert await stage.post(stage.activity(type="invoke", name=name)) == (200, {})


@pytest.mark.parametrize("odd", [{"timestamp": "gestern"}, {"entities": [None]}, {"text": 5}])
async def test_odd_fields_are_no_error(stage: Stage, odd: dict) -> None:
    assert (await stage.post(stage.activity(**odd)))[0] == 202


async def test_a_slow_answer_is_acknowledged_first_and_follows(hasty: Stage) -> None:
    hasty.turn.gate = asyncio.Event()
    assert (await hasty.post(hasty.activity()))[0] == 202
    assert [body["type"] for _, _, body, _ in hasty.connector.calls] == ["typing"]
    hasty.turn.gate.set()
    await until(lambda: "Echo: Hallo" in hasty.connector.texts)


async def test_a_slow_card_click_is_answered_in_words_in_time(hasty: Stage) -> None:
    hasty.turn.gate = asyncio.Event()
    raw = hasty.activity(type="invoke", name="adaptiveCard/action", value={})
    status, body = await hasty.post(raw)
    assert (status, body["type"]) == (200, "application/vnd.microsoft.activity.message")
    hasty.turn.gate.set()
    await until(lambda: "clicked" in hasty.connector.texts)


async def test_messages_of_a_conversation_are_answered_in_order(stage: Stage) -> None:
    stage.turn.gate = asyncio.Event()
    posts = []
    for number in range(5):
        raw = stage.activity(text=str(number), id=str(number))
        posts.append(asyncio.create_task(stage.post(raw)))
        await asyncio.sleep(0.03)
    assert stage.turn.texts() == ["0"]
    stage.turn.gate.set()
    await asyncio.gather(*posts)
    await until(lambda: stage.turn.texts() == ["0", "1", "2", "3", "4"])


async def test_other_conversations_do_not_wait(hasty: Stage) -> None:
    hasty.turn.gate = asyncio.Event()
    for number in range(3):
        conversation = {"id": f"a:{number}", "tenantId": TENANT}
        await hasty.post(hasty.activity(conversation=conversation))
    assert len(hasty.turn.seen) == 3
    hasty.turn.gate.set()


async def test_a_fault_of_ours_is_an_apology_and_no_500(stage: Stage) -> None:
    stage.turn.failure = RuntimeError("broken")
    assert (await stage.post(stage.activity()))[0] == 202
    assert "Sorry" in stage.connector.texts[0]
    raw = stage.activity(type="invoke", name="adaptiveCard/action")
    status, body = await stage.post(raw)
    assert (status, body["statusCode"]) == (200, 200)


async def test_a_store_that_is_down_stops_no_answer(stage: Stage) -> None:
    stage.documents.failure = StoreUnavailable()
    assert (await stage.post(stage.activity()))[0] == 202
    assert "Echo: Hallo" in stage.connector.texts


async def test_a_connector_that_refuses_is_no_error_of_the_channel(stage: Stage) -> None:
    stage.connector.answers = [(403, {}, "MessageWritesBlocked")]
    assert (await stage.post(stage.activity()))[0] == 202
    assert len(stage.connector.calls) == 1


def arrival(stage: Stage) -> tuple[dict, dict]:
    installed = stage.activity(type="installationUpdate", action="add", text=None, id="i")
    added = stage.activity(
        type="conversationUpdate", membersAdded=[{"id": "28:bot"}], text=None, id="c"
    )
    return installed, added


async def test_an_arrival_told_twice_is_greeted_once(stage: Stage) -> None:
    for raw in arrival(stage):
        await stage.post(raw)
    assert stage.connector.texts == ["Willkommen"]


async def test_people_who_join_are_not_greeted(stage: Stage) -> None:
    await stage.post(stage.activity(type="conversationUpdate", membersAdded=[{"id": "29:x"}]))
    assert not stage.turn.seen


async def test_an_uninstalled_bot_forgets_where_to_write(stage: Stage) -> None:
    installed, added = arrival(stage)
    await stage.post(installed)
    assert ("reference", "msteams:a:1") in stage.documents.kept
    await stage.post(stage.activity(type="installationUpdate", action="remove", id="r"))
    assert ("reference", "msteams:a:1") not in stage.documents.kept
    await stage.post({**added, "id": "again"})
    assert stage.connector.texts == ["Willkommen", "Willkommen"]


def mention(name: str = "28:bot") -> list[dict]:
    return [{"type": "mention", "mentioned": {"id": name}, "text": "<at>Bot</at>"}]


async def test_the_bots_own_mention_is_no_part_of_the_text(stage: Stage) -> None:
    raw = stage.activity(text="<at>Bot</at> Hallo", entities=mention())
    await stage.post(raw)
    assert stage.turn.texts() == ["Hallo"]


async def test_mentions_of_others_stay(stage: Stage) -> None:
    raw = stage.activity(text="<at>Bot</at> Hallo", entities=mention("29:anna"))
    await stage.post(raw)
    assert stage.turn.texts() == ["<at>Bot</at> Hallo"]


async def test_in_a_group_only_what_mentions_the_bot_is_heard(stage: Stage) -> None:
    group = {"id": "19:g", "conversationType": "groupChat", "tenantId": TENANT}
    await stage.post(stage.activity(conversation=group))
    assert not stage.turn.seen
    await stage.post(
        stage.activity(conversation=group, text="<at>Bot</at> Hallo", entities=mention())
    )
    assert stage.turn.seen[0].reference["conversation_type"] == "groupChat"
    assert not [kind for kind, _ in stage.documents.kept if kind == "reference"]


async def test_a_notice_to_somebody_who_left_forgets_them(stage: Stage) -> None:
    await stage.post(stage.activity())
    reference = dict(stage.documents.kept["reference", "msteams:a:1"].body)
    nested = json.dumps({"errorCode": 209, "message": '{"subCode": "MessageWritesBlocked"}'})
    stage.connector.answers = [(403, {}, nested)]
    with pytest.raises(Unreachable):
        await stage.channel().notify(reference, {"type": "message", "text": "B-1"})
    assert ("reference", "msteams:a:1") not in stage.documents.kept

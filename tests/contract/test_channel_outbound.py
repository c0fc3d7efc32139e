"""The sender against a stand-in Bot Connector: what is tried again, and what never is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from bot.channels.outbound import (
    Ambiguous,
    ConversationGone,
    NotAccepted,
    OutboundError,
    Sender,
    Throttled,
    Unreachable,
    retry_after,
)
from tests.contract.channel_world import CARD, Connector, Noon, served

HELLO = {"type": "message", "text": "Hallo"}


@dataclass
class Post:
    """A sender whose waits are written down instead of waited."""

    connector: Connector
    http: aiohttp.ClientSession
    waits: list[float] = field(default_factory=list)
    renewals: int = 0

    @property
    def sender(self) -> Sender:
        return Sender(
            self.http,
            self._token,
            Noon(),
            renew=self._renew,
            hosts=("127.0.0.1",),
            sleep=self._sleep,
        )

    async def _token(self) -> str:
        return "first"

    async def _renew(self) -> str:
        self.renewals += 1
        return "second"

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    @property
    def reference(self) -> dict[str, str]:
        return {
            "service_url": self.connector.service_url + "/",
            "conversation": "a:1/..",
            "bot_id": "28:bot",
            "user_id": "29:user",
        }


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    connector = Connector()
    async with served(connector.register) as url, aiohttp.ClientSession() as http:
        connector.url = url
        yield Post(connector, http)


async def test_the_id_of_what_was_sent_comes_back(post: Post) -> None:
    assert await post.sender.send(post.reference, HELLO) == "sent-1"


async def test_the_conversation_id_cannot_change_the_path(post: Post) -> None:
    await post.sender.send(post.reference, HELLO)
    assert post.connector.calls[0][1] == "/teams/v3/conversations/a%3A1%2F../activities"


async def test_a_proactive_message_replies_to_nothing(post: Post) -> None:
    await post.sender.send(post.reference, HELLO)
    assert "replyToId" not in post.connector.calls[0][2]


async def test_updates_are_put_and_deletions_deleted(post: Post) -> None:
    await post.sender.update(post.reference, "7", HELLO)
    await post.sender.delete(post.reference, "7")
    assert [call[0] for call in post.connector.calls] == ["PUT", "DELETE"]


async def test_throttling_waits_as_long_as_it_says(post: Post) -> None:
    post.connector.answers = [(429, {"Retry-After": "3"}, "")]
    assert await post.sender.send(post.reference, HELLO) == "sent-2"
    assert post.waits[0] == 3


async def test_a_long_throttling_is_the_callers_business_for_the_whole_thread(post: Post) -> None:
    post.connector.answers = [(429, {"Retry-After": "600"}, "")]
    sender = post.sender
    for _ in range(2):
        with pytest.raises(Throttled) as throttled:
            await sender.send(post.reference, HELLO)
        assert throttled.value.retry_after == pytest.approx(600, abs=1)
    assert len(post.connector.calls) == 1


async def test_412_is_tried_again(post: Post) -> None:
    post.connector.answers = [(412, {}, "")]
    assert await post.sender.send(post.reference, HELLO) == "sent-2"


async def test_a_refused_token_is_renewed_once(post: Post) -> None:
    post.connector.answers = [(401, {}, "")]
    await post.sender.send(post.reference, HELLO)
    assert [call[3] for call in post.connector.calls] == ["Bearer first", "Bearer second"]


async def test_a_token_refused_twice_ends_it(post: Post) -> None:
    post.connector.answers = [(401, {}, "")] * 3
    with pytest.raises(NotAccepted):
        await post.sender.send(post.reference, HELLO)
    assert post.renewals == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_chat_is_never_repeated_after_an_unclear_answer(post: Post, status: int) -> None:
    post.connector.answers = [(status, {}, "")]
    with pytest.raises(Ambiguous):
        await post.sender.send(post.reference, HELLO)
    assert len(post.connector.calls) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_notice_is_repeated_after_an_unclear_answer(post: Post, status: int) -> None:
    post.connector.answers = [(status, {}, "")]
    assert await post.sender.send(post.reference, HELLO, notice=True) == "sent-2"


REFUSALS: list[tuple[int, str, type[OutboundError]]] = [
    (
        403,
        '{"errorCode":209,"message":"{\\"subCode\\": \\"MessageWritesBlocked\\"}"}',
        Unreachable,
    ),
    (403, "ForbiddenOperationException", Unreachable),
    (403, "something else", NotAccepted),
    (404, "", ConversationGone),
    (400, "", NotAccepted),
    (302, "", NotAccepted),
]


@pytest.mark.parametrize(("status", "body", "error"), REFUSALS)
async def test_a_refusal_says_what_to_do(
    post: Post, status: int, body: str, error: type[OutboundError]
) -> None:
    post.connector.answers = [(status, {"Location": "https://evil.example/"}, body)]
    with pytest.raises(error):
        await post.sender.send(post.reference, HELLO, notice=True)
    assert len(post.connector.calls) == 1


async def test_a_card_too_big_goes_out_as_text(post: Post) -> None:
    post.connector.answers = [(413, {}, "")]
    await post.sender.send(post.reference, {"type": "message", "attachments": [CARD]})
    assert post.connector.calls[1][2]["text"] == "Karte als Text"
    assert "attachments" not in post.connector.calls[1][2]


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "http://169.254.169.254/", "", "http://user@127.0.0.1/"]
)
async def test_only_listed_services_are_written_to(post: Post, url: str) -> None:
    with pytest.raises(NotAccepted):
        await post.sender.send({**post.reference, "service_url": url}, HELLO)


async def test_a_connector_that_is_not_there_is_no_unclear_case(post: Post) -> None:
    gone = {**post.reference, "service_url": "http://127.0.0.1:9/"}
    with pytest.raises(Throttled):
        await post.sender.send(gone, HELLO)
    assert len(post.waits) == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("2.1", 2.1),
        ("120", 120),
        ("99999", 3600),
        ("inf", 3600),
        ("-5", None),
        ("nan", None),
        ("abc", None),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2020 12:00:30 GMT", None),
        ("Mon, 99 Nov 2026", None),
    ],
)
def test_retry_after_may_be_anything(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, Noon()) == seconds

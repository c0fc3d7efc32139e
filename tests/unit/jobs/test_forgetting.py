"""Small documents are kept as long as they are of use, and no longer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels import inbox
from bot.channels.chat_log import ChatLog
from bot.jobs.forgetting import CHATS, IDLE, KEPT, Forgetting
from bot.memory import Memory
from bot.web import booking_session
from scheduling.errors import StoreUnavailable
from tests.builders import NOW
from tests.fakes import Documents, FixedClock


@pytest.mark.parametrize("kind", KEPT)
async def test_a_document_is_forgotten_once_it_is_of_no_use(kind: str) -> None:
    documents, clock = Documents(), FixedClock(NOW)
    await documents.write(kind, "x", {}, 0, NOW)
    clock.advance(KEPT[kind])
    await Forgetting(documents, clock).look()
    assert (await documents.read(kind, "x")).version == 1
    clock.advance(timedelta(seconds=1))
    await Forgetting(documents, clock).look()
    assert (await documents.read(kind, "x")).version == 0


async def test_a_chat_is_forgotten_once_nothing_was_said_for_a_month() -> None:
    documents, clock = Documents(), FixedClock(NOW)
    await documents.append("chat:x", {}, NOW)
    await documents.append("notices", {}, NOW)
    clock.advance(IDLE)
    await Forgetting(documents, clock).look()
    assert await documents.last("chat:x") == 1
    clock.advance(timedelta(seconds=1))
    await Forgetting(documents, clock).look()
    assert (await documents.last("chat:x"), await documents.last("notices")) == (0, 1)


async def test_what_links_and_late_messages_need_is_never_forgotten() -> None:
    documents, clock = Documents(), FixedClock(NOW)
    kinds = ("chat", "manage", "invitation", "reference")
    for kind in kinds:
        await documents.write(kind, "x", {}, 0, NOW)
    clock.advance(timedelta(days=400))
    await Forgetting(documents, clock).look()
    assert [(await documents.read(kind, "x")).version for kind in kinds] == [1, 1, 1, 1]


async def test_a_store_that_is_away_is_asked_again_later() -> None:
    documents, clock = Documents(), FixedClock(NOW)
    kind = next(iter(KEPT))
    await documents.write(kind, "x", {}, 0, NOW)
    clock.advance(KEPT[kind] * 2)
    documents.failure = StoreUnavailable("away")
    await Forgetting(documents, clock).look()
    documents.failure = None
    await Forgetting(documents, clock).look()
    assert (await documents.read(kind, "x")).version == 0


async def test_what_conversations_leave_is_named_as_they_name_it() -> None:
    documents, clock = Documents(), FixedClock(NOW)
    await ChatLog(documents, clock, poll_seconds=1).add("x", {"text": "Eva"})
    async with Memory(documents, clock).draft("eva") as held:
        held.draft = replace(held.draft, language="en")
    kinds = {kind for kind, _ in documents.kept}
    assert {*kinds, inbox.KIND, booking_session.KIND} <= set(KEPT)
    assert [name for name in documents.logs if not name.startswith(CHATS)] == []

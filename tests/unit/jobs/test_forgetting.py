"""Small documents are kept as long as they are of use, and no longer."""

from datetime import timedelta

import pytest

from bot.jobs.forgetting import KEPT, Forgetting
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


async def test_what_conversations_and_links_need_is_never_forgotten() -> None:
    documents, clock = Documents(), FixedClock(NOW)
    kinds = ("draft", "manage_link", "invitation", "reference")
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

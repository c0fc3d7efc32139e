"""What was not understood is counted without a word of it, and shown to who knows the key."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.cards import Links
from bot.metrics import Metrics
from bot.turn import Turn
from bot.web.metrics_page import MetricsPage
from bot.wire import Inbound
from tests.conversations.world import Customer
from tests.fakes import Documents

KEY = "a-key-of-the-operators"


class NoFacts:
    async def note(self, fact):
        """Keep nothing."""


async def said(metrics, *texts):
    customer = Customer()
    turn = Turn(
        business=customer.business,
        desk=customer.desk,
        documents=Documents(),
        clock=customer.clock,
        links=Links("https://book.example.test"),
        facts=NoFacts(),
        metrics=metrics,
    )
    for text in texts:
        raw = {"type": "message", "text": text, "locale": "de-DE"}
        await turn.handle(Inbound(raw, "webchat", "c1", "eva", reference={"conversation": "c1"}))


@pytest.fixture
async def reader() -> AsyncIterator[TestClient]:
    app = web.Application()
    metrics = Metrics()
    metrics.not_understood("de", "slot")
    MetricsPage(metrics, KEY).register(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_each_message_that_was_not_understood_is_counted():
    metrics = Metrics()
    await said(metrics, "asdf qwertz", "Beratung morgen", "blubb grmpf")
    text = metrics.text().decode()
    assert 'terminbot_not_understood_total{language="de",step="start"} 1.0' in text
    assert 'terminbot_not_understood_total{language="de",step="slot"} 1.0' in text


async def test_no_word_of_a_message_is_in_the_counts():
    metrics = Metrics()
    await said(metrics, "Zaunkönigin Quastenflosser")
    assert "total{" in metrics.text().decode()
    assert "aunk" not in metrics.text().decode()
    assert "uasten" not in metrics.text().decode()


async def test_the_counts_are_shown_to_who_knows_the_key(reader):
    async with reader.get("/metrics", headers={"Authorization": f"Bearer {KEY}"}) as answer:
        assert answer.status == 200
        assert 'step="slot"' in await answer.text()


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": KEY}])
async def test_nobody_else_sees_them(reader, header):
    async with reader.get("/metrics", headers=header) as answer:
        assert answer.status == 401
        assert "terminbot" not in await answer.text()


async def test_without_a_key_there_is_no_such_page():
    app = web.Application()
    MetricsPage(Metrics(), "").register(app)
    async with TestClient(TestServer(app)) as client, client.get("/metrics") as answer:
        assert answer.status == 404

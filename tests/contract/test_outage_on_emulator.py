"""What an outage looks like at the one door to Microsoft, over HTTP."""

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp import web

from graph.emulator.tenant_file import build_tenant, default_file
from graph.errors import GraphError, Transient
from scheduling.outage import OutageKind
from tests.contract.calendar_world import (
    ANNA,
    BEN,
    DAY,
    DRAFT,
    Tenant,
    a_stranger,
    emulated,
    says,
)

DOWN: Mapping[str, tuple[dict[str, object], str]] = {
    "F2 500": ({"kind": "status", "status": 500}, "500"),
    "F2 502": ({"kind": "status", "status": 502}, "502"),
    "F15 503": ({"kind": "status", "status": 503}, "503"),
    "F2 509": ({"kind": "status", "status": 509}, "509"),
    "F9 a page of something in between": ({"kind": "html"}, "502"),
    "F15 login 500": ({"kind": "status", "route": "token", "status": 500}, "login 500"),
}


async def ask(tenant: Tenant) -> dict[str, str | None]:
    found = await tenant.calendar.free_busy([ANNA, BEN], DAY)
    return {mailbox: answer.unknown for mailbox, answer in found.items()}


async def asked_often(tenant: Tenant) -> None:
    for _ in range(3):
        await ask(tenant)


@pytest.mark.parametrize(("switch", "outcome"), DOWN.values(), ids=DOWN.keys())
async def test_f15_graph_or_login_down_is_an_outage_with_its_evidence(
    switch: dict[str, object], outcome: str
) -> None:
    async with emulated() as tenant:
        await tenant.fault(**switch)
        await asked_often(tenant)
        assert tenant.watch.is_away
        is_login = outcome.startswith("login")
        assert tenant.watch.kind == (OutageKind.TOKENS if is_login else OutageKind.GRAPH)
        assert {each.outcome for each in tenant.watch.take_news().failed} == {outcome}


async def test_f15_the_first_answer_ends_it() -> None:
    async with emulated() as tenant:
        await tenant.fault(kind="status", status=503)
        await asked_often(tenant)
        async with tenant.http.delete(f"{tenant.url}/control/faults"):
            pass
        assert set((await ask(tenant)).values()) == {None}
        assert not tenant.watch.is_away
        assert tenant.watch.ended_by is not None
        assert tenant.watch.ended_by.request_id


async def test_f10_one_that_never_answers_is_cut_off_and_others_are_served() -> None:
    async with emulated(total_seconds=0.4) as tenant:
        await tenant.fault(kind="latency", seconds=60, mailbox=ANNA)
        slow = asyncio.create_task(tenant.calendar.read_event(ANNA, "x"))
        assert (await tenant.calendar.free_busy([BEN], DAY))[BEN].unknown is None
        with pytest.raises(Transient, match="timeout"):
            await slow


async def test_f10_when_nobody_answers_in_time_it_is_an_outage() -> None:
    async with emulated(total_seconds=0.1) as tenant:
        # a token first: the login is not slow
        await ask(tenant)
        await tenant.fault(kind="latency", seconds=60)
        await asked_often(tenant)
        assert tenant.watch.is_away
        assert {each.outcome for each in tenant.watch.take_news().failed} == {"timeout"}


async def test_f9_a_page_told_as_a_success_is_never_free_and_counts_as_no_answer() -> None:
    def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>Sign in</html>", content_type="text/html")

    async with a_stranger(page) as stranger:
        for _ in range(2):
            found = await stranger.calendar.free_busy([ANNA, BEN], DAY)
            assert all(answer.unknown for answer in found.values())
        assert stranger.watch.is_away


def _hang_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_f3_a_line_that_is_cut_each_time_is_an_outage() -> None:
    async with a_stranger(_hang_up) as stranger:
        for _ in range(2):
            await stranger.calendar.free_busy([ANNA, BEN], DAY)
        assert stranger.watch.is_away
        (outcome,) = {each.outcome for each in stranger.watch.take_news().failed}
        assert outcome.startswith("network_")


async def test_f9_an_answer_past_one_megabyte_is_cut_off_and_counts_as_none() -> None:
    page = says('{"value": "' + "x" * (2 * 1024 * 1024) + '"}')
    async with a_stranger(page) as stranger:
        for mailbox in (ANNA, BEN, ANNA):
            with pytest.raises(Transient, match="network_"):
                await stranger.calendar.read_event(mailbox, "x")
        assert stranger.watch.is_away


async def test_f14_one_dead_mailbox_is_unknown_its_colleague_is_not_and_it_is_no_outage() -> None:
    async with emulated() as tenant:
        await tenant.fault(kind="dead_mailbox", mailbox=ANNA)
        for _ in range(5):
            found = await ask(tenant)
            assert found[ANNA] is not None
            assert found[BEN] is None
        assert not tenant.watch.is_away


async def test_f12_a_mailbox_without_a_licence_refuses_for_good_and_it_is_no_outage() -> None:
    async with emulated() as tenant:
        await tenant.fault(
            kind="status", status=404, code="MailboxNotEnabledForRESTAPI", mailbox=ANNA
        )
        for _ in range(4):
            with pytest.raises(GraphError) as refused:
                await tenant.calendar.write_event(DRAFT)
            assert not refused.value.is_transient
        assert not tenant.watch.is_away


@pytest.mark.parametrize("status", [413, 507])
async def test_f13_a_full_mailbox_refuses_for_good_and_is_no_outage(status: int) -> None:
    async with emulated() as tenant:
        await tenant.fault(kind="status", status=status, code="ErrorQuotaExceeded")
        for _ in range(4):
            with pytest.raises(GraphError) as refused:
                await tenant.calendar.write_event(DRAFT)
            assert not refused.value.is_transient
        assert not tenant.watch.is_away


@pytest.mark.parametrize("status", [401, 403])
async def test_f11_a_refusal_costs_one_new_token_and_no_loop(status: int) -> None:
    async with a_stranger(says({"error": {"code": "x"}}, status=status)) as stranger:
        with pytest.raises(GraphError):
            await stranger.calendar.read_event(ANNA, "x")
        expected = {401: (2, 2), 403: (1, 1)}[status]
        assert (len(stranger.heard), stranger.tokens_given) == expected


@pytest.mark.parametrize("after", [2, 120, "abc", "-5", None])
async def test_f1_throttling_in_any_form_is_no_outage(after: object) -> None:
    async with emulated(tenant=build_tenant(default_file())) as tenant:
        await tenant.fault(kind="throttle", retry_after=after)
        await asked_often(tenant)
        assert not tenant.watch.is_away

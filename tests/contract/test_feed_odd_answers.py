"""What the CalendarFeed port makes of answers, good and odd, over real sockets."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from graph.auth import Credentials, TokenSource
from graph.client import GraphClient
from graph.emulator.tenant_file import DEMO_CLIENT, DEMO_SECRET, DEMO_TENANT
from graph.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Permanent,
    Throttled,
    Transient,
)
from graph.feed import OutlookFeed
from scheduling.catalog import BusyStatus
from scheduling.clock import SystemClock
from scheduling.ports import Subscription
from scheduling.timespan import TimeSpan
from tests.contract.calendar_world import ANNA, DAY, SPAN, Answer, PauseNotes, a_stranger, says
from tests.fakes import FixedClock

NOW = datetime(2030, 5, 1, 8, tzinfo=UTC)
HOOK = "https://bot.example.org/graph/notifications"
STANDING = Subscription("S1", ANNA, NOW + timedelta(days=1))


@dataclass
class Feed:
    url: str
    port: OutlookFeed
    heard: list[web.Request]

    @property
    def delta_link(self) -> str:
        return f"{self.url}/v1.0/users/{ANNA}/calendarView/delta?$deltatoken=D1"

    def told(self) -> list[str]:
        """The requests in short, as `GET delta`."""
        return [f"{r.method} {r.path.rpartition('/')[2]}" for r in self.heard]


@asynccontextmanager
async def a_feed(
    *answers: Answer, url: str | None = HOOK, zone: str = "UTC"
) -> AsyncIterator[Feed]:
    async with a_stranger(*answers) as stranger:
        tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), stranger.url)
        client = GraphClient(tokens, SystemClock(), f"{stranger.url}/v1.0")
        feed = OutlookFeed(
            client, FixedClock(NOW), {ANNA.upper(): zone},
            notification_url=url, pace=PauseNotes().pace(),
        )  # fmt: skip
        yield Feed(stranger.url, feed, stranger.heard)
        await client.close()
        tokens.close()


def an_event(event_id: str = "E1", **changed: object) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": 'W/"1"',
        "id": event_id,
        "type": "singleInstance",
        "seriesMasterId": None,
        "showAs": "busy",
        "isAllDay": False,
        "isCancelled": False,
        "start": {"dateTime": "2030-05-06T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2030-05-06T09:30:00.0000000", "timeZone": "UTC"},
        **changed,
    }


def bare(event_id: str, hour: int) -> dict[str, object]:
    """An occurrence as real tenants tell it."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": 'W/"1"',
        "id": event_id,
        "type": "occurrence",
        "seriesMasterId": "M",
        "start": {"dateTime": f"2030-05-06T{hour:02}:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": f"2030-05-06T{hour:02}:30:00.0000000", "timeZone": "UTC"},
    }


def removed(event_id: str) -> dict[str, object]:
    return {
        "@odata.type": "#microsoft.graph.event",
        "id": event_id,
        "@removed": {"reason": "deleted"},
    }


def page(*events: object, token: str = "$deltatoken=D2", **also: object) -> Answer:
    """A page that ends the round, or leads on where the token is a `$skiptoken`."""

    def answer(request: web.Request) -> web.StreamResponse:
        kind = "deltaLink" if "delta" in token else "nextLink"
        link = f"{request.url.origin()}/v1.0/users/{ANNA}/calendarView/delta?{token}"
        return says({"value": events, f"@odata.{kind}": link, **also})(request)

    return answer


def more(*events: object, token: str = "$skiptoken=P2") -> Answer:
    return page(*events, token=token)


def refuses(status: int, code: str = "") -> Answer:
    return says({"error": {"code": code, "message": "Anna"}}, status)


async def test_a_first_look_is_the_whole_window_on_all_pages() -> None:
    pages = (more(an_event("E1")), more(token="$skiptoken=P3"), page(an_event("E2")))
    async with a_feed(*pages) as feed:
        changes = await feed.port.changes(ANNA, DAY)
        assert [r.query.get("$skiptoken") for r in feed.heard] == [None, "P2", "P3"]
    assert [i.event_id for i in changes.items] == ["E1", "E2"]
    assert changes.is_whole
    assert changes.link.endswith("$deltatoken=D2")


async def test_every_page_is_asked_with_the_same_preferences() -> None:
    async with a_feed(more(), page()) as feed:
        await feed.port.changes(ANNA, DAY)
        for request in feed.heard:
            wanted = {each.strip() for each in request.headers["Prefer"].split(",")}
            assert {'IdType="ImmutableId"', "odata.maxpagesize=50"} <= wanted


async def test_the_first_page_names_the_window_and_a_link_does_not() -> None:
    async with a_feed(more(), page()) as feed:
        await feed.port.changes(ANNA, DAY)
        first, second = (set(r.query) for r in feed.heard)
    assert (first, second) == ({"startDateTime", "endDateTime"}, {"$skiptoken"})


async def test_a_later_look_tells_what_changed_and_what_is_gone() -> None:
    answer = page(an_event("E1"), removed("E2"), an_event("E3", isCancelled=True))
    async with a_feed(answer) as feed:
        changes = await feed.port.changes(ANNA, DAY, feed.delta_link)
        assert feed.heard[0].query["$deltatoken"] == "D1"
    assert ([i.event_id for i in changes.items], changes.gone) == (["E1"], ("E2", "E3"))
    assert not changes.is_whole


@pytest.mark.parametrize(
    ("first", "last", "gone"),
    [
        (an_event(), removed("E1"), ("E1",)),
        (removed("E1"), an_event(), ()),
        (an_event(showAs="free"), an_event(showAs="oof"), ()),
    ],
)
async def test_the_last_word_on_an_event_counts(
    first: object, last: dict[str, object], gone: tuple[str, ...]
) -> None:
    async with a_feed(more(first), page(last)) as feed:
        changes = await feed.port.changes(ANNA, DAY, feed.delta_link)
    assert changes.gone == gone
    assert [i.status.value for i in changes.items] == ([] if gone else [last["showAs"]])


async def test_an_all_day_event_is_the_day_of_the_mailbox() -> None:
    day = an_event(
        isAllDay=True,
        start={"dateTime": "2030-05-06T00:00:00.0000000", "timeZone": "UTC"},
        end={"dateTime": "2030-05-07T00:00:00.0000000", "timeZone": "UTC"},
    )
    async with a_feed(page(day), zone="Europe/Berlin") as feed:
        changes = await feed.port.changes(ANNA, DAY)
    begin = datetime(2030, 5, 5, 22, tzinfo=UTC)
    assert changes.items[0].span == TimeSpan(begin, begin + timedelta(days=1))


@pytest.mark.parametrize(
    "lost",
    [
        says("", 410, Location="/v1.0/elsewhere?$deltatoken="),
        refuses(410, "ResyncRequired"),
        refuses(400, "syncStateNotFound"),
        refuses(404, "SYNCSTATENOTFOUND"),
        refuses(409, "SyncStateInvalid"),
        refuses(400, "BadRequest"),
    ],
)
async def test_a_link_that_is_worn_out_leads_to_the_whole_window(lost: Answer) -> None:
    async with a_feed(lost, page(an_event())) as feed:
        changes = await feed.port.changes(ANNA, DAY, feed.delta_link)
        assert "startDateTime" in feed.heard[1].query
        assert len(feed.heard) == 2
    assert changes.is_whole
    assert [i.event_id for i in changes.items] == ["E1"]


async def test_what_was_read_before_the_loss_is_forgotten() -> None:
    async with a_feed(more(an_event("OLD")), refuses(410), page(an_event("NEW"))) as feed:
        changes = await feed.port.changes(ANNA, DAY, feed.delta_link)
    assert [i.event_id for i in changes.items] == ["NEW"]


async def test_a_loss_in_the_middle_of_the_whole_is_for_later() -> None:
    async with a_feed(more(an_event()), refuses(410, "SyncStateNotFound")) as feed:
        with pytest.raises(Transient, match="SyncStateNotFound"):
            await feed.port.changes(ANNA, DAY)
        assert len(feed.heard) == 2


@pytest.mark.parametrize(
    "link", ["https://graph.example.org/v1.0/x?$deltatoken=1", "http://[", ""]
)
async def test_a_link_to_another_house_is_not_followed_but_replaced(link: str) -> None:
    async with a_feed(page(an_event())) as feed:
        assert (await feed.port.changes(ANNA, DAY, link)).is_whole
        assert len(feed.heard) == 1


@pytest.mark.parametrize("kind", ["nextLink", "deltaLink"])
async def test_a_page_that_leads_to_another_house_is_refused(kind: str) -> None:
    link = "https://graph.example.org/v1.0/users?$skiptoken=1"
    async with a_feed(says({"value": [an_event()], f"@odata.{kind}": link})) as feed:
        with pytest.raises(Transient, match="foreign_link"):
            await feed.port.changes(ANNA, DAY)


async def test_an_endless_row_of_pages_is_given_up() -> None:
    async with a_feed(more()) as feed:
        with pytest.raises(Transient, match="too_many_pages"):
            await feed.port.changes(ANNA, DAY)


@pytest.mark.parametrize(
    "answer",
    [
        says("<html>Sign in</html>"),
        says(""),
        says({}),
        says({"value": []}),
        says("", 302, Location="/v1.0/signin"),
        says({"value": [{"start": {}}], "@odata.deltaLink": "x"}),
        page(an_event(start=None)),
        page(an_event(id="")),
        page({"id": "E1", "showAs": "free"}),
    ],
)
async def test_an_odd_answer_is_never_an_empty_calendar(answer: Answer) -> None:
    async with a_feed(answer) as feed:
        with pytest.raises(Transient):
            await feed.port.changes(ANNA, DAY)


async def test_a_page_past_all_bounds_is_refused_and_a_long_one_is_read() -> None:
    for mebibytes, fits in ((3, True), (9, False)):
        async with a_feed(page(an_event(body="x" * mebibytes * 1024 * 1024))) as feed:
            if fits:
                assert (await feed.port.changes(ANNA, DAY)).items
                continue
            with pytest.raises(Transient):
                await feed.port.changes(ANNA, DAY)


async def test_a_server_error_on_a_page_is_asked_again() -> None:
    async with a_feed(more(an_event("E1")), refuses(503), page(an_event("E2"))) as feed:
        changes = await feed.port.changes(ANNA, DAY)
    assert len(changes.items) == 2


async def test_nobody_waits_for_a_retry_after_beyond_the_budget() -> None:
    async with a_feed(says("", 429, Retry_After="120")) as feed:
        with pytest.raises(Throttled):
            await feed.port.changes(ANNA, DAY)
        assert len(feed.heard) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refuses(403, "ErrorAccessDenied"), Forbidden),
        (refuses(404, "MailboxNotEnabledForRESTAPI"), NotFound),
    ],
)
async def test_a_mailbox_out_of_reach_is_told_as_such(answer: Answer, kind: type) -> None:
    async with a_feed(answer) as feed:
        with pytest.raises(kind):
            await feed.port.changes(ANNA, DAY, feed.delta_link)


async def test_bare_occurrences_are_told_by_the_series_beside_them() -> None:
    series = an_event("M", type="seriesMaster", showAs="free")
    async with a_feed(page(series, bare("O1", 9), bare("O2", 10))) as feed:
        changes = await feed.port.changes(ANNA, DAY)
        assert feed.told() == ["GET delta()"]
    assert [(i.event_id, i.status) for i in changes.items] == [
        ("O1", BusyStatus.FREE),
        ("O2", BusyStatus.FREE),
    ]


async def test_a_series_that_is_not_beside_its_occurrences_is_asked_for_once() -> None:
    series = says(an_event("M", type="seriesMaster", showAs="oof"))
    async with a_feed(page(bare("O1", 9), bare("O2", 10)), series) as feed:
        changes = await feed.port.changes(ANNA, DAY)
        assert feed.told() == ["GET delta()", "GET M"]
        assert "showAs" in feed.heard[1].query["$select"]
    assert {i.status for i in changes.items} == {BusyStatus.OOF}


async def test_occurrences_of_a_series_that_is_not_there_block() -> None:
    async with a_feed(page(bare("O1", 9)), refuses(404, "ErrorItemNotFound")) as feed:
        changes = await feed.port.changes(ANNA, DAY)
    assert [i.status for i in changes.items] == [BusyStatus.UNKNOWN]


@pytest.mark.parametrize("changed", [bare("O1", 9), an_event("M", type="seriesMaster")])
async def test_a_series_that_changed_leads_to_the_whole_window(changed: object) -> None:
    series = an_event("M", type="seriesMaster")
    async with a_feed(page(changed), page(series, bare("O2", 10))) as feed:
        changes = await feed.port.changes(ANNA, DAY, feed.delta_link)
        assert feed.told() == ["GET delta", "GET delta()"]
    assert changes.is_whole
    assert [i.event_id for i in changes.items] == ["O2"]


async def test_of_a_deleted_series_nothing_is_left() -> None:
    series = an_event("M", type="seriesMaster")
    answers = (page(series, bare("O1", 9)), page(an_event("E1")), page(removed("M")), page())
    async with a_feed(*answers) as feed:
        whole = await feed.port.changes(ANNA, DAY)
        later = await feed.port.changes(ANNA, DAY, whole.link)
        assert not later.is_whole
        last = await feed.port.changes(ANNA, DAY, later.link)
        assert all("#" not in str(r.url) for r in feed.heard)
    assert (last.is_whole, last.items) == (True, ())


def promised(**changed: object) -> dict[str, object]:
    return {
        "id": "S1",
        "resource": f"users/{ANNA}/events",
        "changeType": "created,updated,deleted",
        "clientState": None,
        "notificationUrl": HOOK,
        "expirationDateTime": "2030-05-07T08:00:00.0000000Z",
        **changed,
    }


async def test_a_subscription_names_mailbox_secret_address_and_end() -> None:
    async with a_feed(says(promised(), 201)) as feed:
        made = await feed.port.subscribe(ANNA, "geheim")
        request = feed.heard[0]
        sent = json.loads(await request.read())
    assert 'IdType="ImmutableId"' in request.headers["Prefer"]
    assert sent == {
        "changeType": "created,updated,deleted",
        "resource": f"users/{ANNA}/events",
        "notificationUrl": HOOK,
        "lifecycleNotificationUrl": HOOK,
        "clientState": "geheim",
        "expirationDateTime": "2030-05-07T08:00:00Z",
    }
    assert made == Subscription("S1", ANNA, datetime(2030, 5, 7, 8, tzinfo=UTC))


async def test_the_end_that_graph_names_counts() -> None:
    short = promised(expirationDateTime="2030-05-02T10:00:00+02:00")
    async with a_feed(says(short, 201)) as feed:
        made = await feed.port.subscribe(ANNA, "geheim")
    assert made.ends_at == datetime(2030, 5, 2, 8, tzinfo=UTC)
    assert made.ends_at.tzinfo is UTC


async def test_without_an_address_nothing_is_asked_of_graph() -> None:
    async with a_feed(says({}), url=None) as feed:
        with pytest.raises(Permanent, match="no_notification_url"):
            await feed.port.subscribe(ANNA, "geheim")
        assert await feed.port.subscriptions() == ()
        assert feed.heard == []


async def test_a_lost_answer_is_not_asked_for_again() -> None:
    async with a_feed(refuses(504)) as feed:
        with pytest.raises(Transient):
            await feed.port.subscribe(ANNA, "geheim")
        assert len(feed.heard) == 1


async def test_a_subscription_of_ours_in_the_way_is_replaced() -> None:
    standing = says(
        {"value": [promised(id="OLD"), promised(id="BEN", resource="users/b@c/events")]}
    )
    answers = (refuses(409), standing, says("", 204), says(promised(id="NEW"), 201))
    async with a_feed(*answers) as feed:
        assert (await feed.port.subscribe(ANNA, "geheim")).id == "NEW"
        assert feed.told() == [
            "POST subscriptions",
            "GET subscriptions",
            "DELETE OLD",
            "POST subscriptions",
        ]


async def test_somebody_elses_subscription_in_the_way_is_left_alone() -> None:
    foreign = says({"value": [promised(notificationUrl="https://other.example.org")]})
    async with a_feed(refuses(409), foreign, refuses(409)) as feed:
        with pytest.raises(Conflict):
            await feed.port.subscribe(ANNA, "geheim")
        assert all(r.method != "DELETE" for r in feed.heard)


async def test_a_renewal_moves_the_end_and_nothing_else() -> None:
    async with a_feed(says(promised())) as feed:
        renewed = await feed.port.renew(STANDING)
        sent = json.loads(await feed.heard[0].read())
        assert feed.told() == ["PATCH S1"]
    assert sent == {"expirationDateTime": "2030-05-07T08:00:00Z"}
    assert renewed == replace(STANDING, ends_at=datetime(2030, 5, 7, 8, tzinfo=UTC))


async def test_a_subscription_that_graph_does_not_know_is_none() -> None:
    async with a_feed(refuses(404, "ResourceNotFound")) as feed:
        assert await feed.port.renew(STANDING) is None


async def test_a_failed_renewal_is_no_lost_subscription() -> None:
    async with a_feed(refuses(503)) as feed:
        with pytest.raises(Transient):
            await feed.port.renew(STANDING)


@pytest.mark.parametrize("answer", [says("", 204), refuses(404)])
async def test_ending_one_that_is_gone_is_no_error(answer: Answer) -> None:
    async with a_feed(answer) as feed:
        await feed.port.unsubscribe(STANDING)
        assert feed.told() == ["DELETE S1"]


async def test_our_subscriptions_are_found_on_all_pages_and_others_left_out() -> None:
    def first(request: web.Request) -> web.StreamResponse:
        link = f"{request.url.origin()}/v1.0/subscriptions?$skiptoken=2"
        found = [promised(), promised(id="X", notificationUrl="https://other.example.org")]
        return says({"value": found, "@odata.nextLink": link})(request)

    mail = promised(id="Y", resource=f"users/{ANNA}/messages")
    last = says({"value": [mail, promised(id="S2", resource="Users/ben%40contoso.com/Events")]})
    async with a_feed(first, last) as feed:
        found = await feed.port.subscriptions()
    assert [(s.id, s.mailbox) for s in found] == [("S1", ANNA), ("S2", "ben@contoso.com")]


async def test_an_event_in_the_window_is_found_where_it_is() -> None:
    async with a_feed(page(an_event())) as feed:
        assert (await feed.port.changes(ANNA, DAY)).items[0].span == SPAN

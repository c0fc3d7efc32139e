"""What the Calendar port makes of answers that no Graph should give, over real sockets."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from graph.errors import (
    DuplicateTransaction,
    Forbidden,
    GraphError,
    PreconditionFailed,
    SyncStateLost,
    Transient,
    Unauthorized,
)
from tests.contract.calendar_world import (
    ANNA,
    BEN,
    DAY,
    DRAFT,
    SPAN,
    Answer,
    a_stranger,
    an_event_body,
    says,
)

FREE = {"scheduleId": ANNA, "scheduleItems": []}
ODD_SCHEDULES = {
    "html with 200": says("<html>Sign in</html>"),
    "nothing": says(""),
    "no content": says("", 204),
    "null": says("null"),
    "a list": says([]),
    "no value": says({}),
    "a sign-in page behind a redirect": says("<html>", 302, Location="/v1.0/signin"),
    "not modified": says("", 304),
    "a server error": says({"error": {"code": "UnknownError", "message": ""}}, 500),
    "an error of another shape": says({"error": "no"}, 502),
    "nested without end": says("[" * 100_000),
    "nobody in it": says({"value": []}),
    "an item without end": says(
        {"value": [{"scheduleId": ANNA, "scheduleItems": [{"status": "busy"}]}]}
    ),
    "items null": says({"value": [{"scheduleId": ANNA, "scheduleItems": None}]}),
    "an error beside items": says(
        {"value": [{**FREE, "error": {"message": "x", "responseCode": 5006}}]}
    ),
    "there twice": says({"value": [FREE, FREE]}),
}


def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize("answer", ODD_SCHEDULES.values(), ids=ODD_SCHEDULES.keys())
async def test_no_odd_answer_is_ever_free(answer: Answer) -> None:
    async with a_stranger(answer) as stranger:
        assert (await stranger.calendar.free_busy([ANNA], DAY))[ANNA].unknown


async def test_a_line_cut_off_is_never_free() -> None:
    async with a_stranger(hang_up) as stranger:
        assert (await stranger.calendar.free_busy([ANNA], DAY))[ANNA].unknown


async def test_an_answer_past_all_bounds_is_never_free() -> None:
    huge = says({"value": [FREE], "padding": "x" * (9 * 1024 * 1024)})
    async with a_stranger(huge) as stranger:
        assert (await stranger.calendar.free_busy([ANNA], DAY))[ANNA].unknown


async def test_one_odd_entry_spoils_no_colleague() -> None:
    odd = {"scheduleId": ANNA, "scheduleItems": "none"}
    async with a_stranger(says({"value": [odd, {**FREE, "scheduleId": BEN.upper()}]})) as stranger:
        answers = await stranger.calendar.free_busy([ANNA, BEN], DAY)
    assert answers[ANNA].unknown
    assert answers[BEN].unknown is None


async def test_free_busy_is_asked_again_after_a_server_error() -> None:
    async with a_stranger(says("", 503), says({"value": [FREE]})) as stranger:
        assert (await stranger.calendar.free_busy([ANNA], DAY))[ANNA].unknown is None


async def test_nobody_waits_for_a_retry_after_beyond_the_budget() -> None:
    async with a_stranger(says("", 429, Retry_After="60"), says({"value": [FREE]})) as stranger:
        assert (await stranger.calendar.free_busy([ANNA], DAY))[ANNA].unknown == "http_429"
        assert len(stranger.heard) == 1


async def test_a_mailbox_out_of_scope_in_the_path_says_nothing_about_its_colleague() -> None:
    refused = says({"error": {"code": "ErrorAccessDenied", "message": ""}}, 403)

    def answer(request: web.Request) -> web.StreamResponse:
        if "anna" in request.path:
            return refused(request)
        return says({"value": [{**FREE, "scheduleId": BEN}]})(request)

    async with a_stranger(answer) as stranger:
        for _ in range(2):
            answers = await stranger.calendar.free_busy([ANNA, BEN], DAY)
            if answers[ANNA].unknown == "ErrorAccessDenied":
                break
    assert answers[ANNA].unknown == "ErrorAccessDenied"
    assert answers[BEN].unknown is None


async def test_the_same_mailbox_in_two_spellings_is_asked_once_and_answered_twice() -> None:
    async with a_stranger(says({"value": [FREE]})) as stranger:
        answers = await stranger.calendar.free_busy([ANNA, ANNA.upper()], DAY)
        assert len(json.loads(await stranger.heard[0].read())["schedules"]) == 1
    assert answers[ANNA].unknown is answers[ANNA.upper()].unknown is None


async def test_a_created_event_that_cannot_be_read_is_looked_for_and_adopted() -> None:
    found = says({"value": [an_event_body()]})
    async with a_stranger(says("{", 201), found, says(an_event_body())) as stranger:
        assert (await stranger.calendar.write_event(DRAFT)).event_id == "AAA="
        assert [r.method for r in stranger.heard] == ["POST", "GET", "GET"]


async def test_a_redirect_of_a_post_is_no_written_event_and_goes_nowhere() -> None:
    redirect = says("", 307, Location="/v1.0/elsewhere")
    async with a_stranger(redirect, says({"value": []})) as stranger:
        with pytest.raises(Transient):
            await stranger.calendar.write_event(DRAFT)
        assert all("elsewhere" not in r.path for r in stranger.heard)


async def test_an_event_out_of_sight_for_a_moment_is_waited_for() -> None:
    missing = says({"error": {"code": "ErrorItemNotFound", "message": ""}}, 404)
    created = says(an_event_body(), 201)
    async with a_stranger(created, missing, says(an_event_body())) as stranger:
        assert (await stranger.calendar.write_event(DRAFT)).event_id == "AAA="


async def test_an_event_that_stays_out_of_sight_is_no_final_failure() -> None:
    missing = says({"error": {"code": "ErrorItemNotFound", "message": ""}}, 404)
    async with a_stranger(says(an_event_body(), 201), missing) as stranger:
        with pytest.raises(Transient):
            await stranger.calendar.write_event(DRAFT)


async def test_an_event_without_our_mark_is_not_called_written() -> None:
    bare = an_event_body(singleValueExtendedProperties=[])
    async with a_stranger(says(bare, 201), says(bare)) as stranger:
        with pytest.raises(Transient, match="read_back_differs"):
            await stranger.calendar.write_event(DRAFT)


async def test_a_cancelled_event_is_not_called_written() -> None:
    gone = an_event_body(isCancelled=True)
    async with a_stranger(says(gone, 201), says(gone)) as stranger:
        with pytest.raises(Transient, match="read_back_differs"):
            await stranger.calendar.write_event(DRAFT)


async def test_a_link_of_an_online_meeting_may_come_late() -> None:
    linked = an_event_body(onlineMeeting={"joinUrl": "https://teams/x"})
    answers = (says(an_event_body(), 201), says(an_event_body()), says(linked))
    async with a_stranger(*answers) as stranger:
        written = await stranger.calendar.write_event(replace(DRAFT, online_meeting=True))
    assert written.join_url == "https://teams/x"


async def test_the_event_named_by_a_duplicate_is_adopted_where_the_search_finds_none() -> None:
    duplicate = says(
        {
            "error": {
                "code": "ErrorDuplicateTransactionId",
                "message": "used",
                "@event.existingEventId": "BBB=",
            }
        },
        409,
    )
    answers = (duplicate, says({"value": []}), says(an_event_body("BBB=")))
    async with a_stranger(*answers) as stranger:
        assert (await stranger.calendar.write_event(DRAFT)).event_id == "BBB="


async def test_a_duplicate_that_names_nothing_and_is_not_found_is_a_refusal() -> None:
    duplicate = says({"error": {"code": "ErrorDuplicateTransactionId", "message": "used"}}, 400)
    async with a_stranger(duplicate, says({"value": []})) as stranger:
        with pytest.raises(DuplicateTransaction):
            await stranger.calendar.write_event(DRAFT)


async def test_the_search_follows_pages_and_leaves_out_what_is_not_ours() -> None:
    foreign = an_event_body("CCC=", singleValueExtendedProperties=[])

    def first_page(request: web.Request) -> web.StreamResponse:
        link = f"{request.url.origin()}/v1.0/users/{ANNA}/events?%24skip=10"
        return says({"value": [foreign], "@odata.nextLink": link})(request)

    answers = (first_page, says({"value": [an_event_body()]}), says(an_event_body()))
    async with a_stranger(*answers) as stranger:
        written = await stranger.calendar.write_event(DRAFT, again=True)
        assert stranger.heard[1].query["$skip"] == "10"
    assert written.event_id == "AAA="


async def test_a_next_link_to_another_house_is_not_followed() -> None:
    page = says({"value": [], "@odata.nextLink": "https://graph.example.org/v1.0/users?x=1"})
    async with a_stranger(page) as stranger:
        with pytest.raises(Transient, match="foreign_link"):
            await stranger.calendar.write_event(DRAFT, again=True)


async def test_an_endless_row_of_pages_is_given_up() -> None:
    def page(request: web.Request) -> web.StreamResponse:
        return says({"value": [], "@odata.nextLink": str(request.url)})(request)

    async with a_stranger(page) as stranger:
        with pytest.raises(Transient, match="too_many_pages"):
            await stranger.calendar.write_event(DRAFT, again=True)


async def test_a_change_in_between_is_read_again_once() -> None:
    event, changed = says(an_event_body()), says({"error": {"code": "ErrorX"}}, 412)
    async with a_stranger(event, changed, event, event, event) as stranger:
        written = await stranger.calendar.update_event("AAA=", DRAFT)
        assert stranger.heard[1].headers["If-Match"] == 'W/"1"'
    assert written.span == SPAN


async def test_a_change_in_between_twice_is_told() -> None:
    event, changed = says(an_event_body()), says({"error": {"code": "ErrorX"}}, 412)
    async with a_stranger(event, changed, event, changed) as stranger:
        with pytest.raises(PreconditionFailed):
            await stranger.calendar.update_event("AAA=", DRAFT)


async def test_the_event_of_somebody_else_is_not_changed() -> None:
    foreign = an_event_body(singleValueExtendedProperties=None)
    async with a_stranger(says(foreign)) as stranger:
        with pytest.raises(GraphError, match="foreign_event"):
            await stranger.calendar.update_event("AAA=", DRAFT)
        assert [r.method for r in stranger.heard] == ["GET"]


@pytest.mark.parametrize("online", [True, False])
async def test_the_text_of_an_online_meeting_is_left_alone(online: bool) -> None:
    async with a_stranger(says(an_event_body(isOnlineMeeting=online))) as stranger:
        await stranger.calendar.update_event("AAA=", DRAFT)
        sent = json.loads(await stranger.heard[1].read())
    assert ("body" in sent) is not online


async def test_a_challenge_for_claims_is_met_with_a_fresh_token() -> None:
    claims = base64.b64encode(b'{"access_token":{"nbf":{"essential":true}}}').decode()
    challenge = says("", 401, WWW_Authenticate=f'Bearer realm="", claims="{claims}"')
    async with a_stranger(challenge, says(an_event_body())) as stranger:
        assert await stranger.calendar.read_event(ANNA, "AAA=")
        tokens = [r.headers["Authorization"] for r in stranger.heard]
    assert tokens == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_refused_twice_is_an_error_of_ours() -> None:
    async with a_stranger(says({"error": {"code": "InvalidAuthenticationToken"}}, 401)) as it:
        with pytest.raises(Unauthorized):
            await it.calendar.read_event(ANNA, "AAA=")
        assert len(it.heard) == 2


async def test_the_deepest_code_decides_and_ids_of_the_exchange_are_kept() -> None:
    body = {
        "error": {
            "code": "BadRequest",
            "message": "Anna Berger <anna@contoso.com> is unknown",
            "innerError": {"code": "400", "innererror": {"code": "SyncStateNotFound"}},
        }
    }
    async with a_stranger(says(body, 400, request_id="r-1")) as stranger:
        with pytest.raises(SyncStateLost) as caught:
            await stranger.calendar.read_event(ANNA, "AAA=")
        ours = stranger.heard[0].headers["client-request-id"]
    assert (caught.value.request_id, caught.value.client_request_id) == ("r-1", ours)
    assert "anna" not in str(caught.value).lower()


async def test_an_html_refusal_is_told_by_its_status() -> None:
    async with a_stranger(says("<html>Forbidden: anna@contoso.com</html>", 403)) as stranger:
        with pytest.raises(Forbidden) as caught:
            await stranger.calendar.read_event(ANNA, "AAA=")
    assert caught.value.code == "http_403"


async def test_a_span_longer_than_graph_takes_is_asked_in_parts() -> None:
    year = replace(SPAN, end=SPAN.start + timedelta(days=100))
    async with a_stranger(says({"value": [FREE]})) as stranger:
        await stranger.calendar.free_busy([ANNA], year)
        asked = sorted([json.loads(await r.read()) for r in stranger.heard], key=str)
    assert len(asked) == 2
    assert asked[0]["endTime"] == asked[1]["startTime"]
    assert asked[1]["endTime"]["dateTime"] == "2030-08-14T09:00:00"


async def test_a_part_of_a_span_that_failed_makes_the_mailbox_unknown() -> None:
    year = replace(SPAN, end=SPAN.start + timedelta(days=100))
    refused = says({"error": {"code": "ErrorTimeIntervalTooBig"}}, 400)
    async with a_stranger(refused, says({"value": [FREE]})) as stranger:
        answer = (await stranger.calendar.free_busy([ANNA], year))[ANNA]
    assert answer.unknown == "ErrorTimeIntervalTooBig"


async def test_no_more_than_twenty_mailboxes_go_into_one_question() -> None:
    names = [f"m{n}@contoso.com" for n in range(45)]
    async with a_stranger(says({"value": []})) as stranger:
        answers = await stranger.calendar.free_busy(names, DAY)
        sizes = [len(json.loads(await r.read())["schedules"]) for r in stranger.heard]
    assert sorted(sizes) == [5, 20, 20]
    assert set(answers) == set(names)

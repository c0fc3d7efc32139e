"""What a failure of Microsoft means for the promise that met it: come back, or set aside."""

from datetime import timedelta

import pytest

from bot.app import AFTER_OUTAGE, judge
from bot.channels import outbound
from graph.errors import (
    Forbidden,
    GraphError,
    ItemNotFound,
    NotFound,
    Permanent,
    PreconditionFailed,
    Throttled,
    TokenRefused,
    Transient,
)
from scheduling.errors import (
    BookingError,
    CalendarUnavailable,
    DocumentConflict,
    OutageGoesOn,
    StoreUnavailable,
)


@pytest.mark.parametrize("wait", [timedelta(seconds=2), timedelta(hours=1), None])
def test_f1_a_promise_that_was_throttled_comes_back_when_it_was_told(
    wait: timedelta | None,
) -> None:
    verdict = judge(Throttled("ApplicationThrottled", status=429, retry_after=wait))
    assert verdict is not None
    assert (verdict.delay, verdict.is_final) == (wait, False)


@pytest.mark.parametrize("status", [0, 500, 502, 503, 504, 509])
def test_f2_f3_what_may_pass_is_tried_again(status: int) -> None:
    verdict = judge(Transient("x", status=status))
    assert verdict is not None
    assert not verdict.is_final


def test_f11_a_missing_consent_is_set_aside_for_a_person() -> None:
    verdict = judge(Forbidden("ErrorAccessDenied", status=403))
    assert verdict is not None
    assert (verdict.reason, verdict.is_final) == ("ErrorAccessDenied", True)


def test_f11_a_refused_sign_in_waits_for_the_secret_to_be_mended() -> None:
    verdict = judge(TokenRefused("login_7000222", status=401))
    assert verdict is not None
    assert not verdict.is_final


def test_f12_a_mailbox_that_is_gone_is_set_aside() -> None:
    verdict = judge(NotFound("MailboxNotEnabledForRESTAPI", status=404))
    assert verdict is not None
    assert verdict.is_final


def test_f13_a_full_mailbox_is_set_aside() -> None:
    verdict = judge(Permanent("ErrorQuotaExceeded", status=507))
    assert verdict is not None
    assert verdict.is_final


def test_f15_what_waits_for_the_end_of_an_outage_is_tried_again_soon_after_it() -> None:
    verdict = judge(OutageGoesOn("b1"))
    assert verdict is not None
    assert (verdict.delay, verdict.is_final) == (AFTER_OUTAGE, False)


def test_a_calendar_that_does_not_answer_is_never_a_reason_to_set_aside() -> None:
    verdict = judge(CalendarUnavailable("staff:anna"))
    assert verdict is not None
    assert not verdict.is_final


@pytest.mark.parametrize("failure", [StoreUnavailable("locked"), DocumentConflict("told")])
def test_a_store_that_refused_for_a_moment_sets_nothing_aside_however_often_it_was_tried(
    failure: BookingError,
) -> None:
    verdict = judge(failure)
    assert verdict is not None
    assert not verdict.is_final


@pytest.mark.parametrize("kind", [ItemNotFound, PreconditionFailed])
def test_an_event_that_changed_or_went_amid_the_work_is_looked_at_again(
    kind: type[GraphError],
) -> None:
    verdict = judge(kind("x"))
    assert verdict is not None
    assert not verdict.is_final


def test_a_chat_that_takes_nothing_now_is_written_to_when_it_said_however_often_that_was() -> None:
    verdict = judge(outbound.Throttled(90.0))
    assert verdict is not None
    assert (verdict.delay, verdict.is_final) == (timedelta(seconds=90), False)


@pytest.mark.parametrize("failure", [outbound.ConversationGone("404"), outbound.Unreachable("x")])
def test_a_closed_chat_leaves_nothing_to_do(failure: Exception) -> None:
    verdict = judge(failure)
    assert verdict is not None
    assert (verdict.is_moot, verdict.is_final) == (True, False)

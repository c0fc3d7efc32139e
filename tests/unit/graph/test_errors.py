"""Which failure is which, and what it tells."""

import pytest

from graph import errors
from graph.errors import GraphError, Transient, kind_of


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "ErrorInvalidRequest", errors.Permanent),
        (400, "ErrorDuplicateTransactionId", errors.DuplicateTransaction),
        (409, "ErrorDuplicateTransactionId", errors.DuplicateTransaction),
        (409, "ErrorIrresolvableConflict", errors.Conflict),
        (401, "", errors.Unauthorized),
        (402, "", errors.Permanent),
        (403, "ErrorAccessDenied", errors.Forbidden),
        (404, "ErrorItemNotFound", errors.ItemNotFound),
        (404, "MailboxNotEnabledForRESTAPI", errors.NotFound),
        (404, "", errors.NotFound),
        (408, "", errors.Transient),
        (410, "", errors.SyncStateLost),
        (400, "SYNCSTATENOTFOUND", errors.SyncStateLost),
        (412, "ErrorIrresolvableConflict", errors.PreconditionFailed),
        (429, "ApplicationThrottled", errors.Throttled),
        (500, "SyncStateNotFound", errors.Transient),
        (507, "ErrorQuotaExceeded", errors.Permanent),
        (509, "", errors.Transient),
        (302, "", errors.Transient),
        (304, "", errors.Transient),
        (0, "", errors.Transient),
    ],
)
def test_each_refusal_has_its_kind(status: int, code: str, kind: type[GraphError]) -> None:
    assert kind_of(status, code) is kind


@pytest.mark.parametrize(
    ("kind", "is_transient"),
    [
        (errors.Throttled, True),
        (errors.TokenRefused, True),
        (errors.Transient, True),
        (errors.Forbidden, False),
        (errors.DuplicateTransaction, False),
        (errors.Permanent, False),
    ],
)
def test_what_may_pass_is_told_apart_from_what_stays(
    kind: type[GraphError], is_transient: bool
) -> None:
    assert kind("x").is_transient is is_transient


def test_the_message_is_bounded() -> None:
    assert len(str(Transient("x" * 5000))) == 256

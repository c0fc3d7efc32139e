"""Every failure of Microsoft Graph, by what the caller can do about it. One root: GraphError.

Own classes, because the SDK's carry bodies with personal data and tell apart what we must not
(a 504 and a 404 are one class there). Bodies are never kept, messages are cut.
"""

from datetime import timedelta
from typing import ClassVar

LONGEST_MESSAGE = 256


class GraphError(Exception):
    """Root. `status` 0 = no answer; `code` = the deepest known code of the body.

    `request_id` is Microsoft's name of the exchange, `client_request_id` ours: their support asks
    for both.
    """

    is_transient: ClassVar[bool] = False

    def __init__(
        self,
        code: str,
        *,
        status: int = 0,
        request_id: str = "",
        client_request_id: str = "",
        retry_after: timedelta | None = None,
    ) -> None:
        ids = f"request {request_id or 'unknown'}, ours {client_request_id or 'unknown'}"
        super().__init__(f"{code} (status {status}, {ids})"[:LONGEST_MESSAGE])
        self.code = code
        self.status = status
        self.request_id = request_id
        self.client_request_id = client_request_id
        self.retry_after = retry_after


class Transient(GraphError):
    """Try again later: 5xx, network, timeout, an answer that cannot be read. May have acted."""

    is_transient = True


class Throttled(Transient):
    """429: nothing was done; `retry_after` says when to come back."""


class Unauthorized(Transient):
    """401: nothing was done. Transient, since tokens are renewed and secrets get mended."""


class TokenRefused(Unauthorized):
    """The login gave no token: refused, throttled or out of reach. No request went to Graph."""


class Forbidden(GraphError):
    """403: consent or scope is missing."""


class NotFound(GraphError):
    """404: no such mailbox or subscription, or something in between that knows of none."""


class ItemNotFound(NotFound):
    """404 by a mailbox that answers: it has no such event. Nothing else says that one is gone.

    Where work met it, the event went while that was done: tried again, it reads what stands then.
    """

    is_transient = True


class Conflict(GraphError):
    """409: something stands there already."""


class DuplicateTransaction(Conflict):
    """The transactionId made another event before: `existing_event_id`, where it was named."""

    existing_event_id: str = ""


class PreconditionFailed(GraphError):
    """412: changed since it was read, each time anew; it is read again at the next attempt."""

    is_transient = True


class SyncStateLost(GraphError):
    """410: begin the synchronisation again."""


class Permanent(GraphError):
    """Any other refusal; repeating it changes nothing."""


BY_STATUS: dict[int, type[GraphError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    408: Transient,
    409: Conflict,
    410: SyncStateLost,
    412: PreconditionFailed,
    429: Throttled,
}
BY_CODE: dict[str, type[GraphError]] = {
    # seen as 400 and as 409
    "errorduplicatetransactionid": DuplicateTransaction,
    # learn.microsoft.com/graph/delta-query-overview: as 410 and as another 40x
    "syncstatenotfound": SyncStateLost,
    "syncstateinvalid": SyncStateLost,
    "resyncrequired": SyncStateLost,
    "erroritemnotfound": ItemNotFound,
}
MAILBOX_GONE = frozenset(
    {
        "errorinvaliduser",
        "errornonexistentmailbox",
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "request_resourcenotfound",
        # of getSchedule: the user or the mailbox is not known
        "error_5016",
    }
)


def is_mailbox_gone(code: str) -> bool:
    """Tell whether the code of a failure says that the mailbox is gone or has no licence."""
    return code.lower() in MAILBOX_GONE


def kind_of(status: int, code: str) -> type[GraphError]:
    """Return the error of an answer that is no success, by its status and deepest code."""
    if status == 507:
        # the mailbox is full: nothing but tidying it up will help
        return Permanent
    if status < 400 or status >= 500:
        # a redirect, too, comes from something in between and not from Graph
        return Transient
    return BY_CODE.get(code.lower()) or BY_STATUS.get(status, Permanent)

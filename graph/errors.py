"""Every failure of Microsoft Graph, by what the caller can do about it. One root: GraphError.

Own classes, because the SDK's carry bodies with personal data and tell apart what we must not
(a 504 and a 404 are one class there). Bodies are never kept, messages are cut.
"""

from datetime import timedelta


class GraphError(Exception):
    """Root. `status` 0 = no answer; `code` = the deepest known code of the body."""

    is_transient = False

    def __init__(
        self,
        code: str,
        *,
        status: int = 0,
        request_id: str = "",
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{code} (status {status}, request {request_id or 'unknown'})"[:256])
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after


class Transient(GraphError):
    """Try again later: 5xx, network, timeout, an answer that cannot be read. May have acted."""

    is_transient = True


class Throttled(Transient):
    """429: nothing was done; `retry_after` says when to come back."""


class Unauthorized(Transient):
    """401, or no token to be had: nothing was done. Transient, since secrets get mended."""


class Forbidden(GraphError):
    """403: consent or scope is missing."""


class NotFound(GraphError):
    """404: no such mailbox or event."""


class Conflict(GraphError):
    """409 and duplicates of a transactionId: something stands there already."""


class PreconditionFailed(GraphError):
    """412: changed since it was read."""


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
DUPLICATE_TRANSACTION = "ErrorDuplicateTransactionId"


def error_for(
    status: int, code: str, *, request_id: str = "", retry_after: timedelta | None = None
) -> GraphError:
    """Return the error of a refusing answer."""
    kind = BY_STATUS.get(status, Transient if status >= 500 else Permanent)
    if code == DUPLICATE_TRANSACTION:
        # seen as 400 and as 409
        kind = Conflict
    return kind(code or "unknown", status=status, request_id=request_id, retry_after=retry_after)

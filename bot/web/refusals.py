"""Which status and which words a refused request is answered with."""

from collections.abc import Mapping

from scheduling.errors import (
    BookingError,
    DocumentConflict,
    HoldExpired,
    LimitReached,
    MoveRefused,
    MoveTooLate,
    TooManyHolds,
    TransitionRefused,
)

_CONFLICTS = (
    DocumentConflict,
    HoldExpired,
    LimitReached,
    MoveRefused,
    MoveTooLate,
    TransitionRefused,
)
_REFUSALS: Mapping[int, str] = {
    403: "page_forbidden",
    404: "page_not_found",
    413: "page_too_large",
    429: "page_too_many",
}


def key_of(status: int) -> str:
    """Return the words of a refusal by HTTP."""
    return _REFUSALS.get(status, "page_bad_request")


def status_of(error: BookingError) -> int:
    """Return the status of a refusal by the desk."""
    if isinstance(error, TooManyHolds):
        return 429
    return 409 if isinstance(error, _CONFLICTS) else 503


def refusal_key(error: BookingError) -> str:
    """Return the words of a refusal by the desk."""
    return "page_too_many_holds" if isinstance(error, TooManyHolds) else error.code

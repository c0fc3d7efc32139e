"""Refusals in the shape of Microsoft Graph (learn.microsoft.com/graph/errors)."""

from typing import Any


class EmulatorError(Exception):
    """Root of everything the emulator refuses."""


class TenantFileError(EmulatorError):
    """The file of mailboxes, credentials or saved state cannot be used."""


class Refusal(EmulatorError):
    """A Graph error: `extra` are keys beside code and message."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.headers, self.extra = headers or {}, extra or {}


def bad_request(message: str, code: str = "BadRequest") -> Refusal:
    """400 with one of the codes of the reference."""
    return Refusal(400, code, message)


def invalid_request(message: str) -> Refusal:
    """400 as Outlook words it."""
    return Refusal(400, "ErrorInvalidRequest", message)


def invalid_parameter(message: str) -> Refusal:
    """400 for a value out of its range."""
    return Refusal(400, "ErrorInvalidParameter", message)


def no_item() -> Refusal:
    """404 for an event, message or calendar."""
    return Refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def no_user(name: str) -> Refusal:
    """404 for a directory entry or a mailbox."""
    return Refusal(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")

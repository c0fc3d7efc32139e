"""Faults that can be switched on. Pure: says what is to go wrong; app.py lets it happen."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    "throttle",
    "status",
    "before_write",
    "after_write",
    "latency",
    "truncate",
    "dead_mailbox",
    "token_refused",
    "html",
]
_WRITES = {"POST", "PATCH", "DELETE", "PUT"}
_READING_ACTIONS = {"getschedule", "$batch"}


class Fault(BaseModel):
    """One switch as it is posted to /control/faults."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    route: str | None = None
    """A literal segment of the path, as `events`, `getSchedule`, `sendMail`; None for all."""
    method: str | None = None
    mailbox: str | None = None
    """Address or object id as in the path; for dead_mailbox the one that is gone."""
    status: int = Field(default=503, ge=400, le=599)
    code: str | None = None
    retry_after: int | str | None = None
    """Seconds or an HTTP date; no header when left out."""
    count: int | None = Field(default=None, ge=1)
    """How many requests it hits, None until it is switched off."""
    seconds: float = Field(default=1.0, ge=0, le=600)

    @property
    def hits_login(self) -> bool:
        """Whether it is one of the token endpoint, which others without a route spare."""
        named = self.route == "token" and self.kind in {"status", "throttle"}
        return self.kind == "token_refused" or named

    def concerns(self, method: str, segments: tuple[str, ...], names: frozenset[str]) -> bool:
        """Whether a request is hit; `names` are the names of its mailbox in lower case."""
        lowered = {s.lower().removeprefix("microsoft.graph.") for s in segments}
        if self.route is not None and self.route.lower() not in lowered:
            return False
        if self.method is not None and self.method.upper() != method:
            return False
        if self.mailbox is not None and self.mailbox.lower() not in names:
            return False
        if self.kind in {"before_write", "after_write"}:
            return method in _WRITES and not lowered & _READING_ACTIONS
        return True


@dataclass(slots=True)
class Faults:
    """The switches that are on."""

    active: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Switch one on."""
        self.active.append(fault)

    def clear(self) -> None:
        """All is well again."""
        self.active.clear()

    def is_dead(self, mail: str) -> bool:
        """Whether that mailbox is gone."""
        wanted = mail.lower()
        return any(
            f.kind == "dead_mailbox" and (f.mailbox or "").lower() == wanted for f in self.active
        )

    def take(self, method: str, segments: tuple[str, ...], names: frozenset[str]) -> list[Fault]:
        """Return the faults that hit this request; their counts go down."""
        hit = [
            f
            for f in self.active
            if f.kind not in {"dead_mailbox", "token_refused"}
            and f.concerns(method, segments, names)
        ]
        for fault in hit:
            self._count(fault)
        return hit

    def take_token_fault(self) -> Fault | None:
        """Return the fault of the login, if it is on."""
        fault = next((f for f in self.active if f.hits_login), None)
        if fault is not None:
            self._count(fault)
        return fault

    def _count(self, fault: Fault) -> None:
        if fault.count is None:
            return
        fault.count -= 1
        if fault.count == 0:
            self.active.remove(fault)

"""What can go wrong on the way of a notification. Pure: the notifier lets it happen."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SyncFaultKind = Literal["lost", "doubled", "reordered", "delayed", "noisy", "wrong_client_state"]


class SyncFault(BaseModel):
    """One switch as it is posted to /control/sync/faults."""

    model_config = ConfigDict(extra="forbid")

    kind: SyncFaultKind
    mailbox: str | None = None
    """Address or object id, None for all."""
    count: int | None = Field(default=None, ge=1)
    """How many notifications it hits, None until it is switched off."""
    seconds: float = Field(default=1.0, ge=0, le=600)
    """How long a delayed one waits."""


@dataclass(slots=True)
class SyncFaults:
    """The switches that are on."""

    active: list[SyncFault] = field(default_factory=list)

    def take(self, names: frozenset[str]) -> dict[SyncFaultKind, SyncFault]:
        """Return what hits a notification of that mailbox; the counts go down."""
        hit = [f for f in self.active if f.mailbox is None or f.mailbox.lower() in names]
        for fault in hit:
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    self.active.remove(fault)
        return {fault.kind: fault for fault in hit}

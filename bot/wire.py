"""The seam of every channel: a raw message in, wire dicts out. No SDK type crosses it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Inbound:
    """One authenticated activity as it came, and what the channel proved about its sender.

    `owner` is the key of draft, holds and bookings: in Teams the person, whom the tenant vouches
    for, elsewhere the conversation. `reference` is all that is needed to write there later
    (plain strings).
    """

    raw: Mapping[str, object]
    channel: str
    """msteams, webchat, directline."""
    conversation: str
    user: str
    tenant: str = ""
    reference: Mapping[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """Key of everything that belongs to this person or conversation."""
        person = self.reference.get("aad_object_id")
        if self.channel == "msteams" and self.tenant and person:
            return f"{self.channel}:{self.tenant}:{person}"
        return f"{self.channel}:{self.conversation}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Activities to send, in order, and the body of an invoke's answer (None = no invoke)."""

    activities: tuple[dict[str, object], ...] = ()
    invoke_body: dict[str, object] | None = None

"""A subscription as it is kept. No wire shapes here."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Subscription:
    """A promise to tell an address of changes in one mailbox's calendar."""

    id: str
    client_id: str
    mailbox: str
    """Object id."""
    resource: str
    change_type: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: datetime
    immutable_ids: bool = False
    silent_from: datetime | None = None
    """From then on changes are lost, unless somebody renews or reauthorizes before."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of change it wants."""
        return frozenset(kind.strip().lower() for kind in self.change_type.split(","))

    def is_active(self, now: datetime) -> bool:
        """Whether it has not run out."""
        return self.expires > now

    def is_silent(self, now: datetime) -> bool:
        """Whether a challenge stayed without an answer."""
        return self.silent_from is not None and now >= self.silent_from

"""Reads what Graph posts when something changed: learn.microsoft.com/graph/webhooks.

A notification is a hint, not a fact: it may come late, twice, out of order, or from somebody else
(its `client_state` has to be compared before it is believed). Pure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from graph.errors import Permanent

LARGEST_BODY = 1024 * 1024
MOST_NOTIFICATIONS = 1000
UNREADABLE = "unreadable_notification"


class ChangeType(StrEnum):
    """What became of an event."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class LifecycleEvent(StrEnum):
    """What became of a subscription."""

    REAUTHORIZE = "reauthorizationRequired"
    """Renew it now, or it falls silent."""
    REMOVED = "subscriptionRemoved"
    """Subscribe again and read everything."""
    MISSED = "missed"
    """Read everything: some notifications were lost."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One entry: about an event (`change_type`), or about the subscription (`lifecycle_event`)."""

    subscription_id: str
    client_state: str
    """The secret of `subscribe`; empty where none came."""
    change_type: ChangeType | None
    lifecycle_event: LifecycleEvent | None
    event_id: str
    """Empty for news of the subscription, and where the event is not named."""


Kind = TypeVar("Kind", bound=StrEnum)
_Text = Annotated[str, StringConstraints(max_length=1024)]


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class _ResourceData(_Model):
    id: _Text | None = None


class _Entry(_Model):
    subscription_id: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    client_state: Annotated[str, StringConstraints(max_length=128)] | None = None
    change_type: _Text | None = None
    lifecycle_event: _Text | None = None
    resource: _Text | None = None
    resource_data: _ResourceData | None = None

    def notification(self) -> Notification:
        lifecycle = self.lifecycle_event or ""
        if not (self.change_type or lifecycle):
            raise Permanent(UNREADABLE)
        return Notification(
            subscription_id=self.subscription_id,
            client_state=self.client_state or "",
            change_type=None if lifecycle else _known(self.change_type or "", ChangeType.UPDATED),
            lifecycle_event=_known(lifecycle, LifecycleEvent.MISSED) if lifecycle else None,
            event_id="" if lifecycle else self._event_id(),
        )

    def _event_id(self) -> str:
        if self.resource_data and self.resource_data.id:
            return self.resource_data.id
        resource = self.resource or ""
        # `Users/{id}/Events/{event id}`, in letters of either case
        at = resource.lower().rfind("/events/")
        return resource[at + len("/events/") :] if at >= 0 else ""


class _Body(_Model):
    value: Annotated[list[_Entry], Field(max_length=MOST_NOTIFICATIONS)]


def read_notifications(body: bytes) -> tuple[Notification, ...]:
    """Return the entries in order; raises Permanent where anything is malformed or too large.

    A kind that is new is read as the one that asks for the most: `updated`, `missed`.
    """
    if len(body) > LARGEST_BODY:
        raise Permanent(UNREADABLE)
    try:
        entries = _Body.model_validate_json(body).value
    except ValidationError:
        # its text would repeat what was sent
        raise Permanent(UNREADABLE) from None
    return tuple(entry.notification() for entry in entries)


def _known(word: str, otherwise: Kind) -> Kind:
    kinds = {kind.value.lower(): kind for kind in type(otherwise)}
    return kinds.get(word.lower(), otherwise)

"""Notifications in the shape of Microsoft Graph. Pure."""

import uuid

from graph.emulator.event import Json
from graph.emulator.subscription import Subscription
from graph.emulator.sync import Notice
from graph.emulator.times import write_instant


def write_change(tenant_id: str, held: Subscription, notice: Notice) -> Json:
    """One change of one event."""
    identity = notice.immutable_id if held.immutable_ids else notice.event_id
    resource = f"Users/{notice.mailbox}/Events/{identity}"
    return {
        "id": str(uuid.uuid4()),
        "subscriptionId": held.id,
        "subscriptionExpirationDateTime": write_instant(held.expires),
        "clientState": held.client_state,
        "changeType": notice.kind,
        "resource": resource,
        "tenantId": tenant_id,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": resource,
            "@odata.etag": f'W/"{notice.change_key}"',
            "id": identity,
        },
    }


def write_lifecycle(tenant_id: str, held: Subscription, kind: str) -> Json:
    """One word about the subscription itself."""
    return {
        "subscriptionId": held.id,
        "subscriptionExpirationDateTime": write_instant(held.expires),
        "clientState": held.client_state,
        "tenantId": tenant_id,
        "lifecycleEvent": kind,
    }

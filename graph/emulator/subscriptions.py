"""The routes of /subscriptions: create with the handshake, list, renew, end."""

import asyncio
import uuid
from datetime import datetime
from urllib.parse import quote_plus

from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, bad_request
from graph.emulator.event import Json
from graph.emulator.query import page
from graph.emulator.subscription import Subscription
from graph.emulator.subscription_input import (
    SubscriptionBody,
    end_of,
    extension_error,
    mailbox_of_resource,
    read_renewal,
    read_subscription,
)
from graph.emulator.tenant import Mailbox
from graph.emulator.times import write_instant

_PAGE = 100


async def create(call: Call) -> Answer:
    """POST subscriptions: nothing is kept unless both addresses have answered right."""
    written = read_subscription(call)
    mailbox = mailbox_of_resource(call, written.resource)
    expires = end_of(call, written.expiration_date_time)
    _check_room(call, mailbox, written)
    urls = [written.notification_url, written.lifecycle_notification_url]
    await asyncio.gather(*(_shake_hands(call, url) for url in urls if url))
    # others may have subscribed while the receiver was thinking
    _check_room(call, mailbox, written)
    made = _made(call, mailbox, written, expires)
    call.tenant.sync.add(made)
    return Answer(201, {"@odata.context": _context(call, "/$entity"), **_shown(made)}, wrote=True)


def _made(
    call: Call, mailbox: Mailbox, written: SubscriptionBody, expires: datetime
) -> Subscription:
    return Subscription(
        id=str(uuid.uuid4()),
        client_id=call.client_id,
        mailbox=mailbox.object_id,
        resource=written.resource,
        change_type=written.change_type,
        notification_url=written.notification_url,
        lifecycle_url=written.lifecycle_notification_url,
        client_state=written.client_state,
        expires=expires,
        immutable_ids=call.wants_immutable_ids,
    )


def _check_room(call: Call, mailbox: Mailbox, written: SubscriptionBody) -> None:
    """Refuse the same subscription twice, and one too many for the mailbox."""
    options = call.tenant.options
    held = call.tenant.sync.following(mailbox.object_id, call.now)
    wanted = {kind.strip().lower() for kind in written.change_type.split(",")}
    same = any(s.client_id == call.client_id and s.kinds == wanted for s in held)
    if same and options.duplicate_subscription_status == 409:
        reason = "A subscription already exists. It must be deleted before another can be made."
        raise extension_error(409, "Conflict", reason)
    if len(held) >= options.subscriptions_per_mailbox:
        reason = "The number of subscriptions of this mailbox exceeds its quota."
        raise extension_error(403, "Forbidden", reason)


async def _shake_hands(call: Call, url: str) -> None:
    token = f"Validation: Testing client application reachability. Request-Id: {uuid.uuid4()}+/"
    address = f"{url}{'&' if '?' in url else '?'}validationToken={quote_plus(token)}"
    reply = None
    if call.outside is not None:
        reply = await call.outside.post(
            address,
            b"",
            content_type="text/plain; charset=utf-8",
            seconds=call.tenant.options.handshake_seconds,
        )
    if reply is None:
        raise _unanswered("Subscription validation request timed out.")
    if reply.status != 200:
        raise _unanswered(f"HTTP status code is '{reply.status}'.")
    if reply.content_type != "text/plain" or reply.text != token:
        raise _unanswered("Response must exactly match validationToken query parameter.")


def _unanswered(reason: str) -> Refusal:
    return bad_request(f"Subscription validation request failed. {reason}", "ValidationError")


def listing(call: Call) -> Answer:
    """GET subscriptions: the application's own."""
    sync = call.tenant.sync
    own = [s for s in sync.subscriptions.values() if s.client_id == call.client_id]
    listed = page(call, [_shown(s) for s in own if s.is_active(call.now)], default=_PAGE)
    return Answer(body={"@odata.context": _context(call), **listed})


def read(call: Call) -> Answer:
    """GET subscriptions/{id}."""
    found = _own(call)
    return Answer(body={"@odata.context": _context(call, "/$entity"), **_shown(found)})


def renew(call: Call) -> Answer:
    """PATCH subscriptions/{id}: a later end, which is an answer to a challenge as well."""
    found = _own(call)
    found.expires = end_of(call, read_renewal(call))
    found.silent_from = None
    call.tenant.sync.add(found)
    body = {"@odata.context": _context(call, "/$entity"), **_shown(found)}
    return Answer(body=body, wrote=True)


def reauthorize(call: Call) -> Answer:
    """POST subscriptions/{id}/reauthorize."""
    found = _own(call)
    found.silent_from = None
    call.tenant.sync.add(found)
    return Answer(204, wrote=True)


def delete(call: Call) -> Answer:
    """DELETE subscriptions/{id}."""
    call.tenant.sync.drop(_own(call))
    return Answer(204, wrote=True)


def _own(call: Call) -> Subscription:
    found = call.tenant.sync.find(call.params["subscription-id"], call.now)
    if found is None or found.client_id != call.client_id:
        raise Refusal(404, "ResourceNotFound", "The object was not found.")
    return found


def _context(call: Call, tail: str = "") -> str:
    return call.context(f"subscriptions{tail}")


def _shown(held: Subscription) -> Json:
    return {
        "id": held.id,
        "resource": held.resource,
        "applicationId": held.client_id,
        "changeType": held.change_type,
        "clientState": held.client_state,
        "notificationUrl": held.notification_url,
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": held.lifecycle_url,
        "expirationDateTime": write_instant(held.expires),
        "creatorId": str(uuid.uuid5(uuid.NAMESPACE_URL, held.client_id)),
        "includeResourceData": None,
        "latestSupportedTlsVersion": "v1_2",
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }

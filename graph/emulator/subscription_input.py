"""Reads the body of a POST or PATCH on subscriptions; refuses what Graph would refuse."""

import ipaddress
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from graph.emulator.call import Call
from graph.emulator.errors import Refusal, bad_request
from graph.emulator.tenant import Mailbox

SHORTEST, LONGEST = timedelta(minutes=45), timedelta(minutes=10_080)
_KINDS = {"created", "updated", "deleted"}
_RESOURCE = re.compile(
    r"/?(?:v1\.0/)?users(?:/|\(')([^/'()?]+)(?:'\))?(?:/calendar)?/events/?", re.IGNORECASE
)


class _Written(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)


class SubscriptionBody(_Written):
    """What a client writes to subscribe."""

    change_type: str
    notification_url: str = Field(max_length=4000)
    lifecycle_notification_url: str | None = Field(None, max_length=4000)
    resource: str = Field(max_length=2000)
    expiration_date_time: AwareDatetime
    client_state: str | None = Field(None, max_length=128)
    include_resource_data: bool | None = None


class _Renewal(_Written):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    expiration_date_time: AwareDatetime


def read_subscription(call: Call) -> SubscriptionBody:
    """Return the body, checked but for the mailbox, the address and the end."""
    try:
        read = SubscriptionBody.model_validate(_plain(call))
    except ValidationError as error:
        raise _invalid(error) from None
    kinds = {kind.strip().lower() for kind in read.change_type.split(",")}
    if not kinds <= _KINDS:
        raise invalid(f"changeType '{read.change_type[:100]}' is not supported.")
    if read.include_resource_data:
        raise invalid("Notifications with resource data are not supported here.")
    _check_url(read.notification_url)
    if read.lifecycle_notification_url is not None:
        _check_url(read.lifecycle_notification_url)
    return read


def read_renewal(call: Call) -> datetime:
    """Return the new end; nothing else can be changed."""
    try:
        return _Renewal.model_validate(_plain(call)).expiration_date_time
    except ValidationError as error:
        raise _invalid(error) from None


def _plain(call: Call) -> dict[str, object]:
    return {k: v for k, v in call.body_object().items() if "@" not in k and v is not None}


def invalid(message: str) -> Refusal:
    """400 as the subscription service words it."""
    return bad_request(message, "InvalidRequest")


def _invalid(error: ValidationError) -> Refusal:
    place = ".".join(str(part) for part in error.errors()[0]["loc"])
    return invalid(f"The property '{place}' of the subscription is missing or not valid.")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise invalid("A notification URL is not valid.") from None
    if parts.scheme == "https" and host:
        return
    if parts.scheme != "http" or not _is_loopback(host):
        raise invalid("A notification URL must use https; http goes to this machine only.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mailbox_of_resource(call: Call, resource: str) -> Mailbox:
    """Return the mailbox whose events are followed."""
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        raise invalid(f"Resource '{resource[:200]}' is not supported.")
    found = call.tenant.find(match[1])
    if found is None:
        raise extension_error(404, "NotFound", "The specified object was not found in the store.")
    return found


def extension_error(status: int, name: str, reason: str) -> Refusal:
    """Word what the mailbox's own service refuses."""
    message = f"Operation: Create; Exception: [Status Code: {name}; Reason: {reason}]"
    return Refusal(status, "ExtensionError", message)


def end_of(call: Call, wanted: datetime) -> datetime:
    """Return the end that is granted: at least 45 minutes, at most 10,080."""
    if wanted <= call.now:
        raise invalid("Subscription expiration cannot be in the past.")
    latest = call.now + LONGEST
    if wanted > latest and call.tenant.options.subscription_too_long == "refuse":
        minutes = int(LONGEST.total_seconds() // 60)
        raise invalid(f"Subscription expiration can only be {minutes} minutes in the future.")
    return min(max(wanted, call.now + SHORTEST), latest)

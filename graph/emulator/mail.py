"""sendMail and the mails that were sent."""

import base64
import binascii
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, bad_request, no_item
from graph.emulator.event import Json, new_id
from graph.emulator.event_input import ItemBody
from graph.emulator.event_output import plain_text
from graph.emulator.query import filter_test, order, page, select
from graph.emulator.tenant import Mail
from graph.emulator.times import write_instant


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, alias_generator=to_camel)


class _Address(_Part):
    address: str = Field(min_length=3, max_length=1000, pattern="^[^@\\s]+@[^@\\s]+$")


class _Recipient(_Part):
    email_address: _Address


class _Attachment(_Part):
    name: str = Field(max_length=1000)
    content_bytes: str | None = None


class _Message(_Part):
    subject: str | None = None
    body: ItemBody | None = None
    to_recipients: list[_Recipient] | None = Field(None, max_length=500)
    cc_recipients: list[_Recipient] | None = None
    bcc_recipients: list[_Recipient] | None = None
    reply_to: list[_Recipient] | None = None
    attachments: list[_Attachment] | None = None
    importance: Literal["low", "normal", "high"] | None = None
    internet_message_headers: list[dict[str, str]] | None = None


def send_mail(call: Call) -> Answer:
    """POST sendMail: accepted is not delivered."""
    mailbox = call.tenant.mailbox(call.params["user-id"])
    message = _read(call.parameter("message"))
    saved = call.parameter("saveToSentItems")
    mail = Mail(new_id("AAMkAM"), mailbox.mail, call.now, message, saved is not False)
    call.tenant.mails.append(mail)
    return Answer(202, wrote=True)


def _read(given: object) -> Json:
    try:
        message = _Message.model_validate(given).model_dump(
            exclude_unset=True, by_alias=True, mode="json"
        )
    except ValidationError as error:
        place = [str(part) for part in error.errors()[0]["loc"]]
        if "emailAddress" in place:
            raise Refusal(
                400, "ErrorInvalidRecipients", "At least one recipient isn't valid."
            ) from None
        raise bad_request(f"Cannot read the property 'message.{'.'.join(place)}'.") from None
    if not any(message.get(k) for k in ("toRecipients", "ccRecipients", "bccRecipients")):
        raise Refusal(400, "ErrorInvalidRecipients", "At least one recipient is needed.")
    for attachment in message.get("attachments") or []:
        attachment_bytes(attachment)
    return message


def attachment_bytes(attachment: Json) -> bytes:
    """Return the content of a file attachment; 400 if it is no base64."""
    try:
        return base64.b64decode(attachment.get("contentBytes") or "", validate=True)
    except (binascii.Error, ValueError):
        raise bad_request("The contentBytes of an attachment are not base64.") from None


def sent_by(call: Call) -> list[Mail]:
    """Return the saved mails of the mailbox in the path, the newest first."""
    mailbox = call.tenant.mailbox(call.params["user-id"])
    own = [m for m in call.tenant.mails if m.sender == mailbox.mail and m.saved]
    return own[::-1]


def messages(call: Call) -> Answer:
    """GET messages."""
    mails = sent_by(call)
    matches = filter_test(call.option("$filter"))
    items = [i for i in (write_message(call, m) for m in mails) if matches(i, None)]
    body = page(call, order(call, items), default=10)
    body["value"] = [select(call, item) for item in body["value"]]
    context = call.context(f"users('{call.params['user-id']}')/messages")
    return Answer(body={"@odata.context": context, **body})


def message(call: Call) -> Answer:
    """GET messages/{id}."""
    mail = _find(call)
    context = call.context(f"users('{call.params['user-id']}')/messages/$entity")
    return Answer(body={"@odata.context": context, **select(call, write_message(call, mail))})


def _find(call: Call) -> Mail:
    found = next((m for m in sent_by(call) if m.id == call.params["message-id"]), None)
    if found is None:
        raise no_item()
    return found


def attachments(call: Call) -> Answer:
    """GET messages/{id}/attachments."""
    mail = _find(call)
    context = call.context(f"users('{call.params['user-id']}')/messages('{mail.id}')/attachments")
    return Answer(body={"@odata.context": context, "value": _attachments(mail)})


def _attachments(mail: Mail) -> list[Json]:
    return [
        {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "@odata.mediaContentType": given.get("contentType") or "application/octet-stream",
            "id": f"{mail.id}-{index}",
            "lastModifiedDateTime": write_instant(mail.sent_at),
            "name": given["name"],
            "contentType": given.get("contentType") or "application/octet-stream",
            "size": len(attachment_bytes(given)),
            "isInline": bool(given.get("isInline")),
            "contentId": given.get("contentId"),
            "contentLocation": None,
            "contentBytes": given.get("contentBytes") or "",
        }
        for index, given in enumerate(mail.message.get("attachments") or [])
    ]


def write_message(call: Call, mail: Mail) -> Json:
    """Return a message as Graph shows it."""
    given, sent = mail.message, write_instant(mail.sent_at)
    mailbox = call.tenant.mailboxes.get(mail.sender.lower())
    sender = {
        "emailAddress": {"name": mailbox.name if mailbox else mail.sender, "address": mail.sender}
    }
    body = given.get("body") or {}
    shown: Json = {
        "@odata.etag": f'W/"{mail.id[-12:]}"',
        "id": mail.id,
        "createdDateTime": sent,
        "lastModifiedDateTime": sent,
        "receivedDateTime": sent,
        "sentDateTime": sent,
        "hasAttachments": bool(given.get("attachments")),
        "subject": given.get("subject") or "",
        "bodyPreview": plain_text(body.get("content") or "")[:255],
        "importance": given.get("importance") or "normal",
        "isRead": True,
        "isDraft": False,
        "body": {
            "contentType": body.get("contentType") or "text",
            "content": body.get("content") or "",
        },
        "sender": sender,
        "from": sender,
        "toRecipients": _people(given, "toRecipients"),
        "ccRecipients": _people(given, "ccRecipients"),
        "bccRecipients": _people(given, "bccRecipients"),
        "replyTo": _people(given, "replyTo"),
        "internetMessageHeaders": given.get("internetMessageHeaders") or [],
    }
    if "attachments" in (call.option("$expand") or ""):
        shown["attachments"] = _attachments(mail)
    return shown


def _people(given: Json, name: str) -> list[Json]:
    found = [r["emailAddress"] for r in given.get(name) or []]
    return [
        {"emailAddress": {"name": p.get("name") or p["address"], "address": p["address"]}}
        for p in found
    ]

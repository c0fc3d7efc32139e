"""The Notifier port on the emulator, and the calendar file it carries."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import icalendar
import pytest

from graph.errors import NotFound, Throttled, Transient
from graph.mail import ics
from scheduling.ports import Attachment, IcsEvent, Mail
from tests.contract.calendar_world import ANNA, SPAN, START, Tenant, a_stranger, emulated, says
from tests.contract.openapi import validate_request


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with emulated() as running:
        yield running


def a_mail(**changed: object) -> Mail:
    event = IcsEvent(
        uid="b1@terminbot", sequence=0, span=SPAN, zone="Europe/Berlin", summary="Beratung",
        description="Zeile 1\nZeile 2", location="Bonn", organizer_name="Praxis",
        organizer_email="praxis@contoso.com", stamp=START,
    )  # fmt: skip
    file = Attachment("termin.ics", "text/calendar", ics(event))
    values = {
        "sender_mailbox": ANNA, "to_name": "Alex", "to_email": "alex@example.org",
        "subject": "Termin", "html": "<p>Hallo</p>", "attachments": (file,),
    }  # fmt: skip
    return Mail(**{**values, **changed})


async def sent(tenant: Tenant) -> dict:
    posts = [r for r in await tenant.requests() if r["path"].endswith("/sendMail")]
    return posts[-1]["body"]


async def test_a_mail_goes_out_with_its_calendar_file(tenant: Tenant) -> None:
    await tenant.mail.send(a_mail())
    file = (await sent(tenant))["Message"]["attachments"][0]
    event = icalendar.Calendar.from_ical(base64.b64decode(file["contentBytes"])).events[0]
    assert event.start == SPAN.start
    assert event["uid"] == "b1@terminbot"


async def test_a_mail_is_what_graph_takes(tenant: Tenant) -> None:
    await tenant.mail.send(a_mail())
    validate_request("POST", "/users/{user-id}/sendMail", await sent(tenant))


async def test_a_mail_is_kept_in_the_senders_sent_items(tenant: Tenant) -> None:
    await tenant.mail.send(a_mail())
    assert (await sent(tenant))["SaveToSentItems"] is True


async def test_line_breaks_in_a_subject_or_name_add_nothing(tenant: Tenant) -> None:
    await tenant.mail.send(a_mail(subject="Termin\r\nBcc: x@y", to_name="Alex\nBcc: x@y"))
    message = (await sent(tenant))["Message"]
    assert message["subject"] == "Termin Bcc: x@y"
    assert message["toRecipients"][0]["emailAddress"]["name"] == "Alex Bcc: x@y"


async def test_half_a_surrogate_pair_does_not_stop_a_mail(tenant: Tenant) -> None:
    await tenant.mail.send(a_mail(to_name="Al\ud800ex", html="<p>\udfff</p>"))
    assert (await sent(tenant))["Message"]["body"]["content"] == "<p></p>"


async def test_a_throttled_mail_says_when_to_come_back(tenant: Tenant) -> None:
    await tenant.fault(kind="throttle", route="sendMail", retry_after=5)
    with pytest.raises(Throttled) as caught:
        await tenant.mail.send(a_mail())
    assert caught.value.retry_after == timedelta(seconds=5)


async def test_a_sender_without_mailbox_is_refused_for_good(tenant: Tenant) -> None:
    with pytest.raises(NotFound):
        await tenant.mail.send(a_mail(sender_mailbox="nobody@contoso.com"))


async def test_a_redirect_is_no_accepted_mail() -> None:
    async with a_stranger(says("", 302, Location="/v1.0/elsewhere")) as stranger:
        with pytest.raises(Transient):
            await stranger.mail.send(a_mail())
        assert len(stranger.heard) == 1

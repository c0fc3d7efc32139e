"""The customer's link stands in what they are sent, and leads to their booking."""

import re

from bot.manage_links import ManageLinks
from scheduling.booking import BookingState
from scheduling.outbox import JobKind
from tests.unit.test_cancel_notices import World

LINK = r"https://book\.example\.test/manage/([A-Za-z0-9_-]+)"


def standing() -> World:
    return World(state=BookingState.BOOKED, cancelled_by=None, cancelled_at=None)


async def opened(world: World, words: str) -> str:
    """Return the id of the booking that the link in these words leads to."""
    found = re.search(LINK, words)
    assert found
    links = ManageLinks(world.documents, world.store, world.clock)
    return (await links.open(found[1])).booking.id


async def test_the_confirmation_and_its_file_lead_to_the_booking() -> None:
    world = standing()
    await world.keep(JobKind.SEND_CONFIRMATION)
    (mail,) = world.mails
    assert await opened(world, mail.html) == world.booking.id
    file = mail.attachments[0].content.decode().replace("\r\n ", "")
    url = next(line for line in file.split("\r\n") if line.startswith("URL"))
    assert await opened(world, url) == world.booking.id
    assert await opened(world, file.split("DESCRIPTION")[1]) == world.booking.id


async def test_a_late_notice_in_the_chat_leads_to_the_booking() -> None:
    world = standing()
    await world.keep(JobKind.TELL_BOOKED)
    assert await opened(world, str(world.chats)) == world.booking.id


async def test_what_was_given_up_has_no_link_any_more() -> None:
    world = World()
    await world.keep(JobKind.TELL_CANCELLED)
    await world.keep(JobKind.MAIL_CANCELLED)
    assert re.search(LINK, str(world.chats) + world.mails[0].html) is None

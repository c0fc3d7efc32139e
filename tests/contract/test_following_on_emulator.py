"""What a booking makes of the answers about its event, with the real calendar port."""

from dataclasses import replace

import pytest

from scheduling.booking import Booking, BookingState, CancelledBy
from scheduling.ports import CalendarChanges
from tests.builders import NOW, a_booking, a_business, a_staff_member
from tests.contract.calendar_world import ANNA, DRAFT, Tenant, emulated
from tests.unit.jobs.following_world import WEEK, World

GONE = CalendarChanges((), (), "link", is_whole=True)


class OnOutlook(World):
    """A booking whose event stands in an emulated Outlook; its calendar was read as empty."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self.calendar = tenant.calendar
        anna = replace(a_staff_member("anna"), mailbox=ANNA)
        self.business = a_business(staff=(anna,))
        self.follower = self.process()

    async def seen_as_gone(self) -> Booking:
        draft = replace(DRAFT, booking_id=a_booking().id, span=a_booking().span)
        written = await self.calendar.write_event(draft)
        booking = self.store.put(a_booking(event_id=written.event_id, event_staff_id="anna"))
        assert booking.span.start > NOW
        self.doubted = written.event_id
        await self.follower.on_read("staff:anna", WEEK, GONE)
        return booking


@pytest.mark.parametrize(
    "code", ["MailboxNotEnabledForRESTAPI", "ErrorInvalidUser", "ResourceNotFound"]
)
async def test_f12_a_mailbox_that_is_gone_cancels_no_booking(code: str) -> None:
    async with emulated() as tenant:
        world = OnOutlook(tenant)
        booking = await world.seen_as_gone()
        await tenant.fault(kind="status", status=404, code=code, mailbox=ANNA)
        await world.settled()
        assert (world.now(booking), world.kinds()) == (booking, [])


async def test_one_event_that_is_not_found_for_a_moment_is_looked_for_by_our_mark() -> None:
    async with emulated() as tenant:
        world = OnOutlook(tenant)
        booking = await world.seen_as_gone()
        await tenant.fault(
            kind="status", status=404, code="ErrorItemNotFound", route=world.doubted
        )
        await world.settled()
        assert world.now(booking).state is BookingState.BOOKED


async def test_f5_what_its_own_mailbox_says_is_deleted_is_cancelled() -> None:
    async with emulated() as tenant:
        world = OnOutlook(tenant)
        booking = await world.seen_as_gone()
        await tenant.calendar.cancel_event(ANNA, world.doubted, "")
        await world.settled()
        assert world.now(booking).cancelled_by is CancelledBy.STAFF

"""The Outlook event of a booking: written, moved along and taken out, as the outbox promises.

A promise may be kept twice, and late: the booking as it stands now decides what is done.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.calendar_entries import event_draft
from bot.texts import text
from scheduling.booking import FREEING, Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import DocumentConflict
from scheduling.outbox import Job, JobKind, Promise, cancelling_event, version_of
from scheduling.ports import BookingStore, Calendar, DocumentStore, EventDraft, WrittenEvent
from scheduling.reminding import promises as reminding_promises

TELL_AFTER = timedelta(seconds=10)
"""Longer than a turn waits for Outlook: normally the turn itself has told the customer by then."""
LOOK_AGAIN_AFTER = timedelta(minutes=2)
"""Longer than a lease and a call together: nothing sent before is still on its way then."""
MOST_FOLLOWED = 5
"""Moves that one worker follows while it works."""
CONFIRMING = (JobKind.SEND_CONFIRMATION, "mail"), (JobKind.TELL_BOOKED, "tell")
"""What tells the customer that it is booked, and how its keys begin."""
LEFT = "event_left"
"""Kind of the marks on events that are being taken out while their bookings stand elsewhere."""


class NotYet(Exception):
    """It is not its turn; `delay` = when to ask again."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__("not yet")
        self.delay = delay


@dataclass(frozen=True, slots=True)
class Done:
    """What a kept promise leaves: the event as read back, and what follows from it."""

    written: WrittenEvent | None = None
    follow_ups: Sequence[Promise] = ()
    told: str = ""
    """How the customer was told: `mail` or `chat`, as soon as that was accepted; empty = not."""


Handler = Callable[[Job], Awaitable[Done]]


def channel_of(booking: Booking) -> str:
    """Return the channel on which the customer booked, empty where nobody can be reached there."""
    return booking.details.reply_to.get("channel", "") if booking.details else ""


class Events:
    """Keeps the promises about events; each may run twice, its effect must not."""

    def __init__(
        self,
        business: Business,
        bookings: BookingStore,
        documents: DocumentStore,
        calendar: Calendar,
        clock: Clock,
        channels: frozenset[str],
    ) -> None:
        """`channels`: on which customers can be written to."""
        self._business = business
        self._bookings = bookings
        self._documents = documents
        self._calendar = calendar
        self._clock = clock
        self._channels = channels

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {
            JobKind.WRITE_EVENT: self._write,
            JobKind.MOVE_EVENT: self._move,
            JobKind.CANCEL_EVENT: self._cancel,
        }

    async def _write(self, job: Job) -> Done:
        booking = await self._booking(job)
        if booking.state in FREEING:
            return await self._write_nothing(job, booking)
        if booking.version != version_of(job.payload):
            return await self._leave_to_the_move(job, booking)
        draft = event_draft(booking, self._business)
        if job.attempts > 1 and await self._stands_elsewhere(draft):
            # by the staff, before it was known as written
            return await self._move(job)
        written = _of(booking, await self._calendar.write_event(draft, again=job.attempts > 1))
        latest = await self._booking(job)
        if latest.state in FREEING or latest.staff_id != booking.staff_id:
            # at once, as this worker may have lost its lease: then nobody records the event
            await self._leave(latest, booking.staff_id, written.event_id)
            return Done(written)
        return Done(written, self._following(booking, *CONFIRMING))

    async def _stands_elsewhere(self, draft: EventDraft) -> bool:
        found = await self._calendar.find_event(draft)
        return found is not None and (found.is_all_day or found.span != draft.span)

    async def _write_nothing(self, job: Job, booking: Booking) -> Done:
        """Keep out the event of a booking given up; an earlier attempt may have written it."""
        if job.attempts == 1:
            return Done()
        staff_id = job.payload.get("staff", booking.staff_id)
        if found := await self._calendar.find_event(self._draft(booking, staff_id)):
            return Done(replace(_of(booking, found), staff_id=staff_id))
        # what the earlier attempt sent may still arrive; another job's may do so elsewhere
        which = f"{job.id}:late"
        later = self._clock.now() + LOOK_AGAIN_AFTER
        return Done(follow_ups=[cancelling_event(booking.id, which, later, staff_id=staff_id)])

    async def _leave_to_the_move(self, job: Job, booking: Booking) -> Done:
        """Write nothing for a booking that was moved; what an attempt left elsewhere goes.

        In the same calendar that may have brought the event back after it was moved.
        """
        strays = self._strays(job, booking)
        if strays or job.attempts == 1:
            return Done(follow_ups=strays)
        if booking.state is BookingState.NOTED:
            raise NotYet(LOOK_AGAIN_AFTER)
        return await self._move(job)

    async def _move(self, job: Job) -> Done:
        booking = await self._booking(job)
        if booking.state in FREEING:
            return await self._write_nothing(job, booking)
        is_late = booking.version != version_of(job.payload)
        if booking.state not in {BookingState.NOTED, BookingState.BOOKED} or (
            is_late and job.attempts == 1
        ):
            return Done()
        written, strays = await self._place(booking), self._strays(job, booking)
        for _ in range(MOST_FOLLOWED):
            latest = await self._booking(job)
            if latest.state in FREEING and written is not None:
                await self._take_out(booking, booking.staff_id, written.event_id)
                return Done(written)
            if latest.version == booking.version:
                break
            # moved again meanwhile: what was written now may have come after what was written then
            before, earlier = booking, written
            booking = latest
            written = await self._place(booking)
            if earlier is not None and (written is None or written.event_id != earlier.event_id):
                await self._leave(latest, before.staff_id, earlier.event_id)
        if written is None:
            return Done(follow_ups=strays)
        if booking.state is BookingState.BOOKED:
            # told by whoever recorded that
            return Done(written, strays)
        kinds = (JobKind.MAIL_MOVED, "moved_mail"), (JobKind.TELL_MOVED, "moved_tell")
        if booking.moved_from is None:
            kinds = CONFIRMING
        return Done(written, [*self._following(booking, *kinds), *strays])

    def _strays(self, job: Job, booking: Booking) -> Sequence[Promise]:
        """Return the promise to look for what an earlier attempt left with somebody else."""
        staff_id = job.payload.get("staff", booking.staff_id)
        if job.attempts == 1 or staff_id == booking.staff_id:
            return ()
        later = self._clock.now() + LOOK_AGAIN_AFTER
        which = f"late.{version_of(job.payload)}.{staff_id}"
        return [cancelling_event(booking.id, which, later, staff_id=staff_id)]

    async def _place(self, booking: Booking) -> WrittenEvent | None:
        """Bring the event to where the booking is; None for one that the staff took out.

        In another calendar than before it is written anew; the earlier one goes once this is
        recorded. So it is where it is gone while the booking was moved.
        """
        draft = event_draft(booking, self._business)
        event_id = await self._standing(booking, draft)
        if event_id:
            return _of(booking, await self._calendar.update_event(event_id, draft))
        if booking.state is BookingState.BOOKED:
            return None
        if booking.event_id and booking.event_staff_id == booking.staff_id:
            # the id of a transaction that Outlook may remember brings back what is gone
            draft = replace(draft, version=booking.version)
        written = await self._calendar.write_event(draft)
        if await self._is_left(written.event_id):
            raise NotYet(TELL_AFTER)
        return _of(booking, written)

    async def _standing(self, booking: Booking, draft: EventDraft) -> str:
        """Return the event that stands in the calendar of who serves now, empty = none."""
        if booking.event_id and booking.event_staff_id == booking.staff_id:
            event = await self._calendar.read_event(draft.mailbox, booking.event_id)
            if event is not None and not event.is_cancelled:
                return booking.event_id
        found = await self._calendar.find_event(draft)
        return found.event_id if found and not await self._is_left(found.event_id) else ""

    async def _cancel(self, job: Job) -> Done:
        booking = await self._booking(job)
        is_given_up = booking.state in FREEING
        event_id = job.payload.get("event", "")
        staff_id = job.payload.get("staff") or booking.event_staff_id or booking.staff_id
        if is_given_up and not event_id and "staff" not in job.payload:
            event_id = booking.event_id or ""
        if not event_id and (is_given_up or staff_id != booking.staff_id):
            found = await self._calendar.find_event(self._draft(booking, staff_id))
            event_id = found.event_id if found else ""
        if event_id and not await self._leave(booking, staff_id, event_id):
            raise NotYet(LOOK_AGAIN_AFTER)
        return Done()

    async def _leave(self, booking: Booking, staff_id: str, event_id: str) -> bool:
        """Take out an event for which no booking stands; False: it may be on its way back.

        The mark comes first and the booking is read after it. A move back to this calendar is in
        the store before it looks for the mark: so either it finds that, or it is seen here.
        """
        if booking.state in FREEING:
            await self._take_out(booking, staff_id, event_id)
            return True
        key = _key(event_id)
        if not (await self._documents.read(LEFT, key)).version:
            with suppress(DocumentConflict):
                left = {"booking": booking.id}
                await self._documents.write(LEFT, key, left, 0, self._clock.now())
        booking = await self._bookings.booking(booking.id)
        if booking.state not in FREEING and event_id == booking.event_id:
            return True
        if booking.state is BookingState.NOTED and booking.staff_id == staff_id:
            return False
        await self._take_out(booking, staff_id, event_id)
        await self._documents.remove(LEFT, key)
        return True

    async def _is_left(self, event_id: str) -> bool:
        return (await self._documents.read(LEFT, _key(event_id))).version > 0

    async def _take_out(self, booking: Booking, staff_id: str, event_id: str) -> None:
        mailbox = self._business.staff_member(staff_id).mailbox
        is_moved_away = staff_id != booking.event_staff_id
        key = "event_moved_away" if is_moved_away else "event_doubled"
        key = "event_cancelled" if booking.state in FREEING else key
        comment = text(key, self._business.language, number=booking.number)
        await self._calendar.cancel_event(mailbox, event_id, comment)

    def _following(self, booking: Booking, *kinds: tuple[JobKind, str]) -> list[Promise]:
        """Return the mail and the reminders; where there is a chat, the notice a moment later."""
        now = self._clock.now()
        if booking.span.end <= now:
            # noted in an outage that outlasted it: whoever came came, "booked" is no news any more
            return []
        payload = {"booking": booking.id, "version": str(booking.version)}
        (mail, mail_key), (tell, tell_key) = kinds
        key = f"{booking.id}:{booking.version}"
        following = [Promise(mail, f"{mail_key}:{key}", payload)]
        reminding = [JobKind.MAIL_REMINDER]
        if channel_of(booking) in self._channels:
            reminding.append(JobKind.TELL_REMINDER)
            following.append(Promise(tell, f"{tell_key}:{key}", payload, now + TELL_AFTER))
        return [*following, *reminding_promises(booking, self._business, now, reminding)]

    def _draft(self, booking: Booking, staff_id: str) -> EventDraft:
        draft = event_draft(booking, self._business)
        return replace(draft, mailbox=self._business.staff_member(staff_id).mailbox)

    async def _booking(self, job: Job) -> Booking:
        return await self._bookings.booking(job.payload["booking"])


def _key(event_id: str) -> str:
    return hashlib.sha256(event_id.encode()).hexdigest()


def _of(booking: Booking, written: WrittenEvent) -> WrittenEvent:
    return replace(written, version=booking.version, staff_id=booking.staff_id)

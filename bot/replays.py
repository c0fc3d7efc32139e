"""What was noted while no calendar answered is looked at before it is written.

An entry made in Outlook meanwhile may stand in the noted time. Then the booking is not written
over it: by the business's rule the customer is asked for another time, or both are kept. A write
that merely came late, and a move whose event was not moved in time, are looked at in the same way.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot import cards, pages
from bot.approvals import request_facts
from bot.calendar_entries import event_draft
from bot.cards.standing import conflict_words
from bot.conversation.replies import Said
from bot.conversation.wording import moment_words
from bot.events import Done, Handler, NotYet, channel_of
from bot.notices import SendActivity
from bot.texts import formats, language_for
from scheduling.booking import Booking, BookingState, CancelledBy
from scheduling.catalog import Business, ConflictRule
from scheduling.clock import Clock
from scheduling.errors import (
    BookingError,
    DocumentConflict,
    TransitionRefused,
    UnknownBooking,
)
from scheduling.outbox import Job, JobKind, Promise, cancelling_event, version_of
from scheduling.ports import (
    BookingStore,
    Calendar,
    DocumentStore,
    Mail,
    Notifier,
    WrittenEvent,
)
from scheduling.timespan import TimeSpan

log = structlog.get_logger(__name__)

LATE = timedelta(minutes=1)
"""The look before the confirmation was so long ago that another one is due."""
LOOK_AGAIN_AFTER = timedelta(minutes=2)
"""What an earlier attempt wrote may show as busy before it can be found as ours."""
SETTLE_EVERY = timedelta(minutes=30)
TOLD = "told"

IsClear = Callable[[Booking, WrittenEvent | None], Awaitable[bool]]
"""Whether nothing but our own stands there, the booking's event left out where it was read;
CalendarUnavailable, OutageGoesOn."""
TimesNear = Callable[[Booking], Awaitable[Sequence[TimeSpan]]]


class Replays:
    """Stands before the handler that writes events, and settles what it finds in the way."""

    def __init__(  # noqa: PLR0913 - one argument a port, all by name
        self,
        *,
        business: Business,
        bookings: BookingStore,
        documents: DocumentStore,
        calendar: Calendar,
        notifier: Notifier,
        senders: Mapping[str, SendActivity],
        links: cards.Links,
        clock: Clock,
        events: Mapping[str, Handler],
        is_clear: IsClear,
        times_near: TimesNear,
    ) -> None:
        """`events` keep the promises WRITE_EVENT and MOVE_EVENT."""
        self._business = business
        self._bookings = bookings
        self._documents = documents
        self._calendar = calendar
        self._notifier = notifier
        self._senders = senders
        self._links = links
        self._clock = clock
        self._events = events
        self._is_clear = is_clear
        self._times_near = times_near

    def handlers(self) -> Mapping[str, Handler]:
        """Return one handler per kind of promise."""
        return {
            JobKind.WRITE_EVENT: self._look_and_write,
            JobKind.MOVE_EVENT: self._look_and_write,
            JobKind.SETTLE_CONFLICT: self._settle,
            JobKind.TELL_CONFLICT: self._tell,
            JobKind.MAIL_CONFLICT: self._mail_customer,
            JobKind.MAIL_STAFF_CONFLICT: self._mail_staff,
        }

    async def _look_and_write(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if not self._needs_look(booking, job) or await self._may_be_written(booking, job):
            return await self._events[job.kind](job)
        if booking.version != version_of(job.payload):
            # told by the job of the later move; what this one has left is put right after that
            raise NotYet(SETTLE_EVERY)
        if self._business.outage.conflict is ConflictRule.KEEP:
            log.warning("conflict_kept", booking=booking.id)
            done = await self._events[job.kind](job)
            told = _promise(JobKind.MAIL_STAFF_CONFLICT, booking)
            return Done(done.written, (*done.follow_ups, told))
        if job.attempts > 1:
            later = self._clock.now() + LOOK_AGAIN_AFTER
            return Done(follow_ups=[_promise(JobKind.SETTLE_CONFLICT, booking, "first", later)])
        await self._note(booking)
        return Done()

    def _needs_look(self, booking: Booking, job: Job) -> bool:
        if booking.state is not BookingState.NOTED:
            return False
        if booking.version != version_of(job.payload):
            # what is left to a later move writes nothing; an attempt of a move goes on with that
            return job.kind == JobKind.MOVE_EVENT and job.attempts > 1
        noted_at = booking.noted_at
        is_late = noted_at is None or self._clock.now() - noted_at > LATE
        return booking.known_at is not None or job.attempts > 1 or is_late

    async def _may_be_written(self, booking: Booking, job: Job) -> bool:
        """Tell whether nothing is in the way, or only what was written for the booking itself."""
        if await self._is_clear(booking, None):
            return True
        if job.attempts == 1 and job.kind == JobKind.WRITE_EVENT:
            return False
        for own in await self._own_events(booking):
            is_there = own.staff_id == booking.staff_id and own.span == booking.span
            if is_there or await self._is_clear(booking, own):
                return True
        return False

    async def _own_events(self, booking: Booking) -> Sequence[WrittenEvent]:
        """Return what stands for the booking: where it was left, and with who serves now."""
        found: list[WrittenEvent] = []
        staff_id = booking.event_staff_id
        if booking.event_id and staff_id:
            mailbox = self._business.staff_member(staff_id).mailbox
            event = await self._calendar.read_event(mailbox, booking.event_id)
            if event is not None and not event.is_cancelled:
                found.append(replace(event, staff_id=staff_id))
        if staff_id != booking.staff_id or not found:
            # by an earlier attempt, or before a move to somebody else and back
            event = await self._calendar.find_event(event_draft(booking, self._business))
            if event is not None:
                found.append(replace(event, staff_id=booking.staff_id))
        return found

    async def _note(self, booking: Booking) -> None:
        """Keep the time, and promise to tell everybody and to settle it."""
        now = self._clock.now()
        until = now + self._business.outage.answer_within
        until = min(until, max(now, booking.span.start))
        following = [
            _promise(JobKind.MAIL_CONFLICT, booking),
            _promise(JobKind.MAIL_STAFF_CONFLICT, booking),
            _promise(JobKind.SETTLE_CONFLICT, booking, "1", min(now + SETTLE_EVERY, until)),
        ]
        if channel_of(booking) in self._senders:
            following.append(_promise(JobKind.TELL_CONFLICT, booking))
        log.warning("conflict_found", booking=booking.id)
        await self._bookings.note_conflict(
            booking.id, until, following, now, version=booking.version
        )

    async def _settle(self, job: Job) -> Done:
        """Write it once the time is clear; give it up when the customer has chosen nothing."""
        booking = await self._bookings.booking(job.payload["booking"])
        if booking.state is not BookingState.NOTED or booking.version != version_of(job.payload):
            return Done()
        if await self._may_be_written(booking, job):
            # an earlier attempt may have written it: look for it first
            kind = JobKind.WRITE_EVENT if booking.moved_from is None else JobKind.MOVE_EVENT
            return await self._events[kind](replace(job, kind=kind, attempts=job.attempts + 1))
        now = self._clock.now()
        until = booking.conflict_until
        if until is None:
            await self._note(booking)
            return Done()
        if until <= now:
            await self._give_up(booking)
            return Done()
        count = int(job.payload.get("count", "1")) + 1
        at = min(now + SETTLE_EVERY, until)
        return Done(follow_ups=[_promise(JobKind.SETTLE_CONFLICT, booking, str(count), at)])

    async def _give_up(self, booking: Booking) -> None:
        payload = {"booking": booking.id}
        following = [
            cancelling_event(booking.id),
            Promise(JobKind.MAIL_CANCELLED, f"cancelled_mail:{booking.id}:1", payload),
            Promise(JobKind.TELL_CANCELLED, f"cancelled_tell:{booking.id}:1", payload),
        ]
        now, version = self._clock.now(), booking.version
        mine = (booking.id, booking.owner)
        try:
            await self._bookings.cancel(*mine, CancelledBy.SYSTEM, following, now, version=version)
        except TransitionRefused:
            # the customer has chosen another time while the calendar was asked
            log.info("conflict_settled_meanwhile", booking=booking.id)

    async def _tell(self, job: Job) -> Done:
        """Write to the conversation, once, with other times where they are known."""
        booking = await self._conflicting(job)
        send = self._senders.get(channel_of(booking)) if booking else None
        if booking is None or send is None or booking.details is None:
            return Done()
        key = f"{booking.id}:conflict:{booking.version}"
        if (await self._documents.read(TOLD, key)).version:
            return Done()
        language = language_for(booking, self._business)
        said = [Said("conflict_told", self._told(booking, language))]
        is_movable = booking.decide_until is None
        if is_movable and (times := await self._times(booking, language)):
            said.append(Said("conflict_times", {"times": times}))
        for activity in cards.render(
            said, language=language, channel=channel_of(booking), links=self._links
        ):
            await send(booking.details.reply_to, activity)
        try:
            now = self._clock.now()
            await self._documents.write(TOLD, key, {"state": "conflict"}, 0, now)
        except DocumentConflict:
            log.debug("told_already_noted")
        return Done(told="chat")

    def _told(self, booking: Booking, language: str) -> dict[str, str]:
        zone = self._business.zone
        start, end = (m.astimezone(zone) for m in (booking.span.start, booking.span.end))
        return {
            "number": booking.number,
            "when": formats.when(start, end, language),
            "words": conflict_words(booking, zone.key, language),
        }

    async def _times(self, booking: Booking, language: str) -> str:
        """Return some other times in words; none where they are not known now."""
        try:
            near = await self._times_near(booking)
        except BookingError as failure:
            log.info("no_other_times", booking=booking.id, code=failure.code)
            return ""
        starts = (each.start.astimezone(self._business.zone) for each in near)
        return "; ".join(moment_words(start, language) for start in starts)

    async def _mail_customer(self, job: Job) -> Done:
        booking = await self._conflicting(job)
        if booking is not None and booking.details is not None:
            customer = booking.details.customer
            subject, html = pages.outcome_mail(booking, self._business, self._links)
            mail = Mail(self._sender(booking), customer.name, customer.email, subject, html)
            await self._notifier.send(mail)
            return Done(told="mail")
        return Done()

    async def _mail_staff(self, job: Job) -> Done:
        booking = await self._bookings.booking(job.payload["booking"])
        if booking.details is None:
            raise UnknownBooking(booking.id)
        member = self._business.staff_member(booking.staff_id)
        subject, html = pages.staff_conflict_mail(
            booking,
            self._business,
            request_facts(booking, self._business),
            demo=self._links.demo,
        )
        mail = Mail(self._sender(booking), member.name, member.mailbox, subject, html)
        await self._notifier.send(mail)
        return Done()

    async def _conflicting(self, job: Job) -> Booking | None:
        """Return the booking if it still waits for another time; else there is nothing to tell."""
        booking = await self._bookings.booking(job.payload["booking"])
        is_open = booking.state is BookingState.NOTED and booking.conflict_until is not None
        return booking if is_open and booking.version == version_of(job.payload) else None

    def _sender(self, booking: Booking) -> str:
        return self._business.mail_from or self._business.staff_member(booking.staff_id).mailbox


def _promise(
    kind: JobKind, booking: Booking, which: str = "1", run_at: datetime | None = None
) -> Promise:
    payload = {"booking": booking.id, "version": str(booking.version)}
    if which.isdecimal():
        payload["count"] = which
    return Promise(kind, f"{kind}:{booking.id}:{booking.version}:{which}", payload, run_at)

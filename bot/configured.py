"""A desk to ask without serving, over the configured calendars and store."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import business_file, invitations
from bot.inquiry import Inquiry, clock_at
from bot.jobs.feed import FAILURES
from bot.jobs.outages import outages, running_outage
from bot.outage_report import Effects, Report, effects_of
from bot.settings import Settings, SettingsInvalid, load_settings
from bot.slots_report import utc
from graph.errors import is_mailbox_gone
from scheduling import waits
from scheduling.booking import STANDING, Booking, BookingEvent
from scheduling.clock import SystemClock
from scheduling.desk import attending
from scheduling.errors import StoreUnavailable, UnknownBooking
from scheduling.outage import Outage
from scheduling.outbox import JobKind
from scheduling.store import Store, backup, erase_list, open_store, relocation
from scheduling.store.archive import Manifest
from scheduling.store.audit import Verdict
from scheduling.store.checkpoints import (
    CHECKPOINTS,
    CheckpointFile,
    CheckpointsInvalid,
    read_checkpoints,
)
from scheduling.store.erasing import Found
from scheduling.store.evidence import Evidence, collect
from scheduling.store.sealed import KeyFor, key_by
from scheduling.timespan import TimeSpan

NOTED_BEFORE = timedelta(days=1)
"""How long before an outage a booking may have been noted that still waits in it."""
FAR = timedelta(days=800)
MESSAGES = (
    JobKind.SEND_CONFIRMATION,
    JobKind.ASK_STAFF,
    JobKind.MAIL_OUTCOME,
    JobKind.MAIL_CANCELLED,
    JobKind.MAIL_MOVED,
    JobKind.MAIL_REMINDER,
    JobKind.MAIL_CONFLICT,
    JobKind.MAIL_STAFF_CONFLICT,
)
"""Mails; they go through Microsoft Graph as well."""


@asynccontextmanager
async def of_settings(settings: Settings, now: datetime | None) -> AsyncIterator[Inquiry]:
    """Ask the calendars and the store that the settings name; nothing is changed there.

    Raises BusinessFileInvalid, and StoreUnavailable where the database cannot be used.
    """
    # imported here: a restore must not wait for the SDKs
    from bot.parts import Parts

    business = business_file.load(settings.business_file)
    parts = Parts(settings, business, clock_at(now))
    async with AsyncExitStack() as stack:
        await parts.open(stack)
        failing = await _failing(parts.store)
        yield Inquiry(
            business,
            parts.finder(),
            parts.clock.now(),
            failing,
            await parts.store.queue.waiting(parts.clock.now()),
            tuple(await parts.store.queue.parked()),
            await running_outage(parts.store.documents),
            await _held(parts.store, failing, parts.clock.now()),
        )


async def take_up_again(settings: Settings, job_id: int | None) -> int:
    """Let parked work be tried again by the bot that runs; return how many jobs those are."""
    async with _opened(settings) as store:
        return await store.queue.take_up_again(job_id)


async def discard(settings: Settings, job_id: int) -> bool:
    """Give parked work up for good; False where no such job is parked. TransitionRefused."""
    async with _opened(settings) as store:
        return await store.queue.discard(job_id, SystemClock().now())


async def invite(settings: Settings, service_id: str, lasts: timedelta) -> str:
    """Keep a new invitation where the bot that runs looks for it; return its token."""
    async with _opened(settings) as store:
        return await invitations.invite(store.documents, SystemClock(), service_id, lasts)


async def mark(settings: Settings, number: str, event: BookingEvent) -> Booking:
    """Say whether the customer of a booking came; UnknownBooking, TransitionRefused."""
    async with _opened(settings) as store:
        booking = await store.bookings.booking_by_number(number)
        return await attending.mark(store.bookings, SystemClock(), booking.id, event)


async def back_up(settings: Settings, out: Path, passphrase: str | None) -> Manifest:
    """Copy the store that the settings name into one file; nothing is changed in it."""
    return await backup.make(settings.store_url, out, SystemClock(), _key(passphrase))


async def relocate(settings: Settings, target_url: str) -> relocation.Relocated:
    """Take everything from the file that the settings name to a PostgreSQL database."""
    return await relocation.relocate(settings.store_url, target_url)


async def verify_backup(file: Path, passphrase: str | None) -> Manifest:
    """Check a backup as a restore would."""
    return await backup.verify(file, _key(passphrase))


def list_of_erased() -> Path | None:
    """Return the list of erased customers of this configuration, if there is one."""
    try:
        folder = load_settings().audit_folder
    except SettingsInvalid:
        # a new computer: restored before it is configured
        folder = Settings.model_fields["data_dir"].default / "audit"
    file: Path = folder / erase_list.ERASED
    return file if file.exists() else None


async def restore(
    file: Path, folder: Path, passphrase: str | None, erased: Path | None = None
) -> backup.Restored:
    """Put the store of a backup into a new or empty folder; `erased`: the list of the erased."""
    marks = frozenset[str]() if erased is None else erase_list.marks_in(erased)
    return await backup.restore(file, folder, SystemClock(), _key(passphrase), marks)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in the ledger, who signed, and what is wrong with the checkpoints."""

    verdict: Verdict
    key: str
    wrong: str = ""


async def verify_audit(settings: Settings, checkpoints: Path | None, key: str | None) -> Looked:
    """Work out the whole ledger anew; nothing is changed in it.

    `checkpoints`: a copy of them that was kept elsewhere, which must exist. `key`: who must have
    signed them. Raises StoreUnavailable, OSError.
    """
    file, wrong, signed = checkpoints or settings.audit_folder / CHECKPOINTS, "", []
    if checkpoints is not None or file.exists():
        try:
            signed = await asyncio.to_thread(read_checkpoints, file, key)
        except CheckpointsInvalid as invalid:
            wrong = str(invalid)
    async with _opened(settings) as store:
        verdict = await store.ledger.verify(signed)
    return Looked(verdict, key or (signed[0].key if signed else ""), wrong)


@dataclass(frozen=True, slots=True)
class Proven:
    """The evidence of one booking, and by whom and when it was put together."""

    booking_id: str
    number: str
    business: str
    zone: ZoneInfo
    made_at: datetime
    key: str
    evidence: Evidence


async def evidence(settings: Settings, which: str) -> Proven:
    """Collect what proves the facts of a booking (number or id), signed as it is now.

    Raises UnknownBooking, StoreUnavailable, BusinessFileInvalid, OSError.
    """
    business = business_file.load(settings.business_file)
    file, now = CheckpointFile(settings.audit_folder), SystemClock().now()
    async with _opened(settings) as store:
        booking = await _booking(store, which)
        await asyncio.to_thread(file.append, await store.ledger.heads(), now)
        try:
            signed = await asyncio.to_thread(read_checkpoints, file.path)
        except CheckpointsInvalid as invalid:
            raise StoreUnavailable(f"{file.path} was changed: {invalid}") from None
        found = await collect(store.database, store.ledger, booking.id, signed)
    name = business.name.in_language(business.language)
    key = file.key()
    return Proven(booking.id, booking.number, name, business.zone, now, key, found)


async def _booking(store: Store, which: str) -> Booking:
    try:
        return await store.bookings.booking_by_number(which.strip().upper())
    except UnknownBooking:
        return await store.bookings.booking(which.strip())


@dataclass(frozen=True, slots=True)
class Kept:
    """What is, or was, kept of a customer; `counts`: of what else, in words."""

    bookings: Sequence[Booking]
    counts: Mapping[str, int]

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is kept."""
        return not self.bookings and not any(self.counts.values())


async def look_for_customer(settings: Settings, who: str) -> Kept:
    """Return what is kept of a customer; nothing is changed."""
    async with _opened(settings) as store:
        return _kept(await store.erasure.find(who))


async def erase_customer(settings: Settings, who: str) -> Kept:
    """Erase all that is kept of a customer; ErasureRefused, StoreUnavailable, OSError."""
    async with _opened(settings) as store:
        return _kept(await store.erasure.erase(who, settings.audit_folder))


def _kept(found: Found) -> Kept:
    counts = {
        "drafts, sessions and answers of conversations": len(found.documents),
        "chats": len(found.logs),
        "jobs of the outbox": len(found.jobs),
        "other documents that mention them": len(found.mentions),
        "key of the ledger": len(found.pseudonyms),
    }
    return Kept(found.bookings, counts)


async def outage_report(
    settings: Settings, first: datetime | None, last: datetime | None, *, with_names: bool
) -> Report:
    """Read what the store says of the outages between two moments; None = from or up to any."""
    business = business_file.load(settings.business_file)
    now = SystemClock().now()
    async with _opened(settings) as store:
        kept = await outages(store.documents)
        chosen = [
            each
            for each in kept
            if (last is None or each.since < last)
            and (first is None or each.until is None or each.until > first)
        ]
        begin = first or min((each.since for each in chosen), default=now)
        span = TimeSpan(begin, max(last or now, begin + timedelta(seconds=1)))
        effects = [await _effects(store, each, now, with_names=with_names) for each in chosen]
        return Report(business, now, span, tuple(effects), with_names)


async def _effects(store: Store, outage: Outage, now: datetime, *, with_names: bool) -> Effects:
    until = outage.until or now
    entries = await store.ledger.between(outage.since - NOTED_BEFORE, now, waits.KINDS)
    found = waits.waits_of(entries)
    span = TimeSpan(outage.since, max(until, outage.since + timedelta(seconds=1)))
    ids = {wait.booking_id for wait in found if wait.overlaps(span)}
    bookings = {name: await store.bookings.booking(name) for name in sorted(ids)}
    messages = await store.queue.held_up(MESSAGES, span)
    return effects_of(outage, found, bookings, now=now, messages=messages, with_names=with_names)


def _key(passphrase: str | None) -> KeyFor | None:
    return None if passphrase is None else key_by(passphrase)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Store]:
    store = await open_store(settings.store_url, SystemClock())
    try:
        yield store
    finally:
        await store.close()


async def _failing(store: Store) -> dict[str, tuple[str, str]]:
    found = await store.documents.all(FAILURES)
    return {
        resource: (
            str(document.body["code"]),
            utc(datetime.fromisoformat(str(document.body["since"]))),
        )
        for resource, document in found.items()
    }


async def _held(
    store: Store, failing: Mapping[str, tuple[str, str]], now: datetime
) -> dict[str, tuple[Booking, ...]]:
    """Return what is to come of those whose mailbox is gone: nobody will see it there."""
    gone = [resource for resource, (code, _) in failing.items() if is_mailbox_gone(code)]
    claims = await store.bookings.claims(gone, TimeSpan(now, now + FAR), now)
    held: dict[str, tuple[Booking, ...]] = {}
    for resource in gone:
        ids = [claim.booking_id for claim in claims[resource] if not claim.until]
        found = [await store.bookings.booking(booking_id) for booking_id in ids]
        held[resource] = tuple(each for each in found if each.state in STANDING)
    return held

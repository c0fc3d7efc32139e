"""`status`: what a look from outside can tell of a running bot."""

import json
from dataclasses import dataclass

from bot import configured
from bot.inquiry import mailboxes_of
from bot.slots_command import SlotsImpossible, settings_of
from bot.slots_report import utc
from scheduling.booking import Booking
from scheduling.errors import BookingError, TransitionRefused
from scheduling.outage import Outage
from scheduling.outbox import ParkedJob

MOST_LISTED = 20
NOT_ASIDE = "No such work is set aside."
WAITED_FOR = (
    "Its booking waits for this work, and would stay as it is for ever. Have it cancelled first."
)


@dataclass(frozen=True, slots=True)
class Failing:
    """A calendar that does not answer: its resource, mailbox, code and since when (ISO, UTC).

    `held`: what is to come of a mailbox that is gone; None for one that only does not answer.
    """

    resource: str
    mailbox: str
    code: str
    since: str
    held: tuple[Booking, ...] | None = None

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "resource": self.resource,
            "mailbox": self.mailbox,
            "why": self.code,
            "since": self.since,
            "mailbox_gone": self.held is not None,
            "bookings": [
                {"number": each.number, "start": utc(each.span.start), "state": each.state}
                for each in self.held or ()
            ],
        }

    def as_lines(self) -> list[str]:
        """Return it for a terminal, with the bookings that somebody has to settle."""
        line = f"  {self.resource} ({self.mailbox}): {self.code}, since {self.since}"
        if self.held is None:
            return [line]
        count = f"{len(self.held)} coming booking{'' if len(self.held) == 1 else 's'}"
        shown = [
            f"      {each.number}  {utc(each.span.start)}  {each.state}"
            for each in self.held[:MOST_LISTED]
        ]
        more = len(self.held) - len(shown)
        return [
            line,
            f"    MAILBOX GONE: nobody is offered there any more; {count} to be settled by you.",
            *shown,
            *([f"      and {more} more: --json lists them all"] if more else []),
        ]


@dataclass(frozen=True, slots=True)
class Status:
    """What was found."""

    calendars: int
    failing: tuple[Failing, ...]
    waiting_jobs: int
    parked: tuple[ParkedJob, ...] = ()
    outage: Outage | None = None

    def as_json(self) -> str:
        """Return one JSON object."""
        found = {
            "calendars": {
                "all": self.calendars,
                "not_answering": [each.as_json() for each in self.failing],
            },
            "outage": self.outage
            and {
                "kind": self.outage.kind,
                "since": utc(self.outage.since),
                "failed_calls": self.outage.failed,
                "outcomes": dict(self.outage.outcomes),
            },
            "jobs": {
                "waiting": self.waiting_jobs,
                "parked": [
                    {
                        "id": job.id,
                        "kind": job.kind,
                        "booking": job.payload.get("booking"),
                        "attempts": job.attempts,
                        "why": job.reason,
                        "awaits_decision": job.awaits_decision,
                        "since": utc(job.promised_at),
                    }
                    for job in self.parked
                ],
            },
        }
        return json.dumps(found, indent=2, ensure_ascii=False)

    def as_text(self) -> str:
        """Return lines for a terminal."""
        lines = [f"Calendars: {self.calendars}, of which {len(self.failing)} do not answer."]
        lines += [line for each in self.failing for line in each.as_lines()]
        if self.outage:
            away = "Microsoft Graph" if self.outage.kind == "graph" else "The token service"
            lines.append(
                f"OUTAGE: {away} does not answer, since {utc(self.outage.since)}"
                f" ({self.outage.failed} calls failed)."
            )
        lines.append(f"Jobs waiting: {self.waiting_jobs}, set aside: {len(self.parked)}.")
        lines += [
            f"  {job.id} {job.kind}: {job.reason}, {job.attempts} attempts,"
            f" promised {utc(job.promised_at)}"
            for job in self.parked
        ]
        if not all(job.awaits_decision for job in self.parked):
            lines.append("Once the cause is mended: python3 run.py retry --all")
        if any(job.awaits_decision for job in self.parked):
            lines.append("With 0 attempts it waits for your yes: python3 run.py retry NUMBER")
        if self.parked:
            lines.append("What is never to be done: python3 run.py discard NUMBER")
        return "\n".join(lines)


async def look(example: str | None) -> Status:
    """Look into the store of the configured bot, or of an example's demo; SlotsImpossible."""
    try:
        async with configured.of_settings(settings_of(example), None) as at:
            mailboxes = mailboxes_of(at.business)
            failing = tuple(
                Failing(resource, mailboxes[resource], code, since, at.held.get(resource))
                for resource, (code, since) in sorted(at.failing.items())
                if resource in mailboxes
            )
            return Status(len(mailboxes), failing, at.waiting_jobs, at.parked, at.outage)
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None


async def take_up_again(example: str | None, job_id: int | None, *, everything: bool) -> str:
    """Let parked work be tried again, one job or all that failed; SlotsImpossible."""
    if (job_id is None) is not everything:
        raise SlotsImpossible("Name one job, or --all. `status` lists what is set aside.")
    try:
        count = await configured.take_up_again(settings_of(example), job_id)
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    if not count and job_id is not None:
        raise SlotsImpossible(NOT_ASIDE)
    return f"{count} will be tried again." if count else "There is nothing to try again."


async def give_up(example: str | None, job_id: int) -> str:
    """Give parked work up for good; SlotsImpossible."""
    try:
        is_given_up = await configured.discard(settings_of(example), job_id)
    except TransitionRefused:
        raise SlotsImpossible(WAITED_FOR) from None
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    if not is_given_up:
        raise SlotsImpossible(NOT_ASIDE)
    return "It will not be done."

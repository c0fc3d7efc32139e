"""What an outage did, in figures that add up: as values, as JSON and as a page to print. Pure."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot import pages
from bot.slots_report import utc
from bot.texts import text
from scheduling.booking import Booking, CancelledBy
from scheduling.catalog import Business, PriceKind
from scheduling.outage import Outage, Sample
from scheduling.timespan import TimeSpan
from scheduling.waits import End, Wait

HOW_COUNTED = (
    "outage",
    "bookings",
    "delays",
    "conflicts",
    "lost",
    "amounts",
    "refused",
    "messages",
)
"""Each has a sentence in both languages on how it was counted."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One booking that waited during an outage. `customer` only where names were asked for."""

    wait: Wait
    booking: Booking
    customer: str = ""

    @property
    def delay(self) -> timedelta | None:
        """From noted to booked; None for what was not booked."""
        wait = self.wait
        is_booked = wait.end is End.BOOKED and wait.until is not None
        return wait.until - wait.since if is_booked and wait.until else None

    @property
    def length(self) -> timedelta:
        """How long the service would have taken."""
        return (self.wait.span or self.booking.span).duration

    @property
    def ended(self) -> str:
        """Return a code of what became of it."""
        wait = self.wait
        if wait.end is End.WAITING:
            return "conflict_open" if wait.conflict_at and not wait.was_moved else "waiting"
        if wait.end is End.BOOKED:
            return "moved" if wait.was_moved else "booked"
        return "given_up" if wait.by == CancelledBy.SYSTEM else "cancelled"


@dataclass(frozen=True, slots=True)
class Effects:
    """An outage, what was noted and waited during it, and messages that were held up."""

    outage: Outage
    until: datetime
    """Its end, or the moment of the report."""
    affected: tuple[Affected, ...]
    messages: int

    @property
    def delays(self) -> list[timedelta]:
        """Return the delays of those that were booked, shortest first."""
        return sorted(each.delay for each in self.affected if each.delay is not None)

    @property
    def conflicts(self) -> list[Affected]:
        """Return those whose time was found taken."""
        return [each for each in self.affected if each.wait.conflict_at is not None]

    @property
    def lost(self) -> list[Affected]:
        """Return those of which nothing came."""
        return [each for each in self.affected if each.wait.is_lost]


@dataclass(frozen=True, slots=True)
class Report:
    """All outages of a span of time."""

    business: Business
    made_at: datetime
    span: TimeSpan
    effects: tuple[Effects, ...] = ()
    with_names: bool = False

    def as_json(self) -> str:
        """Return one JSON object; moments in UTC, lengths in seconds, amounts net as texts."""
        found = {
            "business": self.business.id,
            "made_at": utc(self.made_at),
            "from": utc(self.span.start),
            "to": utc(self.span.end),
            "outages": [_as_json(each, self.business) for each in self.effects],
            "how_counted": {key: text(f"report_how_{key}", "en") for key in HOW_COUNTED},
        }
        return json.dumps(found, indent=2, ensure_ascii=False)

    def as_html(self, language: str) -> str:
        """Return a page that stands alone and prints."""
        return pages.render(
            "outage_report.html",
            language=language,
            business=self.business,
            report=self,
            zone=self.business.zone,
            figures=[figures(each, self.business) for each in self.effects],
            how=[text(f"report_how_{key}", language) for key in HOW_COUNTED],
        )

    def as_text(self) -> str:
        """Return lines for a terminal."""
        if not self.effects:
            return "No outage in that time."
        lines = []
        for each in self.effects:
            found = figures(each, self.business)
            over = utc(each.outage.until) if each.outage.until else "goes on"
            lines.append(f"{each.outage.kind}: {utc(each.outage.since)} to {over}")
            lines.append(
                f"  {found.bookings} bookings waited ({found.blind} noted blind),"
                f" {found.conflicts} conflicts, {found.lost} lost,"
                f" {found.refused} questions refused, {each.outage.failed} calls failed"
            )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is counted of one outage; lengths in whole seconds, None where there are none."""

    seconds: int
    bookings: int
    customers: int
    blind: int
    waiting: int
    median: int | None
    p95: int | None
    worst: int | None
    conflicts: int
    conflict_ends: Mapping[str, int]
    lost: int
    lost_seconds: int
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    refused: int = 0
    messages: int = 0


def figures(effects: Effects, business: Business) -> Figures:
    """Count."""
    delays = effects.delays
    lost = effects.lost
    amounts: dict[str, Decimal] = {}
    for each in lost:
        price = business.service(each.booking.service_id).price
        if price.kind in {PriceKind.FIXED, PriceKind.FROM}:
            amounts[price.currency] = amounts.get(price.currency, Decimal(0)) + price.amount
    return Figures(
        seconds=_seconds(effects.until - effects.outage.since),
        bookings=len(effects.affected),
        customers=len({_who(each.booking) for each in effects.affected}),
        blind=sum(each.wait.is_blind for each in effects.affected),
        waiting=sum(each.wait.end is End.WAITING for each in effects.affected),
        median=_rank(delays, 0.5),
        p95=_rank(delays, 0.95),
        worst=_rank(delays, 1.0),
        conflicts=len(effects.conflicts),
        conflict_ends=dict(Counter(each.ended for each in effects.conflicts)),
        lost=len(lost),
        lost_seconds=sum(_seconds(each.length) for each in lost),
        amounts=amounts,
        refused=effects.outage.refused,
        messages=effects.messages,
    )


def effects_of(
    outage: Outage,
    waits: Sequence[Wait],
    bookings: Mapping[str, Booking],
    *,
    now: datetime,
    messages: int,
    with_names: bool,
) -> Effects:
    """Choose what waited during the outage."""
    until = outage.until or max(now, outage.since + timedelta.resolution)
    span = TimeSpan(outage.since, until)
    chosen = [w for w in waits if w.overlaps(span) and w.booking_id in bookings]
    affected = [
        Affected(wait, bookings[wait.booking_id], _name(bookings[wait.booking_id], with_names))
        for wait in chosen
    ]
    return Effects(outage, until, tuple(affected), messages)


def _as_json(effects: Effects, business: Business) -> dict[str, object]:
    outage, found = effects.outage, figures(effects, business)
    return {
        "id": outage.id,
        "kind": outage.kind,
        "since": utc(outage.since),
        "detected_at": utc(outage.detected_at),
        "until": outage.until and utc(outage.until),
        "seconds": found.seconds,
        "evidence": {
            "failed_calls": outage.failed,
            "outcomes": dict(outage.outcomes),
            "with_request_id": outage.with_request_id,
            "first": [_sample(each) for each in outage.first],
            "last": [_sample(each) for each in outage.last],
            "ended_by": outage.ended_by and _sample(outage.ended_by),
        },
        "bookings": {
            "affected": found.bookings,
            "customers": found.customers,
            "noted_blind": found.blind,
            "still_waiting": found.waiting,
            "each": [_booking(each) for each in effects.affected],
        },
        "delays": {"median": found.median, "p95": found.p95, "worst": found.worst},
        "conflicts": {"found": found.conflicts, "ended": dict(found.conflict_ends)},
        "lost": {
            "bookings": found.lost,
            "work_seconds": found.lost_seconds,
            "amounts": {currency: str(each) for currency, each in found.amounts.items()},
        },
        "refused_questions": found.refused,
        "messages_held_up": found.messages,
    }


def _booking(each: Affected) -> dict[str, object]:
    wait, booking = each.wait, each.booking
    return {
        "number": booking.number,
        **({"customer": each.customer} if each.customer else {}),
        "service": booking.service_id,
        "staff": booking.staff_id,
        "start": utc((wait.span or booking.span).start),
        "seconds": _seconds(each.length),
        "noted_at": utc(wait.since),
        "known_at": wait.known_at and utc(wait.known_at),
        "delay": None if each.delay is None else _seconds(each.delay),
        "conflict_at": wait.conflict_at and utc(wait.conflict_at),
        "ended": each.ended,
        "ended_at": wait.until and utc(wait.until),
    }


def _sample(sample: Sample) -> dict[str, str]:
    return {
        "at": utc(sample.at),
        "outcome": sample.outcome,
        "code": sample.code,
        "request_id": sample.request_id,
        "client_request_id": sample.client_request_id,
    }


def _name(booking: Booking, with_names: bool) -> str:
    return booking.details.customer.name if with_names and booking.details else ""


def _who(booking: Booking) -> str:
    return booking.details.customer.email.strip().lower() if booking.details else booking.owner


def _rank(ordered: Sequence[timedelta], share: float) -> int | None:
    """Return the nearest rank: the smallest value that this share does not exceed, in seconds."""
    if not ordered:
        return None
    return _seconds(ordered[max(0, math.ceil(share * len(ordered)) - 1)])


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())

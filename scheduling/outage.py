"""When the calendars are away altogether, and what is kept of it as evidence. Pure.

One mailbox that fails is no outage: its colleagues answer. What counts is every exchange with
Microsoft, as the one door to it hears them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

ENOUGH = 3
"""Failures in a row, over at least two mailboxes where there are two, that make an outage."""
SAMPLES = 10
"""Failed exchanges kept whole: the first ones, and as many of the last."""
LOOK_AGAIN_AFTER = timedelta(seconds=10)
"""Known to be away, nobody is asked again before that: customers need not wait for nothing."""


class OutageKind(StrEnum):
    """What did not answer."""

    GRAPH = "graph"
    TOKENS = "tokens"


class Verdict(StrEnum):
    """What one exchange says about whether Microsoft answers."""

    ANSWERED = "answered"
    FAILED = "failed"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try to reach the calendars: `mailbox` it was for, and what came of it.

    `status` 0 = no answer at all; `is_login`: it got no further than the token service.
    """

    mailbox: str
    at: datetime
    status: int = 0
    code: str = ""
    request_id: str = ""
    client_request_id: str = ""
    is_login: bool = False

    @property
    def verdict(self) -> Verdict:
        """Tell failures of the whole from refusals, which are answers, and from throttling."""
        if self.status == 429 or (self.status == 401 and not self.is_login):
            return Verdict.NEUTRAL
        # 507: one mailbox is full
        is_refusal = (400 <= self.status < 500 and self.status != 408) or self.status == 507
        if not self.code or (is_refusal and not self.is_login):
            return Verdict.ANSWERED
        return Verdict.FAILED

    @property
    def kind(self) -> OutageKind:
        """Which service it was that failed."""
        return OutageKind.TOKENS if self.is_login else OutageKind.GRAPH

    @property
    def outcome(self) -> str:
        """Return the status, or the code where there was none, as it is counted."""
        return f"{'login ' if self.is_login else ''}{self.status or self.code}"


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange as it is kept: Microsoft's support asks for both ids."""

    at: datetime
    outcome: str
    code: str = ""
    request_id: str = ""
    client_request_id: str = ""


def sample_of(exchange: Exchange) -> Sample:
    """Return what is kept; no mailbox, which may be a person's name."""
    return Sample(
        exchange.at,
        exchange.outcome,
        exchange.code,
        exchange.request_id,
        exchange.client_request_id,
    )


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which nothing answered: from the first failed exchange to the first success.

    `refused`: questions of customers that got no offer because of it. `until` None = it goes on.
    """

    id: str
    kind: OutageKind
    since: datetime
    detected_at: datetime
    until: datetime | None = None
    failed: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    with_request_id: int = 0
    """Failed exchanges that Microsoft gave a name of its own."""
    first: tuple[Sample, ...] = ()
    last: tuple[Sample, ...] = ()
    ended_by: Sample | None = None
    refused: int = 0


@dataclass(slots=True)
class News:
    """What one process heard since it last wrote it down."""

    failed: list[Exchange] = field(default_factory=list)
    refused: int = 0


class OutageWatch:
    """Hears every exchange of one process and says whether the calendars are away."""

    def __init__(self, mailboxes: int = 0) -> None:
        """`mailboxes`: how many calendars there are; of one alone, one is enough."""
        self._needed = min(2, mailboxes)
        self._streak: list[Exchange] = []
        self._news = News()
        self.since: datetime | None = None
        """First failure of the outage that goes on; None = the calendars answer."""
        self.detected_at: datetime | None = None
        self.kind = OutageKind.GRAPH
        self.ended_by: Exchange | None = None
        """The success that ended one, until it was written down."""
        self.last_failed: datetime | None = None
        self.last_answered: datetime | None = None

    @property
    def is_away(self) -> bool:
        """Whether nothing answers."""
        return self.since is not None

    def heard(self, exchange: Exchange) -> None:
        """Take in one exchange."""
        verdict = exchange.verdict
        if verdict is Verdict.ANSWERED:
            self.last_answered = exchange.at
            self._streak.clear()
            if self.is_away:
                self.since, self.ended_by = None, exchange
        elif verdict is Verdict.FAILED:
            self.last_failed = exchange.at
            self._failed(exchange)

    def _failed(self, exchange: Exchange) -> None:
        if self.is_away:
            self._news.failed.append(exchange)
            return
        self._streak.append(exchange)
        boxes = {each.mailbox for each in self._streak}
        is_login = exchange.is_login
        if len(self._streak) >= ENOUGH and (is_login or len(boxes) >= self._needed):
            first = self._streak[0]
            self.since, self.detected_at, self.kind = first.at, exchange.at, first.kind
            # back within the second in which it was over: the same outage
            self.ended_by = None
            self._news.failed += self._streak
            self._streak.clear()

    def resume(self, since: datetime, kind: OutageKind) -> None:
        """Go on with an outage that stands in the store."""
        self.since, self.detected_at, self.kind = since, since, kind

    def end(self) -> None:
        """Another process was answered: begin to count anew."""
        self.since, self.ended_by, self._news = None, None, News()
        self._streak.clear()

    def refuse(self) -> None:
        """Count a question that got no offer, if it was because of an outage."""
        if self.is_away:
            self._news.refused += 1

    def spares(self, now: datetime) -> bool:
        """Tell whether it is no use to ask again yet."""
        failed = self.last_failed
        return self.is_away and failed is not None and now - failed < LOOK_AGAIN_AFTER

    def take_news(self) -> News:
        """Return what was not written down yet, and begin anew."""
        news, self._news = self._news, News()
        return news

    def give_back(self, news: News) -> None:
        """Keep what could not be written down."""
        self._news.failed[:0] = news.failed
        self._news.refused += news.refused


def opened(outage_id: str, watch: OutageWatch) -> Outage:
    """Return the record of an outage that begins."""
    assert watch.since is not None
    detected = watch.detected_at or watch.since
    return Outage(outage_id, watch.kind, watch.since, detected)


def with_news(outage: Outage, news: News) -> Outage:
    """Add what a process heard; of several the counts add up and the earliest beginning holds."""
    samples = tuple(sample_of(each) for each in news.failed)
    merged = (*outage.first, *samples)
    named = sum(1 for each in news.failed if each.request_id)
    since = min([outage.since, *(each.at for each in news.failed)])
    return replace(
        outage,
        since=since,
        failed=outage.failed + len(samples),
        outcomes=dict(Counter(outage.outcomes) + Counter(s.outcome for s in samples)),
        with_request_id=outage.with_request_id + named,
        first=merged[:SAMPLES],
        last=(*outage.last, *merged[SAMPLES:])[-SAMPLES:],
        refused=outage.refused + news.refused,
    )


def ended(outage: Outage, exchange: Exchange) -> Outage:
    """Return the record with its end: the first success after it."""
    return replace(outage, until=exchange.at, ended_by=sample_of(exchange))

"""Looks through the ledger: all of it against its digests and checkpoints, or one booking's."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from scheduling.errors import StoreUnavailable
from scheduling.ledger import LANES, MISPLACED, Entry, Fact, Flaw, Head, Walk
from scheduling.store.checkpoints import Checkpoint
from scheduling.store.engine import Database
from scheduling.store.ledger import head_of, record
from scheduling.store.tables import ledger, to_microseconds, wordings
from scheduling.wordings import digest_of

AT_ONCE = 1000
UNREADABLE = "unreadable"
"""The database cannot give the record back."""

_COLUMNS = (
    ledger.c.lane,
    ledger.c.seq,
    ledger.c.at,
    ledger.c.kind,
    ledger.c.booking_id,
    ledger.c["values"],
    ledger.c.digest,
)
_PAGE = (
    select(*_COLUMNS)
    .where(ledger.c.lane == bindparam("of_lane"), ledger.c.seq > bindparam("after"))
    .order_by(ledger.c.seq)
    .limit(bindparam("most"))
)
_OF_BOOKING = (
    select(*_COLUMNS)
    .where(ledger.c.booking_id == bindparam("of_booking"))
    .order_by(ledger.c.lane, ledger.c.seq)
)
_BETWEEN = (
    select(*_COLUMNS)
    .where(
        ledger.c.at >= bindparam("first"),
        ledger.c.at <= bindparam("last"),
        ledger.c.kind.in_(bindparam("among", expanding=True)),
    )
    .order_by(ledger.c.lane, ledger.c.seq)
)
_STRAY = (
    select(*_COLUMNS)
    .where(
        (ledger.c.lane < 0) | (ledger.c.lane >= LANES) | (ledger.c.seq < 1),
    )
    .order_by(ledger.c.lane, ledger.c.seq)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, and the first bad record of each lane that has one."""

    records: int
    heads: tuple[Head, ...]
    checkpoints: int
    flaws: tuple[Flaw, ...]
    unsigned: int
    """Records after the last checkpoint: nothing but the chain itself speaks for them."""


class SqlLedger:
    """Reads the facts, and adds those that belong to no other write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, fact: Fact) -> None:
        """Append a fact in a transaction of its own."""
        await self._database.write(lambda connection: record(connection, self._database, [fact]))

    async def keep_wordings(self, texts: Iterable[str], now: datetime) -> None:
        """Keep each wording once, by its digest."""
        new = [
            {"digest": digest_of(text), "text": text, "first_used": now} for text in sorted(texts)
        ]

        def keep(connection: Connection) -> None:
            for row in new:
                connection.execute(self._database.insert_missing(wordings), row)

        await self._database.write(keep)

    async def wordings(self, digests: Iterable[str]) -> dict[str, str]:
        """Return the texts that are kept, by their digests."""
        asked = select(wordings.c.digest, wordings.c.text).where(
            wordings.c.digest.in_(list(digests))
        )

        def look(connection: Connection) -> dict[str, str]:
            return {row.digest: row.text for row in connection.execute(asked)}

        return await self._database.read(look)

    async def heads(self) -> tuple[Head, ...]:
        """Return where every lane ends; lanes without facts are left out."""

        def look(connection: Connection) -> tuple[Head, ...]:
            heads = (head_of(connection, lane) for lane in range(LANES))
            return tuple(head for head in heads if head.seq)

        return await self._database.read(look)

    async def entries_of(self, booking_id: str) -> list[Entry]:
        """Return the facts of a booking in their order."""
        return await self._entries(_OF_BOOKING, {"of_booking": booking_id})

    async def between(
        self, first: datetime, last: datetime, kinds: Collection[str]
    ) -> list[Entry]:
        """Return facts of some kinds from one moment up to another; a booking's in their order."""
        span = {"first": to_microseconds(first), "last": to_microseconds(last)}
        return await self._entries(_BETWEEN, {**span, "among": list(kinds)})

    async def lane(self, lane: int, after: int = 0, most: int = AT_ONCE) -> list[Entry]:
        """Return a piece of one lane."""
        return await self._entries(_PAGE, {"of_lane": lane, "after": after, "most": most})

    async def verify(self, checkpoints: Sequence[Checkpoint]) -> Verdict:
        """Work out every digest anew; what is written meanwhile may be looked at or not.

        The checkpoints are those whose signatures were found right.
        """
        signed = _signed(checkpoints)
        walks = [await self._walked(lane, signed.get(lane, {})) for lane in range(LANES)]
        flaws = [walk.flaw for walk in walks if walk.flaw is not None]
        flaws += await self._strays()
        last = {head.lane: head.seq for head in checkpoints[-1].heads} if checkpoints else {}
        return Verdict(
            records=sum(walk.head.seq for walk in walks),
            heads=tuple(walk.head for walk in walks if walk.head.seq),
            checkpoints=len(checkpoints),
            flaws=tuple(flaws),
            unsigned=sum(max(0, walk.head.seq - last.get(walk.head.lane, 0)) for walk in walks),
        )

    async def flaw_of(self, lane: int, checkpoints: Sequence[Checkpoint]) -> Flaw | None:
        """Return the first bad record of one lane."""
        return (await self._walked(lane, _signed(checkpoints).get(lane, {}))).flaw

    async def _walked(self, lane: int, signed: Mapping[int, str]) -> Walk:
        walk = Walk(lane, signed)
        while True:
            try:
                page = await self.lane(lane, walk.head.seq)
            except StoreUnavailable:
                await self._one_by_one(walk)
                return walk
            for entry in page:
                if walk.step(entry):
                    return walk
            if len(page) < AT_ONCE:
                walk.end()
                return walk

    async def _one_by_one(self, walk: Walk) -> None:
        """Find the record that the database does not give back."""
        while walk.flaw is None:
            try:
                following = await self.lane(walk.head.lane, walk.head.seq, 1)
            except StoreUnavailable:
                walk.flaw = Flaw(walk.head.lane, walk.head.seq + 1, UNREADABLE)
                return
            if not following:
                walk.end()
                return
            walk.step(following[0])

    async def _strays(self) -> list[Flaw]:
        """Find what stands in no lane, or before the first of one."""
        try:
            found = await self._entries(_STRAY, {})
        except StoreUnavailable:
            return [Flaw(-1, 0, UNREADABLE)]
        return [Flaw(entry.lane, entry.seq, MISPLACED) for entry in found]

    async def _entries(
        self, statement: Select[*tuple[Any, ...]], asked: Mapping[str, object]
    ) -> list[Entry]:
        def look(connection: Connection) -> Sequence[Row[*tuple[Any, ...]]]:
            return connection.execute(statement, asked).all()

        return [Entry(*row) for row in await self._database.read(look)]


def _signed(checkpoints: Sequence[Checkpoint]) -> dict[int, dict[int, str]]:
    """Return lane -> number -> digest of everything that was signed."""
    found: dict[int, dict[int, str]] = {}
    for checkpoint in checkpoints:
        for head in checkpoint.heads:
            found.setdefault(head.lane, {})[head.seq] = head.digest
    return found

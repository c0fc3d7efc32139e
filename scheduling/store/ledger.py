"""The table of facts: appended to in the transaction of the fact, never changed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert

from scheduling.ledger import Entry, Fact, Head, chained, lane_of
from scheduling.store.engine import Database
from scheduling.store.statements import LANE_END
from scheduling.store.tables import ledger

_APPEND = insert(ledger)


def record(connection: Connection, database: Database, facts: Iterable[Fact]) -> None:
    """Append facts inside the caller's transaction, as the last thing that it does.

    The locks of the lanes are held until the commit: what is asked for after them could wait in a
    circle.
    """
    by_lane: dict[int, list[Fact]] = {}
    for fact in facts:
        by_lane.setdefault(lane_of(fact.booking_id), []).append(fact)
    for lane in sorted(by_lane):
        end = connection.execute(database.lane_end, {"of_lane": lane}).first()
        entries = chained(_head(lane, end), by_lane[lane])
        connection.execute(_APPEND, [_row(entry) for entry in entries])


def head_of(connection: Connection, lane: int) -> Head:
    """Return where a lane ends."""
    return _head(lane, connection.execute(LANE_END, {"of_lane": lane}).first())


def _head(lane: int, last: Row[*tuple[Any, ...]] | None) -> Head:
    return Head(lane) if last is None else Head(lane, last.seq, last.digest)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "lane": entry.lane,
        "seq": entry.seq,
        "at": entry.at,
        "kind": entry.kind,
        "booking_id": entry.booking_id,
        "values": entry.values,
        "digest": entry.digest,
    }

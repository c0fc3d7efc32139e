"""Collects the evidence of one booking from the ledger."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from scheduling.evidence import Chain, Opened, covering, held_by, needed
from scheduling.ledger import Entry, Flaw
from scheduling.store import customers
from scheduling.store.audit import SqlLedger
from scheduling.store.checkpoints import Checkpoint
from scheduling.store.engine import Database


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a third person needs; `flaws`: where the lanes concerned are not sound."""

    chains: tuple[Chain, ...]
    checkpoints: tuple[Checkpoint, ...]
    wordings: Mapping[str, str]
    flaws: tuple[Flaw, ...]


async def collect(
    database: Database, ledger: SqlLedger, booking_id: str, checkpoints: Sequence[Checkpoint]
) -> Evidence:
    """Return the facts of a booking, of the holds it was moved to, and what vouches for them."""
    first = await ledger.entries_of(booking_id)
    told = [_values(entry) for entry in first]
    entries = {booking_id: first}
    for hold_id in held_by(first, told):
        entries[hold_id] = await ledger.entries_of(hold_id)
    chains = [
        await _chain(database, ledger, name, own, checkpoints)
        for name, own in entries.items()
        if own
    ]
    signed = [checkpoint.heads for checkpoint in checkpoints]
    flaws = [
        flaw
        for lane in sorted({chain.lane for chain in chains})
        if (flaw := await ledger.flaw_of(lane, checkpoints)) is not None
    ]
    return Evidence(
        tuple(chains),
        tuple(checkpoints[index] for index in needed(signed, chains)),
        await ledger.wordings(_digests(chains)),
        tuple(flaws),
    )


async def _chain(
    database: Database,
    ledger: SqlLedger,
    booking_id: str,
    own: Sequence[Entry],
    checkpoints: Sequence[Checkpoint],
) -> Chain:
    lane, begin, end = own[0].lane, own[0].seq, own[-1].seq
    index = covering([checkpoint.heads for checkpoint in checkpoints], lane, end)
    if index is not None:
        end = next(head.seq for head in checkpoints[index].heads if head.lane == lane)
    before = (await ledger.lane(lane, begin - 2, 1))[0].digest if begin > 1 else ""
    entries: list[Entry] = []
    while begin + len(entries) <= end:
        page = await ledger.lane(lane, begin + len(entries) - 1)
        if not page:
            break
        entries += [entry for entry in page if entry.seq <= end]
    opened = await database.read(lambda connection: _opened(connection, own))
    return Chain(booking_id, lane, before, tuple(entries), tuple(opened))


def _opened(connection: Connection, own: Sequence[Entry]) -> list[Opened]:
    found = []
    for entry in own:
        told = _values(entry)
        if "sealed" not in told:
            continue
        key = customers.key_by_pseudonym(connection, str(told["customer"]))
        if key is None:
            continue
        try:
            content = customers.unsealed(key, entry.booking_id, str(told["sealed"]))
        except ValueError:
            # changed: the chain says so
            continue
        salt, details = content[: customers.SALT], content[customers.SALT :]
        found.append(Opened(entry.seq, salt.hex(), details.decode()))
    return found


def _digests(chains: Sequence[Chain]) -> set[str]:
    told = [_values(entry) for chain in chains for entry in chain.own]
    found: set[str] = set()
    for values in told:
        agreed = values.get("wordings")
        if isinstance(agreed, Mapping):
            found |= {str(digest) for digest in agreed.values()}
    return found


def _values(entry: Entry) -> Mapping[str, object]:
    try:
        told = json.loads(entry.values)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}

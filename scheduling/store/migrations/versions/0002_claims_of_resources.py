"""Claims know their service time, shared buffers and place; what changes among them is listed."""

import hashlib
import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, fill them for bookings that stand, and renew the triggers."""
    op.add_column("bookings", _text("resources", "[]"))
    op.add_column("bookings", _text("place_id", ""))
    op.add_column("bookings", sa.Column("customer", sa.Text))
    _tell_customers_apart()
    op.create_index("bookings_of_customer", "bookings", ["customer", "service_id"])
    op.create_index("bookings_of_service", "bookings", ["service_id", "created_at"])
    for name in ("core_start", "core_end", "shares"):
        zero = sa.Column(name, WHOLE, nullable=False, server_default=sa.text("0"))
        op.add_column("claims", zero)
    op.add_column("claims", _text("place_id", ""))
    op.create_table(
        "claim_changes",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("resource", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    for statement in LAST_LINE[op.get_bind().dialect.name]():
        op.execute(statement)


def _tell_customers_apart() -> None:
    """Fill the digest of those who have booked: their coming appointments count for the limit."""
    connection = op.get_bind()
    said = connection.execute(sa.text("SELECT id, details FROM bookings WHERE details <> ''"))
    filled = [{"id": row.id, "customer": _digest(json.loads(row.details))} for row in said.all()]
    if filled:
        connection.execute(
            sa.text("UPDATE bookings SET customer = :customer WHERE id = :id"), filled
        )


def _digest(details: dict[str, dict[str, str]]) -> str:
    # as the program made it when this revision was written
    return hashlib.sha256(details["customer"]["email"].strip().lower().encode()).hexdigest()


def _text(name: str, value: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=value)


def sqlite_last_line() -> Iterator[str]:
    """Yield what fills the new columns, and the triggers."""
    # a booking's moments are microseconds; a claim's are seconds, rounded outward
    yield """
        UPDATE claims SET
          core_start = (SELECT starts / 1000000 FROM bookings WHERE id = booking_id),
          core_end = (SELECT (ends + 999999) / 1000000 FROM bookings WHERE id = booking_id)"""
    yield "DROP TRIGGER claims_no_overlap_insert"
    yield "DROP TRIGGER claims_no_overlap_update"
    # two that share their buffers: the buffers of one may lie in those of the other
    refuse = """
        SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (
          SELECT 1 FROM claims AS other
          WHERE other.resource = NEW.resource AND other.lane = NEW.lane AND other.occupying = 1
            AND other.busy_start < NEW.busy_end AND other.busy_end > NEW.busy_start
            AND (other.shares = 0 OR NEW.shares = 0
              OR (other.core_start < NEW.busy_end AND other.core_end > NEW.busy_start)
              OR (other.busy_start < NEW.core_end AND other.busy_end > NEW.core_start))
            {but_itself});"""
    yield (
        "CREATE TRIGGER claims_no_overlap_insert BEFORE INSERT ON claims "
        f"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='')} END"
    )
    yield (
        "CREATE TRIGGER claims_no_overlap_update BEFORE UPDATE OF "
        "resource, lane, busy_start, busy_end, core_start, core_end, shares, occupying ON claims "
        f"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='AND other.id <> OLD.id')} END"
    )
    listed = "INSERT INTO claim_changes (resource) {what};"
    new, old = (listed.format(what=f"VALUES ({row}.resource)") for row in ("NEW", "OLD"))
    yield f"CREATE TRIGGER claims_inserted AFTER INSERT ON claims BEGIN {new} END"
    yield f"CREATE TRIGGER claims_updated AFTER UPDATE ON claims BEGIN {old} {new} END"
    yield f"CREATE TRIGGER claims_deleted AFTER DELETE ON claims BEGIN {old} END"
    # the list is short-lived: who missed this much reads everything anew
    yield (
        "CREATE TRIGGER claim_changes_kept_short AFTER INSERT ON claim_changes BEGIN "
        "DELETE FROM claim_changes WHERE id <= NEW.id - 100000; END"
    )
    theirs = listed.format(what="SELECT resource FROM claims WHERE booking_id = NEW.id")
    yield (
        "CREATE TRIGGER claims_hold_changed AFTER UPDATE OF hold_until ON bookings "
        f"WHEN OLD.hold_until IS NOT NEW.hold_until BEGIN {theirs} END"
    )


def postgresql_last_line() -> Iterator[str]:
    """Yield the same for PostgreSQL."""
    yield """
        UPDATE claims SET
          core_start = (SELECT starts / 1000000 FROM bookings WHERE id = booking_id),
          core_end = (SELECT (ends + 999999) / 1000000 FROM bookings WHERE id = booking_id)"""
    # what was written above must be checked before the table may change again
    yield "SET CONSTRAINTS ALL IMMEDIATE"
    yield """
        CREATE OR REPLACE FUNCTION claims_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended(NEW.resource, 0));
          IF EXISTS (
            SELECT 1 FROM claims AS other
            WHERE other.resource = NEW.resource AND other.lane = NEW.lane AND other.occupying = 1
              AND other.busy_start < NEW.busy_end AND other.busy_end > NEW.busy_start
              AND (other.shares = 0 OR NEW.shares = 0
                OR (other.core_start < NEW.busy_end AND other.core_end > NEW.busy_start)
                OR (other.busy_start < NEW.core_end AND other.busy_end > NEW.core_start))
              AND other.id <> NEW.id
          ) THEN
            RAISE EXCEPTION 'slot_taken' USING ERRCODE = 'exclusion_violation';
          END IF;
          RETURN NEW;
        END $$"""
    yield "DROP TRIGGER claims_no_overlap_update ON claims"
    yield """
        CREATE TRIGGER claims_no_overlap_update BEFORE UPDATE OF
          resource, lane, busy_start, busy_end, core_start, core_end, shares, occupying ON claims
        FOR EACH ROW WHEN (NEW.occupying = 1) EXECUTE FUNCTION claims_no_overlap()"""
    # what collides always; between these two lies what only the function can tell
    yield "ALTER TABLE claims DROP CONSTRAINT slot_taken_busy"
    for name, start, end, whose in (
        ("slot_taken_busy", "busy_start", "busy_end", "occupying = 1 AND shares = 0"),
        ("slot_taken_core", "core_start", "core_end", "occupying = 1"),
    ):
        yield f"""
            ALTER TABLE claims ADD CONSTRAINT {name} EXCLUDE USING gist (
              resource WITH =, lane WITH =, int8range({start}, {end}) WITH &&
            ) WHERE ({whose})"""
    yield from _postgresql_changes()


def _postgresql_changes() -> Iterator[str]:
    """Yield what lists changes: at the commit, under a lock whose other side reads the list.

    Numbers are given out before they can be seen. Who reads must not pass one that is on its way.
    """
    yield """
        CREATE FUNCTION list_claim_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(hashtextextended('claim_changes', 0));
          IF TG_TABLE_NAME = 'bookings' THEN
            INSERT INTO claim_changes (resource)
            SELECT resource FROM claims WHERE booking_id = NEW.id;
          ELSE
            IF TG_OP <> 'INSERT' THEN
              INSERT INTO claim_changes (resource) VALUES (OLD.resource);
            END IF;
            IF TG_OP <> 'DELETE' THEN
              INSERT INTO claim_changes (resource) VALUES (NEW.resource);
            END IF;
          END IF;
          RETURN NULL;
        END $$"""
    listed = (
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {when} EXECUTE FUNCTION list_claim_change()"
    )
    for name, what in (
        ("claims_inserted", "INSERT"),
        ("claims_updated", "UPDATE"),
        ("claims_deleted", "DELETE"),
    ):
        yield (f"CREATE CONSTRAINT TRIGGER {name} AFTER {what} ON claims {listed.format(when='')}")
    moved = "WHEN (OLD.hold_until IS DISTINCT FROM NEW.hold_until)"
    yield (
        "CREATE CONSTRAINT TRIGGER claims_hold_changed AFTER UPDATE OF hold_until ON bookings "
        + listed.format(when=moved)
    )
    # the list is short-lived: who missed this much reads everything anew
    yield """
        CREATE FUNCTION keep_claim_changes_short() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          DELETE FROM claim_changes WHERE id IN (
            SELECT id FROM claim_changes WHERE id <= NEW.id - 100000
            ORDER BY id FOR UPDATE SKIP LOCKED
          );
          RETURN NULL;
        END $$"""
    yield """
        CREATE TRIGGER claim_changes_kept_short AFTER INSERT ON claim_changes
        FOR EACH ROW EXECUTE FUNCTION keep_claim_changes_short()"""


LAST_LINE = {"sqlite": sqlite_last_line, "postgresql": postgresql_last_line}
"""What refuses an overlap and lists what changed, by dialect."""

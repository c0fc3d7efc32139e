"""Bookings can be moved: a hold names the booking whose time is not in its way."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, fill them for what stands, and renew the triggers."""
    op.add_column("bookings", _text("moves"))
    op.add_column("bookings", sa.Column("moved_from", WHOLE))
    op.add_column("bookings", _text("event_staff_id"))
    op.add_column("claims", _text("party"))
    op.execute("UPDATE bookings SET event_staff_id = staff_id WHERE event_id IS NOT NULL")
    op.execute("UPDATE claims SET party = booking_id")
    for statement in LAST_LINE[op.get_bind().dialect.name]():
        op.execute(statement)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def sqlite_last_line() -> Iterator[str]:
    """Yield what renews the triggers."""
    yield "DROP TRIGGER claims_no_overlap_insert"
    yield "DROP TRIGGER claims_no_overlap_update"
    # claims of one party are not in each other's way; one that names none is in everybody's
    refuse = """
        SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (
          SELECT 1 FROM claims AS other
          WHERE other.resource = NEW.resource AND other.lane = NEW.lane AND other.occupying = 1
            AND other.busy_start < NEW.busy_end AND other.busy_end > NEW.busy_start
            AND (other.party <> NEW.party OR NEW.party = '')
            AND (other.shares = 0 OR NEW.shares = 0
              OR (other.core_start < NEW.busy_end AND other.core_end > NEW.busy_start)
              OR (other.busy_start < NEW.core_end AND other.busy_end > NEW.core_start))
            {but_itself});"""
    yield (
        "CREATE TRIGGER claims_no_overlap_insert BEFORE INSERT ON claims "
        f"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='')} END"
    )
    yield (
        "CREATE TRIGGER claims_no_overlap_update BEFORE UPDATE OF resource, lane, busy_start, "
        "busy_end, core_start, core_end, shares, occupying, party ON claims "
        f"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='AND other.id <> OLD.id')} END"
    )


def postgresql_last_line() -> Iterator[str]:
    """Yield the same for PostgreSQL."""
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
              AND (other.party <> NEW.party OR NEW.party = '')
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
        CREATE TRIGGER claims_no_overlap_update BEFORE UPDATE OF resource, lane, busy_start,
          busy_end, core_start, core_end, shares, occupying, party ON claims
        FOR EACH ROW WHEN (NEW.occupying = 1) EXECUTE FUNCTION claims_no_overlap()"""
    for name, start, end, whose in (
        ("slot_taken_busy", "busy_start", "busy_end", "occupying = 1 AND shares = 0"),
        ("slot_taken_core", "core_start", "core_end", "occupying = 1"),
    ):
        yield f"ALTER TABLE claims DROP CONSTRAINT {name}"
        yield f"""
            ALTER TABLE claims ADD CONSTRAINT {name} EXCLUDE USING gist (
              resource WITH =, lane WITH =, party WITH <>, int8range({start}, {end}) WITH &&
            ) WHERE ({whose})"""


LAST_LINE = {"sqlite": sqlite_last_line, "postgresql": postgresql_last_line}
"""What refuses an overlap, by dialect."""

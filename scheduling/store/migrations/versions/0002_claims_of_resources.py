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


LAST_LINE = {"sqlite": sqlite_last_line}
"""What refuses an overlap and lists what changed, by dialect."""

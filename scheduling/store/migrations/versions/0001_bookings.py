"""Bookings, their claims, the outbox, documents and logs."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything in an empty database."""
    _bookings()
    _claims()
    _outbox()
    _documents()
    for statement in LAST_LINE[op.get_bind().dialect.name]():
        op.execute(statement)


def _bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("service_id", sa.Text, nullable=False),
        sa.Column("staff_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("starts", WHOLE, nullable=False),
        sa.Column("ends", WHOLE, nullable=False),
        sa.Column("busy_starts", WHOLE, nullable=False),
        sa.Column("busy_ends", WHOLE, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("hold_until", WHOLE),
        sa.Column("details", sa.Text),
        sa.Column("event_id", sa.Text),
        sa.Column("join_url", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "busy_starts <= starts AND starts < ends AND ends <= busy_ends",
            name="busy_encloses_span",
        ),
        sa.CheckConstraint("(state = 'held') = (hold_until IS NOT NULL)", name="only_holds_end"),
        sqlite_strict=True,
    )
    op.create_index("bookings_of_owner", "bookings", ["owner", "state"])
    op.create_index("bookings_of_staff", "bookings", ["staff_id", "starts"])


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column(
            "booking_id",
            sa.Text,
            sa.ForeignKey("bookings.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("lane", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("busy_start", WHOLE, nullable=False),
        sa.Column("busy_end", WHOLE, nullable=False),
        sa.Column("occupying", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.CheckConstraint("busy_start < busy_end", name="claim_is_a_span"),
        sa.CheckConstraint("occupying IN (0, 1)", name="occupying_is_a_flag"),
        sqlite_strict=True,
    )
    op.create_index("claims_of_booking", "claims", ["booking_id"])
    op.create_index(
        "claims_occupying",
        "claims",
        ["resource", "lane", "busy_end"],
        sqlite_where=sa.text("occupying = 1"),
        postgresql_where=sa.text("occupying = 1"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("run_at", WHOLE),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_until", WHOLE),
        sa.Column("last_reason", sa.Text),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.CheckConstraint(
            "(state = 'leased') = (lease_owner IS NOT NULL)",
            name="only_leased_jobs_have_an_owner",
        ),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_due", "outbox", ["state", "run_at"])


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("written_at", WHOLE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "log_entries",
        sa.Column("log", sa.Text, primary_key=True),
        sa.Column("position", WHOLE, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_at", WHOLE, nullable=False),
        sqlite_strict=True,
    )


def sqlite_last_line() -> Iterator[str]:
    """Yield the triggers that refuse an overlap, whatever the program above them does."""
    refuse = """
        SELECT RAISE(ABORT, 'slot_taken') WHERE EXISTS (
          SELECT 1 FROM claims AS other
          WHERE other.resource = NEW.resource AND other.lane = NEW.lane AND other.occupying = 1
            AND other.busy_start < NEW.busy_end AND other.busy_end > NEW.busy_start
            {but_itself});"""
    yield (
        "CREATE TRIGGER claims_no_overlap_insert BEFORE INSERT ON claims "
        f"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='')} END"
    )
    yield (
        "CREATE TRIGGER claims_no_overlap_update "
        "BEFORE UPDATE OF resource, lane, busy_start, busy_end, occupying ON claims "
        f"WHEN NEW.occupying = 1 BEGIN {refuse.format(but_itself='AND other.id <> OLD.id')} END"
    )
    # the flag follows the state by itself, so no statement can free a booking but keep its claim
    yield """
        CREATE TRIGGER claims_follow_state AFTER UPDATE OF state ON bookings
        WHEN (OLD.state IN ('cancelled', 'expired')) <> (NEW.state IN ('cancelled', 'expired'))
        BEGIN
          UPDATE claims SET occupying = NEW.state NOT IN ('cancelled', 'expired')
          WHERE booking_id = NEW.id;
        END"""


def postgresql_last_line() -> Iterator[str]:
    """Yield the same for PostgreSQL: who looks for an overlap has the resource to itself."""
    yield "CREATE EXTENSION IF NOT EXISTS btree_gist"
    yield """
        CREATE FUNCTION claims_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended(NEW.resource, 0));
          IF EXISTS (
            SELECT 1 FROM claims AS other
            WHERE other.resource = NEW.resource AND other.lane = NEW.lane AND other.occupying = 1
              AND other.busy_start < NEW.busy_end AND other.busy_end > NEW.busy_start
              AND other.id <> NEW.id
          ) THEN
            RAISE EXCEPTION 'slot_taken' USING ERRCODE = 'exclusion_violation';
          END IF;
          RETURN NEW;
        END $$"""
    before = "BEFORE {when} ON claims FOR EACH ROW WHEN (NEW.occupying = 1)"
    run = "EXECUTE FUNCTION claims_no_overlap()"
    inserted = before.format(when="INSERT")
    updated = before.format(when="UPDATE OF resource, lane, busy_start, busy_end, occupying")
    yield f"CREATE TRIGGER claims_no_overlap_insert {inserted} {run}"
    yield f"CREATE TRIGGER claims_no_overlap_update {updated} {run}"
    # should the function ever be wrong
    yield """
        ALTER TABLE claims ADD CONSTRAINT slot_taken_busy EXCLUDE USING gist (
          resource WITH =, lane WITH =, int8range(busy_start, busy_end) WITH &&
        ) WHERE (occupying = 1)"""
    yield """
        CREATE FUNCTION claims_follow_state() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE claims SET occupying = (NEW.state NOT IN ('cancelled', 'expired'))::int
          WHERE booking_id = NEW.id;
          RETURN NULL;
        END $$"""
    yield """
        CREATE TRIGGER claims_follow_state AFTER UPDATE OF state ON bookings FOR EACH ROW
        WHEN ((OLD.state IN ('cancelled', 'expired')) <> (NEW.state IN ('cancelled', 'expired')))
        EXECUTE FUNCTION claims_follow_state()"""
    # in the transaction of the promise; a listener is woken when that is committed
    yield """
        CREATE FUNCTION outbox_promised() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('terminbot_work', '');
          RETURN NULL;
        END $$"""
    yield """
        CREATE TRIGGER outbox_promised AFTER INSERT OR UPDATE OF state ON outbox FOR EACH ROW
        WHEN (NEW.state = 'waiting' AND NEW.run_at IS NULL)
        EXECUTE FUNCTION outbox_promised()"""


LAST_LINE = {"sqlite": sqlite_last_line, "postgresql": postgresql_last_line}
"""What refuses an overlap, by dialect."""

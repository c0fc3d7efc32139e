"""The facts of bookings, which can be added to and neither changed nor taken out."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table; of what happened before it, there are no facts."""
    op.create_table(
        "ledger",
        sa.Column("lane", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("booking_id", sa.Text, nullable=False),
        sa.Column("values", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ledger_of_booking", "ledger", ["booking_id"])
    for statement in LAST_LINE[op.get_bind().dialect.name]():
        op.execute(statement)


def sqlite_last_line() -> Iterator[str]:
    """Yield the triggers; REPLACE would delete without asking the one that refuses to."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'append_only'); END"
    yield f"CREATE TRIGGER ledger_not_changed BEFORE UPDATE ON ledger {refuse}"
    yield f"CREATE TRIGGER ledger_not_deleted BEFORE DELETE ON ledger {refuse}"
    there = "EXISTS (SELECT 1 FROM ledger WHERE lane = NEW.lane AND seq = NEW.seq)"
    yield f"CREATE TRIGGER ledger_not_replaced BEFORE INSERT ON ledger WHEN {there} {refuse}"


def postgresql_last_line() -> Iterator[str]:
    """Yield the triggers."""
    yield """
        CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'append_only' USING ERRCODE = 'integrity_constraint_violation';
        END $$"""
    yield (
        "CREATE TRIGGER ledger_not_changed BEFORE UPDATE OR DELETE ON ledger "
        "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
    )
    yield (
        "CREATE TRIGGER ledger_not_emptied BEFORE TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
    )


LAST_LINE = {"sqlite": sqlite_last_line, "postgresql": postgresql_last_line}
"""What refuses every change but adding, by dialect."""

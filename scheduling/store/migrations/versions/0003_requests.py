"""Bookings that the staff decide on; those declined free their time."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column, and renew the trigger that knows which states free the time."""
    op.add_column("bookings", sa.Column("decide_until", WHOLE))
    for statement in LAST_LINE[op.get_bind().dialect.name]():
        op.execute(statement)


def sqlite_last_line() -> Iterator[str]:
    """Yield what renews the trigger."""
    yield "DROP TRIGGER claims_follow_state"
    # the flag follows the state by itself, so no statement can free a booking but keep its claim
    yield """
        CREATE TRIGGER claims_follow_state AFTER UPDATE OF state ON bookings
        WHEN (OLD.state IN ('cancelled', 'declined', 'expired'))
          <> (NEW.state IN ('cancelled', 'declined', 'expired'))
        BEGIN
          UPDATE claims SET occupying = NEW.state NOT IN ('cancelled', 'declined', 'expired')
          WHERE booking_id = NEW.id;
        END"""


def postgresql_last_line() -> Iterator[str]:
    """Yield the same for PostgreSQL."""
    yield "DROP TRIGGER claims_follow_state ON bookings"
    yield """
        CREATE OR REPLACE FUNCTION claims_follow_state() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE claims
          SET occupying = (NEW.state NOT IN ('cancelled', 'declined', 'expired'))::int
          WHERE booking_id = NEW.id;
          RETURN NULL;
        END $$"""
    yield """
        CREATE TRIGGER claims_follow_state AFTER UPDATE OF state ON bookings FOR EACH ROW
        WHEN ((OLD.state IN ('cancelled', 'declined', 'expired'))
          <> (NEW.state IN ('cancelled', 'declined', 'expired')))
        EXECUTE FUNCTION claims_follow_state()"""


LAST_LINE = {"sqlite": sqlite_last_line, "postgresql": postgresql_last_line}
"""What renews the trigger, by dialect."""

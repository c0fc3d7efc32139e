"""When a booking was noted, on how old a state, and when promised work was done."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns; of what happened before, nobody noted it."""
    for name in ("known_at", "noted_at", "conflict_until"):
        op.add_column("bookings", sa.Column(name, WHOLE))
    op.add_column("outbox", sa.Column("done_at", WHOLE))

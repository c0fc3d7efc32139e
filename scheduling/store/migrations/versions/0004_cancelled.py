"""Who cancelled a booking, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns; of what was cancelled before, nobody noted it."""
    op.add_column("bookings", sa.Column("cancelled_by", sa.Text))
    op.add_column("bookings", sa.Column("cancelled_at", WHOLE))

"""A booking knows from which version on its staff member serves."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who serves a booking that was moved already is taken to be new."""
    column = sa.Column("staff_since", sa.Integer, nullable=False, server_default=sa.text("1"))
    op.add_column("bookings", column)
    op.execute("UPDATE bookings SET staff_since = version WHERE event_id IS NULL")

"""Bookings follow their events: where one stands astray, and what the customer is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and find bookings by their event."""
    op.add_column("bookings", sa.Column("astray", sa.Text, nullable=False, server_default=""))
    asked = sa.Column("asked_version", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("bookings", asked)
    op.create_index("bookings_of_event", "bookings", ["event_id"])

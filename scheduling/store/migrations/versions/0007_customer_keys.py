"""A key for each customer, and the wordings that customers agree to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; a customer gets a key with the next booking."""
    op.create_table(
        "customer_keys",
        sa.Column("pseudonym", sa.Text, primary_key=True),
        sa.Column("customer", sa.Text, nullable=False, unique=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "wordings",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("first_used", WHOLE, nullable=False),
        sqlite_strict=True,
    )

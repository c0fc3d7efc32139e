"""PostgreSQL: lock a lane of the ledger and tell where it ends, in one statement."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the function; SQLite, with its one writer, needs none."""
    if op.get_bind().dialect.name != "postgresql":
        return
    # volatile: what is looked at after the lock was waited for is what its last holder left
    op.execute("""
        CREATE FUNCTION lane_end(of_lane integer) RETURNS TABLE (seq bigint, digest text)
        LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock(hashtextextended('lane:' || of_lane, 0));
          RETURN QUERY
            SELECT entry.seq, entry.digest FROM ledger AS entry WHERE entry.lane = of_lane
            ORDER BY entry.seq DESC LIMIT 1;
        END $$""")

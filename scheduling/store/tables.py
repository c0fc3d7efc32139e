"""The one description of the tables. The triggers stand in the migrations: they differ by dialect.

Moments are integers, microseconds since 1970 in UTC: exact, ordered, the same on every database.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; STRICT tables of SQLite know only the word INTEGER for it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """Count exactly; a float of seconds would lose the last digits."""
    return (moment - _EPOCH) // _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, kept as microseconds."""

    impl = WHOLE
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Python to database."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Database to Python."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class JobState(StrEnum):
    """Where a promise stands."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    PARKED = "parked"


metadata = MetaData()

bookings = Table(
    "bookings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("service_id", Text, nullable=False),
    Column("staff_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("busy_starts", Moment, nullable=False),
    Column("busy_ends", Moment, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("hold_until", Moment),
    Column("details", Text),
    Column("event_id", Text),
    Column("join_url", Text),
    Column("version", Integer, nullable=False),
    # other resources besides the staff member, as a JSON list
    Column("resources", Text, nullable=False, server_default="[]"),
    Column("place_id", Text, nullable=False, server_default=""),
    # a digest of the address, to count one customer's appointments
    Column("customer", Text),
    # of a request: until when the staff could decide
    Column("decide_until", Moment),
    Column("cancelled_by", Text),
    Column("cancelled_at", Moment),
    # of a hold: the booking that is to be moved
    Column("moves", Text, nullable=False, server_default=""),
    Column("moved_from", Moment),
    # the version from which on the staff member serves
    Column("staff_since", Integer, nullable=False, server_default=text("1")),
    # in whose calendar the event stands
    Column("event_staff_id", Text, nullable=False, server_default=""),
    # made in an outage: how old the state of the calendars was
    Column("known_at", Moment),
    Column("noted_at", Moment),
    # found taken when it was to be written: until when the customer may choose
    Column("conflict_until", Moment),
    # why its event stands elsewhere in Outlook
    Column("astray", Text, nullable=False, server_default=""),
    # moved by the staff: the version that the customer is asked about
    Column("asked_version", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(
        "busy_starts <= starts AND starts < ends AND ends <= busy_ends",
        name="busy_encloses_span",
    ),
    CheckConstraint("(state = 'held') = (hold_until IS NOT NULL)", name="only_holds_end"),
    Index("bookings_of_owner", "owner", "state"),
    Index("bookings_of_staff", "staff_id", "starts"),
    Index("bookings_of_customer", "customer", "service_id"),
    Index("bookings_of_service", "service_id", "created_at"),
    Index("bookings_of_event", "event_id"),
    sqlite_strict=True,
)

claims = Table(
    "claims",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("booking_id", Text, ForeignKey("bookings.id", ondelete="CASCADE"), nullable=False),
    Column("resource", Text, nullable=False),
    Column("lane", Integer, nullable=False, server_default=text("1")),
    Column("busy_start", WHOLE, nullable=False),
    Column("busy_end", WHOLE, nullable=False),
    Column("occupying", Integer, nullable=False, server_default=text("1")),
    Column("core_start", WHOLE, nullable=False, server_default=text("0")),
    Column("core_end", WHOLE, nullable=False, server_default=text("0")),
    Column("shares", WHOLE, nullable=False, server_default=text("0")),
    Column("place_id", Text, nullable=False, server_default=""),
    # the booking for whose sake it is claimed: claims of one party are not in each other's way
    Column("party", Text, nullable=False, server_default=""),
    CheckConstraint("busy_start < busy_end", name="claim_is_a_span"),
    CheckConstraint("occupying IN (0, 1)", name="occupying_is_a_flag"),
    Index("claims_of_booking", "booking_id"),
    Index(
        "claims_occupying",
        "resource",
        "lane",
        "busy_end",
        sqlite_where=text("occupying = 1"),
        postgresql_where=text("occupying = 1"),
    ),
    sqlite_strict=True,
)
"""What a booking occupies: one row per resource, in whole seconds since 1970, rounded outward."""

claim_changes = Table(
    "claim_changes",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("resource", Text, nullable=False),
    sqlite_strict=True,
    # an id used again would hide a change from who has read further
    sqlite_autoincrement=True,
)
"""Written by triggers: whose claims changed, in order."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("payload", Text, nullable=False),
    # no run_at = at once: a clock set back must not delay it
    Column("run_at", Moment),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Moment),
    Column("last_reason", Text),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    CheckConstraint(
        "(state = 'leased') = (lease_owner IS NOT NULL)", name="only_leased_jobs_have_an_owner"
    ),
    Index("outbox_due", "state", "run_at"),
    sqlite_strict=True,
    # an id used again would let a late worker pass the fence
    sqlite_autoincrement=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("lane", Integer, primary_key=True, autoincrement=False),
    Column("seq", WHOLE, primary_key=True, autoincrement=False),
    Column("at", WHOLE, nullable=False),
    Column("kind", Text, nullable=False),
    Column("booking_id", Text, nullable=False),
    Column("values", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("ledger_of_booking", "booking_id"),
    sqlite_strict=True,
)
"""Facts in hash chains, one a lane. Triggers refuse every change and every DELETE."""

customer_keys = Table(
    "customer_keys",
    metadata,
    Column("pseudonym", Text, primary_key=True),
    # as in bookings
    Column("customer", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_strict=True,
)
"""What the ledger keeps of a person is read with their key; to erase them is to delete it."""

wordings = Table(
    "wordings",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_used", Moment, nullable=False),
    sqlite_strict=True,
)
"""Every wording that customers were asked to agree to, whatever the business file says today."""

documents = Table(
    "documents",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("written_at", Moment, nullable=False),
    sqlite_strict=True,
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("log", Text, primary_key=True),
    Column("position", WHOLE, primary_key=True),
    Column("body", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    sqlite_strict=True,
)

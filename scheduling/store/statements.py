"""What is said to the database about bookings, claims and the ledger.

Built once: putting a statement together costs as much as running it.
"""

from sqlalchemy import and_, bindparam, case, delete, func, insert, or_, select, update

from scheduling.booking import FREEING, MOVABLE, STANDING, BookingEvent, BookingState, after
from scheduling.store.tables import WHOLE, Moment, bookings, claim_changes, claims, ledger

_OVER = and_(
    bookings.c.state == BookingState.HELD,
    bookings.c.hold_until <= bindparam("present", type_=Moment),
)
_OVERLAPPING = and_(
    claims.c.occupying == 1,
    claims.c.lane == 1,
    claims.c.busy_start < bindparam("span_end"),
    claims.c.busy_end > bindparam("span_start"),
)
_BUFFERS_MEET = or_(
    claims.c.shares == 0,
    bindparam("shares", type_=WHOLE) == 0,
    and_(claims.c.core_start < bindparam("span_end"), claims.c.core_end > bindparam("span_start")),
    and_(claims.c.busy_start < bindparam("core_end"), claims.c.busy_end > bindparam("core_start")),
)
_THERE = and_(
    claims.c.resource.in_(bindparam("among", expanding=True)),
    claims.c.party != bindparam("but_not"),
    _OVERLAPPING,
    _BUFFERS_MEET,
)
_HOLD = and_(
    bookings.c.id == bindparam("of_booking"),
    bookings.c.owner == bindparam("of_owner"),
    bookings.c.state == BookingState.HELD,
)

_CLAIM = (
    claims.c.resource,
    claims.c.booking_id,
    claims.c.party,
    claims.c.busy_start,
    claims.c.busy_end,
    claims.c.core_start,
    claims.c.core_end,
    claims.c.shares,
    claims.c.place_id,
    bookings.c.hold_until,
)

WHAT_STANDS_THERE = select(_OVER.label("is_over")).select_from(claims.join(bookings)).where(_THERE)
_EXPIRE = (
    update(bookings)
    .where(_OVER)
    .values(state=after(BookingState.HELD, BookingEvent.EXPIRE), hold_until=None)
    .returning(bookings.c.id)
)
# in one order: two that expire the same holds must not wait for each other
_IN_ORDER = select(bookings.c.id).order_by(bookings.c.id).with_for_update()
EXPIRE_WHAT_IS_OVER = _EXPIRE.where(
    bookings.c.id.in_(
        _IN_ORDER.where(_OVER, bookings.c.id.in_(select(claims.c.booking_id).where(_THERE)))
    )
)
EXPIRE_THESE = _EXPIRE.where(
    bookings.c.id.in_(_IN_ORDER.where(bookings.c.id.in_(bindparam("these", expanding=True))))
)
LIVING_HOLDS = (
    select(func.count())
    .select_from(bookings)
    .where(
        bookings.c.owner == bindparam("of_owner"),
        bookings.c.state == BookingState.HELD,
        bookings.c.hold_until > bindparam("present", type_=Moment),
        bookings.c.id != bindparam("but_not"),
    )
)
CLAIM = insert(claims)
EXTEND = (
    update(bookings)
    .where(_HOLD)
    .values(hold_until=bindparam("until", type_=Moment))
    .returning(*bookings.c)
)
RELEASE = (
    update(bookings)
    .where(_HOLD)
    .values(state=after(BookingState.HELD, BookingEvent.RELEASE), hold_until=None)
    .returning(bookings.c.id)
)
_CONFIRM = (
    update(bookings)
    .where(_HOLD, bookings.c.moves == "")
    .values(
        hold_until=None,
        details=bindparam("what_was_said"),
        customer=bindparam("of_customer"),
        known_at=bindparam("known_at", type_=Moment),
    )
    .returning(*bookings.c)
)
CONFIRM = _CONFIRM.values(
    state=after(BookingState.HELD, BookingEvent.CONFIRM),
    noted_at=bindparam("present", type_=Moment),
)
REQUEST = _CONFIRM.values(
    state=after(BookingState.HELD, BookingEvent.REQUEST),
    decide_until=bindparam("until", type_=Moment),
)
DECIDE = (
    update(bookings)
    .where(bookings.c.id == bindparam("of_booking"), bookings.c.state == BookingState.REQUESTED)
    .values(state=bindparam("decided"), noted_at=bindparam("noted_at", type_=Moment))
    .returning(*bookings.c)
)
CANCEL = (
    update(bookings)
    .where(
        bookings.c.id == bindparam("of_booking"),
        bookings.c.owner == bindparam("of_owner"),
        bookings.c.state.in_(STANDING),
    )
    .values(
        # the same from each of these states
        state=after(BookingState.BOOKED, BookingEvent.CANCEL),
        cancelled_by=bindparam("by"),
        cancelled_at=bindparam("present", type_=Moment),
    )
    .returning(*bookings.c)
)
CANCEL_NOTED = CANCEL.where(
    bookings.c.state == BookingState.NOTED, bookings.c.version == bindparam("of_version")
)
USE_UP = (
    update(bookings)
    .where(_HOLD, bookings.c.moves == bindparam("of_moved"))
    .values(state=after(BookingState.HELD, BookingEvent.MOVE), hold_until=None)
    .returning(*bookings.c)
)
"""The hold of a new time, whose claims go to the booking that it moves."""
MOVE = (
    update(bookings)
    .where(
        bookings.c.id == bindparam("of_booking"),
        bookings.c.owner == bindparam("of_owner"),
        bookings.c.state.in_(MOVABLE),
        bookings.c.version == bindparam("of_version"),
    )
    .values(
        # the same from each of these states
        state=after(BookingState.BOOKED, BookingEvent.MOVE),
        version=bookings.c.version + 1,
        moved_from=bookings.c.starts,
        staff_since=case(
            (bookings.c.staff_id == bindparam("new_staff_id"), bookings.c.staff_since),
            else_=bookings.c.version + 1,
        ),
        starts=bindparam("new_starts", type_=Moment),
        ends=bindparam("new_ends", type_=Moment),
        busy_starts=bindparam("new_busy_starts", type_=Moment),
        busy_ends=bindparam("new_busy_ends", type_=Moment),
        staff_id=bindparam("new_staff_id"),
        reason=bindparam("new_reason"),
        resources=bindparam("new_resources"),
        place_id=bindparam("new_place_id"),
        known_at=bindparam("new_known_at", type_=Moment),
        noted_at=bindparam("present", type_=Moment),
        conflict_until=None,
        astray="",
        asked_version=0,
    )
    .returning(*bookings.c)
)
GIVE_UP_CLAIMS = delete(claims).where(claims.c.booking_id == bindparam("of_booking"))
TAKE_OVER_CLAIMS = (
    update(claims)
    .where(claims.c.booking_id == bindparam("of_hold"))
    # a cancellation has freed them already: here they are taken again, before anybody else can
    .values(booking_id=bindparam("of_booking"), occupying=1)
)
KEEP_BACK = insert(bookings)
MARK = (
    update(bookings)
    .where(
        bookings.c.id == bindparam("of_booking"),
        bookings.c.state.in_(bindparam("among", expanding=True)),
    )
    .values(state=bindparam("marked"))
    .returning(*bookings.c)
)
NOTE_CONFLICT = (
    update(bookings)
    .where(
        bookings.c.id == bindparam("of_booking"),
        bookings.c.state == BookingState.NOTED,
        bookings.c.version == bindparam("of_version"),
        bookings.c.conflict_until.is_(None),
    )
    .values(conflict_until=bindparam("until", type_=Moment))
    .returning(*bookings.c)
)
FOLLOWING = (
    select(bookings)
    .where(
        bookings.c.id == bindparam("of_booking"),
        bookings.c.version == bindparam("of_version"),
        bookings.c.state == BookingState.BOOKED,
    )
    .with_for_update()
)
"""What stands as it did when its event was looked at; nobody changes it meanwhile."""
FOLLOW = (
    update(bookings)
    .where(bookings.c.id == bindparam("of_booking"))
    .values(
        state=after(BookingState.BOOKED, BookingEvent.FOLLOW),
        version=bookings.c.version + 1,
        asked_version=bookings.c.version + 1,
        moved_from=bookings.c.starts,
        starts=bindparam("new_starts", type_=Moment),
        ends=bindparam("new_ends", type_=Moment),
        busy_starts=bindparam("new_busy_starts", type_=Moment),
        busy_ends=bindparam("new_busy_ends", type_=Moment),
        astray="",
    )
    .returning(*bookings.c)
)
STAND_ASTRAY = (
    update(bookings)
    .where(bookings.c.id == bindparam("of_booking"), bookings.c.astray != bindparam("why"))
    .values(astray=bindparam("why"))
    .returning(*bookings.c)
)
ACCEPT = (
    update(bookings)
    .where(
        bookings.c.id == bindparam("of_booking"),
        bookings.c.owner == bindparam("of_owner"),
        bookings.c.state == BookingState.BOOKED,
        bookings.c.version == bookings.c.asked_version,
    )
    .values(asked_version=0)
    .returning(*bookings.c)
)
SHARES = select(func.min(claims.c.shares)).where(claims.c.booking_id == bindparam("of_booking"))
SHIFT_CLAIMS = (
    update(claims)
    .where(claims.c.booking_id == bindparam("of_booking"))
    .values(
        busy_start=bindparam("span_start"),
        busy_end=bindparam("span_end"),
        core_start=bindparam("new_core_start"),
        core_end=bindparam("new_core_end"),
    )
)
STATES_THERE = select(bookings.c.state).select_from(claims.join(bookings)).where(_THERE)
OF_EVENTS = select(bookings).where(
    bookings.c.event_id.in_(bindparam("among", expanding=True)),
    bookings.c.event_staff_id == bindparam("of_staff"),
)
WRITTEN_IN = (
    select(bookings)
    .where(
        bookings.c.event_staff_id == bindparam("of_staff"),
        bookings.c.event_id.is_not(None),
        bookings.c.state.in_(MOVABLE),
        bookings.c.starts < bindparam("upto", type_=Moment),
        bookings.c.ends > bindparam("after", type_=Moment),
    )
    .order_by(bookings.c.starts)
)
OWN = select(bookings).where(
    bookings.c.id == bindparam("of_booking"), bookings.c.owner == bindparam("of_owner")
)
CLAIMS = (
    select(*_CLAIM)
    .select_from(claims.join(bookings))
    .where(_OVERLAPPING, ~_OVER)
    .order_by(claims.c.core_start)
)
CLAIMS_OF = CLAIMS.where(claims.c.resource.in_(bindparam("among", expanding=True)))
WHAT_IS_NEAR = (
    select(*_CLAIM, _OVER.label("is_over"))
    .select_from(claims.join(bookings))
    .where(
        claims.c.resource.in_(bindparam("among", expanding=True)),
        claims.c.party != bindparam("but_not"),
        _OVERLAPPING,
    )
)
BEGUN_IN = (
    select(func.count())
    .select_from(claims.join(bookings))
    .where(
        claims.c.resource == bindparam("of_resource"),
        claims.c.occupying == 1,
        claims.c.busy_end > bindparam("span_start"),
        claims.c.core_start >= bindparam("span_start"),
        claims.c.core_start < bindparam("span_end"),
        claims.c.party != bindparam("but_not"),
        ~_OVER,
    )
)
CHANGES_ENDS = select(func.min(claim_changes.c.id), func.max(claim_changes.c.id))
CHANGED = (
    select(claim_changes.c.resource)
    .distinct()
    .where(claim_changes.c.id > bindparam("after"), claim_changes.c.id <= bindparam("upto"))
)
# who served is who was claimed: a team counts for each of its members; by lane and end, as the
# index is: or the work of all years would be read
_GIVEN = and_(
    claims.c.resource.in_(bindparam("among", expanding=True)),
    claims.c.occupying == 1,
    claims.c.lane == 1,
    claims.c.busy_end > bindparam("since"),
    claims.c.party != bindparam("but_not"),
    ~_OVER,
)
WORK = (
    select(claims.c.resource, func.count().label("number"))
    .select_from(claims.join(bookings))
    .where(
        _GIVEN,
        bookings.c.starts >= bindparam("span_start", type_=Moment),
        bookings.c.starts < bindparam("span_end", type_=Moment),
    )
    .group_by(claims.c.resource)
)
LAST = (
    select(claims.c.resource, func.max(bookings.c.created_at).label("last_given"))
    .select_from(claims.join(bookings))
    .where(_GIVEN)
    .group_by(claims.c.resource)
)
LAST_SERVED = (
    select(bookings.c.staff_id)
    .where(
        bookings.c.service_id == bindparam("of_service"),
        bookings.c.id != bindparam("but_not"),
        bookings.c.state.not_in(FREEING),
        ~_OVER,
    )
    .order_by(bookings.c.created_at.desc(), bookings.c.id)
    .limit(1)
)
LANE_END = (
    select(ledger.c.seq, ledger.c.digest)
    .where(ledger.c.lane == bindparam("of_lane"))
    .order_by(ledger.c.seq.desc())
    .limit(1)
)
COMING = (
    select(func.count())
    .select_from(bookings)
    .where(
        bookings.c.customer == bindparam("of_customer"),
        bookings.c.service_id == bindparam("of_service"),
        bookings.c.state.in_(STANDING),
        bookings.c.ends > bindparam("present", type_=Moment),
    )
)

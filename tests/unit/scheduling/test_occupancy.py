import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.occupancy import Claim, Margins, collide, kept_clear

BUFFER = st.sampled_from([0, 1, 5, 20])
CLAIMS = st.builds(
    lambda start, length, before, after, shares: Claim(
        start, start + length, start - before, start + length + after, shares
    ),
    st.integers(0, 120),
    st.integers(1, 30),
    BUFFER,
    BUFFER,
    st.booleans(),
)
TRAVEL = st.sampled_from([0, 0, 3, 15, 45])


def must_keep_apart(earlier: Claim, later: Claim, travel: int) -> int:
    """Seconds between the end of one service and the beginning of the next."""
    after, before = earlier.busy_end - earlier.end, later.start - later.busy_start
    both_share = earlier.shares and later.shares
    return max(travel, max(after, before) if both_share else after + before)


def fit(one: Claim, other: Claim, travel: int) -> bool:
    return other.start - one.end >= must_keep_apart(
        one, other, travel
    ) or one.start - other.end >= must_keep_apart(other, one, travel)


@given(CLAIMS, CLAIMS, TRAVEL)
def test_two_collide_unless_one_ends_early_enough_before_the_other(one, other, travel):
    assert collide(one, other, travel) is not fit(one, other, travel)


@given(CLAIMS, CLAIMS, TRAVEL)
def test_it_does_not_matter_which_came_first(one, other, travel):
    assert collide(one, other, travel) is collide(other, one, travel)


@given(CLAIMS, st.integers(1, 30), BUFFER, BUFFER, st.booleans(), TRAVEL)
def test_a_service_collides_just_where_it_touches_what_is_kept_clear(
    claim, length, before, after, shares, travel
):
    start, end = kept_clear(claim, Margins(before, after, shares), travel)
    assert start <= claim.start < claim.end <= end
    for at in range(-120, 240):
        new = Claim(at, at + length, at - before, at + length + after, shares)
        assert collide(new, claim, travel) is (at < end and start < at + length)


@given(CLAIMS, CLAIMS, TRAVEL)
def test_sharing_and_a_shorter_way_never_make_two_collide(one, other, travel):
    sharing = (one._replace(shares=True), other._replace(shares=True))
    if not collide(one, other, travel):
        assert not collide(one, other)
        assert not collide(*sharing, travel)


def claim(start: int, end: int, before: int = 0, after: int = 0, **changes) -> Claim:
    return Claim(start, end, start - before, end + after, **changes)


@pytest.mark.parametrize(
    ("shares", "apart"), [((True, True), 15), ((True, False), 25), ((False, False), 25)]
)
def test_the_larger_buffer_counts_only_where_both_share(shares, apart):
    earlier = claim(0, 60, after=10, shares=shares[0])
    for wait in range(40):
        later = claim(60 + wait, 120 + wait, before=15, shares=shares[1])
        assert collide(earlier, later) is (wait < apart)


@pytest.mark.parametrize(("travel", "apart"), [(0, 25), (24, 25), (40, 40)])
def test_buffers_may_be_spent_travelling(travel, apart):
    earlier = claim(0, 60, after=10)
    for wait in range(60):
        later = claim(60 + wait, 120 + wait, before=15)
        assert collide(earlier, later, travel) is (wait < apart)


def test_one_may_begin_in_the_second_another_ends():
    assert not collide(claim(0, 60), claim(60, 120))
    assert collide(claim(0, 61), claim(60, 120))

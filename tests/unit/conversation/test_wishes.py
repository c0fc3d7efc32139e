from datetime import date, datetime, time

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import wishes
from bot.understanding.wish import Clause, DateSpan, Window, Wish

FRIDAY = frozenset({4})
TUESDAY = DateSpan(date(2026, 11, 10), date(2026, 11, 10))
AFTERNOON = Window(time(12), time(18))
TEN = Window(time(10), time(10))


def local(text: str) -> datetime:
    """Wall clock, naive as wishes are."""
    return datetime.fromisoformat(text)


def test_an_exclusion_wins_over_everything_wished() -> None:
    wish = Wish((Clause(weekdays=FRIDAY),), exclude=(Clause(weekdays=FRIDAY),))
    assert not wishes.fits(wish, local("2026-11-13 10:00"))


def test_the_end_of_a_window_is_no_start() -> None:
    wish = Wish((Clause(windows=(AFTERNOON,)),))
    assert wishes.fits(wish, local("2026-11-10 12:00"))
    assert not wishes.fits(wish, local("2026-11-10 18:00"))


def test_an_exact_time_fits_only_itself() -> None:
    wish = Wish((Clause(windows=(TEN,)),))
    assert wishes.fits(wish, local("2026-11-10 10:00"))
    assert not wishes.fits(wish, local("2026-11-10 10:30"))


def test_a_new_day_keeps_the_hours_and_new_hours_keep_the_day() -> None:
    old = Wish((Clause((TUESDAY,), windows=(AFTERNOON,)),))
    other_day = wishes.merge(old, Wish((Clause(weekdays=FRIDAY),)), adds=False)
    assert other_day.alternatives == (Clause(weekdays=FRIDAY, windows=(AFTERNOON,)),)
    other_hours = wishes.merge(old, Wish((Clause(windows=(TEN,)),)), adds=False)
    assert other_hours.alternatives == (Clause((TUESDAY,), windows=(TEN,)),)


def test_or_adds_an_alternative() -> None:
    old, new = Wish((Clause((TUESDAY,)),)), Wish((Clause(weekdays=FRIDAY),))
    assert wishes.merge(old, new, adds=True).alternatives == (
        Clause((TUESDAY,)),
        Clause(weekdays=FRIDAY),
    )


def test_exclusions_add_up_and_a_new_wish_for_that_day_revokes_one() -> None:
    old = Wish(exclude=(Clause(weekdays=FRIDAY),))
    more = wishes.merge(old, Wish(exclude=(Clause(weekdays=frozenset({0})),)), adds=False)
    assert len(more.exclude) == 2
    after_all = wishes.merge(more, Wish((Clause(weekdays=FRIDAY),)), adds=False)
    assert after_all.exclude == (Clause(weekdays=frozenset({0})),)


def test_another_time_does_not_mean_the_same_clock_again() -> None:
    wish = wishes.without_clock(Wish((Clause((TUESDAY,), windows=(TEN,)),)))
    assert wish.alternatives == (Clause((TUESDAY,)),)


def test_an_open_wish_has_no_last_day() -> None:
    assert wishes.last_day(Wish((Clause((DateSpan(date(2026, 11, 10), None),)),))) is None
    assert wishes.last_day(Wish((Clause((TUESDAY,)),))) == date(2026, 11, 10)


@given(
    st.datetimes(local("2026-01-01 00:00"), local("2027-01-01 00:00")),
    st.sets(st.integers(0, 6)),
    st.sets(st.integers(0, 6), min_size=1),
)
def test_nothing_loosened_ever_fits_an_excluded_start(
    start: datetime, wished: set[int], unwanted: set[int]
) -> None:
    wish = Wish(
        (Clause(weekdays=frozenset(wished)),), exclude=(Clause(weekdays=frozenset(unwanted)),)
    )
    loosened = (wish, wishes.without_days(wish), wishes.without_clock(wish))
    if start.weekday() in unwanted:
        assert not any(wishes.fits(w, start) for w in (*loosened, wishes.only_exclusions(wish)))

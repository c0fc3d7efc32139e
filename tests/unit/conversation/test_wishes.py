from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import wishes
from bot.understanding.wish import Clause, DateSpan, Prefer, Window, Wish

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


def test_about_ten_fits_half_an_hour_to_both_sides() -> None:
    wish = Wish((Clause(windows=(TEN,)),), tolerance_minutes=30)
    fitting = [wishes.fits(wish, local(f"2026-11-10 {t}")) for t in ("09:15", "09:30", "10:30")]
    assert fitting == [False, True, True]


def test_a_window_that_ends_at_midnight_has_the_evening() -> None:
    wish = Wish((Clause(windows=(Window(time(17), time(0)),)),))
    assert wishes.fits(wish, local("2026-11-10 23:30"))
    assert not wishes.fits(wish, local("2026-11-10 16:30"))


def test_a_new_hour_takes_the_tolerance_with_it() -> None:
    old = Wish((Clause((TUESDAY,), windows=(TEN,)),), tolerance_minutes=30)
    exact = wishes.merge(old, Wish((Clause(windows=(TEN,)),)), adds=False)
    other_day = wishes.merge(old, Wish((Clause(weekdays=FRIDAY),)), adds=False)
    assert (exact.tolerance_minutes, other_day.tolerance_minutes) == (0, 30)


def test_a_wish_from_a_moment_on_begins_and_never_ends_there() -> None:
    wish = Wish((Clause(not_before=local("2026-11-16 14:00")),))
    assert not wishes.fits(wish, local("2026-11-16 13:30"))
    assert wishes.fits(wish, local("2026-11-17 09:00"))
    assert wishes.first_day(wish, date(2026, 11, 9)) == date(2026, 11, 16)
    assert wishes.last_day(wish) is None


def test_a_wish_up_to_a_moment_has_a_last_day() -> None:
    wish = Wish((Clause(not_after=local("2026-11-16 14:00")),))
    assert wishes.last_day(wish) == date(2026, 11, 16)


@pytest.mark.parametrize(
    ("start", "given_up"),
    [
        ("2026-11-10 10:00", ""),
        ("2026-11-10 11:00", "hours"),
        ("2026-11-11 10:00", "day"),
        ("2026-11-11 11:00", "both"),
    ],
)
def test_what_was_given_up_is_known(start: str, given_up: str) -> None:
    wish = Wish((Clause((TUESDAY,), windows=(TEN,)),))
    assert wishes.given_up(wish, [local(start)]) == given_up


READINGS = tuple(
    Wish((Clause((DateSpan(date(2026, 11, d), date(2026, 11, d)),), windows=(TEN,)),))
    for d in (10, 11)
)


@pytest.mark.parametrize(
    ("said", "choice", "place"),
    [
        (Wish(), 2, 1),
        (Wish(), -1, 1),
        (Wish(), 3, None),
        (Wish((Clause((TUESDAY,)),)), None, 0),
        (Wish((Clause(weekdays=frozenset({2})),)), None, 1),
        (Wish((Clause(weekdays=FRIDAY),)), None, None),
        (Wish(prefer=Prefer.EARLIEST), None, None),
    ],
)
def test_an_answer_picks_a_reading_by_place_or_day(
    said: Wish, choice: int | None, place: int | None
) -> None:
    expected = None if place is None else READINGS[place]
    assert wishes.reading_meant(READINGS, said, choice) == expected


def test_ruling_one_day_out_leaves_the_other_and_of_the_last_its_hours() -> None:
    ten_on_tuesday = Clause((TUESDAY,), windows=(TEN,))
    or_friday = Clause(weekdays=FRIDAY, windows=(AFTERNOON,))
    no_tuesday = Wish(exclude=(Clause((TUESDAY,)),))
    both = wishes.merge(Wish((ten_on_tuesday, or_friday)), no_tuesday, adds=False)
    assert both.alternatives == (or_friday,)
    one = wishes.merge(Wish((ten_on_tuesday,)), no_tuesday, adds=False)
    assert one.alternatives == (Clause(windows=(TEN,)),)

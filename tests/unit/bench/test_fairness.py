"""Handing out bookings: caps hold, the same each time, and fairer than a lot."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from bench.__main__ import main
from bench.fairness import Given, at_random, by_load, crew_of, digest, in_the_order_of, simulate
from bench.plan import Plan
from bench.shares import Caps, fairness, misjudged

WEEKS, BOOKINGS = 4, 1_500


@pytest.fixture(scope="module")
def crew():
    return crew_of(WEEKS)


@pytest.fixture(scope="module")
def given(crew):
    return simulate(crew, BOOKINGS, by_load)


def members_of(crew):
    return {member.id: member for member in crew.members}


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_every_booking_is_handed_out_and_no_cap_is_broken(crew, given):
    assert len(given) == BOOKINGS
    caps = Caps(given, members_of(crew))
    assert caps.broken() == 0
    assert any(caps.are_reached(each, each.staff_id) for each in given)


def test_nobody_serves_two_at_a_time(given):
    by_person = {}
    for each in given:
        by_person.setdefault(each.staff_id, []).append(each.start)
    gaps = [b - a for s in by_person.values() for a, b in pairwise(sorted(s))]
    # half an hour, and ten minutes kept free
    assert min(gaps) >= 2400


def test_who_was_free_is_what_the_judge_says(crew, given):
    assert misjudged(given, crew, 10) == 0
    few, late = given[:9], given[9]
    spoiled = [*few, late._replace(free=late.free[1:])]
    assert misjudged(spoiled, crew, len(spoiled)) == 1


def test_the_same_seed_hands_out_the_same(crew, given):
    assert digest(simulate(crew, BOOKINGS, by_load)) == digest(given)
    assert digest(simulate(crew, BOOKINGS, by_load, seed=2)) != digest(given)


def test_a_lot_is_further_from_the_shares_than_the_least_loaded(crew, given):
    lot = fairness(simulate(crew, BOOKINGS, at_random()), crew.members)
    mine = fairness(given, crew.members)
    assert mine.bookings * 2 < lot.bookings
    assert mine.in_a_week * 2 < lot.in_a_week


def test_in_turn_goes_through_the_file(crew):
    given = simulate(crew, 200, in_the_order_of(crew.members))
    place = {member.id: number for number, member in enumerate(crew.members)}
    for before, each in pairwise(given):
        later = [name for name in each.free if place[name] > place[before.staff_id]]
        assert each.staff_id == (later or each.free)[0]


def two(crew, **changes):
    anna, bernd = crew.members[:2]
    plain = {"max_per_day": None, "max_per_week": None}
    return replace(anna, **plain | {"weight": 1} | changes), replace(bernd, weight=3, **plain)


def handed(*names, free):
    starts = (at("2026-09-07 08:00") + 3600 * number for number in range(len(names)))
    return [Given(start, name, free) for start, name in zip(starts, names, strict=False)]


def test_shares_go_by_weight_among_those_who_were_free(crew):
    anna, bernd = two(crew)
    free = (anna.id, bernd.id)
    fair = handed(anna.id, bernd.id, bernd.id, bernd.id, free=free)
    assert fairness(fair, [anna, bernd]).bookings == pytest.approx(0, abs=0.01)
    unfair = handed(*[anna.id] * 4, free=free)
    assert fairness(unfair, [anna, bernd]).bookings == pytest.approx(3, abs=0.05)
    alone = handed(*[anna.id] * 4, free=(anna.id,))
    assert fairness(alone, [anna, bernd]).bookings == 0


def test_nobody_has_a_share_beyond_their_cap(crew):
    anna, bernd = two(crew, weight=3, max_per_day=1)
    given = handed(anna.id, bernd.id, bernd.id, bernd.id, free=(anna.id, bernd.id))
    assert fairness(given, [anna, bernd]).bookings == pytest.approx(0, abs=0.01)


def test_a_broken_cap_is_seen(crew):
    anna, bernd = two(crew, max_per_day=1, max_per_week=3)
    given = handed(anna.id, anna.id, free=(anna.id,))
    assert Caps(given, {anna.id: anna, bernd.id: bernd}).broken() == 1


def test_the_command_prints_each_policy(capsys):
    plan = Plan(bookings=80, looked_at=3)
    assert main(["fairness"], plan=plan) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:3]] == [
        "any: least load of four weeks by weight",
        "the same, load of one week",
    ]
    assert lines[-1] == "wrong: nothing"

"""What a view answers, against the plain way to find out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.index import View
from scheduling.index.view import numbers_in
from tests.unit.scheduling.index.a_world import (
    a_fed_world,
)


@pytest.fixture(scope="module")
def busy_view() -> View:
    business, index, _ = a_fed_world(7)
    service = business.services[0]
    return index.view(service, service.durations[0]).complete(index.standing)


IDS = st.sets(st.sampled_from([*(f"s{n}" for n in range(9)), "nobody"]))


def is_free(view: View, member_id: str, number: int) -> bool:
    return view.rows[view.numbers[member_id]] >> number & 1 == 1


@given(ids=IDS, first=st.integers(0, 300), length=st.integers(0, 40))
def test_counts_are_how_many_of_the_mask_are_free(busy_view, ids, first, length):
    known = [each for each in ids if each != "nobody"]
    numbers = range(len(busy_view.grid.starts))[first : first + length]
    found = busy_view.counts(busy_view.mask(ids), first, first + length)
    assert found == [sum(is_free(busy_view, each, n) for each in known) for n in numbers]


@given(ids=IDS, number=st.integers(0, 100))
def test_who_is_free_at_a_start_is_named_in_order(busy_view, ids, number):
    second = busy_view.grid.starts[number]
    bits = busy_view.free_at(second, busy_view.mask(ids))
    found = [member.id for member in busy_view.members_in(bits)]
    assert found == [each for each in sorted(ids - {"nobody"}) if is_free(busy_view, each, number)]
    assert busy_view.free_at(second + 1, busy_view.mask(ids)) == 0


@given(ids=IDS)
def test_starts_together_are_those_at_which_all_are_free(busy_view, ids):
    known = ids - {"nobody"}
    bits = busy_view.together(busy_view.numbers[each] for each in known)
    assert list(numbers_in(bits)) == [
        n
        for n in range(len(busy_view.grid.starts))
        if all(is_free(busy_view, each, n) for each in known)
    ]


@given(ids=IDS)
def test_a_mask_has_a_bit_for_each_member_and_none_for_others(busy_view, ids):
    assert busy_view.mask(ids) == sum(1 << int(each[1:]) for each in ids if each != "nobody")


@given(st.sets(st.integers(0, 300)))
def test_numbers_of_bits_come_in_order(numbers):
    assert list(numbers_in(sum(1 << n for n in numbers))) == sorted(numbers)

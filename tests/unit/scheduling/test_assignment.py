from hypothesis import given
from hypothesis import strategies as st

from scheduling.assignment import least_loaded, named
from scheduling.booking import Assignment
from tests.builders import a_staff_member


def ids(assignments) -> list[str]:
    return [assignment.staff_id for assignment in assignments]


def test_who_was_asked_for_is_assigned_as_named():
    assert named(a_staff_member("anna")) == Assignment("anna", "named")


def test_the_one_with_fewest_bookings_comes_first_and_the_reason_gives_the_figures():
    members = [a_staff_member("anna"), a_staff_member("bernd"), a_staff_member("carla")]
    first, *_ = least_loaded(members, {"anna": 4, "bernd": 2, "carla": 3})
    assert first == Assignment("bernd", "least_loaded load=2 weight=1 of=3")


def test_each_next_choice_is_one_out_of_those_left():
    members = [a_staff_member("anna"), a_staff_member("bernd")]
    reasons = [a.reason for a in least_loaded(members, {"anna": 0, "bernd": 1})]
    assert reasons == ["least_loaded load=0 weight=1 of=2", "least_loaded load=1 weight=1 of=1"]


def test_a_weight_of_two_takes_twice_the_work():
    members = [a_staff_member("anna"), a_staff_member("bernd", weight=2)]
    assert ids(least_loaded(members, {"anna": 2, "bernd": 3})) == ["bernd", "anna"]


def test_equal_shares_go_to_the_one_with_fewer_bookings():
    members = [a_staff_member("bernd", weight=2), a_staff_member("anna")]
    assert ids(least_loaded(members, {"anna": 1, "bernd": 2})) == ["anna", "bernd"]


def test_equal_figures_go_by_the_order_of_the_file():
    members = [a_staff_member("bernd"), a_staff_member("anna")]
    assert ids(least_loaded(members, {"anna": 1, "bernd": 1})) == ["bernd", "anna"]


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(1, 200))
def test_work_handed_out_one_by_one_ends_in_proportion_to_the_weights(weights, count):
    members = [a_staff_member(str(n), weight=weight) for n, weight in enumerate(weights)]
    load = {member.id: 0 for member in members}
    for _ in range(count):
        load[least_loaded(members, load)[0].staff_id] += 1
    for member in members:
        fair = count * member.weight / sum(weights)
        assert abs(load[member.id] - fair) <= max(weights)

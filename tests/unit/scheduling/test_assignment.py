from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling.assignment import collective, in_turn, least_loaded, named
from scheduling.booking import Assignment, Workload
from tests.builders import NOW, a_staff_member


def work(counts) -> dict[str, Workload]:
    return {staff_id: Workload(count) for staff_id, count in counts.items()}


def ids(assignments) -> list[str]:
    return [assignment.staff_id for assignment in assignments]


def test_who_was_asked_for_is_assigned_as_named():
    assert named(a_staff_member("anna")) == Assignment("anna", "named")


def test_the_one_with_fewest_bookings_comes_first_and_the_reason_gives_the_figures():
    members = [a_staff_member("anna"), a_staff_member("bernd"), a_staff_member("carla")]
    first, *_ = least_loaded(members, work({"anna": 4, "bernd": 2, "carla": 3}))
    assert first == Assignment("bernd", "least_loaded load=2 weight=1 of=3")


def test_each_next_choice_is_one_out_of_those_left():
    members = [a_staff_member("anna"), a_staff_member("bernd")]
    reasons = [a.reason for a in least_loaded(members, work({"anna": 0, "bernd": 1}))]
    assert reasons == ["least_loaded load=0 weight=1 of=2", "least_loaded load=1 weight=1 of=1"]


def test_a_weight_of_two_takes_twice_the_work():
    members = [a_staff_member("anna"), a_staff_member("bernd", weight=2)]
    assert ids(least_loaded(members, work({"anna": 2, "bernd": 3}))) == ["bernd", "anna"]


def test_equal_shares_go_to_the_one_with_fewer_bookings():
    members = [a_staff_member("bernd", weight=2), a_staff_member("anna")]
    assert ids(least_loaded(members, work({"anna": 1, "bernd": 2}))) == ["anna", "bernd"]


def test_equal_figures_go_by_the_order_of_the_file():
    members = [a_staff_member("bernd"), a_staff_member("anna")]
    assert ids(least_loaded(members, work({"anna": 1, "bernd": 1}))) == ["bernd", "anna"]


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(1, 200))
def test_work_handed_out_one_by_one_ends_in_proportion_to_the_weights(weights, count):
    members = [a_staff_member(str(n), weight=weight) for n, weight in enumerate(weights)]
    load = {member.id: 0 for member in members}
    for _ in range(count):
        load[least_loaded(members, work(load))[0].staff_id] += 1
    for member in members:
        fair = count * member.weight / sum(weights)
        assert abs(load[member.id] - fair) <= max(weights)


def test_of_equal_figures_the_one_who_waits_longest_comes_first():
    members = [a_staff_member("anna"), a_staff_member("bernd"), a_staff_member("carla")]
    given_last = {
        "anna": Workload(1, NOW),
        "bernd": Workload(1, NOW - timedelta(days=2)),
        "carla": Workload(1, NOW - timedelta(days=1)),
    }
    assert ids(least_loaded(members, given_last)) == ["bernd", "carla", "anna"]


def test_the_reason_says_since_when_somebody_waits():
    members = [a_staff_member("anna")]
    (only,) = least_loaded(members, {"anna": Workload(1, NOW)})
    assert only.reason == "least_loaded load=1 weight=1 of=1 since=2026-11-09T06:00Z"


def test_who_never_served_waits_longest():
    members = [a_staff_member("anna"), a_staff_member("bernd")]
    given_last = {"anna": Workload(0, NOW), "bernd": Workload(0)}
    assert ids(least_loaded(members, given_last)) == ["bernd", "anna"]


ORDER = {"anna": 0, "bernd": 1, "carla": 2}


def test_in_turn_begins_after_the_one_who_served_last():
    members = [a_staff_member(name) for name in ORDER]
    turns = in_turn(members, "anna", ORDER)
    assert ids(turns) == ["bernd", "carla", "anna"]
    assert turns[0].reason == "in_turn after=anna of=3"


def test_in_turn_skips_who_is_busy_and_begins_anew_after_the_last():
    members = [a_staff_member("anna"), a_staff_member("bernd")]
    assert ids(in_turn(members, "carla", ORDER)) == ["anna", "bernd"]


def test_the_first_turn_is_the_first_of_the_file():
    members = [a_staff_member(name) for name in ORDER]
    assert ids(in_turn(members, None, ORDER)) == ["anna", "bernd", "carla"]


def test_a_team_is_assigned_to_its_first_member_and_says_how_many_serve():
    members = [a_staff_member("anna"), a_staff_member("bernd")]
    assert collective(members) == Assignment("anna", "collective of=2")

"""What is kept of one mailbox: entries in little memory, and whose turn it is."""

import tracemalloc
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.feed_state import LAST_RETRY, PackedItems, Watched, next_in_turn, pause_after
from scheduling.catalog import BusyStatus
from scheduling.ports import BusyItem, CalendarChanges, CalendarItem, Subscription
from scheduling.timespan import TimeSpan, from_seconds, whole_seconds
from tests.builders import NOW, minutes

HOUR = timedelta(hours=1)
FAR = NOW + timedelta(days=6)

spans = st.tuples(st.integers(0, 10**9), st.integers(1, 10**6)).map(
    lambda pair: from_seconds(pair[0], pair[0] + pair[1])
)
items = st.builds(
    CalendarItem,
    st.sampled_from([f"event-{n}" for n in range(6)]),
    spans,
    st.sampled_from(BusyStatus),
)
changes = st.builds(
    CalendarChanges,
    st.lists(items, max_size=6).map(tuple),
    st.lists(st.sampled_from([f"event-{n}" for n in range(6)])).map(tuple),
    st.just("link"),
    st.booleans(),
)


@given(st.lists(changes, max_size=6))
def test_packed_entries_are_those_of_a_plain_record(rounds):
    packed, plain = PackedItems(), {}
    for each in rounds:
        before = dict(plain)
        if each.is_whole:
            plain = {}
        for event_id in each.gone:
            plain.pop(event_id, None)
        plain |= {i.event_id: BusyItem(i.span, i.status) for i in each.items}
        assert packed.take(each) == (plain != before)
        key = lambda item: (item.span, item.status)  # noqa: E731
        assert sorted(packed, key=key) == sorted(plain.values(), key=key)


def test_parts_of_a_second_are_rounded_outward():
    odd = TimeSpan(NOW + timedelta(milliseconds=1), NOW + timedelta(seconds=9, microseconds=1))
    packed = PackedItems()
    packed.take(whole(CalendarItem("a", odd, BusyStatus.OOF)))
    assert list(packed) == [BusyItem(from_seconds(*whole_seconds(odd)), BusyStatus.OOF)]


def whole(*found: CalendarItem, link: str = "1") -> CalendarChanges:
    return CalendarChanges(found, (), link, is_whole=True)


def test_seventy_entries_take_less_than_three_kilobytes():
    def a_calendar(number: int) -> CalendarChanges:
        ids = (f"{'A' * 140}{number}-{n}" for n in range(70))
        return whole(*(CalendarItem(i, TimeSpan(NOW, NOW + HOUR), BusyStatus.BUSY) for i in ids))

    kept = [PackedItems() for _ in range(50)]
    tracemalloc.start()
    try:
        for number, packed in enumerate(kept):
            packed.take(a_calendar(number))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size / len(kept) < 3000


def a_mailbox(name: str, *, subscribed: bool = True, read: bool = True) -> Watched:
    watched = Watched(f"{name}@example.test", (f"staff:{name}",))
    if subscribed:
        watched.subscribed(Subscription(f"sub-{name}", watched.mailbox, FAR), NOW)
    if read:
        watched.begin(TimeSpan(NOW, FAR))
        watched.read(whole(), 0, NOW)
    return watched


def chosen(watched: list[Watched], room: int, at=NOW) -> list[str]:
    return [w.key.removeprefix("staff:") for w in next_in_turn(watched, at.timestamp(), room)]


def test_changed_ones_come_first_then_new_and_old_by_halves():
    later = NOW + HOUR
    new = [a_mailbox(f"new{n}", subscribed=False, read=False) for n in range(9)]
    old = [a_mailbox(f"old{n}") for n in range(9)]
    changed = a_mailbox("changed")
    changed.hear()
    assert chosen([*new, *old, changed], 5, later) == ["changed", "new0", "new1", "old0", "old1"]


def test_a_half_that_is_not_needed_goes_to_the_others():
    new = [a_mailbox(f"new{n}", subscribed=False, read=False) for n in range(9)]
    old = [a_mailbox(f"old{n}") for n in range(9)]
    later = NOW + HOUR
    assert chosen([*new, old[0]], 4, later) == ["new0", "new1", "new2", "old0"]
    assert chosen([new[0], *old], 4, later) == ["new0", "old0", "old1", "old2"]
    assert chosen(new, 4) == ["new0", "new1", "new2", "new3"]
    assert chosen(old, 4, later) == ["old0", "old1", "old2", "old3"]


def test_the_one_that_waits_longest_comes_first():
    early, late = a_mailbox("early"), a_mailbox("late")
    late.read(whole(), 0, NOW + minutes(10))
    assert chosen([late, early], 1, NOW + HOUR) == ["early"]


def test_without_room_nobody_is_chosen():
    changed = a_mailbox("changed")
    changed.hear()
    assert chosen([changed], 0) == chosen([changed], -3) == []


def test_who_is_under_way_is_not_chosen():
    changed = a_mailbox("changed")
    changed.hear()
    changed.is_under_way = True
    assert chosen([changed], 5) == []


def test_pauses_grow_to_a_quarter_of_an_hour_however_often_it_fails():
    assert [pause_after(n).total_seconds() for n in range(7)] == [20, 40, 80, 160, 320, 640, 900]
    assert pause_after(10**6) == LAST_RETRY

"""Entries of a delta answer as busy times: outward, in the mailbox's days, unknown blocks."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from graph.errors import Transient
from graph.wire_feed import (
    Entry,
    SubscriptionBody,
    changes,
    is_about_series,
    items,
    marked,
    marks,
    new_subscription,
    series_marks,
    window_query,
)
from scheduling.catalog import BusyStatus
from scheduling.ports import CalendarItem
from scheduling.timespan import TimeSpan

WINDOW = TimeSpan(datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
BERLIN = "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


def an_entry(**changed: object) -> Entry:
    told = {
        "id": "E1",
        "type": "singleInstance",
        "showAs": "busy",
        "isAllDay": False,
        "isCancelled": False,
        "start": at("2030-05-06T09:00:00.0000000"),
        "end": at("2030-05-06T09:30:00.0000000"),
    }
    return Entry.model_validate({**told, **changed})


def the_item(zone: str = "UTC", **changed: object) -> CalendarItem | None:
    return items([an_entry(**changed)], WINDOW, zone)["E1"]


def a_day(first: str, after: str, **changed: object) -> dict[str, object]:
    return {"isAllDay": True, "start": at(f"{first}T00:00:00.0000000"),
            "end": at(f"{after}T00:00:00.0000000"), **changed}  # fmt: skip


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_an_event_is_busy_from_start_to_end():
    span = TimeSpan(utc(2030, 5, 6, 9), utc(2030, 5, 6, 9, 30))
    assert the_item() == CalendarItem("E1", span, BusyStatus.BUSY)


def test_a_fraction_of_a_second_is_rounded_outward():
    item = the_item(start=at("2030-05-06T09:00:00.9999999"), end=at("2030-05-06T09:30:00.0000001"))
    assert item.span == TimeSpan(utc(2030, 5, 6, 9), utc(2030, 5, 6, 9, 30, 1))


@pytest.mark.parametrize(
    ("zone", "first", "after", "start", "end"),
    [
        (BERLIN, "2030-05-06", "2030-05-07", utc(2030, 5, 5, 22), utc(2030, 5, 6, 22)),
        # 23 and 25 hours
        (BERLIN, "2030-03-31", "2030-04-01", utc(2030, 3, 30, 23), utc(2030, 3, 31, 22)),
        (BERLIN, "2030-10-27", "2030-10-28", utc(2030, 10, 26, 22), utc(2030, 10, 27, 23)),
        ("Asia/Tokyo", "2030-05-06", "2030-05-08", utc(2030, 5, 5, 15), utc(2030, 5, 7, 15)),
        ("America/New_York", "2030-05-06", "2030-05-07", utc(2030, 5, 6, 4), utc(2030, 5, 7, 4)),
        # a midnight that the clock passes twice counts from the first one to the second one
        ("America/Havana", "2030-11-03", "2030-11-04", utc(2030, 11, 3, 4), utc(2030, 11, 4, 5)),
        # a zone that Windows has no name for
        ("Antarctica/Troll", "2030-05-06", "2030-05-07", utc(2030, 5, 5, 22), utc(2030, 5, 6, 22)),
    ],
)
def test_an_all_day_event_means_the_days_of_the_mailbox(zone, first, after, start, end):
    assert the_item(zone, **a_day(first, after)).span == TimeSpan(start, end)


def test_an_all_day_event_that_comes_with_instants_is_taken_at_its_word():
    item = the_item("UTC", isAllDay=True, start=at("2030-05-05T22:00:00"),
                    end=at("2030-05-06T22:00:00"))  # fmt: skip
    assert item.span == TimeSpan(utc(2030, 5, 5, 22), utc(2030, 5, 6, 22))


def test_where_all_day_is_not_told_both_readings_count():
    item = the_item(BERLIN, **a_day("2030-05-06", "2030-05-07", isAllDay=None))
    assert item.span == TimeSpan(utc(2030, 5, 5, 22), utc(2030, 5, 7))


@pytest.mark.parametrize("told", [None, "", "busyish", "Unknown", 7, {}])
def test_a_status_that_is_missing_or_new_is_unknown(told):
    assert the_item(showAs=told).status is BusyStatus.UNKNOWN


def test_a_status_is_read_in_any_case():
    assert the_item(showAs="WorkingElsewhere").status is BusyStatus.WORKING_ELSEWHERE


@pytest.mark.parametrize(
    "changed",
    [
        {"isCancelled": True},
        {"@removed": {"reason": "deleted"}},
        {"@removed": {}},
        {"end": at("2030-05-06T09:00:00")},
        {"start": at("2029-12-31T23:00:00"), "end": at("2030-01-01T00:00:00")},
    ],
    ids=["cancelled", "removed", "removed without reason", "of no length", "before the window"],
)
def test_what_takes_no_time_in_the_window_is_gone(changed):
    found = items([an_entry(**changed)], WINDOW, "UTC")
    assert changes(found, "link", is_whole=False).gone == ("E1",)
    assert changes(found, "link", is_whole=False).items == ()


def test_a_removed_entry_needs_no_times():
    entry = Entry.model_validate({"id": "E1", "@removed": {"reason": "deleted"}})
    assert items([entry], WINDOW, "UTC") == {"E1": None}


def test_a_whole_round_names_nothing_as_gone():
    found = items([an_entry(isCancelled=True)], WINDOW, "UTC")
    assert changes(found, "link", is_whole=True).gone == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"start": None},
        {"end": None},
        {"start": at("soon")},
        {"start": at("2030-05-06T09:00:00", "Customized Time Zone")},
        {"end": at("2030-05-06T08:00:00")},
        {"end": at("9999-12-31T23:59:59.5")},
    ],
    ids=["no start", "no end", "no time", "no zone", "backwards", "end of time"],
)
def test_an_event_that_cannot_be_read_is_never_left_out(changed):
    with pytest.raises(Transient, match="unreadable_event"):
        the_item(**changed)


def test_a_series_itself_takes_no_time():
    series = an_entry(type="seriesMaster")
    assert items([series], WINDOW, "UTC") == {}
    assert is_about_series([series], frozenset())


def test_a_bare_occurrence_is_told_by_its_series():
    bare = an_entry(type="occurrence", seriesMasterId="S", showAs=None, isAllDay=None,
                    isCancelled=None)  # fmt: skip
    series = an_entry(id="S", type="seriesMaster", showAs="free")
    assert bare.lacks == "S"
    item = items([bare.within(series)], WINDOW, "UTC")["E1"]
    assert (item.status, item.span) == (BusyStatus.FREE, the_item().span)


def test_an_exception_of_a_series_speaks_for_itself():
    moved = an_entry(type="exception", seriesMasterId="S", showAs="oof")
    assert moved.lacks == ""
    series = an_entry(id="S", type="seriesMaster", showAs="free", isCancelled=True)
    assert moved.within(series) == moved


def test_single_events_are_no_reason_to_read_everything():
    singles = [an_entry(), an_entry(id="E2", **{"@removed": {}})]
    known = series_marks([an_entry(id="S", type="seriesMaster")])
    assert not is_about_series(singles, known)


@pytest.mark.parametrize(
    "before",
    [an_entry(id="S", type="seriesMaster"), an_entry(type="occurrence", seriesMasterId="S")],
    ids=["told by itself", "told by an occurrence"],
)
def test_a_series_that_was_there_is_known_by_its_id_alone(before):
    link = marked("https://graph/delta?$deltatoken=1", series_marks([before, an_entry(id="X")]))
    gone = Entry.model_validate({"id": "S", "@removed": {"reason": "deleted"}})
    assert is_about_series([gone], marks(link))
    assert link.partition("#")[0] == "https://graph/delta?$deltatoken=1"


def test_a_link_without_series_stays_as_it_is():
    assert marked("https://graph/delta", series_marks([an_entry()])) == "https://graph/delta"
    assert marks("https://graph/delta") == frozenset()


def test_the_window_is_asked_for_a_day_wider_on_both_sides():
    day = TimeSpan(utc(2030, 5, 6), utc(2030, 5, 7) + timedelta(microseconds=1))
    assert window_query(day) == {
        "startDateTime": "2030-05-05T00:00:00Z",
        "endDateTime": "2030-05-08T00:00:00Z",
    }


@pytest.mark.parametrize("mailbox", ["anna@contoso.com", "o'neil+x/y@contoso.com", "a#b%41"])
def test_a_subscription_is_recognised_by_its_resource(mailbox):
    body = json.loads(new_subscription(mailbox, "s", "https://bot", utc(2030, 5, 6)))
    resource = body["resource"]
    for told in (resource, "/" + resource.replace("users", "Users").replace("events", "Events")):
        found = SubscriptionBody(
            id="1", resource=told, expiration_date_time="2030-05-06T00:00:00.0000000Z"
        )
        assert found.mailbox == mailbox


def test_a_subscription_to_something_else_is_about_no_mailbox():
    for resource in ("users/a@b/messages", "me/events", "users/a@b/events/AAA", ""):
        told = {"id": "1", "resource": resource, "expirationDateTime": "2030-05-06T00:00:00Z"}
        assert SubscriptionBody.model_validate(told).mailbox == ""

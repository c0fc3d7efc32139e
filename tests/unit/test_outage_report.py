"""The figures of an outage, and the page that is printed of them."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.outage_command import write
from bot.outage_report import Effects, Report, effects_of, figures
from scheduling.booking import BookingState
from scheduling.catalog import Price, PriceKind
from scheduling.outage import Outage, OutageKind, Sample
from scheduling.timespan import TimeSpan
from scheduling.waits import End, Wait
from tests.builders import NOW, a_booking, a_business, a_service, some_details

MINUTE = timedelta(minutes=1)
SAMPLE = Sample(NOW, "503", "ServiceUnavailable", "request-1", "ours-1")
OUTAGE = Outage(
    "o1", OutageKind.GRAPH, NOW, NOW + MINUTE, NOW + 60 * MINUTE, 7, {"503": 5, "timeout": 2}, 5,
    (SAMPLE,), (), Sample(NOW + 60 * MINUTE, "200", "", "request-9"), refused=4,
)  # fmt: skip
PAID = Price(PriceKind.FIXED, Decimal("80.50"))
BUSINESS = a_business(
    services=(
        a_service(price=PAID),
        a_service(id="unit", price=Price(PriceKind.PER_UNIT, Decimal(20))),
    )
)


def waited(minutes: float, end: End = End.BOOKED, **changes: object) -> Wait:
    until = None if end is End.WAITING else NOW + minutes * MINUTE
    return replace(Wait("", NOW + MINUTE / 2, until=until, end=end), **changes)


def effects(*waits: Wait, services: tuple[str, ...] = (), names: bool = False) -> Effects:
    named = [replace(wait, booking_id=f"b{n}") for n, wait in enumerate(waits)]
    bookings = {
        wait.booking_id: a_booking(
            id=wait.booking_id,
            number=f"B-{n}",
            state=BookingState.NOTED,
            service_id=dict(enumerate(services)).get(n, "advice"),
            details=some_details(),
        )
        for n, wait in enumerate(named)
    }
    return effects_of(OUTAGE, named, bookings, now=NOW, messages=3, with_names=names)


def test_delays_are_nearest_ranks_of_those_that_were_booked() -> None:
    found = figures(effects(*(waited(n + 0.5) for n in range(1, 21))), BUSINESS)
    assert (found.median, found.p95, found.worst) == (600, 1140, 1200)


def test_without_any_there_are_no_delays() -> None:
    found = figures(effects(waited(9, End.CANCELLED)), BUSINESS)
    assert (found.median, found.p95, found.worst) == (None, None, None)


def test_losses_are_lengths_and_net_prices_of_what_came_to_nothing() -> None:
    lost = [waited(9, End.CANCELLED)] * 3
    found = figures(effects(*lost, waited(9), services=("advice", "advice", "unit")), BUSINESS)
    assert (found.lost, found.lost_seconds) == (3, 3 * 1800)
    assert found.amounts == {"EUR": Decimal("161.00")}


def test_the_length_lost_is_that_of_the_time_first_noted() -> None:
    hour = TimeSpan(NOW, NOW + 60 * MINUTE)
    found = figures(effects(waited(9, End.CANCELLED, span=hour)), BUSINESS)
    assert found.lost_seconds == 3600


@pytest.mark.parametrize(
    ("wait", "ended"),
    [
        (waited(9), "booked"),
        (waited(9, was_moved=True), "moved"),
        (waited(9, End.WAITING), "waiting"),
        (waited(9, End.WAITING, conflict_at=NOW), "conflict_open"),
        (waited(9, End.CANCELLED, by="system"), "given_up"),
        (waited(9, End.CANCELLED, by="customer"), "cancelled"),
    ],
)
def test_each_says_what_became_of_it(wait: Wait, ended: str) -> None:
    (each,) = effects(wait).affected
    assert each.ended == ended


def test_how_conflicts_ended_is_counted() -> None:
    found = figures(
        effects(
            waited(9, conflict_at=NOW, was_moved=True),
            waited(9, End.CANCELLED, conflict_at=NOW, by="system"),
            waited(9),
        ),
        BUSINESS,
    )
    assert (found.conflicts, found.conflict_ends) == (2, {"moved": 1, "given_up": 1})


def test_what_waited_at_another_time_is_left_out() -> None:
    later = waited(200, since=NOW + 90 * MINUTE)
    assert effects(waited(9), later).affected == effects(waited(9)).affected


def test_one_customer_with_two_bookings_is_one() -> None:
    found = figures(effects(waited(9), waited(10)), BUSINESS)
    assert (found.bookings, found.customers) == (2, 1)


def report(*, names: bool = False) -> Report:
    done = effects(
        waited(9, known_at=NOW),
        waited(9, End.CANCELLED, conflict_at=NOW, by="system"),
        names=names,
    )
    span = TimeSpan(NOW, NOW + 90 * MINUTE)
    return Report(BUSINESS, NOW + 90 * MINUTE, span, (done,), names)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_says_everything_in_words_and_names_nobody(language: str) -> None:
    page = report().as_html(language)
    assert {"de": "Wie gezählt wurde", "en": "How it was counted"}[language] in page
    assert {"de": "Vormerkung gelöst", "en": "note given up"}[language] in page
    assert "request-1" in page
    assert "B-0" in page
    assert "Eva" not in page
    assert "example.test" not in page
    assert not re.search(r"report_\w+", page)


def test_names_are_told_where_they_are_asked_for() -> None:
    assert "Eva" in report(names=True).as_html("de")
    assert "Eva" in report(names=True).as_json()
    assert "Eva" not in report().as_json()


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = report().as_html("de")
    assert "<script" not in page
    assert not re.search(r'(src|href)="', page)


def test_a_name_with_markup_stays_a_name() -> None:
    made = report(names=True)
    (first, *_), effect = made.effects[0].affected, made.effects[0]
    odd = replace(effect, affected=(replace(first, customer="<b>Eva</b>"),))
    assert "&lt;b&gt;Eva" in replace(made, effects=(odd,)).as_html("de")


def test_json_and_page_say_the_same_figures() -> None:
    (outage,) = json.loads(report().as_json())["outages"]
    assert outage["bookings"]["affected"] == 2
    assert outage["lost"] == {"bookings": 1, "work_seconds": 1800, "amounts": {"EUR": "80.50"}}
    page = report().as_html("de")
    assert "80,50" in page
    assert "0:30:00" in page


def test_an_outage_that_goes_on_is_counted_up_to_now() -> None:
    running = replace(OUTAGE, until=None, ended_by=None)
    found = effects_of(running, [], {}, now=NOW + 5 * MINUTE, messages=0, with_names=False)
    assert figures(found, BUSINESS).seconds == 300
    span = TimeSpan(NOW, NOW + 5 * MINUTE)
    assert "dauert an" in Report(BUSINESS, NOW, span, (found,)).as_html("de")


def test_nobody_else_on_the_computer_can_read_the_files(tmp_path: Path) -> None:
    files = write(Report(BUSINESS, NOW, TimeSpan(NOW, NOW + MINUTE)), tmp_path, "de")
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


def test_no_outage_is_said_in_words() -> None:
    empty = Report(BUSINESS, NOW, TimeSpan(NOW, NOW + MINUTE))
    assert empty.as_text() == "No outage in that time."
    assert "keinen Ausfall" in empty.as_html("de")

"""A practice with an index, and a fate that feeds it with whatever may happen."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from scheduling.booking import staff_resource
from scheduling.catalog import (
    Business,
    BusyStatus,
    DateRange,
    Location,
    LocationKind,
    Place,
)
from scheduling.index import AvailabilityIndex, Standing, View
from scheduling.occupancy import Claim
from scheduling.ports import BusyItem
from scheduling.timespan import TimeSpan
from tests.builders import (
    BERLIN,
    NEW_YORK,
    a_business,
    a_service,
    a_staff_member,
    a_text,
    daily,
    minutes,
    weekdays,
)

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NORTH, SOUTH = Place("north", a_text("Nord"), "Nordweg 1"), Place("south", a_text("Süd"), "Südweg")
AT_NORTH, AT_SOUTH = (Location(LocationKind.PLACE, place) for place in (NORTH, SOUTH))
TEAMS = Location(LocationKind.TEAMS)
SHIFTS = [weekdays("9-12", "13-17"), daily("0-6", "22-0"), daily("0-0"), weekdays("6-14")]
MORNING = time(7, 30)


def local(day: date, clock: time = MORNING, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


FRIDAY = date(2026, 10, 23)
"""Two days before the clock goes back in Berlin."""
NOW = local(FRIDAY)


def some_staff(count: int, first: date = FRIDAY):
    zones = [BERLIN, BERLIN, NEW_YORK, LORD_HOWE]
    return tuple(
        a_staff_member(
            f"s{n}",
            zone=zones[n % 4],
            hours=SHIFTS[n % 3 + (n % 7 == 0)],
            max_per_day=(None, 2, None)[n % 3],
            max_per_week=(None, None, None, 3)[n % 4],
            time_off=(DateRange(first + timedelta(days=n), first + timedelta(days=n + 1)),),
            work_places={0: "north", 1: "south", 5: "north"} if n % 2 else {},
        )
        for n in range(count)
    )


def a_practice(count: int = 9, first: date = FRIDAY, **changes) -> Business:
    """Three services of different classes, of which the visit needs a place."""
    staff = some_staff(count, first)
    everybody = tuple(member.id for member in staff)
    services = (
        a_service(
            staff_ids=everybody,
            maximum_advance=timedelta(days=5),
            pre_buffer=minutes(10),
            minimum_lead_time=minutes(0),
        ),
        a_service(
            id="long",
            staff_ids=everybody[::2],
            durations=(minutes(90),),
            slot_interval=minutes(25),
            maximum_advance=timedelta(days=3),
            blocking=frozenset({BusyStatus.OOF}),
        ),
        a_service(
            id="visit",
            staff_ids=everybody[1:],
            locations=(AT_NORTH, AT_SOUTH),
            slot_interval=minutes(120),
            post_buffer=minutes(15),
            shared_buffers=True,
            maximum_advance=timedelta(days=3),
        ),
    )
    return a_business(
        **{
            "services": services,
            "staff": staff,
            "places": (NORTH, SOUTH),
            "default_travel": minutes(40),
        }
        | changes,
    )


def all_views(index: AvailabilityIndex, business: Business) -> list[View]:
    asked = [(s, "") for s in business.services]
    asked += [(business.service("visit"), place) for place in ("north", "south")]
    return [index.view(service, service.durations[0], place) for service, place in asked]


def seconds(span: TimeSpan) -> tuple[int, int]:
    return int(span.start.timestamp()), int(span.end.timestamp())


def assert_as_made_anew(
    view: View,
    business: Business,
    window: tuple[int, int],
    standing_of: Callable[[str], Standing],
) -> None:
    anew = View(business, view.of_class, view.members, window).complete(standing_of)
    assert vars(view.grid) == vars(anew.grid)
    assert view.rows == anew.rows
    assert view.cols == anew.cols
    assert view.cols == transposed(view.rows, len(view.grid.starts))


def transposed(rows: list[int], width: int) -> list[int]:
    return [sum((row >> column & 1) << n for n, row in enumerate(rows)) for column in range(width)]


class Fate:
    """Feeds an index with whatever may happen."""

    def __init__(self, seed: int, business: Business, index: AvailabilityIndex) -> None:
        self.random = Random(seed)
        self.business, self.index = business, index
        self.now = NOW
        self.names = [staff_resource(m.id) for m in business.staff]

    def span(self, longest: int) -> tuple[int, int]:
        first, last = seconds(self.index.window)
        start = self.random.randrange(first - 86_400, last)
        if self.random.random() < 0.6:
            start = start // 900 * 900
        return start, start + self.random.randrange(1, longest)

    def read_calendar(self) -> None:
        spans = [self.span(self.random.choice([3_600, 7_200, 90_000])) for _ in range(6)]
        items = [
            BusyItem(
                TimeSpan(*(datetime.fromtimestamp(s, UTC) for s in span)),
                self.random.choice(list(BusyStatus)),
            )
            for span in spans[: self.random.randrange(7)]
        ]
        far = self.now + timedelta(days=60)
        self.index.put_calendar(self.random.choice(self.names), items, self.now, far)

    def book(self) -> None:
        now = int(self.now.timestamp())
        self.index.put_claims(
            {
                name: [
                    Claim(
                        start,
                        end,
                        start - 300 * self.random.randrange(3),
                        end + 300 * self.random.randrange(3),
                        self.random.random() < 0.5,
                        self.random.choice(["", "north", "south"]),
                        self.random.choice([0, 0, now + self.random.randrange(1, 600)]),
                    )
                    for start, end in (self.span(5_400) for _ in range(self.random.randrange(6)))
                ]
                for name in self.random.sample(self.names, min(2, len(self.names)))
            }
        )

    def wait(self) -> None:
        self.now += timedelta(seconds=self.random.randrange(1, 120))
        self.index.advance(self.now)

    def happen(self, times: int) -> None:
        for _ in range(times):
            self.random.choice([self.read_calendar, self.book, self.wait])()


def a_fed_world(seed: int = 1, **changes) -> tuple[Business, AvailabilityIndex, Fate]:
    business = a_practice(**changes)
    index = AvailabilityIndex(business, NOW)
    fate = Fate(seed, business, index)
    fate.happen(60)
    return business, index, fate

"""A desk with everything around it in reach, for businesses of any kind."""

from dataclasses import replace
from datetime import datetime, timedelta

from scheduling.catalog import Location, LocationKind, Place, Resource, ResourceKind
from scheduling.desk import Desk, HoldOrder, Offer, Search
from scheduling.index import AvailabilityIndex
from scheduling.outage import OutageWatch
from scheduling.timespan import TimeSpan, local_day
from tests.builders import (
    BERLIN,
    MONDAY,
    NOW,
    a_business,
    a_service,
    a_staff_member,
    a_text,
    at,
    by_start,
    some_details,
)
from tests.fakes import FakeCalendar, FixedClock, InMemoryStore

TODAY = local_day(MONDAY, BERLIN)
HOUR = timedelta(hours=1)
FAR = timedelta(days=90)
MITTE = Place("mitte", a_text("Mitte"), "Hauptstr. 1, Berlin")
POTSDAM = Place("potsdam", a_text("Potsdam"), "Lange Str. 2, Potsdam")
ONLINE = Location(LocationKind.TEAMS)


def on_site(*places: Place) -> tuple[Location, ...]:
    return tuple(Location(LocationKind.PLACE, place) for place in places)


def a_room(room_id: str = "blue", **changes) -> Resource:
    return replace(Resource(room_id, a_text(room_id), ResourceKind.ROOM), **changes)


def some_equipment(name: str = "beamer", **changes) -> Resource:
    return replace(Resource(name, a_text(name), ResourceKind.EQUIPMENT), **changes)


def box(name: str) -> str:
    return f"{name}@example.test"


class World:
    """Services, staff and resources with the fakes; `more` starts further desks on the store."""

    def __init__(self, service=None, *services, names=("anna", "bernd"), **changes) -> None:
        self.clock = FixedClock(NOW)
        self.calendar = FakeCalendar()
        self.store = InMemoryStore(self.clock)
        self.watch = OutageWatch(2)
        service = service or a_service()
        self.business = a_business(
            services=(service, *services),
            **{"staff": tuple(map(a_staff_member, names)), **changes},
        )
        self.service_id = service.id
        self.index = AvailabilityIndex(self.business, NOW)
        self.desk = self.more(self.index)

    def more(self, index: AvailabilityIndex | None = None) -> Desk:
        ports = (self.business, self.calendar, self.store, self.clock)
        return Desk(*ports, index=index, watch=self.watch)

    def fresh(self, *names: str, items=(), resource: str | None = None) -> None:
        """Their calendars are known to the second for an hour, with these entries."""
        for name in [resource] if resource else [f"staff:{name}" for name in names]:
            self.known(name, items, fresh_for=HOUR)

    def known(self, resource: str, items=(), *, ago=timedelta(0), fresh_for=None) -> None:
        """A calendar was read whole `ago`; changes are told of for `fresh_for` from then on."""
        read_at = self.clock.now() - ago
        fresh_until = None if fresh_for is None else read_at + fresh_for
        self.index.put_calendar(resource, items, read_at, NOW + FAR, fresh_until)

    async def offer(self, span: TimeSpan = TODAY, **changes) -> Offer:
        search = Search(self.service_id, None, None, span)
        return await self.desk.offer(replace(search, **changes))

    async def starts(self, span: TimeSpan = TODAY, **changes):
        """Start -> who can serve."""
        return by_start((await self.offer(span, **changes)).slots)

    async def hold_at(self, start: datetime, owner: str):
        order = HoldOrder(self.service_id, None, start, "anna", owner)
        return await self.desk.hold(order)

    async def hold(self, clock: str = "10", staff_id: str | None = None, **changes):
        order = HoldOrder(self.service_id, None, at(clock), staff_id, owner="eva")
        return await self.desk.hold(replace(order, **changes))

    async def confirm(self, booking, owner: str = "eva"):
        return await self.desk.confirm(booking.id, owner, some_details())

    def asked(self) -> list[tuple[str, ...]]:
        """The mailboxes of each call."""
        return [mailboxes for mailboxes, _ in self.calendar.asked]

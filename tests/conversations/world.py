"""A business, its desk on fakes, and one customer who talks to the conversation."""

import contextlib
from dataclasses import replace
from datetime import date, timedelta

from bot import cards
from bot.cards import Links
from bot.conversation import times
from bot.conversation.draft import Draft
from bot.conversation.replies import Reply
from bot.conversation.setting import Advance, Setting
from bot.conversation.steps import advance
from bot.texts import addressed
from bot.understanding import Context, understand
from bot.understanding.utterance import Press
from scheduling.booking import Assignment, Booking, BookingState, HoldRequest, staff_resource
from scheduling.catalog import (
    Business,
    Consent,
    FormOfAddress,
    LocalText,
    Location,
    LocationKind,
    OutageRules,
    Place,
    Question,
    QuestionKind,
)
from scheduling.desk import Desk
from scheduling.errors import SlotTaken
from scheduling.index import AvailabilityIndex
from scheduling.outage import Exchange, OutageWatch
from scheduling.timespan import TimeSpan
from tests.builders import (
    BERLIN,
    NOW,
    a_business,
    a_service,
    a_staff_member,
    at,
    minutes,
    weekdays,
)
from tests.fakes import FakeCalendar, FixedClock, InMemoryStore
from tests.following_fake import InMemoryFollowing

OWNER = "webchat:eva"
PLACE = Place("office", LocalText("Praxis am Markt", "Market office"), "Markt 1, Bonn")


def a_talkative_business() -> Business:
    return a_business(
        hours=weekdays("8-18"),
        services=(
            a_service(name=LocalText("Beratung", "Consultation")),
            a_service(
                id="repair",
                name=LocalText("Reparatur", "Repair"),
                durations=(minutes(30), minutes(60)),
                locations=(Location(LocationKind.PLACE, PLACE), Location(LocationKind.PHONE)),
                questions=(
                    Question("device", LocalText("Gerät", "Device"), required=True),
                    Question(
                        "os",
                        LocalText("System", "System"),
                        QuestionKind.CHOICE,
                        choices=(
                            ("win", LocalText("Windows", "Windows")),
                            ("mac", LocalText("Mac", "Mac")),
                        ),
                    ),
                ),
                consent=Consent("c1", LocalText("Tarif", "Tariff")),
            ),
        ),
        staff=(
            a_staff_member("anna", name="Anna Schmidt"),
            a_staff_member("bernd", name="Bernd Weber"),
        ),
        privacy=Consent("v3", LocalText("Gelesen", "Read"), "https://example.test/privacy"),
        phone="+49 228 123456",
    )


class WritingDesk(Desk):
    """The real desk; the event is read back at once unless Outlook is slow."""

    def __init__(
        self, business: Business, calendar: FakeCalendar, store: InMemoryStore, clock: FixedClock
    ) -> None:
        self.index = AvailabilityIndex(business, clock.now())
        self.watch = OutageWatch(2)
        super().__init__(business, calendar, store, clock, index=self.index, watch=self.watch)
        self.memory = store
        self.is_slow = False

    async def until_written(self, booking_id: str) -> Booking:
        booking = await self.booking(booking_id)
        if self.is_slow or self.watch.is_away:
            return booking
        return self.memory.put(replace(booking, state=BookingState.BOOKED, event_id="event-1"))


class Customer:
    """Talks; the draft is kept between the turns as the memory would keep it."""

    def __init__(self, language: str = "de", form: FormOfAddress = FormOfAddress.FORMAL) -> None:
        rules = OutageRules(note_within=timedelta(hours=4))
        self.business = replace(a_talkative_business(), outage=rules, form_of_address=form)
        self.clock = FixedClock(NOW)
        self.calendar = FakeCalendar()
        self.store = InMemoryStore(self.clock)
        self.desk = WritingDesk(self.business, self.calendar, self.store, self.clock)
        self.draft = Draft(language=language)
        self.offers = 0
        self.last: Advance = Advance(self.draft, ())

    async def says(self, text: str) -> tuple[Reply, ...]:
        return await self._turn(text, None)

    async def presses(self, verb: str, **values: object) -> tuple[Reply, ...]:
        return await self._turn("", Press(verb, values))

    async def _turn(self, text: str, press: Press | None) -> tuple[Reply, ...]:
        local = tuple(o.start.astimezone(BERLIN).replace(tzinfo=None) for o in self.draft.offered)
        said = understand(
            text,
            press,
            Context(
                self.business,
                self.clock.now(),
                self.draft.language,
                self.draft.step,
                local,
                self.draft.next_field,
                times.anchor(self.draft, self.setting()),
            ),
        )
        self.last = await advance(self.draft, said, self.desk, self.setting())
        self.draft = self.last.draft
        return self.last.replies

    def reads(self) -> str:
        """Return all that the last replies show, and what they leave of the card pressed."""
        language = addressed(self.draft.language, self.business.form_of_address)
        where = {"language": language, "channel": "webchat"}
        shown = cards.render(self.last.replies, links=Links("https://book.example.test"), **where)
        left = [cards.frozen(self.last.frozen, **where)] if self.last.frozen else []
        return str([*shown, *left])

    def setting(self) -> Setting:
        return Setting(
            self.business, OWNER, self.clock, {"channel": "webchat"}, self._new_offer_id
        )

    def _new_offer_id(self) -> str:
        self.offers += 1
        return f"offer-{self.offers}"

    async def staff_moves(self, clock: str, day: date) -> None:
        """The staff move the first booking in Outlook, and it follows."""
        booking = await self.store.booking(self.booked()[0])
        where = TimeSpan(at(clock, day), at(clock, day) + booking.span.duration)
        following, now = InMemoryFollowing(self.store), self.clock.now()
        await following.follow(booking.id, where, [], now, version=booking.version)

    def all_are_read(self) -> None:
        """Every calendar was read whole just now; nobody tells of changes."""
        now = self.clock.now()
        for member in self.business.staff:
            items = self.calendar.entries.get(member.mailbox, ())
            far = now + timedelta(days=90)
            self.desk.index.put_calendar(staff_resource(member.id), items, now, far)

    def calendars_are(self, *, away: bool) -> None:
        """Microsoft does not answer, or does again."""
        self.calendar.is_down = away
        code, status = ("ServiceUnavailable", 503) if away else ("", 200)
        for member in (*self.business.staff, *self.business.staff):
            now = self.clock.now()
            self.desk.watch.heard(Exchange(member.mailbox, now, status, code))

    async def somebody_takes(self, clock: str, day: date) -> None:
        """Take that time from both staff members, as far as nobody holds it."""
        start = at(clock, day)
        span = TimeSpan(start, start + minutes(30))
        for staff in self.business.staff:
            request = HoldRequest(
                "advice",
                Assignment(staff.id, "named"),
                span,
                span,
                owner=f"rival of {staff.id}",
                until=self.clock.now() + minutes(5),
            )
            with contextlib.suppress(SlotTaken):
                await self.store.hold(request, self.clock.now())

    def booked(self) -> list[str]:
        """Ids of this customer's bookings, in the order they were made."""
        return [b.id for b in self.store.bookings.values() if b.owner == OWNER and b.details]

    def states(self) -> list[str]:
        """States of this customer's rows."""
        return [b.state.value for b in self.store.bookings.values() if b.owner == OWNER]

"""What keeps the promises of a noted booking, and everything that is sent; in memory."""

from collections.abc import Mapping

from bot.cards import Links
from bot.notices import Notices
from bot.replays import Replays
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.desk import Desk
from scheduling.outage import OutageWatch
from scheduling.ports import Mail
from tests.builders import NOW
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore


class ReplayWorld:
    """Desk, store, calendar and the handlers of the jobs; `id`: the booking it is about."""

    def __init__(self, business: Business, calendar: FakeCalendar) -> None:
        self.id = ""
        self.mails: list[Mail] = []
        self.chats: list[str] = []
        self.clock, self.documents, self.calendar = FixedClock(NOW), Documents(), calendar
        self.store, self.watch = InMemoryStore(self.clock), OutageWatch(1)
        self.desk = Desk(business, calendar, self.store, self.clock, watch=self.watch)
        ports = {
            "business": business,
            "bookings": self.store,
            "documents": self.documents,
            "calendar": self.calendar,
            "notifier": self,
            "senders": {"webchat": self.chat},
            "links": Links("https://book.example.test"),
            "clock": self.clock,
        }
        notices = Notices(write_ics=lambda _: b"", **ports)
        replays = Replays(
            events=notices.handlers(),
            is_clear=self.desk.is_clear,
            times_near=self.desk.times_near,
            **ports,
        )
        self.handlers = {**notices.handlers(), **replays.handlers()}

    @property
    def booking(self) -> Booking:
        return self.store.bookings[self.id]

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    async def chat(self, _: Mapping[str, str], activity: dict[str, object]) -> None:
        self.chats.append(str(activity["text"]))

"""What a process opens at its start: the store, Microsoft, what is known of the calendars."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp

from bot.cards import Links
from bot.events import channel_of
from bot.identification import Identification
from bot.jobs.feed import CalendarFeeder
from bot.jobs.following import Follower
from bot.jobs.outbox import OutboxRunner
from bot.metrics import Metrics
from bot.settings import AppIdentity, Settings
from bot.web.notifications import PATH as NOTIFICATIONS
from bot.web.traffic import Traffic
from graph.auth import Certificate, Credentials, TokenSource
from graph.calendar import OutlookCalendar
from graph.client import GraphClient
from graph.errors import GraphError
from graph.feed import OutlookFeed
from graph.mail import OutlookMail
from scheduling.booking import Booking
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.desk import Desk, Finder, Following
from scheduling.index import AvailabilityIndex
from scheduling.outage import OutageWatch
from scheduling.store import Store, open_store

CHANNELS = frozenset({"msteams", "webchat", "directline"})
"""On which customers can be written to unasked."""


class WaitingDesk(Desk):
    """The desk with the wait for Outlook, which the worker of this process knows of."""

    runner: OutboxRunner
    identification: Identification

    async def until_written(self, booking_id: str) -> Booking:
        """Wait a few seconds for the event to be read back; BOOKED, or still NOTED."""
        return await self.runner.until_written(booking_id)


class Parts:
    """Everything that is opened at the start, and closed in reverse order at the end."""

    def __init__(self, settings: Settings, business: Business, clock: Clock) -> None:
        self.settings = settings
        self.business = business
        self.clock = clock
        self.links = Links(settings.base_url, settings.demo)
        self.traffic = Traffic()
        self.metrics = Metrics()
        units = [each.mailbox for each in business.resources if each.mailbox]
        self.watch = OutageWatch(len(business.staff) + len(units))
        self.store: Store
        self.http: aiohttp.ClientSession
        self.bot_tokens: TokenSource
        self.calendar: OutlookCalendar
        self.index: AvailabilityIndex
        self.follower: Follower
        self.feeder: CalendarFeeder
        self.mail: OutlookMail

    async def open(self, stack: AsyncExitStack) -> None:
        """Open all; what was opened is closed with the stack."""
        settings = self.settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.store = await open_store(settings.store_url, self.clock)
        stack.push_async_callback(self.store.close)
        self.http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(25, sock_connect=5))
        )
        self.bot_tokens = TokenSource(_credentials(settings.bot_identity()), settings.login_url)
        stack.callback(self.bot_tokens.close)
        graph_tokens = TokenSource(_credentials(settings.graph_identity()), settings.login_url)
        stack.callback(graph_tokens.close)
        client = GraphClient(
            graph_tokens, self.clock, settings.graph_base_url, heard=self.watch.heard
        )
        stack.push_async_callback(client.close)
        zones = {member.mailbox: member.zone.key for member in self.business.staff}
        zones |= {r.mailbox: self.business.zone.key for r in self.business.resources if r.mailbox}
        self.calendar, self.mail = OutlookCalendar(client, zones), OutlookMail(client)
        self.index = AvailabilityIndex(self.business, self.clock.now())
        self.follower = Follower(
            business=self.business,
            calendar=self.calendar,
            marked=self.calendar,
            store=self.store.following,
            following=Following(
                self.business,
                self.store.following,
                self.clock,
                lambda each: channel_of(each) in CHANNELS,
            ),
            code_of=_code_of,
            clock=self.clock,
        )
        self.feeder = CalendarFeeder(
            business=self.business,
            index=self.index,
            feed=OutlookFeed(
                client, self.clock, zones, notification_url=settings.base_url + NOTIFICATIONS
            ),
            calendar=self.calendar,
            documents=self.store.documents,
            code_of=_code_of,
            clock=self.clock,
            quiet=self.traffic.quiet,
            on_read=self.follower.on_read,
            address=settings.base_url + NOTIFICATIONS,
        )

    def finder(self) -> Finder:
        """Return the questions that change nothing."""
        return Finder(
            self.business,
            self.calendar,
            self.store.bookings,
            self.clock,
            self.index,
            watch=self.watch,
        )

    def desk(self) -> WaitingDesk:
        """Return the use cases over everything that is open."""
        desk = WaitingDesk(
            self.business,
            self.calendar,
            self.store.bookings,
            self.clock,
            index=self.index,
            pause=_pause,
            watch=self.watch,
        )
        desk.identification = Identification(
            business=self.business,
            bookings=self.store.bookings,
            documents=self.store.documents,
            queue=self.store.queue,
            notifier=self.mail,
            clock=self.clock,
            key=self.settings.web_chat_key.get_secret_value().encode(),
        )
        return desk


async def _pause() -> None:
    await asyncio.sleep(0)


def _code_of(failure: Exception) -> str | None:
    return failure.code if isinstance(failure, GraphError) else None


def _credentials(identity: AppIdentity) -> Credentials:
    pair = identity.key_pair
    certificate = (
        Certificate(pair.private_key_pem, pair.certificate_pem, pair.thumbprint) if pair else None
    )
    secret = identity.secret.get_secret_value() if identity.secret else None
    return Credentials(identity.tenant_id, identity.client_id, secret, certificate)

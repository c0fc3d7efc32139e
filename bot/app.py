"""The composition root: the only place that plugs Graph and the store into ports."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import structlog
from aiohttp import web

from bot import business_file
from bot.approvals import Approvals, DecisionTokens
from bot.attempts import Attempts
from bot.channels.direct_line import DirectLine, DirectLineSettings
from bot.channels.outbound import ConversationGone, Sender, Throttled, Unreachable
from bot.channels.teams import TeamsChannel, TeamsSettings
from bot.channels.tokens import BotTokens, ChatTokens
from bot.channels.webchat import WebChat, WebChatSettings
from bot.erasures import Erasures
from bot.events import NotYet
from bot.jobs.checkpoints import Checkpoints
from bot.jobs.forgetting import Forgetting
from bot.jobs.outages import OutageBook
from bot.jobs.outbox import OutboxRunner, Verdict
from bot.manage_links import ManageLinks
from bot.notices import Notices, SendActivity
from bot.parts import Parts, WaitingDesk
from bot.reminders import Reminders
from bot.replays import Replays
from bot.settings import Settings
from bot.staff_changes import StaffChanges
from bot.turn import Turn
from bot.understanding import warm_up
from bot.web.booking_page import BookingPage
from bot.web.decision_page import DecisionPage
from bot.web.health import Health, Ready
from bot.web.limits import middlewares
from bot.web.manage_page import ManagePage
from bot.web.metrics_page import MetricsPage
from bot.web.move_page import MovePage
from bot.web.my_page import MyPage
from bot.web.notifications import Notifications
from graph.auth import BOT_SCOPE
from graph.errors import GraphError
from graph.mail import ics
from graph.notifications import Notification, read_notifications
from scheduling import wordings
from scheduling.clock import Clock, SystemClock
from scheduling.errors import (
    CalendarUnavailable,
    DocumentConflict,
    OutageGoesOn,
    StoreUnavailable,
)
from scheduling.ports import Calendar
from scheduling.store.checkpoints import CheckpointFile
from scheduling.timespan import local_day

log = structlog.get_logger(__name__)

MOST_BYTES = 256 * 1024
SHUTDOWN_SECONDS = 10.0
AFTER_OUTAGE = timedelta(seconds=15)
"""How soon what waits for the end of an outage is tried again: meanwhile that asks nobody."""


@asynccontextmanager
async def application(
    settings: Settings, clock: Clock | None = None, plugged: type[Parts] = Parts
) -> AsyncIterator[web.Application]:
    """Open everything and give the whole application; what was opened is closed at the end.

    `plugged` says what is opened. Raises BusinessFileInvalid, and StoreUnavailable where the
    database cannot be used.
    """
    business = business_file.load(settings.business_file)
    parts = plugged(settings, business, clock or SystemClock())
    async with AsyncExitStack() as stack:
        await parts.open(stack)
        app = web.Application(
            client_max_size=MOST_BYTES,
            middlewares=[
                *middlewares(is_https=settings.base_url.startswith("https:")),
                parts.traffic.middleware(),
            ],
        )
        await parts.store.ledger.keep_wordings(set(wordings.all_of(business)), parts.clock.now())
        # first, so that it ends last and signs what the others still wrote
        signing = asyncio.create_task(_checkpoints(parts).run())
        stack.push_async_callback(_stopped, signing)
        worker = asyncio.create_task(_plug(app, parts).run())
        stack.push_async_callback(_stopped, worker)
        feeder = asyncio.create_task(parts.feeder.run())
        stack.push_async_callback(_stopped, feeder)
        follower = asyncio.create_task(parts.follower.run())
        stack.push_async_callback(_stopped, follower)
        book = OutageBook(parts.store.documents, parts.watch, parts.clock, lambda: _answers(parts))
        outages = asyncio.create_task(book.run())
        stack.push_async_callback(_stopped, outages)
        forgetting = asyncio.create_task(Forgetting(parts.store.documents, parts.clock).run())
        stack.push_async_callback(_stopped, forgetting)
        warming = asyncio.create_task(asyncio.to_thread(warm_up, business, parts.clock.now()))
        stack.push_async_callback(_stopped, warming)
        yield app


def _checkpoints(parts: Parts) -> Checkpoints:
    file = CheckpointFile(parts.settings.audit_folder)
    return Checkpoints(parts.store.ledger.heads, file.append, parts.clock)


def _plug(app: web.Application, parts: Parts) -> OutboxRunner:
    business, clock, store = parts.business, parts.clock, parts.store
    desk = parts.desk()
    turn = Turn(
        business=business,
        desk=desk,
        documents=store.documents,
        clock=clock,
        links=parts.links,
        facts=store.ledger,
        identity=desk.identification,
        metrics=parts.metrics,
    )
    teams = _teams(parts, turn)
    line = _direct_line(parts, turn)
    senders = _senders(teams, line)
    notices = Notices(
        business=business,
        bookings=store.bookings,
        documents=store.documents,
        calendar=parts.calendar,
        notifier=parts.mail,
        write_ics=ics,
        senders=senders,
        links=parts.links,
        clock=clock,
    )
    tokens = DecisionTokens(store.documents, clock)
    desk.runner = OutboxRunner(
        queue=store.queue,
        bookings=store.bookings,
        handlers={
            **notices.handlers(),
            **_approvals(parts, desk, tokens).handlers(),
            **_replays(parts, desk, notices, senders).handlers(),
            **_reminders(parts, senders).handlers(),
            **desk.identification.handlers(),
            **_staff_changes(parts, notices, senders).handlers(),
            **parts.follower.handlers(),
            **Erasures(business, store.bookings, parts.calendar).handlers(),
        },
        judge=judge,
        clock=clock,
    )
    store.queue.listen(desk.runner.kick)
    notifications = Notifications(_read, parts.feeder.notified)
    pages = _pages(parts, desk, notices, tokens)
    metrics = MetricsPage(parts.metrics, parts.settings.metrics_key.get_secret_value())
    for door in (teams, line, *pages, notifications, metrics, Health(_readiness(parts))):
        door.register(app)
    app.router.add_get("/", _front)
    return desk.runner


def _direct_line(parts: Parts, turn: Turn) -> DirectLine:
    settings, business = parts.settings, parts.business
    return DirectLine(
        turn=turn,
        tokens=ChatTokens(settings.web_chat_key.get_secret_value().encode(), parts.clock),
        documents=parts.store.documents,
        clock=parts.clock,
        settings=DirectLineSettings(
            public_url="" if settings.demo else settings.base_url,
            origins=frozenset(settings.embedding_sites),
            bot_name=business.name.in_language(business.language),
            proxies=settings.proxies,
        ),
    )


def _pages(
    parts: Parts, desk: WaitingDesk, notices: Notices, tokens: DecisionTokens
) -> tuple[WebChat, BookingPage, MovePage, DecisionPage, ManagePage, MyPage]:
    links = ManageLinks(parts.store.documents, parts.store.bookings, parts.clock)
    proxies = parts.settings.proxies
    booking_page = _booking_page(parts, desk, notices)
    return (
        WebChat(WebChatSettings.of(parts.settings, parts.business)),
        booking_page,
        MovePage(booking_page, parts.business, desk, parts.clock),
        _decision_page(parts, desk, tokens),
        _manage_page(parts, desk, links),
        MyPage(booking_page, desk.identification, links, _attempts(parts, "my"), proxies=proxies),
    )


def _attempts(parts: Parts, purpose: str) -> Attempts:
    return Attempts(parts.store.documents, parts.clock, purpose)


def _approvals(parts: Parts, desk: WaitingDesk, tokens: DecisionTokens) -> Approvals:
    return Approvals(
        business=parts.business,
        bookings=parts.store.bookings,
        expire=desk.expire,
        tokens=tokens,
        notifier=parts.mail,
        links=parts.links,
    )


def _reminders(parts: Parts, senders: Mapping[str, SendActivity]) -> Reminders:
    return Reminders(
        business=parts.business,
        bookings=parts.store.bookings,
        documents=parts.store.documents,
        notifier=parts.mail,
        senders=senders,
        links=parts.links,
        clock=parts.clock,
    )


def _replays(
    parts: Parts, desk: WaitingDesk, notices: Notices, senders: Mapping[str, SendActivity]
) -> Replays:
    return Replays(
        business=parts.business,
        bookings=parts.store.bookings,
        documents=parts.store.documents,
        calendar=parts.calendar,
        notifier=parts.mail,
        senders=senders,
        links=parts.links,
        clock=parts.clock,
        events=notices.handlers(),
        is_clear=desk.is_clear,
        times_near=desk.times_near,
    )


def _staff_changes(
    parts: Parts, notices: Notices, senders: Mapping[str, SendActivity]
) -> StaffChanges:
    return StaffChanges(
        business=parts.business,
        bookings=parts.store.bookings,
        documents=parts.store.documents,
        notifier=parts.mail,
        senders=senders,
        links=parts.links,
        clock=parts.clock,
        ics=notices.ics,
    )


def _booking_page(parts: Parts, desk: WaitingDesk, notices: Notices) -> BookingPage:
    return BookingPage(
        business=parts.business,
        desk=desk,
        documents=parts.store.documents,
        clock=parts.clock,
        base_url=parts.settings.base_url,
        demo=parts.settings.demo,
        ics=notices.ics,
    )


def _manage_page(parts: Parts, desk: WaitingDesk, links: ManageLinks) -> ManagePage:
    return ManagePage(
        business=parts.business,
        desk=desk,
        links=links,
        clock=parts.clock,
        guesses=_attempts(parts, "manage"),
        base_url=parts.settings.base_url,
        demo=parts.settings.demo,
        proxies=parts.settings.proxies,
    )


def _decision_page(parts: Parts, desk: WaitingDesk, tokens: DecisionTokens) -> DecisionPage:
    return DecisionPage(
        business=parts.business,
        desk=desk,
        tokens=tokens,
        clock=parts.clock,
        base_url=parts.settings.base_url,
        demo=parts.settings.demo,
    )


def _read(body: bytes) -> Sequence[Notification] | None:
    try:
        return read_notifications(body)
    except GraphError:
        return None


async def _front(_: web.Request) -> web.Response:
    raise web.HTTPFound("/book")


async def _stopped(worker: asyncio.Task[None]) -> None:
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker


def _teams(parts: Parts, turn: Turn) -> TeamsChannel:
    settings = parts.settings

    async def token() -> str:
        return await parts.bot_tokens.token(BOT_SCOPE)

    async def renew() -> str:
        await parts.bot_tokens.reject(BOT_SCOPE, await token())
        return await token()

    return TeamsChannel(
        turn=turn,
        tokens=BotTokens(
            settings.app_id,
            parts.http,
            parts.clock,
            openid_url=settings.bot_openid_url,
            hosts=settings.service_url_hosts,
        ),
        sender=Sender(
            parts.http, token, parts.clock, renew=renew, hosts=settings.service_url_hosts
        ),
        documents=parts.store.documents,
        clock=parts.clock,
        settings=TeamsSettings(tenants=settings.tenants),
    )


def _senders(teams: TeamsChannel, line: DirectLine) -> Mapping[str, SendActivity]:
    async def web_chat(reference: Mapping[str, str], activity: dict[str, object]) -> None:
        # a web chat that comes through Azure is answered there, our own in its log
        if reference.get("service_url"):
            await teams.notify(reference, activity)
        else:
            await line.send(reference, activity)

    return {"msteams": teams.notify, "webchat": web_chat, "directline": web_chat}


def _readiness(parts: Parts) -> Ready:
    async def ready() -> bool:
        """Tell whether customers can be served.

        While all calendars are away that is true of every process alike: none is better, and each
        still says so honestly.
        """
        if not await parts.store.bookings.ready():
            return False
        return parts.watch.is_away or await _answers(parts) or parts.watch.is_away

    return ready


async def _answers(parts: Parts) -> bool:
    """Tell whether at least one calendar answers."""
    calendar: Calendar = parts.calendar
    today = local_day(parts.clock.now().date(), parts.business.zone)
    mailboxes = [member.mailbox for member in parts.business.staff[:3]]
    found = await calendar.free_busy(mailboxes, today)
    return any(answer.unknown is None for answer in found.values())


def judge(failure: Exception) -> Verdict | None:
    """Say what a failure of an adapter means for the job that met it."""
    if isinstance(failure, GraphError):
        return Verdict(failure.code, failure.retry_after, is_final=not failure.is_transient)
    if isinstance(failure, NotYet):
        return Verdict("not_yet", failure.delay)
    if isinstance(failure, OutageGoesOn):
        return Verdict("outage", AFTER_OUTAGE)
    if isinstance(failure, CalendarUnavailable | StoreUnavailable):
        return Verdict(failure.code)
    if isinstance(failure, DocumentConflict):
        # another one wrote it first; by that a job that has outlived an outage is not set aside
        return Verdict("changed_meanwhile")
    if isinstance(failure, Throttled):
        return Verdict("channel_away", timedelta(seconds=failure.retry_after))
    if isinstance(failure, ConversationGone | Unreachable):
        # the mail says the same, and a chat that was closed is nothing to mend
        return Verdict(type(failure).__name__, is_moot=True)
    return None


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[None]:
    """Serve until the block ends."""
    async with application(settings) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
            yield
        finally:
            await runner.cleanup()


async def run(settings: Settings) -> None:
    """Serve until cancelled."""
    async with served(settings):
        await asyncio.Event().wait()

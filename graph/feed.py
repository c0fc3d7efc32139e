"""The CalendarFeed port on Outlook: what changed in a calendar, and who tells us that it did."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from graph import wire, wire_feed
from graph.client import USER, Call, GraphClient
from graph.errors import Conflict, NotFound, Permanent, SyncStateLost, Transient
from graph.retry import REAL_PACE, Pace, read_within
from scheduling.clock import Clock
from scheduling.ports import CalendarChanges, Subscription
from scheduling.timespan import TimeSpan

CHANGES_SECONDS = 60.0
"""Budget of one look, all pages and repeats included; nobody waits for it at a screen."""
# learn.microsoft.com/graph/api/event-delta takes no $select: events come with their texts
PAGE_SIZE = 50
MOST_PAGES = 200
MOST_LISTED_PAGES = 1000
LIFE = timedelta(days=6)
"""Under the 10,080 minutes of learn.microsoft.com/graph/api/resources/subscription."""
PREFERENCES = f'odata.maxpagesize={PAGE_SIZE}, outlook.body-content-type="text"'

SUBSCRIPTION_ID = "subscription%2Did"
EVENT_ID = "event%2Did"
DELTA = "/users/{user%2Did}/calendarView/delta()"
EVENT = "/users/{user%2Did}/events/{event%2Did}"
SUBSCRIPTIONS = "/subscriptions"
SUBSCRIPTION = "/subscriptions/{subscription%2Did}"


class OutlookFeed:
    """Reads changes of staff members' default calendars and keeps subscriptions to them."""

    def __init__(
        self,
        client: GraphClient,
        clock: Clock,
        zones: Mapping[str, str] | None = None,
        *,
        notification_url: str | None,
        pace: Pace = REAL_PACE,
    ) -> None:
        """`zones`: IANA zone of each mailbox, UTC where it is not named.

        `notification_url` must listen before `subscribe` is called: Graph tries it during the
        call. None where this computer cannot be reached from outside.
        """
        self._client = client
        self._clock = clock
        self._zones = {mailbox.lower(): zone for mailbox, zone in (zones or {}).items()}
        self._url = notification_url
        self._pace = pace

    async def changes(
        self, mailbox: str, window: TimeSpan, link: str | None = None
    ) -> CalendarChanges:
        """Return what changed since `link`; the whole window without one.

        Also the whole window where the link is not known any more, and where a series changed:
        Graph does not say which of its former occurrences are gone.
        """
        deadline = self._pace.deadline(CHANGES_SECONDS)
        if link and self._client.is_ours(link):
            since = await self._since(mailbox, window, link, deadline)
            if since is not None:
                return since
        return await self._whole(mailbox, window, deadline)

    async def _since(
        self, mailbox: str, window: TimeSpan, link: str, deadline: float
    ) -> CalendarChanges | None:
        """Return what changed, or None where the whole window has to be read."""
        known = wire_feed.marks(link)
        first = Call(
            "GET", DELTA, {USER: mailbox}, link=link.partition("#")[0], prefer=PREFERENCES
        )
        try:
            entries, further = await self._round(first, deadline)
        except (SyncStateLost, Permanent):
            # worn out, or a token that is not read any more: either way the whole window helps
            return None
        if wire_feed.is_about_series(entries.values(), known):
            return None
        found = wire_feed.items(entries.values(), window, self._zone(mailbox))
        link = wire_feed.marked(further, known)
        return wire_feed.changes(found, link, is_whole=False)

    async def _whole(self, mailbox: str, window: TimeSpan, deadline: float) -> CalendarChanges:
        query = wire_feed.window_query(window)
        first = Call("GET", DELTA, {USER: mailbox}, query=query, prefer=PREFERENCES)
        try:
            entries, further = await self._round(first, deadline)
        except SyncStateLost as lost:
            # between two pages of one round: begun again by whoever asks later, not in a circle
            raise Transient(lost.code, status=lost.status) from lost
        series = await self._series(mailbox, entries, deadline)
        told = [entry.within(series.get(entry.lacks)) for entry in entries.values()]
        found = wire_feed.items(told, window, self._zone(mailbox))
        link = wire_feed.marked(further, wire_feed.series_marks(entries.values()))
        return wire_feed.changes(found, link, is_whole=True)

    def _zone(self, mailbox: str) -> str:
        return self._zones.get(mailbox.lower(), "UTC")

    async def _round(self, first: Call, deadline: float) -> tuple[dict[str, wire_feed.Entry], str]:
        """Return the entries of all pages, the last one of each id, and the link to go on from."""
        call = first
        found: dict[str, wire_feed.Entry] = {}
        for _ in range(MOST_PAGES):
            body = await read_within(deadline, lambda: self._page(call), self._pace)  # noqa: B023
            found.update({entry.id: entry for entry in body.value})
            if body.next_link:
                call = replace(first, query={}, link=body.next_link)
            elif self._client.is_ours(body.delta_link):
                return found, body.delta_link
            else:
                raise Transient("foreign_link" if body.delta_link else "no_link", status=200)
        raise Transient("too_many_pages", status=200)

    async def _page(self, call: Call) -> wire_feed.Page:
        return wire.read(wire_feed.Page, await self._client.send(call))

    async def _series(
        self, mailbox: str, entries: Mapping[str, wire_feed.Entry], deadline: float
    ) -> dict[str, wire_feed.Entry]:
        """Return the series of bare occurrences; those that began earlier are asked for."""
        wanted = {entry.lacks for entry in entries.values() if entry.lacks}
        known = {key: entries[key] for key in wanted if key in entries}
        for key in sorted(wanted - known.keys()):
            call = Call(
                "GET",
                EVENT,
                {USER: mailbox, EVENT_ID: key},
                query={"$select": wire_feed.SERIES_FIELDS},
            )
            try:
                known[key] = await read_within(deadline, lambda: self._entry(call), self._pace)  # noqa: B023
            except NotFound:
                # not to be seen yet, or no more: its occurrences stay unknown, which blocks
                continue
        return known

    async def _entry(self, call: Call) -> wire_feed.Entry:
        return wire.read(wire_feed.Entry, await self._client.send(call))

    async def subscribe(self, mailbox: str, secret: str) -> Subscription:
        """Ask Graph to tell us of changes; `secret` has 128 characters at most.

        Not repeated where the answer is lost: then Graph may know a subscription that we do not
        (see `subscriptions`). One of ours that stands in the way is replaced.
        """
        if self._url is None:
            raise Permanent("no_notification_url")
        until = self._clock.now() + LIFE
        body = wire_feed.new_subscription(mailbox, secret, self._url, until)
        call = Call("POST", SUBSCRIPTIONS, {USER: mailbox}, body=body)
        try:
            answer = await self._client.send(call)
        except Conflict:
            # it has another secret, which is not told to us
            for standing in await self.subscriptions():
                if standing.mailbox.lower() == mailbox.lower():
                    await self.unsubscribe(standing)
            answer = await self._client.send(call)
        return wire.read(wire_feed.SubscriptionBody, answer).promised(mailbox)

    async def renew(self, subscription: Subscription) -> Subscription | None:
        """Prolong it; None where Graph does not know it any more."""
        body = wire_feed.longer_subscription(self._clock.now() + LIFE)
        try:
            answer = await self._client.send(_about(subscription, "PATCH", body))
        except NotFound:
            return None
        found = wire.read(wire_feed.SubscriptionBody, answer)
        return found.promised(subscription.mailbox)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End it; one already gone is no error."""
        try:
            await self._client.send(_about(subscription, "DELETE"))
        except NotFound:
            return

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Return every subscription to events that tells our address, known to us or not."""
        if self._url is None:
            return ()
        deadline = self._pace.deadline(CHANGES_SECONDS)
        call = Call("GET", SUBSCRIPTIONS, {})
        found: list[wire_feed.SubscriptionBody] = []
        for _ in range(MOST_LISTED_PAGES):
            page = await read_within(deadline, lambda: self._listed(call), self._pace)  # noqa: B023
            found += [s for s in page.value if s.mailbox and s.notification_url == self._url]
            if not page.next_link:
                return tuple(each.promised(each.mailbox) for each in found)
            call = replace(call, link=page.next_link)
        raise Transient("too_many_pages", status=200)

    async def _listed(self, call: Call) -> wire_feed.SubscriptionPage:
        return wire.read(wire_feed.SubscriptionPage, await self._client.send(call))


def _about(subscription: Subscription, method: str, body: bytes | None = None) -> Call:
    values = {USER: subscription.mailbox, SUBSCRIPTION_ID: subscription.id}
    return Call(method, SUBSCRIPTION, values, body=body)

"""Subscriptions in the store: one a mailbox, whichever process made it, also after a restart."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.jobs.feed_notices import NoticeLog
from bot.jobs.feed_state import Watched
from scheduling.clock import Clock
from scheduling.errors import DocumentConflict
from scheduling.ports import CalendarFeed, Document, DocumentStore, Subscription

SUBSCRIPTIONS = "subscription"
CLAIM_FOR = timedelta(minutes=3)
"""How long another process may take to subscribe before it is thought dead."""
CONFIRMED_FOR = timedelta(hours=1)
"""Taken over without a question for so long after Graph last said that it stands."""
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """A document: the subscription and what it was made for, or who is about to make one."""

    subscription: Subscription | None = None
    address: str = ""
    confirmed_at: datetime = NEVER
    claimed_by: str = ""
    claimed_at: datetime = NEVER

    @classmethod
    def of(cls, body: Mapping[str, object]) -> "Kept":
        """Read a document's body."""
        found = {name: str(value) for name, value in body.items()}
        standing = None
        if found.get("id"):
            ends_at = datetime.fromisoformat(found["ends_at"])
            standing = Subscription(found["id"], found["mailbox"], ends_at)
        return cls(
            standing,
            found.get("address", ""),
            datetime.fromisoformat(found.get("confirmed_at", NEVER.isoformat())),
            found.get("claimed_by", ""),
            datetime.fromisoformat(found.get("claimed_at", NEVER.isoformat())),
        )

    def serves(self, watched: Watched, address: str) -> Subscription | None:
        """Return the subscription, if it is the one this mailbox and address need."""
        standing = self.subscription
        if standing is None or self.claimed_by or standing.id in watched.gone:
            return None
        is_same = standing.mailbox.lower() == watched.mailbox.lower() and self.address == address
        return standing if is_same else None


class Subscriptions:
    """Sees to it that there is one."""

    def __init__(
        self,
        *,
        feed: CalendarFeed,
        documents: DocumentStore,
        notices: NoticeLog,
        clock: Clock,
        address: str,
        process: str,
    ) -> None:
        """`address`: where Graph posts; a subscription that posts elsewhere is replaced."""
        self._feed = feed
        self._documents = documents
        self._notices = notices
        self._clock = clock
        self._address = address
        self._process = process

    async def have(self, watched: Watched) -> Subscription | None:
        """Return one that stands: as kept, renewed or new; None while another process is at it.

        Raises whatever the feed and the store raise.
        """
        document = await self._documents.read(SUBSCRIPTIONS, watched.key)
        kept, now = Kept.of(document.body), self._clock.now()
        try:
            standing = kept.serves(watched, self._address)
            if standing is not None and _is_to_be_asked(watched, kept, standing, now):
                standing = await self._feed.renew(standing)
                if standing is not None:
                    await self._keep(watched, standing, document)
                else:
                    kept = replace(kept, subscription=None)
            return standing or await self._anew(watched, kept, document)
        except DocumentConflict:
            return None

    async def _anew(self, watched: Watched, kept: Kept, before: Document) -> Subscription | None:
        now = self._clock.now()
        is_elsewhere = kept.claimed_by not in {"", self._process}
        if is_elsewhere and kept.claimed_at + CLAIM_FOR > now:
            return None
        claim = {"claimed_by": self._process, "claimed_at": now.isoformat()}
        claimed = await self._documents.write(
            SUBSCRIPTIONS, watched.key, {**before.body, **claim}, before.version, now
        )
        if kept.subscription is not None and kept.subscription.id not in watched.gone:
            # one of another address or mailbox would go on posting
            await self._feed.unsubscribe(kept.subscription)
        state = await self._notices.state_of(watched.key)
        made = await self._feed.subscribe(watched.mailbox, state)
        try:
            await self._keep(watched, made, claimed)
        except DocumentConflict:
            # we took so long that another process did it
            await self._feed.unsubscribe(made)
            raise
        return made

    async def _keep(self, watched: Watched, standing: Subscription, before: Document) -> None:
        now = self._clock.now()
        body = {
            "id": standing.id,
            "mailbox": watched.mailbox,
            "address": self._address,
            "ends_at": standing.ends_at.isoformat(),
            "confirmed_at": now.isoformat(),
        }
        await self._documents.write(SUBSCRIPTIONS, watched.key, body, before.version, now)

    async def tidy(self, wanted: Collection[str]) -> None:
        """End the subscriptions of mailboxes that the business does not name any more."""
        for key, document in (await self._documents.all(SUBSCRIPTIONS)).items():
            if key not in wanted:
                standing = Kept.of(document.body).subscription
                if standing is not None and standing.ends_at > self._clock.now():
                    await self._feed.unsubscribe(standing)
                await self._documents.remove(SUBSCRIPTIONS, key)


def _is_to_be_asked(watched: Watched, kept: Kept, standing: Subscription, now: datetime) -> bool:
    """Whether Graph has to say that it stands, and for longer."""
    if watched.must_renew or standing.ends_at <= now:
        return True
    if watched.subscription is None:
        return kept.confirmed_at + CONFIRMED_FOR <= now
    # unless another process has just renewed it
    return standing.ends_at <= watched.subscription.ends_at

"""The spine: one message in, one outcome out, the same for every channel."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from bot import cards
from bot.conversation import times
from bot.conversation.draft import Draft
from bot.conversation.replies import Receipt, Reply, Review, Said
from bot.conversation.setting import IdentityPort
from bot.conversation.steps import Advance, DeskPort, Setting, advance, greet
from bot.manage_links import ManageLinks
from bot.memory import Memory
from bot.metrics import Metrics
from bot.texts import addressed, formats
from bot.understanding import Context, understand
from bot.understanding.utterance import Press
from bot.wire import Inbound, Outcome
from scheduling.booking import STANDING, Booking, BookingState
from scheduling.catalog import Business
from scheduling.clock import Clock
from scheduling.errors import BookingError, DocumentConflict
from scheduling.ledger import Fact, FactKind, Value
from scheduling.ports import DocumentStore, FactLog

log = structlog.get_logger(__name__)

ADAPTIVE_INVOKE = "adaptiveCard/action"
# learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model: answer of an invoke
CARD_ANSWER = "application/vnd.microsoft.card.adaptive"
MESSAGE_ANSWER = "application/vnd.microsoft.activity.message"


TRIES = 4
"""Of one message; each other process can be in its way once."""

_NEWS = frozenset({BookingState.BOOKED, BookingState.CANCELLED})
"""What is told once, by the turn or by a notice."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an activity asks of the conversation."""

    text: str
    press: Press | None
    language: str | None
    is_arrival: bool
    is_invoke: bool


class Turn:
    """Answers messages. Knows no channel and no vendor; what it is given are ports."""

    def __init__(  # noqa: PLR0913 - one argument a port, all by name
        self,
        *,
        business: Business,
        desk: DeskPort,
        documents: DocumentStore,
        clock: Clock,
        links: cards.Links,
        facts: FactLog,
        metrics: Metrics,
        identity: IdentityPort | None = None,
    ) -> None:
        self._business = business
        self._desk = desk
        self._documents = documents
        self._clock = clock
        self._links = links
        self._facts = facts
        self._metrics = metrics
        self._identity = identity
        self._memory = Memory(documents, clock)
        self._manage_links = ManageLinks(documents, desk, clock)

    async def handle(self, inbound: Inbound) -> Outcome:
        """Answer one activity; a fault of ours becomes an apology, never a channel's error."""
        message = read(inbound.raw)
        if message is None:
            return Outcome()
        if inbound.reference.get("conversation_type") in {"groupChat", "channel"}:
            return self._only_in_private(inbound, message)
        try:
            return await self._answer_at_last(inbound, message)
        except BookingError as refusal:
            log.warning("turn_refused", code=refusal.code, channel=inbound.channel)
            return self._apology(inbound, message, refusal.code)
        except Exception:
            # the last line before the channel: the customer must hear something, always
            log.exception("turn_failed", channel=inbound.channel)
            return self._apology(inbound, message, "unexpected")

    async def _answer_at_last(self, inbound: Inbound, message: Message) -> Outcome:
        """Answer; where another process answered the conversation meanwhile, on what it left."""
        for _ in range(TRIES - 1):
            try:
                return await self._answer(inbound, message)
            except DocumentConflict:
                log.info("conversation_answered_elsewhere", channel=inbound.channel)
        return await self._answer(inbound, message)

    async def _answer(self, inbound: Inbound, message: Message) -> Outcome:
        async with self._memory.draft(inbound.owner) as held:
            if not held.draft.greeted and message.language:
                held.draft = replace(held.draft, language=message.language)
            setting = Setting(
                business=self._business,
                owner=inbound.owner,
                clock=self._clock,
                reply_to={**inbound.reference, "channel": inbound.channel},
                identity=self._identity,
            )
            before = held.draft
            done = await self._advance(before, message, setting, inbound)
            if done.draft.misunderstood > before.misunderstood:
                self._metrics.not_understood(before.language, before.step)
            held.draft = done.draft
        done = replace(done, replies=await self._with_links(done.replies))
        outcome = self._render(done, inbound, message)
        await self._remember_told(done.replies, outcome)
        return outcome

    async def _advance(
        self, draft: Draft, message: Message, setting: Setting, inbound: Inbound
    ) -> Advance:
        if message.is_arrival:
            return greet(draft, setting, sender_name(inbound))
        said = understand(
            message.text,
            message.press,
            Context(
                business=self._business,
                now=self._clock.now(),
                language=draft.language,
                step=draft.step,
                offered=tuple(
                    o.start.astimezone(self._business.zone).replace(tzinfo=None)
                    for o in draft.offered
                ),
                next_field=draft.next_field,
                anchor=times.anchor(draft, setting),
            ),
        )
        return await advance(draft, said, self._desk, setting)

    def _render(self, done: Advance, inbound: Inbound, message: Message) -> Outcome:
        language = addressed(done.draft.language, self._business.form_of_address)
        activities = cards.render(
            done.replies, language=language, channel=inbound.channel, links=self._links
        )
        body = None
        if message.is_invoke:
            body = _invoke_body(done, language, inbound.channel)
        return Outcome(tuple(activities), body)

    async def _with_links(self, replies: Sequence[Reply]) -> tuple[Reply, ...]:
        """Give receipts of what stands the link with which the customer manages it."""
        linked: list[Reply] = []
        for reply in replies:
            if isinstance(reply, Receipt) and reply.booking.state in STANDING:
                manage = await self._manage_links.new(reply.booking.id)
                linked.append(replace(reply, manage=manage))
            else:
                linked.append(reply)
        return tuple(linked)

    async def _remember_told(self, replies: Sequence[Reply], outcome: Outcome) -> None:
        """Record what is about to be shown; the customer gets it also where that fails."""
        for reply in replies:
            if isinstance(reply, Review):
                await self._record(_shown(reply, outcome, self._clock.now()))
            if (
                isinstance(reply, Receipt)
                and reply.booking.state in _NEWS
                and await mark_told(self._documents, reply.booking, self._clock)
            ):
                await self._record(_told(reply.booking, self._clock.now()))

    async def _record(self, fact: Fact) -> None:
        try:
            await self._facts.note(fact)
        except BookingError as refusal:
            log.warning("fact_not_recorded", kind=fact.kind, code=refusal.code)

    def _apology(self, inbound: Inbound, message: Message, code: str) -> Outcome:
        language = message.language or self._business.language
        language = addressed(language, self._business.form_of_address)
        activities = cards.render(
            (Said(code, {"phone": self._business.phone or "", "ref": ""}),),
            language=language,
            channel=inbound.channel,
            links=self._links,
        )
        return Outcome(tuple(activities), _spoken() if message.is_invoke else None)

    def _only_in_private(self, inbound: Inbound, message: Message) -> Outcome:
        if message.is_arrival:
            return Outcome()
        return self._apology(inbound, message, "only_in_private")


def _shown(review: Review, outcome: Outcome, now: datetime) -> Fact:
    """Return that the review was shown: time and price in words, and the digest of the card."""
    told = json.dumps(
        [*outcome.activities, outcome.invoke_body], sort_keys=True, separators=(",", ":")
    )
    values: dict[str, Value] = {
        "start": review.span_start.astimezone(UTC).isoformat(),
        "end": review.span_end.astimezone(UTC).isoformat(),
        "service": review.service.id,
        "price": formats.price(review.service.price, "de"),
        "card": hashlib.sha256(told.encode()).hexdigest(),
    }
    return Fact(FactKind.SHOWN, review.hold_id, now, values)


def _told(booking: Booking, now: datetime) -> Fact:
    values: dict[str, Value] = {
        "how": "chat",
        "what": str(booking.state),
        "version": booking.version,
    }
    return Fact(FactKind.TOLD, booking.id, now, values)


async def mark_told(documents: DocumentStore, booking: Booking, clock: Clock) -> bool:
    """Note that the customer was told in the chat what became of it; False = was told before."""
    if await was_told(documents, booking):
        return False
    body = {"state": booking.state}
    try:
        await documents.write("told", _told_key(booking), body, 0, clock.now())
    except DocumentConflict:
        log.debug("told_already_noted")
        return False
    return True


async def was_told(documents: DocumentStore, booking: Booking) -> bool:
    """Tell whether the customer heard of this in the chat; each change is news of its own."""
    return (await documents.read("told", _told_key(booking))).version > 0


def _told_key(booking: Booking) -> str:
    if booking.state is BookingState.CANCELLED:
        return f"{booking.id}:cancelled"
    return booking.id if booking.version == 1 else f"{booking.id}:{booking.version}"


def read(raw: Mapping[str, object]) -> Message | None:
    """Read an activity; None where it asks nothing of the conversation."""
    kind = raw.get("type")
    language = _language(raw)
    if kind in {"conversationUpdate", "installationUpdate"}:
        return Message("", None, language, is_arrival=True, is_invoke=False)
    if kind == "message":
        text = raw.get("text")
        return Message(
            text if isinstance(text, str) else "",
            _press(raw.get("value")),
            language,
            is_arrival=False,
            is_invoke=False,
        )
    if kind == "invoke" and raw.get("name") == ADAPTIVE_INVOKE:
        return Message("", _invoked(raw.get("value")), language, is_arrival=False, is_invoke=True)
    return None


def sender_name(inbound: Inbound) -> str:
    """Return the name the channel gives for the sender, or nothing."""
    sender = inbound.raw.get("from")
    name = sender.get("name") if isinstance(sender, Mapping) else None
    return name if isinstance(name, str) and inbound.channel == "msteams" else ""


def _language(raw: Mapping[str, object]) -> str | None:
    locale = raw.get("locale")
    if not isinstance(locale, str):
        return None
    return "de" if locale.lower().startswith("de") else "en"


def _press(value: object) -> Press | None:
    if not isinstance(value, Mapping):
        return None
    verb = value.get("verb")
    if not isinstance(verb, str):
        return None
    return Press(verb, {str(k): v for k, v in value.items() if k != "verb"})


def _invoked(value: object) -> Press | None:
    """Read `value.action.{verb,data}` of an adaptiveCard/action invoke."""
    action = value.get("action") if isinstance(value, Mapping) else None
    if not isinstance(action, Mapping):
        return None
    content = action.get("data")
    merged = dict(content) if isinstance(content, Mapping) else {}
    merged.setdefault("verb", action.get("verb"))
    return _press(merged)


def _invoke_body(done: Advance, language: str, channel: str) -> dict[str, object]:
    if done.frozen is None:
        return _spoken()
    card = cards.frozen(done.frozen, language=language, channel=channel)
    return {"statusCode": 200, "type": CARD_ANSWER, "value": card}


def _spoken() -> dict[str, object]:
    return {"statusCode": 200, "type": MESSAGE_ANSWER, "value": ""}

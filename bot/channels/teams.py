"""Teams, and every other channel of the Bot Framework: POST /api/messages.

The only importer of botbuilder, and of it only the adapter and the turn's frame: its HTTP, token,
retry and state code is not used (docs/decisions names the faults).
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from aiohttp import web
from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, ResourceResponse
from botframework.connector.auth import ClaimsIdentity

from bot.channels.inbox import Answer, Inbox, Lines, Otherwise, Tell
from bot.channels.outbound import (
    ConversationGone,
    OutboundError,
    Sender,
    Unreachable,
)
from bot.channels.patience import sign_of_life
from bot.channels.tokens import InboundCheck, TokenRejected
from bot.channels.wire import (
    SORRY,
    ActivityShape,
    Refused,
    TurnPort,
    problem,
    read_object,
    shape_of,
    text_of,
)
from bot.wire import Inbound, Outcome
from scheduling.clock import Clock
from scheduling.errors import BookingError, DocumentConflict
from scheduling.ports import DocumentStore

log = structlog.get_logger(__name__)

CONVERSED = frozenset({"message", "invoke", "conversationUpdate", "installationUpdate"})
CARD_ACTION = "adaptiveCard/action"
SHARED = frozenset({"groupChat", "channel"})
REFERENCE, GREETING = "reference", "greeting"
KNOWN_REFERENCES = 10_000
STATE_REFERENCE = "terminbot.reference"
# learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model: an answer in words
MESSAGE_ANSWER = "application/vnd.microsoft.activity.message"
STILL_AT_IT = "Ich bin noch dabei, die Antwort folgt. / Still working on it, the answer follows."


@dataclass(frozen=True, slots=True)
class TeamsSettings:
    """How the channel behaves."""

    tenants: frozenset[str] = frozenset()
    """Tenant ids whose people may write to the bot; empty = all that reach it."""
    within: float = 5.0
    """Seconds after which a message is acknowledged; its answer follows when it is ready."""
    invoke_within: float = 9.0
    """Seconds after which a card click is answered in words; Teams gives up at 15."""
    typing_after: float = 0.8
    """Seconds of silence before the typing sign."""
    drain: float = 10.0
    """Seconds the shutdown waits for answers under way."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One activity that was let in."""

    raw: Mapping[str, Any]
    shape: ActivityShape
    claims: Mapping[str, object]
    reference: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the conversation across channels."""
        return f"{self.shape.channel_id}:{self.shape.conversation.id}"

    @property
    def is_shared(self) -> bool:
        """Whether other people read along."""
        return self.reference.get("conversation_type") in SHARED


class _Edge(BotAdapter):  # type: ignore[misc] # botbuilder ships no types
    """botbuilder's view of our sender: what a turn sends are dicts, never SDK models."""

    def __init__(self, sender: Sender) -> None:
        super().__init__()
        self._sender = sender

    async def send_activities(
        self, context: TurnContext, activities: Sequence[Mapping[str, object]]
    ) -> list[ResourceResponse]:
        """Send them in order."""
        reference = context.turn_state[STATE_REFERENCE]
        sent = [
            await self._sender.send(reference, activity, reply_to=context.activity.id)
            for activity in activities
        ]
        return [ResourceResponse(id=name) for name in sent]

    async def update_activity(self, context: TurnContext, activity: Mapping[str, Any]) -> None:
        """Replace one that was sent before."""
        await self._sender.update(context.turn_state[STATE_REFERENCE], activity["id"], activity)

    async def delete_activity(self, context: TurnContext, reference: Any) -> None:  # noqa: ANN401 - the SDK's signature
        """Delete the one the SDK's reference names."""
        await self._sender.delete(context.turn_state[STATE_REFERENCE], reference.activity_id)

    def context(self, visit: Visit) -> TurnContext:
        """Open a turn with checked fields only: odd ones would break the SDK's parser."""
        shape = visit.shape
        activity = Activity(
            type=shape.type,
            id=shape.id,
            channel_id=shape.channel_id,
            service_url=shape.service_url,
        )
        context = TurnContext(self, activity)
        context.turn_state[BotAdapter.BOT_IDENTITY_KEY] = ClaimsIdentity(
            dict(visit.claims), is_authenticated=True
        )
        context.turn_state[STATE_REFERENCE] = visit.reference
        return context


class TeamsChannel:
    """Lets activities in, has each answered once, and sends what the conversation says."""

    def __init__(
        self,
        *,
        turn: TurnPort,
        tokens: InboundCheck,
        sender: Sender,
        documents: DocumentStore,
        clock: Clock,
        settings: TeamsSettings | None = None,
    ) -> None:
        self._turn = turn
        self._tokens = tokens
        self._sender = sender
        self._documents = documents
        self._clock = clock
        self._settings = settings or TeamsSettings()
        self._edge = _Edge(sender)
        self._inbox = Inbox(documents, clock)
        self._lines = Lines()
        self._known: OrderedDict[str, dict[str, str]] = OrderedDict()

    def register(self, app: web.Application) -> None:
        """Add the route; the shutdown waits for answers under way."""
        app.router.add_post("/api/messages", self._receive)

        async def drain(_: web.Application) -> None:
            await self._inbox.drain(self._settings.drain)

        app.on_shutdown.append(drain)

    async def notify(self, reference: Mapping[str, str], activity: Mapping[str, object]) -> None:
        """Write to a stored reference, at least once; forgets a conversation that is gone."""
        try:
            await self._sender.send(reference, activity, notice=True)
        except (ConversationGone, Unreachable):
            channel = reference.get("channel", "msteams")
            await self._forget(f"{channel}:{reference.get('conversation', '')}")
            raise

    async def _receive(self, request: web.Request) -> web.Response:
        try:
            visit = await self._admit(request)
        except TokenRejected as rejection:
            log.info("token_rejected", status=rejection.status, reason=rejection.reason)
            return problem(Refused(rejection.status, rejection.code, rejection.reason))
        except Refused as refusal:
            return problem(refusal)
        answer = await self._answer(visit)
        if answer.body is None:
            return web.Response(status=answer.status)
        return web.json_response(answer.body, status=answer.status)

    async def _admit(self, request: web.Request) -> Visit:
        raw = await read_object(request)
        claims = await self._tokens.check(
            request.headers.getall("Authorization", []), raw, remote=request.remote or ""
        )
        shape = shape_of(raw)
        tenant = tenant_of(raw)
        allowed = self._settings.tenants
        if allowed and shape.channel_id == "msteams" and tenant not in allowed:
            raise Refused(403, "TenantNotAllowed", "This tenant is not served.")
        return Visit(raw, shape, claims, reference_to(shape, tenant))

    async def _answer(self, visit: Visit) -> Answer:
        kind, name = visit.shape.type, visit.raw.get("name")
        is_invoke = kind == "invoke"
        if kind not in CONVERSED or (is_invoke and name != CARD_ACTION):
            log.info("activity_ignored", type=kind[:64], name=text_of(name)[:64])
            return Answer(200, {} if is_invoke else None)
        late = Answer(200, _spoken(STILL_AT_IT)) if is_invoke else Answer(202)
        return await self._inbox.answer(
            _name(visit),
            partial(self._work, visit),
            within=self._settings.invoke_within if is_invoke else self._settings.within,
            otherwise=Otherwise(late=late, failed=late),
        )

    async def _work(self, visit: Visit, tell: Tell) -> Answer:
        async with self._lines.turn_of(visit.key):
            if not await self._asks_for_an_answer(visit):
                return Answer(202)
            answer = Answer(202)

            async def converse(context: TurnContext) -> None:
                nonlocal answer
                outcome = await self._outcome(visit)
                answer = _answer_of(visit, outcome)
                if visit.shape.type == "invoke":
                    tell(answer)
                await self._say(context, outcome)

            await self._edge.run_pipeline(self._edge.context(visit), converse)
            return answer

    async def _asks_for_an_answer(self, visit: Visit) -> bool:
        """Keep the books of arrivals and departures; tell whether there is anything to answer."""
        kind, raw = visit.shape.type, visit.raw
        if kind == "installationUpdate" and text_of(raw.get("action")).startswith("remove"):
            await self._forget(visit.key)
            return False
        await self._remember(visit)
        if kind == "installationUpdate":
            return await self._is_first_greeting(visit)
        if kind == "conversationUpdate":
            return _bot_was_added(visit) and await self._is_first_greeting(visit)
        return not visit.is_shared or kind == "invoke" or _is_mentioned(visit)

    async def _outcome(self, visit: Visit) -> Outcome:
        try:
            async with sign_of_life(
                self._settings.typing_after, partial(self._show_typing, visit)
            ):
                return await self._turn.handle(inbound_of(visit))
        except Exception:
            # whatever broke, the person who wrote must hear something
            log.exception("turn_failed", channel=visit.shape.channel_id)
            return Outcome(({"type": "message", "text": SORRY},), _spoken(SORRY))

    async def _show_typing(self, visit: Visit) -> None:
        if visit.shape.type not in {"message", "invoke"}:
            return
        try:
            await self._sender.send(visit.reference, {"type": "typing"})
        except OutboundError as failure:
            log.info("typing_not_shown", failure=type(failure).__name__)

    async def _say(self, context: TurnContext, outcome: Outcome) -> None:
        for activity in outcome.activities:
            try:
                await self._edge.send_activities(context, [activity])
            except (ConversationGone, Unreachable) as failure:
                log.warning("conversation_unreachable", failure=type(failure).__name__)
                return
            except OutboundError as failure:
                log.warning("activity_not_sent", failure=type(failure).__name__)

    async def _is_first_greeting(self, visit: Visit) -> bool:
        """Teams tells an arrival twice, as two kinds of activity: only the first is greeted."""
        try:
            await self._documents.write(GREETING, visit.key, {"done": True}, 0, self._clock.now())
        except DocumentConflict:
            return False
        except BookingError as refusal:
            log.warning("greeting_not_noted", code=refusal.code)
        return True

    async def _remember(self, visit: Visit) -> None:
        if visit.is_shared or self._known.get(visit.key) == visit.reference:
            return
        try:
            found = await self._documents.read(REFERENCE, visit.key)
            if found.body != visit.reference:
                await self._documents.write(
                    REFERENCE, visit.key, visit.reference, found.version, self._clock.now()
                )
        except BookingError as refusal:
            log.warning("reference_not_stored", code=refusal.code)
            return
        self._known[visit.key] = visit.reference
        if len(self._known) > KNOWN_REFERENCES:
            self._known.popitem(last=False)

    async def _forget(self, key: str) -> None:
        self._known.pop(key, None)
        for kind in (REFERENCE, GREETING):
            try:
                await self._documents.remove(kind, key)
            except BookingError as refusal:
                log.warning("reference_not_removed", code=refusal.code)


def tenant_of(raw: Mapping[str, Any]) -> str:
    """Return the tenant: botbuilder loses it, so it is read from the activity as it came."""
    conversation, channel = raw.get("conversation"), raw.get("channelData")
    if isinstance(conversation, Mapping) and (found := text_of(conversation.get("tenantId"))):
        return found
    tenant = channel.get("tenant") if isinstance(channel, Mapping) else None
    return text_of(tenant.get("id")) if isinstance(tenant, Mapping) else ""


def reference_to(shape: ActivityShape, tenant: str) -> dict[str, str]:
    """Return all that is needed to write to this conversation later."""
    return {
        "channel": shape.channel_id,
        "service_url": shape.service_url,
        "conversation": shape.conversation.id,
        "conversation_type": text_of(shape.conversation.conversation_type),
        "bot_id": shape.recipient.id,
        "bot_name": text_of(shape.recipient.name),
        "user_id": shape.sender.id,
        "aad_object_id": text_of(shape.sender.aad_object_id),
        "tenant": tenant,
    }


def inbound_of(visit: Visit) -> Inbound:
    """Return what the conversation gets: our own mention is no part of what was said."""
    raw = dict(visit.raw)
    if visit.shape.type == "message" and isinstance(raw.get("text"), str):
        raw["text"] = without_own_mention(raw, visit.shape.recipient.id)
    return Inbound(
        raw=raw,
        channel=visit.shape.channel_id,
        conversation=visit.shape.conversation.id,
        user=visit.reference["aad_object_id"] or visit.shape.sender.id,
        tenant=visit.reference["tenant"],
        reference=visit.reference,
    )


def without_own_mention(raw: Mapping[str, Any], own_id: str) -> str:
    """Return the text without mentions of the bot; others stay as they are."""
    text: str = raw["text"]
    for mention in _mentions(raw):
        if mention.get("id") == own_id and mention.get("text"):
            text = text.replace(mention["text"], "")
    return text.strip()


def _mentions(raw: Mapping[str, Any]) -> list[dict[str, str]]:
    entities = raw.get("entities")
    found = []
    for entity in entities if isinstance(entities, list) else []:
        if isinstance(entity, Mapping) and entity.get("type") == "mention":
            who = entity.get("mentioned")
            name = text_of(who.get("id")) if isinstance(who, Mapping) else ""
            found.append({"id": name, "text": text_of(entity.get("text"))})
    return found


def _is_mentioned(visit: Visit) -> bool:
    own_id = visit.shape.recipient.id
    return any(mention["id"] == own_id for mention in _mentions(visit.raw))


def _bot_was_added(visit: Visit) -> bool:
    members = visit.raw.get("membersAdded")
    return any(
        isinstance(member, Mapping) and member.get("id") == visit.shape.recipient.id
        for member in (members if isinstance(members, list) else [])
    )


def _name(visit: Visit) -> tuple[str, ...] | None:
    shape = visit.shape
    return (shape.channel_id, shape.conversation.id, shape.id) if shape.id else None


def _answer_of(visit: Visit, outcome: Outcome) -> Answer:
    if visit.shape.type != "invoke":
        return Answer(202)
    return Answer(200, outcome.invoke_body or _spoken(""))


def _spoken(text: str) -> dict[str, object]:
    return {"statusCode": 200, "type": MESSAGE_ANSWER, "value": text}

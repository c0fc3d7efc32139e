"""Our own Direct Line 3.0: what the stock Web Chat speaks, without Azure.

github.com/microsoft/BotFramework-DirectLine-DotNet libraries/swagger.json describes the calls.
The client's word counts for what was said, never for who said it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import WSMsgType, web

from bot.callers import address_of
from bot.channels.chat_log import BOT_ID, Chat, ChatLog, new_chat
from bot.channels.inbox import Answer, Inbox, Lines, Otherwise, Tell
from bot.channels.outbound import ConversationGone
from bot.channels.patience import sign_of_life
from bot.channels.rates import Buckets, Rate
from bot.channels.tokens import ChatClaims, ChatTokens, TokenRejected
from bot.channels.wire import (
    SORRY,
    Refused,
    TurnPort,
    bad_argument,
    parse_object,
    problem,
    read_body,
    read_object,
    text_of,
)
from bot.wire import Inbound, Outcome
from scheduling.clock import Clock
from scheduling.errors import BookingError
from scheduling.ports import DocumentStore

log = structlog.get_logger(__name__)

BASE = "/v3/directline"
CHANNEL = "webchat"
COOKIE = "terminbot_chat"
CHAT, STREAM, COOKIE_SCOPE = "chat", "stream", "cookie"
STREAM_LIFE = timedelta(seconds=60)
MAX_FRAME = 4 * 1024
MAX_FRAMES = 1000
"""A reader has nothing to say but pings, one in 20 seconds."""
KEPT_FIELDS = ("text", "textFormat", "value", "locale", "channelData", "entities", "localTimezone")
NEVER_SHOWN = frozenset({"serviceUrl", "recipient", "conversation", "channelId"})
MAX_CLIENT_ID = 200
STARTS, MESSAGES, MESSAGES_PER_ADDRESS = Rate(600, 10), Rate(30, 2), Rate(1200, 60)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class DirectLineSettings:
    """How the endpoint behaves."""

    public_url: str = ""
    """https address seen from outside; empty = as the request says (development)."""
    origins: frozenset[str] = frozenset()
    """Sites that call us or show our page in a frame (`https://www.example.com`)."""
    bot_name: str = "Terminbot"
    token_life: timedelta = timedelta(hours=1)
    visit_life: timedelta = timedelta(hours=12)
    """How long a page may come back to its conversation."""
    within: float = 12.0
    """Seconds a message waits for its answer; after that the answer comes over the socket."""
    typing_after: float = 0.5
    drain: float = 10.0
    poll_seconds: float = 5.0
    """How often a socket looks for what another process wrote."""
    proxies: int = 0
    """How many reverse proxies of our own stand before us."""
    max_entries: int = 2000
    """Activities after which a conversation takes no more."""
    max_sockets: int = 8
    starts: Rate = STARTS
    """Tokens and starts per address."""
    messages: Rate = MESSAGES
    """Messages per conversation."""
    messages_per_address: Rate = MESSAGES_PER_ADDRESS


@dataclass(frozen=True, slots=True)
class _Said:
    """A customer's message in a chat, cleared of what only we may say."""

    chat: Chat
    activity: dict[str, Any] = field(default_factory=dict)


class DirectLine:
    """The web chat's endpoint."""

    def __init__(
        self,
        *,
        turn: TurnPort,
        tokens: ChatTokens,
        documents: DocumentStore,
        clock: Clock,
        settings: DirectLineSettings | None = None,
    ) -> None:
        self._turn = turn
        self._tokens = tokens
        self._settings = settings or DirectLineSettings()
        self._log = ChatLog(documents, clock, poll_seconds=self._settings.poll_seconds)
        self._inbox = Inbox(documents, clock)
        self._lines = Lines()
        self._starts = Buckets(self._settings.starts, clock)
        self._messages = Buckets(self._settings.messages, clock)
        self._addresses = Buckets(self._settings.messages_per_address, clock)

    def register(self, app: web.Application) -> None:
        """Add the routes; the shutdown closes sockets and waits for answers under way."""
        chat = BASE + "/conversations/{conversation}"
        calls: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/chat/token", self._generate),
            ("POST", f"{BASE}/tokens/generate", self._generate),
            ("POST", f"{BASE}/tokens/refresh", self._refresh),
            ("POST", f"{BASE}/conversations", self._start),
            ("GET", chat, self._reconnect),
            ("GET", f"{chat}/activities", self._activities),
            ("POST", f"{chat}/activities", self._post),
            ("POST", f"{chat}/upload", self._upload),
            ("GET", f"{chat}/stream", self._stream),
            ("OPTIONS", BASE + "/{rest:.*}", self._preflight),
        )
        for method, path, handler in calls:
            app.router.add_route(method, path, self._guarded(handler))
        app.on_shutdown.append(self._shut_down)

    async def send(self, reference: Mapping[str, str], activity: Mapping[str, object]) -> None:
        """Write into a chat without being asked; ConversationGone where there is none."""
        chat_id = reference.get("conversation", "")
        if await self._log.find(chat_id) is None:
            raise ConversationGone(CHANNEL)
        await self._show(chat_id, activity, None)

    async def _shut_down(self, _: web.Application) -> None:
        await self._inbox.drain(self._settings.drain)
        await self._log.close()

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                answer = await handler(request)
            except TokenRejected as rejection:
                answer = problem(Refused(rejection.status, rejection.code, rejection.reason))
            except Refused as refusal:
                answer = problem(refusal)
            except BookingError as refusal:
                log.warning("chat_unavailable", code=refusal.code)
                answer = problem(Refused(503, "ServiceUnavailable", "Try again.", retry_after=5))
            if not answer.prepared:
                self._allow_origin(request, answer)
            return answer

        return guarded

    def _allow_origin(self, request: web.Request, answer: web.StreamResponse) -> None:
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["Vary"] = "Origin"
        origin = request.headers.get("Origin", "")
        if origin in self._settings.origins:
            answer.headers["Access-Control-Allow-Origin"] = origin

    async def _preflight(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "authorization, content-type, x-ms-bot-agent, "
                "x-requested-with",
                "Access-Control-Max-Age": "600",
            },
        )

    # ---- tokens

    async def _generate(self, request: web.Request) -> web.Response:
        """Hand a page its token: for the conversation its cookie names, else for a new one."""
        self._starts.take(address_of(request, self._settings.proxies))
        self._check_origin(request)
        chat = await self._chat_of_cookie(request) or new_chat()
        claims = ChatClaims(chat.id, chat.user)
        body = self._token_body(claims) | {"started": chat.started}
        answer = web.json_response(body)
        self._set_cookie(request, answer, claims)
        return answer

    async def _refresh(self, request: web.Request) -> web.Response:
        claims = self._claims(request)
        self._starts.take(address_of(request, self._settings.proxies))
        return web.json_response(self._token_body(claims))

    def _token_body(self, claims: ChatClaims) -> dict[str, object]:
        life = self._settings.token_life
        return {
            "conversationId": claims.conversation,
            "token": self._tokens.issue(claims, CHAT, life),
            "expires_in": int(life.total_seconds()),
        }

    async def _chat_of_cookie(self, request: web.Request) -> Chat | None:
        try:
            claims = self._tokens.read(request.cookies.get(COOKIE, ""), COOKIE_SCOPE)
        except TokenRejected:
            return None
        found = await self._log.find(claims.conversation)
        if found is None:
            return Chat(claims.conversation, claims.user)
        return None if found.ended or found.user != claims.user else found

    def _set_cookie(self, request: web.Request, answer: web.Response, claims: ChatClaims) -> None:
        # written by hand: the standard library knows no Partitioned before Python 3.14
        token = self._tokens.issue(claims, COOKIE_SCOPE, self._settings.visit_life)
        parts = [f"{COOKIE}={token}", "Path=/", "HttpOnly"]
        is_secure = self._own_origin(request).startswith("https://")
        if is_secure:
            parts.append("Secure")
        if is_secure and self._settings.origins:
            parts += ["SameSite=None", "Partitioned"]
        else:
            parts.append("SameSite=Strict")
        answer.headers.add("Set-Cookie", "; ".join(parts))

    def _check_origin(self, request: web.Request) -> None:
        origin = request.headers.get("Origin", "")
        if origin not in self._settings.origins | {self._own_origin(request)}:
            raise Refused(403, "OriginNotAllowed", "This site may not use the chat.")

    def _own_origin(self, request: web.Request) -> str:
        public = self._settings.public_url.rstrip("/")
        if public.startswith("https://") or urlsplit(public).netloc == request.host:
            return public
        return f"{request.scheme}://{request.host}"

    # ---- conversations

    async def _start(self, request: web.Request) -> web.Response:
        claims = self._claims(request)
        self._starts.take(address_of(request, self._settings.proxies))
        body = await _optional_object(request)
        is_new = await self._log.start(claims.conversation, claims.user)
        chat = await self._log.find(claims.conversation)
        if chat is None or chat.user != claims.user:
            raise Refused(403, "Forbidden", "This conversation is somebody else's.")
        if is_new:
            await self._greet(chat, text_of(body.get("locale")))
        mark = 0 if is_new else await self._log.last(chat.id)
        return web.json_response(
            self._conversation_body(request, claims, mark), status=201 if is_new else 200
        )

    async def _reconnect(self, request: web.Request) -> web.Response:
        claims, chat = await self._reader(request)
        mark = _watermark(request)
        if mark is None:
            mark = await self._log.last(chat.id)
        return web.json_response(self._conversation_body(request, claims, mark))

    def _conversation_body(
        self, request: web.Request, claims: ChatClaims, mark: int
    ) -> dict[str, object]:
        stream = ChatClaims(claims.conversation, claims.user, mark)
        token = self._tokens.issue(stream, STREAM, STREAM_LIFE)
        origin = self._own_origin(request).replace("http", "ws", 1)
        url = f"{origin}{BASE}/conversations/{claims.conversation}/stream?t={token}"
        return self._token_body(claims) | {"streamUrl": url}

    async def _greet(self, chat: Chat, locale: str) -> None:
        members = [{"id": BOT_ID}, {"id": chat.user}]
        arrival = {"type": "conversationUpdate", "membersAdded": members}
        if locale:
            arrival |= {"locale": locale}
        nothing = Answer(200)
        await self._inbox.answer(
            (CHANNEL, chat.id, "start"),
            partial(self._welcome, _Said(chat, arrival)),
            within=self._settings.within,
            otherwise=Otherwise(late=nothing, failed=nothing),
        )

    async def _welcome(self, said: _Said, _: Tell) -> Answer:
        async with self._lines.turn_of(said.chat.id):
            await self._converse(said, None)
        return Answer(200)

    # ---- activities

    async def _activities(self, request: web.Request) -> web.Response:
        _, chat = await self._reader(request)
        after = _watermark(request) or 0
        page = await self._log.page(chat.id, after)
        mark = page[-1][0] if page else after
        activities = [activity for _, activity in page]
        return web.json_response({"activities": activities, "watermark": str(mark)})

    async def _post(self, request: web.Request) -> web.Response:
        _, chat = await self._reader(request)
        self._addresses.take(address_of(request, self._settings.proxies))
        self._messages.take(chat.id)
        raw = await read_object(request)
        kind = raw.get("type")
        if not isinstance(kind, str) or not kind:
            raise bad_argument("The activity has no type.")
        if chat.ended:
            raise Refused(403, "ConversationEnded", "This conversation has ended.")
        if kind == "message":
            return await self._message(said_by(chat, raw))
        if kind == "endOfConversation":
            await self._log.end(chat.id)
        elif kind != "typing":
            log.info("activity_ignored", type=kind[:64])
        return web.json_response({"id": f"{chat.id}|{kind[:32]}"})

    async def _message(self, said: _Said) -> web.Response:
        answer = await self._inbox.answer(
            _name(said),
            partial(self._work, said),
            within=self._settings.within,
            otherwise=Otherwise(
                late=Answer(200, {"id": ""}),
                failed=Answer(
                    502, {"error": {"code": "BotError", "message": "The bot did not answer."}}
                ),
            ),
        )
        return web.json_response(answer.body, status=answer.status)

    async def _work(self, said: _Said, _: Tell) -> Answer:
        async with self._lines.turn_of(said.chat.id):
            position, written = await self._log.add(said.chat.id, said.activity)
            await self._converse(_Said(said.chat, written), written["id"])
            if position >= self._settings.max_entries:
                await self._log.end(said.chat.id)
            return Answer(200, {"id": written["id"]})

    async def _converse(self, said: _Said, reply_to: str | None) -> None:
        outcome = await self._outcome(said)
        for activity in outcome.activities:
            await self._show(said.chat.id, activity, reply_to)

    async def _outcome(self, said: _Said) -> Outcome:
        try:
            async with sign_of_life(
                self._settings.typing_after, partial(self._show_typing, said.chat.id)
            ):
                return await self._turn.handle(inbound_of(said.chat, said.activity))
        except Exception:
            # whatever broke, the person who wrote must hear something
            log.exception("turn_failed", channel=CHANNEL)
            return Outcome(({"type": "message", "text": SORRY},))

    async def _show_typing(self, chat_id: str) -> None:
        self._log.show(chat_id, {"type": "typing", "from": self._bot()})

    async def _show(
        self, chat_id: str, activity: Mapping[str, object], reply_to: str | None
    ) -> None:
        shown = {k: v for k, v in activity.items() if k not in NEVER_SHOWN}
        shown |= {"from": self._bot()}
        if reply_to is not None:
            shown["replyToId"] = reply_to
        kind = shown.setdefault("type", "message")
        if kind == "typing":
            self._log.show(chat_id, shown)
        elif kind != "trace":
            await self._log.add(chat_id, shown)

    def _bot(self) -> dict[str, str]:
        return {"id": BOT_ID, "name": self._settings.bot_name, "role": "bot"}

    async def _upload(self, request: web.Request) -> web.Response:
        await self._reader(request)
        raise Refused(415, "UnsupportedMediaType", "This chat takes no files.")

    # ---- stream

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        claims = self._tokens.read(request.query.get("t", ""), STREAM)
        self._check_conversation(request, claims)
        if "Origin" in request.headers:
            self._check_origin(request)
        socket = web.WebSocketResponse(heartbeat=30, max_msg_size=MAX_FRAME, timeout=5)
        if not socket.can_prepare(request):
            raise bad_argument("This address speaks WebSocket only.")
        if self._log.readers(claims.conversation) >= self._settings.max_sockets:
            raise Refused(429, "TooManyRequests", "Too many windows of this chat.", retry_after=10)
        await socket.prepare(request)
        writing = asyncio.create_task(self._write(claims, socket))
        try:
            await _read_pings(socket)
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
        return socket

    async def _write(self, claims: ChatClaims, socket: web.WebSocketResponse) -> None:
        try:
            await self._log.stream(claims.conversation, claims.mark or 0, socket)
        except (ConnectionError, TimeoutError):
            log.debug("reader_lost")
        except BookingError as refusal:
            log.warning("stream_unavailable", code=refusal.code)
        await socket.close(code=1011)

    # ---- who is calling

    def _claims(self, request: web.Request) -> ChatClaims:
        return self._tokens.read_header(request.headers.getall("Authorization", []), CHAT)

    async def _reader(self, request: web.Request) -> tuple[ChatClaims, Chat]:
        claims = self._claims(request)
        self._check_conversation(request, claims)
        chat = await self._log.find(claims.conversation)
        if chat is None or chat.user != claims.user:
            raise Refused(404, "NotFound", "There is no such conversation.")
        return claims, chat

    def _check_conversation(self, request: web.Request, claims: ChatClaims) -> None:
        if request.match_info["conversation"] != claims.conversation:
            raise Refused(403, "Forbidden", "This conversation is somebody else's.")


def said_by(chat: Chat, raw: Mapping[str, Any]) -> _Said:
    """Keep what a customer may say; who says it is the token's business."""
    activity = {name: raw[name] for name in KEPT_FIELDS if name in raw}
    if not isinstance(activity.get("text", ""), str):
        raise bad_argument("The text is not a text.")
    sender = {"id": chat.user, "role": "user"}
    return _Said(chat, {"type": "message", "from": sender, **activity})


def inbound_of(chat: Chat, activity: Mapping[str, Any]) -> Inbound:
    """Return what the conversation gets."""
    raw = {
        **activity,
        "channelId": CHANNEL,
        "from": {"id": chat.user, "role": "user"},
        "recipient": {"id": BOT_ID},
        "conversation": {"id": chat.id},
    }
    reference = {
        "channel": CHANNEL,
        "conversation": chat.id,
        "conversation_type": "personal",
        "user_id": chat.user,
    }
    return Inbound(raw, CHANNEL, chat.id, chat.user, reference=reference)


def _name(said: _Said) -> tuple[str, ...] | None:
    """Return what makes a repeated click the same message."""
    content = said.activity.get("channelData")
    client_id = content.get("clientActivityID") if isinstance(content, Mapping) else None
    if not isinstance(client_id, str) or not 0 < len(client_id) <= MAX_CLIENT_ID:
        return None
    return (CHANNEL, said.chat.id, f"client:{client_id}")


def _watermark(request: web.Request) -> int | None:
    text = request.query.get("watermark", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise bad_argument("The watermark is none of ours.")
    return int(text)


async def _optional_object(request: web.Request) -> Mapping[str, Any]:
    body = await read_body(request)
    return parse_object(body) if body.strip() else {}


async def _read_pings(socket: web.WebSocketResponse) -> None:
    """Read until the client goes; what it says is a ping and needs no answer."""
    frames = 0
    async for frame in socket:
        frames += 1
        if frame.type is not WSMsgType.TEXT or (frame.data and frames > MAX_FRAMES):
            await socket.close(code=1008)
            return

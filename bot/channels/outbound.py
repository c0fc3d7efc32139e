"""Writing to the Bot Connector: one client, tries again only what may be tried again.

A POST has no idempotency key, so an unclear result is repeated for notices only (at least once,
they carry the booking number), never for what is merely said in a conversation.
"""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from secrets import SystemRandom
from typing import Any
from urllib.parse import quote

import aiohttp
import structlog
from yarl import URL

from bot.channels.tokens import DEFAULT_HOSTS, is_allowed_service
from scheduling.clock import Clock

log = structlog.get_logger(__name__)

Token = Callable[[], Awaitable[str]]
Sleep = Callable[[float], Awaitable[None]]

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 25.0
MAX_WAIT = 3600.0
"""Longest Retry-After we believe, in seconds."""
MAX_ANSWER = 64 * 1024
TRIES = 4
BACKOFF_BASE, BACKOFF_CAP = 1.0, 30.0
# learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
AMBIGUOUS = frozenset({408, 500, 502, 503, 504})
_UNREACHABLE = re.compile(
    r"MessageWritesBlocked|ForbiddenOperationException|BotNotInConversationRoster"
)


class OutboundError(Exception):
    """Root: the activity is not known to have arrived."""


class Unreachable(OutboundError):
    """The person blocked the bot, or it is not installed there: write a mail instead."""


class ConversationGone(OutboundError):
    """The conversation does not exist any more: forget its reference."""


class Throttled(OutboundError):
    """Not accepted now; try again after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:.0f} s")
        self.retry_after = retry_after


class Ambiguous(OutboundError):
    """It may have arrived and may not."""


class NotAccepted(OutboundError):
    """Refused for good: our token, our address or our activity is wrong."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: str
    retry_after: float | None


class Sender:
    """Sends activities to conversations of the Bot Framework."""

    def __init__(  # noqa: PLR0913 - two ports, two settings and two seams of tests, all by name
        self,
        http: aiohttp.ClientSession,
        token: Token,
        clock: Clock,
        *,
        renew: Token | None = None,
        hosts: Sequence[str] = DEFAULT_HOSTS,
        patience: float = 8.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`renew` gets a token past the cache; `patience` is the longest wait here, in seconds."""
        self._http = http
        self._token = token
        self._renew = renew or token
        self._clock = clock
        self._hosts = tuple(hosts)
        self._patience = patience
        self._sleep = sleep
        self._quiet_until: OrderedDict[str, float] = OrderedDict()

    async def send(
        self,
        reference: Mapping[str, str],
        activity: Mapping[str, object],
        *,
        reply_to: str | None = None,
        notice: bool = False,
    ) -> str | None:
        """Send one activity and return its id, where the service tells one."""
        path = "activities" if reply_to is None else f"activities/{quote(reply_to, safe='')}"
        body = addressed(reference, activity, reply_to)
        answer = await self._request("POST", reference, path, body=body, notice=notice)
        if answer.status == 413 and "attachments" in body:
            log.error("activity_too_big")
            twin = text_twin(body)
            answer = await self._request("POST", reference, path, body=twin, notice=notice)
        raise_for(answer)
        return _id_in(answer.body)

    async def update(
        self, reference: Mapping[str, str], activity_id: str, activity: Mapping[str, object]
    ) -> None:
        """Replace an activity sent before; repeating it changes nothing."""
        path = f"activities/{quote(activity_id, safe='')}"
        body = addressed(reference, activity, None)
        raise_for(await self._request("PUT", reference, path, body=body, notice=True))

    async def delete(self, reference: Mapping[str, str], activity_id: str) -> None:
        """Delete an activity sent before; one already gone is no error."""
        path = f"activities/{quote(activity_id, safe='')}"
        answer = await self._request("DELETE", reference, path, body=None, notice=True)
        if answer.status != 404:
            raise_for(answer)

    async def _request(
        self,
        method: str,
        reference: Mapping[str, str],
        path: str,
        *,
        body: Mapping[str, object] | None,
        notice: bool,
    ) -> _Answer:
        url = self._url(reference, path)
        token, renewed = await self._token(), False
        for attempt in range(TRIES):
            await self._keep_quiet(reference)
            answer = await self._once(method, url, body, token)
            if answer.status == 401 and not renewed:
                token, renewed = await self._renew(), True
                continue
            if not self._may_repeat(answer, notice=notice) or attempt == TRIES - 1:
                return answer
            wait = _backoff(attempt) if answer.retry_after is None else answer.retry_after
            if answer.status == 429:
                self._silence(reference, wait)
            if wait > self._patience:
                return _Answer(answer.status, answer.body, wait)
            await self._sleep(wait)
        return answer

    def _may_repeat(self, answer: _Answer, *, notice: bool) -> bool:
        if answer.status in {0, 412, 429}:
            return True
        return notice and answer.status in AMBIGUOUS | {-1}

    async def _once(
        self, method: str, url: URL, body: Mapping[str, object] | None, token: str
    ) -> _Answer:
        """Make one request; status 0 = surely not sent, -1 = unclear."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._http.request(
                method,
                url,
                json=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS),
            ) as answer:
                text = (await answer.content.read(MAX_ANSWER)).decode("utf-8", "replace")
                wait = retry_after(answer.headers.get("Retry-After"), self._clock)
                return _Answer(answer.status, text, wait)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as failure:
            log.warning("connector_not_reached", failure=type(failure).__name__)
            return _Answer(0, "", None)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            log.warning("connector_answer_unclear", failure=type(failure).__name__)
            return _Answer(-1, "", None)

    def _url(self, reference: Mapping[str, str], path: str) -> URL:
        service_url = reference.get("service_url", "")
        if not is_allowed_service(service_url, self._hosts):
            raise NotAccepted("service URL not allowed")
        conversation = quote(reference.get("conversation", ""), safe="")
        if not conversation or conversation.strip(".") == "":
            raise NotAccepted("no conversation")
        base = service_url.rstrip("/")
        return URL(f"{base}/v3/conversations/{conversation}/{path}", encoded=True)

    async def _keep_quiet(self, reference: Mapping[str, str]) -> None:
        """Wait while this conversation is throttled; too long a wait is the caller's business."""
        until = self._quiet_until.get(reference.get("conversation", ""), 0.0)
        wait = until - asyncio.get_running_loop().time()
        if wait > self._patience:
            raise Throttled(wait)
        if wait > 0:
            await self._sleep(wait)

    def _silence(self, reference: Mapping[str, str], seconds: float) -> None:
        conversation = reference.get("conversation", "")
        self._quiet_until[conversation] = asyncio.get_running_loop().time() + seconds
        self._quiet_until.move_to_end(conversation)
        while len(self._quiet_until) > 10_000:
            self._quiet_until.popitem(last=False)


def addressed(
    reference: Mapping[str, str], activity: Mapping[str, object], reply_to: str | None
) -> dict[str, Any]:
    """Return the activity with sender, recipient and conversation of the reference."""
    body: dict[str, Any] = {k: v for k, v in activity.items() if k != "id"}
    body.setdefault("type", "message")
    body["from"] = {"id": reference.get("bot_id", "")}
    if name := reference.get("bot_name"):
        body["from"]["name"] = name
    if recipient := reference.get("user_id"):
        body["recipient"] = {"id": recipient}
    body["conversation"] = {"id": reference.get("conversation", "")}
    if tenant := reference.get("tenant"):
        body["conversation"]["tenantId"] = tenant
    if reply_to is not None:
        body["replyToId"] = reply_to
    return body


def text_twin(activity: Mapping[str, Any]) -> dict[str, Any]:
    """Return the activity without its attachments; their fallback texts take their place."""
    twin = {k: v for k, v in activity.items() if k not in {"attachments", "attachmentLayout"}}
    if not twin.get("text"):
        contents = [a.get("content") for a in activity["attachments"] if isinstance(a, Mapping)]
        words = [c.get("fallbackText") for c in contents if isinstance(c, Mapping)]
        twin["text"] = "\n\n".join(w for w in words if isinstance(w, str)) or "…"
    return twin


def retry_after(value: str | None, clock: Clock) -> float | None:
    """Read Retry-After: seconds or a date, capped at an hour; rubbish and the past are nothing."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
            seconds = (moment - clock.now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(seconds, MAX_WAIT) if seconds >= 0 else None


def raise_for(answer: _Answer) -> None:
    """Turn an answer that is no success into the error a caller can act on."""
    status = answer.status
    if 200 <= status < 300:
        return
    if status == 404:
        raise ConversationGone(str(status))
    if status == 403 and (found := _UNREACHABLE.search(answer.body)):
        raise Unreachable(found.group())
    if status in {0, 412, 429}:
        raise Throttled(answer.retry_after or BACKOFF_CAP)
    if status in AMBIGUOUS or status < 0:
        raise Ambiguous(str(status))
    raise NotAccepted(str(status))


def _backoff(attempt: int) -> float:
    limit: float = min(BACKOFF_CAP, BACKOFF_BASE * 2**attempt)
    return limit * SystemRandom().uniform(0.5, 1.0)


def _id_in(body: str) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    name = found.get("id") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None

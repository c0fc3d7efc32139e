"""The one door to graph.microsoft.com: SDK requests, own timeouts, own limits, own errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from weakref import WeakValueDictionary

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.response_handler import ResponseHandler
from kiota_http.middleware.options import (
    RedirectHandlerOption,
    ResponseHandlerOption,
    RetryHandlerOption,
)
from kiota_http.middleware.options.url_replace_option import UrlReplaceHandlerOption
from msgraph import GraphRequestAdapter
from msgraph_core import GraphClientFactory

from graph import wire
from graph.auth import GRAPH_SCOPE, TokenSource
from graph.errors import DuplicateTransaction, GraphError, TokenRefused, Transient, kind_of
from scheduling.clock import Clock
from scheduling.outage import Exchange

GRAPH = "https://graph.microsoft.com/v1.0"
TOTAL_SECONDS = 25.0
"""One call, headers to last byte: less than the lease of a job."""
CUT_SECONDS = 3.0
"""A call given up by its caller after that long counts as one without an answer."""
AT_ONCE_PER_MAILBOX = 4
"""learn.microsoft.com/graph/throttling-limits, Outlook: 4 concurrent per app and mailbox."""
LARGEST_ANSWER = 1024 * 1024
LARGEST_SCHEDULE = 8 * 1024 * 1024
LONG_ANSWERS = ("/getSchedule", "/delta", "/delta()")
IMMUTABLE_IDS = 'IdType="ImmutableId"'
USER = "user%2Did"
Hear = Callable[[Exchange], None]


def _unheard(_: Exchange) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Call:
    """One request: a path below the base URL in URI-template form, with its values.

    `link` is a nextLink of Graph, followed as it is in place of path and query.
    """

    method: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    if_match: str = ""
    link: str = ""
    prefer: str = ""
    """Further preferences; ids that stay are always asked for."""


class _Tokens(AccessTokenProvider):
    def __init__(self, tokens: TokenSource, host: str) -> None:
        self._tokens = tokens
        self._hosts = AllowedHostsValidator([host])

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return self._hosts

    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, Any] | None = None
    ) -> str:
        if not self._hosts.is_url_host_valid(uri):
            return ""
        claims = (additional_authentication_context or {}).get("claims")
        return await self._tokens.token(GRAPH_SCOPE, claims)


class _Untouched(ResponseHandler):
    """Hands out the answer as it came: the SDK would take a redirect or a 304 for success."""

    async def handle_response_async(
        self,
        response: Any,  # noqa: ANN401 - the SDK's own signature
        error_map: object,  # noqa: ARG002 - the SDK's own signature
    ) -> Any:  # noqa: ANN401 - the SDK's own signature
        return response


class _Bounded(httpx.AsyncByteStream):
    """An answer's bytes, refused past the limit: nobody fills our memory."""

    def __init__(self, stream: httpx.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > self._limit:
                raise httpx.ReadError("the answer is too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedTransport(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # a compressed answer could unfold to any size: ask for plain bytes
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        is_long = request.url.path.endswith(LONG_ANSWERS)
        limit = LARGEST_SCHEDULE if is_long else LARGEST_ANSWER
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Bounded(response.stream, limit)
        return response


class GraphClient:
    """Sends calls. Make it inside the running loop and close it there."""

    def __init__(
        self,
        tokens: TokenSource,
        clock: Clock,
        base_url: str = GRAPH,
        *,
        heard: Hear = _unheard,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """`heard` is told how each call ended; `total_seconds` is the most that one may take."""
        parts = urlsplit(base_url)
        loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not loopback:
            raise ValueError("Graph must be https, or a stand-in on this computer")
        self._clock = clock
        self._tokens = tokens
        self._heard = heard
        self._total_seconds = total_seconds
        self._origin = (parts.scheme, parts.netloc)
        self._transport = _BoundedTransport(http2=False, trust_env=False)
        self._http = GraphClientFactory.create_with_default_middleware(
            options={
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0),
                UrlReplaceHandlerOption.get_key(): UrlReplaceHandlerOption(enabled=False),
                # the customer's name must not travel to wherever a redirect points
                RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            },
            client=httpx.AsyncClient(
                transport=self._transport,
                timeout=httpx.Timeout(20, connect=5),
                trust_env=False,
                follow_redirects=False,
            ),
        )
        provider = BaseBearerTokenAuthenticationProvider(_Tokens(tokens, parts.hostname or ""))
        self._adapter = GraphRequestAdapter(provider, client=self._http)
        self._adapter.base_url = base_url.rstrip("/")
        self._gates: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        # the SDK wraps our transport and does not close what it wraps
        await self._transport.aclose()

    def is_ours(self, link: str) -> bool:
        """Tell whether a link leads to where this client was pointed to."""
        try:
            return urlsplit(link)[:2] == self._origin
        except ValueError:
            return False

    async def send(self, call: Call) -> bytes:
        """Return the body of a 2xx answer; raises GraphError for everything else.

        Sent once (twice where the token was refused, which commits nothing). Who may repeat it,
        and when, is the caller's knowledge.
        """
        if call.link and not self.is_ours(call.link):
            raise Transient("foreign_link", status=200)
        mailbox = call.values.get(USER, "").lower()
        gate = self._gates.setdefault(mailbox, asyncio.Semaphore(AT_ONCE_PER_MAILBOX))
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._total_seconds), gate:
                answer = await self._answer(call)
        except TimeoutError:
            self._heard(Exchange(mailbox, self._clock.now(), code="timeout"))
            raise Transient("timeout") from None
        except GraphError as failure:
            self._heard(_failed(mailbox, failure, self._clock))
            raise
        except asyncio.CancelledError:
            if time.monotonic() - began >= CUT_SECONDS:
                self._heard(Exchange(mailbox, self._clock.now(), code="timeout"))
            raise
        self._heard(_answered(mailbox, answer, self._clock))
        return answer.content

    async def _answer(self, call: Call) -> httpx.Response:
        ours = str(uuid4())
        answer, token = await self._exchange(call, ours)
        if answer.status_code == 401:
            # revoked before its time: the cached one would be refused for the rest of the hour
            await self._tokens.reject(GRAPH_SCOPE, token)
            answer, _ = await self._exchange(call, ours)
        if not answer.is_success:
            raise self._refused(answer, ours)
        return answer

    async def _exchange(self, call: Call, ours: str) -> tuple[httpx.Response, str]:
        """Send it once; a used request keeps its old token, so each attempt is a new one."""
        request = _request(call, ours)
        try:
            answer = await self._adapter.send_primitive_async(request, "bytes", {})
        except httpx.TimeoutException as failure:
            raise Transient("timeout", client_request_id=ours) from failure
        except (httpx.HTTPError, OSError, ValueError) as failure:
            code = f"network_{type(failure).__name__}"
            raise Transient(code, client_request_id=ours) from failure
        if not isinstance(answer, httpx.Response):
            raise Transient("no_answer", client_request_id=ours)
        sent = next(iter(request.headers.get("Authorization")), "")
        return answer, sent.removeprefix("Bearer ")

    def _refused(self, answer: httpx.Response, ours: str) -> GraphError:
        found = wire.refusal(answer.content)
        kind = kind_of(answer.status_code, found.code)
        error = kind(
            found.code or f"http_{answer.status_code}",
            status=answer.status_code,
            request_id=answer.headers.get("request-id", "")[:64],
            client_request_id=ours,
            retry_after=wire.retry_after(answer.headers.get("Retry-After"), self._clock.now()),
        )
        if isinstance(error, DuplicateTransaction):
            error.existing_event_id = found.existing_event_id
        return error


def _failed(mailbox: str, failure: GraphError, clock: Clock) -> Exchange:
    return Exchange(
        mailbox,
        clock.now(),
        failure.status,
        failure.code,
        failure.request_id,
        failure.client_request_id,
        is_login=isinstance(failure, TokenRefused),
    )


def _answered(mailbox: str, answer: httpx.Response, clock: Clock) -> Exchange:
    """Return a success; a page of something in between, told as one, is none."""
    is_page = "html" in answer.headers.get("Content-Type", "")
    return Exchange(
        mailbox,
        clock.now(),
        answer.status_code,
        "not_json" if is_page else "",
        answer.headers.get("request-id", "")[:64],
    )


def _request(call: Call, ours: str) -> RequestInformation:
    template = "{+baseurl}" + call.path
    if call.query:
        template += "{?" + ",".join(name.replace("$", "%24") for name in call.query) + "}"
    request = RequestInformation(Method[call.method], template, dict(call.values))
    request.query_parameters = {k.replace("$", "%24"): v for k, v in call.query.items()}
    if call.link:
        request.url = call.link
    request.headers.add("Prefer", IMMUTABLE_IDS)
    if call.prefer:
        request.headers.add("Prefer", call.prefer)
    request.headers.add("Accept", "application/json")
    request.headers.add("client-request-id", ours)
    if call.if_match:
        request.headers.add("If-Match", call.if_match)
    if call.body is not None:
        request.set_stream_content(call.body, "application/json")
    request.add_request_options([ResponseHandlerOption(_Untouched())])
    return request

"""The one door to graph.microsoft.com: SDK requests, own timeouts, own limits, own errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from weakref import WeakValueDictionary

import httpx
from kiota_abstractions.api_client_builder import register_default_deserializer
from kiota_abstractions.api_error import APIError
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import RetryHandlerOption
from kiota_http.middleware.options.url_replace_option import UrlReplaceHandlerOption
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from msgraph import GraphRequestAdapter
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_core import GraphClientFactory

from graph import wire
from graph.auth import GRAPH_SCOPE, TokenSource
from graph.errors import GraphError, Transient, Unauthorized, error_for
from scheduling.clock import Clock

GRAPH = "https://graph.microsoft.com/v1.0"
TOTAL_SECONDS = 25.0
"""One call, headers to last byte: less than the lease of a job."""
AT_ONCE_PER_MAILBOX = 4
"""learn.microsoft.com/graph/throttling-limits, Outlook: 4 concurrent per app and mailbox."""
LARGEST_ANSWER = 8 * 1024 * 1024
IMMUTABLE_IDS = 'IdType="ImmutableId"'


@dataclass(frozen=True, slots=True)
class Call:
    """One request: a path below the base URL in URI-template form, with its values."""

    method: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    if_match: str = ""


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


class _Bounded(httpx.AsyncByteStream):
    """An answer's bytes, refused past the limit: nobody fills our memory."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > LARGEST_ANSWER:
                raise httpx.ReadError("the answer is too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedTransport(httpx.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        # a compressed answer could unfold to any size: ask for plain bytes
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Bounded(response.stream)
        return response


class GraphClient:
    """Sends calls. Make it inside the running loop and close it there."""

    def __init__(self, tokens: TokenSource, clock: Clock, base_url: str = GRAPH) -> None:
        parts = urlsplit(base_url)
        loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not loopback:
            raise ValueError("Graph must be https, or a stand-in on this computer")
        self._clock = clock
        # GraphServiceClient would register it; without it the body of an error cannot be read
        register_default_deserializer(JsonParseNodeFactory)
        self._transport = _BoundedTransport(http2=False, trust_env=False)
        self._http = GraphClientFactory.create_with_default_middleware(
            options={
                RetryHandlerOption.get_key(): RetryHandlerOption(max_retries=0),
                UrlReplaceHandlerOption.get_key(): UrlReplaceHandlerOption(enabled=False),
            },
            client=httpx.AsyncClient(
                transport=self._transport,
                timeout=httpx.Timeout(20, connect=5),
                trust_env=False,
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

    async def send(self, call: Call) -> bytes:
        """Return the body of a 2xx answer; raises GraphError for everything else.

        Sent once. Who may repeat it, and when, is the caller's knowledge.
        """
        mailbox = call.values.get("user%2Did", "").lower()
        gate = self._gates.setdefault(mailbox, asyncio.Semaphore(AT_ONCE_PER_MAILBOX))
        try:
            async with asyncio.timeout(TOTAL_SECONDS), gate:
                return await self._send(call)
        except TimeoutError:
            raise Transient("timeout") from None

    async def _send(self, call: Call) -> bytes:
        request_id = str(uuid4())
        try:
            # a used request keeps its old token: a new one for every attempt
            body = await self._adapter.send_primitive_async(
                _request(call, request_id), "bytes", {"XXX": ODataError}
            )
        except APIError as refusal:
            raise self._refused(refusal, request_id) from None
        except GraphError:
            raise
        except (httpx.HTTPError, OSError) as failure:
            raise Transient(f"network_{type(failure).__name__}", request_id=request_id) from None
        except ValueError:
            # an error answer whose JSON is cut
            raise Transient("unreadable_answer", request_id=request_id) from None
        return body or b""

    def _refused(self, refusal: APIError, request_id: str) -> GraphError:
        headers = {k.lower(): v for k, v in (refusal.response_headers or {}).items()}
        status = refusal.response_status_code or 0
        if not status:
            return Transient("no_status", request_id=request_id)
        wait = wire.retry_after(headers.get("retry-after"), self._clock.now())
        code = _deepest_code(refusal) if isinstance(refusal, ODataError) else ""
        if status == 401:
            return Unauthorized(code or "unauthorized", status=401, request_id=request_id)
        return error_for(status, code, request_id=request_id, retry_after=wait)


def _request(call: Call, request_id: str) -> RequestInformation:
    template = "{+baseurl}" + call.path
    if call.query:
        template += "{?" + ",".join(name.replace("$", "%24") for name in call.query) + "}"
    request = RequestInformation(Method[call.method], template, dict(call.values))
    request.query_parameters = {k.replace("$", "%24"): v for k, v in call.query.items()}
    request.headers.add("Prefer", IMMUTABLE_IDS)
    request.headers.add("Accept", "application/json")
    request.headers.add("client-request-id", request_id)
    if call.if_match:
        request.headers.add("If-Match", call.if_match)
    if call.body is not None:
        request.set_stream_content(call.body, "application/json")
    return request


def _deepest_code(refusal: ODataError) -> str:
    """Return the deepest code the SDK kept: inner codes end in `additional_data`."""
    error = refusal.error
    code = (error.code or "") if error is not None else ""
    node: object = getattr(error, "inner_error", None)
    extra = getattr(node, "additional_data", None) or getattr(error, "additional_data", {})
    while isinstance(extra, Mapping):
        deeper = extra.get("code")
        if isinstance(deeper, str) and deeper and not deeper.isdigit():
            code = deeper
        extra = extra.get("innerError") or extra.get("innererror")
    return code[:80]

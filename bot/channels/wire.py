"""What every channel demands of a request before anything else looks at it.

Sizes, nesting, encoding and shapes; the error answers of all channels. No conversation here.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Protocol

import aiohttp
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.wire import Inbound, Outcome

MAX_BODY_BYTES = 256 * 1024
MAX_NESTING = 64
MAX_DIGITS = 32
BODY_SECONDS = 10.0
"""How long a client may take to send its body."""

SORRY = (
    "Das hat leider nicht geklappt. Bitte gleich noch einmal versuchen.\n\n"
    "Sorry, that did not work. Please try again in a moment."
)
"""Said when the conversation itself broke, so nobody can tell in which language and form."""

_UNWANTED = re.compile("[\x00\ud800-\udfff]")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_ESCAPED_NUL_OR_SURROGATE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class TurnPort(Protocol):
    """The conversation, as channels see it."""

    async def handle(self, inbound: Inbound) -> Outcome:
        """Answer one activity; never raises for what a customer wrote."""
        ...


class Refused(Exception):
    """A request that gets an error answer: status, a code for programs, a sentence for people."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def problem(refusal: Refused) -> web.Response:
    """Write a refusal in the error shape of the Bot Framework and of Direct Line."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    body = {"error": {"code": refusal.code, "message": refusal.message}}
    return web.json_response(body, status=refusal.status, headers=headers)


async def read_object(request: web.Request) -> dict[str, Any]:
    """Read the JSON object of a request; Refused with 400, 408, 413 or 415."""
    if request.content_type != "application/json":
        raise Refused(415, "UnsupportedMediaType", "The content type must be application/json.")
    return parse_object(await read_body(request))


async def read_body(request: web.Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read at most `limit` bytes, counted after decompression."""
    too_big = Refused(413, "MessageSizeTooBig", f"The body is larger than {limit} bytes.")
    if (request.content_length or 0) > limit:
        raise too_big
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > limit:
                    raise too_big
    except TimeoutError:
        raise Refused(408, "RequestTimeout", "The body did not arrive in time.") from None
    except (aiohttp.ClientError, web.RequestPayloadError, aiohttp.http.HttpProcessingError):
        raise bad_argument("The body could not be read.") from None
    return bytes(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object of bounded depth; NUL and lone surrogates are dropped from texts."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise bad_argument("The body is not UTF-8.") from None
    if _depth(text) > MAX_NESTING:
        raise bad_argument(f"The body is nested deeper than {MAX_NESTING} levels.")
    try:
        parsed = json.loads(
            text, parse_constant=_no_number, parse_int=_short_int, parse_float=_finite
        )
    except ValueError:
        raise bad_argument("The body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise bad_argument("The body is not a JSON object.")
    if _ESCAPED_NUL_OR_SURROGATE.search(text):
        return {_clean_text(key): _clean(value) for key, value in parsed.items()}
    return parsed


def bad_argument(message: str) -> Refused:
    """Return the refusal of a request whose form is wrong."""
    return Refused(400, "BadArgument", message)


def _depth(text: str) -> int:
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return 0
    depth = deepest = 0
    for mark in _BRACKETS.findall(text):
        if mark in {"[", "{"}:
            depth += 1
            deepest = max(deepest, depth)
        elif mark in {"]", "}"}:
            depth -= 1
    return deepest


def _no_number(name: str) -> float:
    raise ValueError(name)


def _short_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("number")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("number")
    return number


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict):
        return {_clean_text(key): _clean(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_clean(child) for child in value]
    return value


def _clean_text(text: str) -> str:
    return _UNWANTED.sub("", text)


Name = Annotated[str, StringConstraints(min_length=1, max_length=1024, strict=True)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Account(_Shape):
    """Somebody in a conversation; only the id is relied on."""

    id: Name
    name: object = None
    aad_object_id: object = Field(default=None, alias="aadObjectId")


class ConversationShape(_Shape):
    """A conversation as far as every channel has it."""

    id: Name
    conversation_type: object = Field(default=None, alias="conversationType")


class ActivityShape(_Shape):
    """The part of a Bot Framework activity that must be right before it is worked on.

    learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
    """

    type: Name
    id: Annotated[str, StringConstraints(strict=True, max_length=1024)] | None = None
    channel_id: Name = Field(alias="channelId")
    service_url: Name = Field(alias="serviceUrl")
    sender: Account = Field(alias="from")
    recipient: Account
    conversation: ConversationShape


def shape_of(raw: Mapping[str, object]) -> ActivityShape:
    """Check the shape of a Bot Framework activity; Refused with 400 names the fields only."""
    try:
        return ActivityShape.model_validate(raw)
    except ValidationError as wrong:
        fields = sorted({".".join(map(str, error["loc"])) for error in wrong.errors()})
        raise bad_argument(f"Wrong or missing: {', '.join(fields)}.") from None


def text_of(value: object) -> str:
    """Return a text as it is and anything else as nothing."""
    return value if isinstance(value, str) else ""

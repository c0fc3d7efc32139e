"""Who is calling: tokens of the Bot Framework (RS256, their keys), of our chat (HS256, our key).

Two verifiers that never accept each other's tokens. No conversation, no web handler here.
"""

import asyncio
import base64
import binascii
import ipaddress
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from scheduling.clock import Clock

log = structlog.get_logger(__name__)

# learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
OPENID_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER = "https://api.botframework.com"
EMULATOR_ISSUERS = ("https://sts.windows.net/", "https://login.microsoftonline.")
CHANNELS = frozenset({"msteams", "webchat", "directline"})
DEFAULT_HOSTS = ("smba.trafficmanager.net", ".botframework.com")

LEEWAY = timedelta(minutes=5)
MAX_HEADER = 16 * 1024
MAX_KEYS_BYTES = 1024 * 1024
FETCH_SECONDS = 3.0
KEYS_LIFE = timedelta(hours=24)
REFRESH_GAP = timedelta(minutes=1)
RETRY_GAP = timedelta(seconds=5)
MIN_RSA_BITS = 2048
_FOREIGN_KEY_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "b64"})
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


class TokenRejected(Exception):
    """The caller is not let in: 401 (who are you) or 403 (not you). `code` is for programs."""

    def __init__(self, status: int, reason: str, *, code: str = "BadToken") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code


class InboundCheck(Protocol):
    """Decides whether an activity may come in."""

    async def check(
        self, authorization: Sequence[str], raw: Mapping[str, object], *, remote: str
    ) -> Mapping[str, object]:
        """Return the claims of the caller or raise TokenRejected."""
        ...


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key and the channels it may speak for."""

    key: RSAPublicKey
    endorsements: frozenset[str]


class KeySet:
    """The connector's signing keys, fetched without holding anybody else up.

    Old keys stay in use while a refresh fails; one refresh at a time.
    """

    def __init__(self, http: aiohttp.ClientSession, clock: Clock, openid_url: str) -> None:
        require_safe_url(openid_url)
        self._http = http
        self._clock = clock
        self._openid_url = openid_url
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> SigningKey | None:
        """Return the key; an unknown one asks for fresh keys, at most once a minute."""
        if kid not in self._keys or self._is_old():
            async with self._lock:
                if (kid not in self._keys or self._is_old()) and self._may_try():
                    await self._refresh()
        return self._keys.get(kid)

    def _is_old(self) -> bool:
        return self._fetched_at is None or self._age(self._fetched_at) > KEYS_LIFE

    def _may_try(self) -> bool:
        gap = REFRESH_GAP if self._keys else RETRY_GAP
        return self._tried_at is None or self._age(self._tried_at) >= gap

    def _age(self, moment: datetime) -> timedelta:
        return abs(self._clock.now() - moment)

    async def _refresh(self) -> None:
        self._tried_at = self._clock.now()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                about = await self._fetch(self._openid_url)
                found = await self._fetch(require_safe_url(about.get("jwks_uri")))
            keys = read_keys(found)
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            log.warning("signing_keys_not_refreshed", failure=type(failure).__name__)
            return
        self._keys, self._fetched_at = keys, self._clock.now()

    async def _fetch(self, url: str) -> dict[str, Any]:
        async with self._http.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            body = await answer.content.read(MAX_KEYS_BYTES)
            while len(body) < MAX_KEYS_BYTES and (more := await answer.content.read(65536)):
                body += more
        parsed = json.loads(body)
        if not isinstance(parsed, dict):
            raise ValueError("not an object")  # noqa: TRY004 - a border: all wrong bodies are one kind
        return parsed


def read_keys(found: Mapping[str, Any]) -> dict[str, SigningKey]:
    """Read a JWK set; keys that cannot verify RS256 are left out. ValueError when none is left."""
    listed = found.get("keys")
    keys = {
        item["kid"]: key
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and isinstance(item.get("kid"), str) and (key := _read_key(item))
    }
    if not keys:
        raise ValueError("no usable key")
    return keys


def _read_key(item: Mapping[str, Any]) -> SigningKey | None:
    if item.get("kty") != "RSA" or item.get("use", "sig") != "sig" or "d" in item:
        return None
    try:
        key = RSAAlgorithm.from_jwk(dict(item))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_RSA_BITS:
        return None
    endorsed = item.get("endorsements")
    names = endorsed if isinstance(endorsed, list) else []
    return SigningKey(key, frozenset(n for n in names if isinstance(n, str)))


class BotTokens:
    """The check of everything that comes in from the Bot Framework."""

    def __init__(
        self,
        app_id: str,
        http: aiohttp.ClientSession,
        clock: Clock,
        *,
        openid_url: str = OPENID_URL,
        hosts: Sequence[str] = DEFAULT_HOSTS,
    ) -> None:
        if not app_id:
            raise ValueError("the check of incoming tokens needs the app id")
        self._app_id = app_id
        self._clock = clock
        self._keys = KeySet(http, clock, openid_url)
        self._hosts = tuple(hosts)

    async def check(
        self,
        authorization: Sequence[str],
        raw: Mapping[str, object],
        *,
        remote: str,  # noqa: ARG002 - a signed token proves more than an address
    ) -> Mapping[str, object]:
        """Return the claims of a genuine activity; TokenRejected with 401 or 403."""
        token = _bearer(authorization)
        header = _segment(token, 0)
        _check_header(header)
        _refuse_emulator(_segment(token, 1))
        key = await self._keys.key(header["kid"])
        if key is None:
            raise TokenRejected(401, "unknown key")
        claims = _strict_object(_verified(token, key.key, "RS256"))
        self._check_claims(claims)
        self._check_activity(claims, raw, key)
        return claims

    def _check_claims(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != ISSUER:
            raise TokenRejected(401, "wrong issuer")
        if claims.get("aud") != self._app_id:
            raise TokenRejected(401, "wrong audience")
        _check_times(claims, self._clock.now(), LEEWAY)

    def _check_activity(
        self, claims: Mapping[str, Any], raw: Mapping[str, object], key: SigningKey
    ) -> None:
        channel = raw.get("channelId")
        if not isinstance(channel, str) or channel not in CHANNELS & key.endorsements:
            raise TokenRejected(403, "channel not endorsed")
        service_url = raw.get("serviceUrl")
        if not isinstance(service_url, str) or not is_allowed_service(service_url, self._hosts):
            log.warning("service_url_refused", host=_host_for_log(service_url))
            raise TokenRejected(403, "service URL not allowed")
        claimed = claims.get("serviceurl")
        if not isinstance(claimed, str) or claimed.rstrip("/") != service_url.rstrip("/"):
            raise TokenRejected(403, "service URL not the token's")


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name or address is this computer."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def require_safe_url(url: object) -> str:
    """Return an https URL (http for this computer only); ValueError else."""
    if isinstance(url, str):
        parts = urlsplit(url)
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
            return url
    raise ValueError("not an https URL")


def is_allowed_service(url: str, hosts: Sequence[str]) -> bool:
    """Tell whether we may write to this service URL.

    `hosts` are exact names, or `.name` for all below it. Plain http and other ports only for
    addresses of this computer that are listed by name.
    """
    if not _VISIBLE_ASCII.fullmatch(url) or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.query or parts.fragment or "@" in parts.netloc or not _is_listed(host, hosts):
        return False
    if is_loopback(host):
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and port in {None, 443}


def _is_listed(host: str, hosts: Sequence[str]) -> bool:
    return any(host == h or (h.startswith(".") and host.endswith(h)) for h in hosts)


def _host_for_log(url: object) -> str:
    try:
        return (urlsplit(url).hostname or "")[:100] if isinstance(url, str) else ""
    except ValueError:
        return "unreadable"


@dataclass(frozen=True, slots=True)
class ChatClaims:
    """What a chat token says: which conversation, whose, and up to where the stream was read."""

    conversation: str
    user: str
    mark: int | None = None


class ChatTokens:
    """Tokens of our own Direct Line endpoint. A token is good for one scope only."""

    ISSUER = "terminbot-chat"

    def __init__(self, key: bytes, clock: Clock) -> None:
        if len(key) < 32:
            raise ValueError("the chat token key needs at least 32 bytes")
        self._key = key
        self._clock = clock

    def issue(self, claims: ChatClaims, scope: str, life: timedelta) -> str:
        """Sign a token; the stock client reads the claim `user` out of it."""
        body: dict[str, object] = {
            "iss": self.ISSUER,
            "conv": claims.conversation,
            "user": claims.user,
            "scope": scope,
            "exp": int((self._clock.now() + life).timestamp()),
        }
        if claims.mark is not None:
            body["mark"] = claims.mark
        return jwt.encode(body, self._key, algorithm="HS256")

    def read(self, token: str, scope: str) -> ChatClaims:
        """Return the claims; 401 for no token of ours, 403 for another scope or an old one."""
        if len(token) > MAX_HEADER or token.count(".") != 2:
            raise TokenRejected(401, "not a token")
        header = _segment(token, 0)
        if header.get("alg") != "HS256" or _FOREIGN_KEY_HEADERS & header.keys():
            raise TokenRejected(401, "wrong algorithm")
        claims = _strict_object(_verified(token, self._key, "HS256"))
        conversation, user, mark = claims.get("conv"), claims.get("user"), claims.get("mark")
        if claims.get("iss") != self.ISSUER or not (
            isinstance(conversation, str) and isinstance(user, str)
        ):
            raise TokenRejected(401, "not a token of this chat")
        if claims.get("scope") != scope:
            raise TokenRejected(403, "token of another scope")
        try:
            _check_times(claims, self._clock.now(), timedelta())
        except TokenRejected:
            raise TokenRejected(403, "token expired", code="TokenExpired") from None
        return ChatClaims(conversation, user, mark if isinstance(mark, int) else None)

    def read_header(self, authorization: Sequence[str], scope: str) -> ChatClaims:
        """Return the claims of a request's one Authorization header."""
        return self.read(_bearer(authorization), scope)


def _bearer(authorization: Sequence[str]) -> str:
    if len(authorization) != 1:
        raise TokenRejected(401, "exactly one Authorization header is needed")
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != "bearer" or len(token) > MAX_HEADER or token.count(".") != 2:
        raise TokenRejected(401, "not a bearer token")
    return token


def _segment(token: str, position: int) -> dict[str, Any]:
    part = token.split(".")[position]
    try:
        content = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenRejected(401, "malformed token") from None
    return _strict_object(content)


def _strict_object(content: bytes) -> dict[str, Any]:
    """Parse a token's JSON; a name that stands twice can be read in two ways and is refused."""
    try:
        parsed = json.loads(content, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError):
        raise TokenRejected(401, "malformed token") from None
    if not isinstance(parsed, dict):
        raise TokenRejected(401, "malformed token")
    return parsed


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate name")
    return found


def _check_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") != "RS256":
        raise TokenRejected(401, "wrong algorithm")
    if not isinstance(header.get("kid"), str) or _FOREIGN_KEY_HEADERS & header.keys():
        raise TokenRejected(401, "wrong token header")


def _refuse_emulator(claims: Mapping[str, Any]) -> None:
    issuer = claims.get("iss")
    if isinstance(issuer, str) and issuer.startswith(EMULATOR_ISSUERS):
        raise TokenRejected(403, "emulator tokens are not accepted")


def _verified(token: str, key: RSAPublicKey | bytes, algorithm: str) -> bytes:
    try:
        payload: bytes = jwt.PyJWS().decode(token, key, algorithms=[algorithm])
    except (jwt.PyJWTError, ValueError):
        raise TokenRejected(401, "bad signature") from None
    return payload


def _check_times(claims: Mapping[str, Any], now: datetime, leeway: timedelta) -> None:
    present = now.timestamp()
    expires = _moment(claims.get("exp"))
    if expires is None or expires + leeway.total_seconds() <= present:
        raise TokenRejected(401, "token expired")
    if "nbf" in claims:
        begins = _moment(claims["nbf"])
        if begins is None or begins - leeway.total_seconds() > present:
            raise TokenRejected(401, "token not valid yet")


def _moment(value: object) -> float | None:
    """Read a NumericDate; texts, booleans and endless numbers are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None

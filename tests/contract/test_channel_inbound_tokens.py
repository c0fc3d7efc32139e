"""The check of incoming tokens against a key server on loopback: every vector, its answer."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from bot.channels.tokens import BotTokens, ChatClaims, ChatTokens, TokenRejected
from tests.contract.channel_world import (
    APP_ID,
    KEY,
    OTHER_KEY,
    Connector,
    Noon,
    activity,
    claims_for,
    jwk,
    served,
    signed,
)


@dataclass
class Door:
    """A check with its keys; `now` is the present as a number."""

    check: BotTokens
    connector: Connector
    clock: Noon

    @property
    def now(self) -> int:
        return int(self.clock.now_is.timestamp())

    def claims(self, **changes: object) -> dict[str, Any]:
        return claims_for(self.connector.service_url, self.clock.now_is, **changes)

    async def enters(self, token: str, **changes: object) -> dict[str, Any]:
        raw = activity(self.connector.service_url, **changes)
        return dict(await self.check.check([f"Bearer {token}"], raw, remote="127.0.0.1"))

    async def status(self, token: str, **changes: object) -> int:
        with pytest.raises(TokenRejected) as rejected:
            await self.enters(token, **changes)
        return rejected.value.status


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    connector, clock = Connector(), Noon()
    async with served(connector.register) as url, aiohttp.ClientSession() as http:
        connector.url = url
        check = BotTokens(
            APP_ID, http, clock, openid_url=f"{url}/openid", hosts=("127.0.0.1", ".allowed.test")
        )
        yield Door(check, connector, clock)


async def test_a_genuine_activity_is_let_in(door: Door) -> None:
    assert (await door.enters(signed(door.claims())))["aud"] == APP_ID


async def test_a_trailing_slash_of_the_service_url_does_not_matter(door: Door) -> None:
    await door.enters(signed(door.claims(serviceurl=door.connector.service_url + "/")))


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unsigned(door: Door, algorithm: str) -> str:
    header = {"alg": algorithm, "kid": "key-1", "typ": "JWT"}
    parts = (json.dumps(header).encode(), json.dumps(door.claims()).encode(), b"")
    return ".".join(b64(part) for part in parts)


def with_public_key_as_secret(door: Door) -> str:
    pem = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = b64(json.dumps({"alg": "HS256", "kid": "key-1"}).encode())
    body = b64(json.dumps(door.claims()).encode())
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{head}.{body}.{b64(signature.sign(f'{head}.{body}'.encode(), pem))}"


def signed_bytes(payload: bytes) -> str:
    return jwt.PyJWS().encode(payload, KEY, algorithm="RS256", headers={"kid": "key-1"})


def doubled_audience(door: Door) -> str:
    text = json.dumps(door.claims())
    return signed_bytes(f'{text[:-1]},"aud":"{APP_ID}"}}'.encode())


def endless_expiry(door: Door) -> str:
    return signed_bytes(
        json.dumps(door.claims(exp=0)).replace('"exp": 0', '"exp": 1e400').encode()
    )


def tampered(door: Door) -> str:
    head, _, signature = signed(door.claims()).split(".")
    return f"{head}.{b64(json.dumps(door.claims(aud=APP_ID, x=1)).encode())}.{signature}"


UNAUTHORIZED: dict[str, Callable[[Door], str]] = {
    "alg none": lambda d: unsigned(d, "none"),
    "alg None": lambda d: unsigned(d, "None"),
    "alg nOnE": lambda d: unsigned(d, "nOnE"),
    "RS256 without signature": lambda d: unsigned(d, "RS256"),
    "HS256 with the public key": with_public_key_as_secret,
    "PS256": lambda d: jwt.encode(d.claims(), KEY, algorithm="PS256", headers={"kid": "key-1"}),
    "other key": lambda d: signed(d.claims(), key=OTHER_KEY),
    "unknown kid": lambda d: signed(d.claims(), kid="nobody"),
    "hostile kid": lambda d: signed(d.claims(), kid="../../etc/passwd\0' or 1=1"),
    "no kid": lambda d: signed(d.claims(), kid=None),
    "embedded key": lambda d: signed(d.claims(), key=OTHER_KEY, jwk=jwk("key-1", OTHER_KEY)),
    "jku": lambda d: signed(d.claims(), jku="https://evil.example/keys"),
    "x5u": lambda d: signed(d.claims(), x5u="https://evil.example/cert"),
    "crit": lambda d: signed(d.claims(), crit=["exp"]),
    "tampered": tampered,
    "duplicate claim": doubled_audience,
    "payload no object": lambda d: signed_bytes(b"[]"),
    "payload no JSON": lambda d: signed_bytes(b"{"),
    "exp as text": lambda d: signed(d.claims(exp=str(d.now + 60))),
    "exp true": lambda d: signed_bytes(json.dumps(d.claims(exp=True)).encode()),
    "exp endless": endless_expiry,
    "exp huge": lambda d: signed_bytes(json.dumps(d.claims(exp=10**400)).encode()),
    "no exp": lambda d: signed(d.claims(exp=None)),
    "exp at the edge of the leeway": lambda d: signed(d.claims(exp=d.now - 300)),
    "nbf beyond the leeway": lambda d: signed(d.claims(nbf=d.now + 301)),
    "nbf as text": lambda d: signed_bytes(json.dumps(d.claims(nbf="soon")).encode()),
    "other audience": lambda d: signed(d.claims(aud="somebody")),
    "audience as list": lambda d: signed(d.claims(aud=[APP_ID])),
    "no audience": lambda d: signed(d.claims(aud=None)),
    "issuer with slash": lambda d: signed(d.claims(iss="https://api.botframework.com/")),
    "no issuer": lambda d: signed(d.claims(iss=None)),
    "five parts": lambda d: signed(d.claims()) + ".a.b",
    "two parts": lambda d: signed(d.claims()).rsplit(".", 1)[0],
    "100 KB": lambda d: signed(d.claims(padding="x" * 100_000)),
    "empty": lambda d: "",
    "no base64": lambda d: "ä.ö.ü",
    "our own chat token": lambda d: ChatTokens(b"k" * 32, d.clock).issue(
        ChatClaims("c", "u"), "chat", timedelta(hours=1)
    ),
}


@pytest.mark.parametrize("vector", UNAUTHORIZED)
async def test_a_token_that_proves_nothing_gets_401(door: Door, vector: str) -> None:
    assert await door.status(UNAUTHORIZED[vector](door)) == 401


ACCEPTED: dict[str, Callable[[Door], dict[str, Any]]] = {
    "exp within the leeway": lambda d: d.claims(exp=d.now - 299),
    "exp as number with fraction": lambda d: d.claims(exp=d.now + 10.5),
    "nbf within the leeway": lambda d: d.claims(nbf=d.now + 300),
    "no nbf": lambda d: d.claims(nbf=None),
}


@pytest.mark.parametrize("vector", ACCEPTED)
async def test_clocks_may_differ_by_less_than_five_minutes(door: Door, vector: str) -> None:
    await door.enters(signed(ACCEPTED[vector](door)))


FORBIDDEN: dict[str, dict[str, object]] = {
    "no channel": {"channelId": None},
    "channel as number": {"channelId": 5},
    "channel not served": {"channelId": "emulator"},
    "channel the key does not speak for": {"channelId": "directline"},
    "no service": {"serviceUrl": None},
    "service as list": {"serviceUrl": []},
    "another service": {"serviceUrl": "https://x.allowed.test/"},
    "service not listed": {"serviceUrl": "https://evil.example/"},
    "metadata service": {"serviceUrl": "http://169.254.169.254/"},
}


@pytest.mark.parametrize("vector", FORBIDDEN)
async def test_a_genuine_token_is_no_pass_for_other_activities(door: Door, vector: str) -> None:
    assert await door.status(signed(door.claims()), **FORBIDDEN[vector]) == 403


async def test_a_token_without_service_claim_is_forbidden(door: Door) -> None:
    assert await door.status(signed(door.claims(serviceurl=None))) == 403


async def test_tokens_of_the_emulator_are_forbidden(door: Door) -> None:
    issuer = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"
    assert await door.status(signed(door.claims(iss=issuer), kid="theirs")) == 403


@pytest.mark.parametrize(
    "headers", [[], ["Bearer a.b.c", "Bearer a.b.c"], ["Basic dXNlcg=="], ["Bearer"], [""]]
)
async def test_exactly_one_bearer_header_is_needed(door: Door, headers: list[str]) -> None:
    with pytest.raises(TokenRejected) as rejected:
        await door.check.check(headers, activity(door.connector.service_url), remote="")
    assert rejected.value.status == 401


async def test_a_rolled_key_is_fetched_when_it_is_first_seen(door: Door) -> None:
    await door.enters(signed(door.claims()))
    door.connector.keys = [jwk("key-2", OTHER_KEY)]
    door.clock.now_is += timedelta(minutes=1)
    await door.enters(signed(door.claims(), key=OTHER_KEY, kid="key-2"))


async def test_unknown_keys_ask_at_most_once_a_minute(door: Door) -> None:
    await door.enters(signed(door.claims()))
    for number in range(20):
        await door.status(signed(door.claims(), kid=f"guess-{number}"))
    assert door.connector.key_fetches == 1


async def test_old_keys_stay_in_use_while_the_key_server_is_down(door: Door) -> None:
    await door.enters(signed(door.claims()))
    door.connector.keys_are_down = True
    door.clock.now_is += timedelta(days=2)
    await door.enters(signed(door.claims()))


async def test_keys_too_short_or_private_are_not_used(door: Door) -> None:
    door.connector.keys = [{**jwk("key-1", KEY), "d": "AQAB"}]
    assert await door.status(signed(door.claims())) == 401


async def test_the_key_server_must_be_encrypted_unless_it_is_this_computer(door: Door) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ValueError, match="https"):
            BotTokens(APP_ID, http, door.clock, openid_url="http://keys.example/openid")


async def test_a_chat_never_takes_a_token_of_the_bot_framework(door: Door) -> None:
    with pytest.raises(TokenRejected) as rejected:
        ChatTokens(b"k" * 32, door.clock).read(signed(door.claims()), "chat")
    assert rejected.value.status == 401

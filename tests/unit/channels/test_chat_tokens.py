import base64
import json
from datetime import timedelta

import jwt
import pytest

from bot.channels.tokens import ChatClaims, ChatTokens, TokenRejected
from tests.contract.channel_world import KEY, Noon

SECRET = b"k" * 32
CLAIMS = ChatClaims("conv", "dl_user")
HOUR = timedelta(hours=1)


def tokens(clock: Noon) -> ChatTokens:
    return ChatTokens(SECRET, clock)


def test_a_token_says_whose_conversation_it_is_for() -> None:
    chat = tokens(Noon())
    assert chat.read(chat.issue(CLAIMS, "chat", HOUR), "chat") == CLAIMS


def test_the_stock_client_finds_the_user_in_the_token() -> None:
    token = tokens(Noon()).issue(CLAIMS, "chat", HOUR)
    payload = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["user"] == "dl_user"


def test_a_token_of_another_scope_is_forbidden() -> None:
    chat = tokens(Noon())
    with pytest.raises(TokenRejected) as rejected:
        chat.read(chat.issue(CLAIMS, "stream", HOUR), "chat")
    assert rejected.value.status == 403


def test_an_old_token_is_forbidden_and_says_so() -> None:
    clock = Noon()
    chat = tokens(clock)
    token = chat.issue(CLAIMS, "chat", HOUR)
    clock.now_is += HOUR
    with pytest.raises(TokenRejected) as rejected:
        chat.read(token, "chat")
    assert (rejected.value.status, rejected.value.code) == (403, "TokenExpired")


def forged(**header: object) -> str:
    body = {"iss": "terminbot-chat", "conv": "c", "user": "u", "scope": "chat", "exp": 9**12}
    return jwt.encode(body, SECRET, algorithm="HS256", headers=header)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d.e",
        "....",
        "x" * 100_000,
        jwt.encode({"conv": "c", "user": "u", "scope": "chat"}, "o" * 32, algorithm="HS256"),
        jwt.encode({"conv": "c", "user": "u", "scope": "chat"}, SECRET, algorithm="HS256"),
        jwt.encode({"iss": "terminbot-chat", "conv": 1, "user": "u"}, SECRET, algorithm="HS256"),
        jwt.encode({"iss": "terminbot-chat"}, KEY, algorithm="RS256"),
        jwt.encode({"iss": "terminbot-chat"}, None, algorithm="none"),
        forged(crit=["b64"]),
        forged(jwk={"kty": "oct"}),
    ],
)
def test_what_we_did_not_sign_is_not_let_in(token: str) -> None:
    with pytest.raises(TokenRejected) as rejected:
        tokens(Noon()).read(token, "chat")
    assert rejected.value.status == 401


def test_a_short_key_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ChatTokens(b"short", Noon())

"""Tokens of links that are keys: an id and 256 random bits, of which only a digest is stored."""

import hashlib
import hmac
import re
import secrets

_TOKEN = re.compile(r"([0-9a-f]{32})([A-Za-z0-9_-]{43})")


def new(id_: str) -> tuple[str, str]:
    """Return a token for an id of 128 bits, as in `booking.new_id`, and the digest to store."""
    secret = secrets.token_urlsafe(32)
    return f"{id_}{secret}", _digest(secret)


def id_of(token: str) -> str | None:
    """Return the id that a token names, which proves nothing yet; None for any other words."""
    parts = _TOKEN.fullmatch(token)
    return parts[1] if parts else None


def matches(token: str, digest: str) -> bool:
    """Tell whether the token carries the secret of this digest."""
    parts = _TOKEN.fullmatch(token)
    return parts is not None and hmac.compare_digest(digest.encode(), _digest(parts[2]).encode())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

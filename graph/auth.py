"""Tokens by msal, for Graph and for the Bot connector: cached, renewed ahead of expiry."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from msal.exceptions import MsalServiceError

from graph.errors import Unauthorized

LOGIN = "https://login.microsoftonline.com"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
BOT_SCOPE = "https://api.botframework.com/.default"
SECONDS = 8.0
"""Timeout of one call to the login: msal's own does not reach an injected client."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A PEM certificate and its private key, for `client_assertion`."""

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    thumbprint: str
    """SHA-1 of the certificate, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app of one tenant, with a secret or a certificate."""

    tenant_id: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    certificate: Certificate | None = None


class _Login:
    """The HTTP client that msal gets: own timeout, and the login's origin replaced if configured.

    msal accepts https authorities only, so a stand-in is reached by rewriting the origin here.
    """

    def __init__(self, login_url: str | None) -> None:
        self._session = requests.Session()
        self._session.trust_env = login_url is None
        self._origin = login_url.rstrip("/") if login_url else LOGIN

    def _url(self, url: str) -> str:
        return self._origin + url.removeprefix(LOGIN) if url.startswith(LOGIN) else url

    def get(self, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - msal's own options
        """Send GET."""
        options.pop("timeout", None)
        return self._session.get(self._url(url), timeout=SECONDS, **options)

    def post(self, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - msal's own options
        """Send POST."""
        options.pop("timeout", None)
        return self._session.post(self._url(url), timeout=SECONDS, **options)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class TokenSource:
    """Tokens of one app by scope. Safe for many tasks of one loop."""

    def __init__(self, credentials: Credentials, login_url: str | None = None) -> None:
        if login_url and urlsplit(login_url).scheme != "https" and not _is_loopback(login_url):
            raise ValueError("the login must be https, or a stand-in on this computer")
        self._credentials = credentials
        self._login = _Login(login_url)
        self._app: msal.ConfidentialClientApplication | None = None
        self._lock = asyncio.Lock()

    async def token(self, scope: str, claims: str | None = None) -> str:
        """Return a token that is still valid for some minutes; raises Unauthorized.

        `claims` is the base64 challenge of a 401, asking for a fresh token.
        """
        async with self._lock:
            answer = await asyncio.to_thread(self._acquire, scope, _challenge(claims))
        token = answer.get("access_token")
        if not isinstance(token, str):
            codes = answer.get("error_codes") or [answer.get("error", "unknown")]
            raise Unauthorized(f"login_{codes[0]}", status=401)
        return token

    def close(self) -> None:
        """Close the connections to the login."""
        self._login.close()

    def _acquire(self, scope: str, claims: str | None) -> dict[str, Any]:
        try:
            if self._app is None:
                self._app = self._connect()
            answer = self._app.acquire_token_for_client([scope], claims_challenge=claims)
        except (MsalServiceError, requests.RequestException, ValueError):
            raise Unauthorized("login_unreachable") from None
        if "access_token" not in answer:
            # msal replays a refusal for a minute; a mended secret must work at once
            self._app = None
        return dict(answer)

    def _connect(self) -> msal.ConfidentialClientApplication:
        which = self._credentials
        credential: str | dict[str, str] | None = which.secret
        if which.certificate is not None:
            credential = {
                "private_key": which.certificate.private_key_pem,
                "thumbprint": which.certificate.thumbprint,
                "public_certificate": which.certificate.certificate_pem,
            }
        return msal.ConfidentialClientApplication(
            which.client_id,
            client_credential=credential,
            authority=f"{LOGIN}/{which.tenant_id}",
            instance_discovery=False,
            http_client=self._login,
        )


def _challenge(claims: str | None) -> str | None:
    return base64.b64decode(claims + "==").decode() if claims else None


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}

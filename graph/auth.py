"""Tokens by msal, for Graph and for the Bot connector: cached, renewed ahead of expiry."""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import msal
import requests
from msal.exceptions import MsalServiceError

from graph.errors import TokenRefused

LOGIN = "https://login.microsoftonline.com"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
BOT_SCOPE = "https://api.botframework.com/.default"
SECONDS = 8.0
"""Timeout of one call to the login: msal's own does not reach an injected client."""
REPLAYED_BY_MSAL = frozenset({400, 401})


@dataclass(frozen=True, slots=True)
class Certificate:
    """A PEM certificate and its private key, for `client_assertion`."""

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    thumbprint: str
    """SHA-1 of the certificate, hexadecimal."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An app of one tenant, with a secret or a certificate; the certificate wins."""

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
        self.status = 0
        self.retry_after: timedelta | None = None

    def get(self, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - msal's own options
        """Send GET."""
        return self._send("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - msal's own options
        """Send POST."""
        return self._send("POST", url, **options)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:  # noqa: ANN401 - msal's own options
        self.status, self.retry_after = 0, None
        # a redirect would carry the secret elsewhere
        own = {"timeout": SECONDS, "allow_redirects": False}
        answer = self._session.request(method, self._url(url), **{**options, **own})
        self.status = answer.status_code
        seconds = answer.headers.get("Retry-After", "")
        if seconds.isascii() and seconds.isdigit():
            self.retry_after = timedelta(seconds=min(int(seconds), 3600))
        return answer

    def _url(self, url: str) -> str:
        return self._origin + url.removeprefix(LOGIN) if url.startswith(f"{LOGIN}/") else url


class TokenSource:
    """Tokens of one app by scope. Safe for many tasks of one loop."""

    def __init__(self, credentials: Credentials, login_url: str | None = None) -> None:
        if login_url and urlsplit(login_url).scheme != "https" and not _is_loopback(login_url):
            raise ValueError("the login must be https, or a stand-in on this computer")
        self._credentials = credentials
        self._login = _Login(login_url)
        self._app: msal.ConfidentialClientApplication | None = None
        self._given: dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def token(self, scope: str, claims: str | None = None) -> str:
        """Return a token that is still valid for some minutes; raises TokenRefused.

        `claims` is the base64 challenge of a 401, asking for a fresh token.
        """
        async with self._lock:
            answer = await asyncio.to_thread(self._acquire, scope, _challenge(claims))
            token = answer.get("access_token")
            if not isinstance(token, str):
                raise self._refused(answer)
            self._given[scope] = token
        return token

    async def reject(self, scope: str, token: str) -> None:
        """Forget a token that was refused, so that the next one is new.

        Of many tasks that were refused with the same token, the first makes it forgotten.
        """
        async with self._lock:
            if self._given.get(scope) == token and self._app is not None:
                del self._given[scope]
                self._app.remove_tokens_for_client()

    def close(self) -> None:
        """Close the connections to the login."""
        self._login.close()

    def _acquire(self, scope: str, claims: str | None) -> dict[str, Any]:
        try:
            if self._app is None:
                self._app = self._connect()
            answer = self._app.acquire_token_for_client([scope], claims_challenge=claims)
        except (MsalServiceError, requests.RequestException, ValueError, KeyError) as failure:
            # msal raises 5xx, and what it cannot read as ValueError or KeyError
            if self._login.status >= 500:
                # it would repeat that for a minute without asking; the end must be seen at once
                self._app = None
            raise TokenRefused(
                "login_unreachable",
                status=self._login.status,
                retry_after=self._login.retry_after,
            ) from failure
        return dict(answer or {})

    def _refused(self, answer: dict[str, Any]) -> TokenRefused:
        if self._login.status in REPLAYED_BY_MSAL:
            # msal repeats a refusal for a minute without asking; a mended secret must work at once
            self._app = None
        codes = answer.get("error_codes") or [answer.get("error", "unknown")]
        return TokenRefused(
            f"login_{codes[0]}"[:60],
            status=self._login.status,
            retry_after=self._login.retry_after,
        )

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
    """Return the claims as JSON, or None where they are none: then the cached token will do."""
    if not claims:
        return None
    try:
        found = base64.b64decode(claims + "==").decode()
        return found if isinstance(json.loads(found), dict) else None
    except ValueError:
        return None


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}

"""The login: OpenID document, tokens for a secret or a certificate, and their check."""

import base64
import binascii
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from graph.emulator.call import Answer
from graph.emulator.errors import EmulatorError, Refusal
from graph.emulator.event import Json
from graph.emulator.tenant import Client, Tenant

ORIGIN = "https://login.microsoftonline.com"
LIFE = timedelta(seconds=3599)
_AUDIENCE = "https://graph.microsoft.com"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class LoginRefused(EmulatorError):
    """An answer of the token endpoint that is no token."""

    def __init__(
        self,
        status: int,
        error: str,
        number: int,
        message: str,
        *,
        retry_after: int | str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.error, self.number, self.message = status, error, number, message
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


def openid_configuration(tenant: str) -> Json:
    """Return the discovery document; the endpoints keep the real origin."""
    base = f"{ORIGIN}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "issuer": f"{base}/v2.0",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }


def token(tenant: Tenant, path: str, form: Mapping[str, str], now: datetime) -> Answer:
    """Answer the token endpoint."""
    try:
        return Answer(body=_issue(tenant, path, form, now))
    except LoginRefused as refused:
        trace = str(uuid.uuid4())
        body = {
            "error": refused.error,
            "error_description": f"AADSTS{refused.number}: {refused.message} Trace ID: {trace} "
            f"Timestamp: {now:%Y-%m-%d %H:%M:%SZ}",
            "error_codes": [refused.number],
            "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
            "trace_id": trace,
            "correlation_id": str(uuid.uuid4()),
        }
        return Answer(refused.status, body, refused.headers)


def _issue(tenant: Tenant, path: str, form: Mapping[str, str], now: datetime) -> Json:
    fault = tenant.faults.take_token_fault()
    if fault is not None and fault.kind == "token_refused":
        raise LoginRefused(
            401, "invalid_client", 7000222, "The provided client secret keys are expired."
        )
    if fault is not None:
        status = 429 if fault.kind == "throttle" else fault.status
        raise LoginRefused(
            status,
            "temporarily_unavailable",
            90033,
            "A transient error has occurred. Please try again.",
            retry_after=fault.retry_after,
        )
    if path.lower() != tenant.id.lower():
        raise LoginRefused(400, "invalid_request", 90002, f"Tenant '{path}' not found.")
    if form.get("grant_type") != "client_credentials":
        raise LoginRefused(
            400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
        )
    scope = form.get("scope", "")
    if not scope.split() or not scope.split()[0].endswith("/.default"):
        raise LoginRefused(400, "invalid_scope", 1002012, "The scope must end with '/.default'.")
    client = tenant.clients.get(form.get("client_id", "").lower())
    if client is None:
        raise LoginRefused(
            400, "unauthorized_client", 700016, "Application was not found in the directory."
        )
    _check_credential(tenant, client, form, now)
    return {
        "token_type": "Bearer",
        "expires_in": int(LIFE.total_seconds()),
        "ext_expires_in": int(LIFE.total_seconds()),
        "access_token": _write(tenant, client, scope.split()[0], now),
    }


def _check_credential(
    tenant: Tenant, client: Client, form: Mapping[str, str], now: datetime
) -> None:
    if "client_assertion" in form:
        if form.get("client_assertion_type") != _ASSERTION:
            raise LoginRefused(400, "invalid_request", 900144, "client_assertion_type is wrong.")
        _check_assertion(tenant, client, form["client_assertion"], now)
        return
    given = form.get("client_secret", "")
    if client.secret is None or not hmac.compare_digest(_raw(given), _raw(client.secret)):
        raise LoginRefused(401, "invalid_client", 7000215, "Invalid client secret provided.")


def _check_assertion(tenant: Tenant, client: Client, assertion: str, now: datetime) -> None:
    try:
        head, claims, signature = assertion.split(".")
        header, payload = json.loads(_decode(head)), json.loads(_decode(claims))
        _verify(client, f"{head}.{claims}".encode(), _decode(signature), header)
        right = (
            payload["iss"] == payload["sub"] == client.client_id
            and tenant.id.lower() in payload["aud"].lower()
            and float(payload["exp"]) > now.timestamp()
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature, binascii.Error):
        right = False
    if not right:
        raise LoginRefused(
            401, "invalid_client", 700027, "The certificate signature could not be validated."
        )


def _verify(client: Client, signed: bytes, signature: bytes, header: Json) -> None:
    if client.certificate_pem is None or header.get("alg") not in {"RS256", "PS256"}:
        raise InvalidSignature
    key = x509.load_pem_x509_certificate(client.certificate_pem.encode()).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidSignature
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if header["alg"] == "PS256":
        scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    key.verify(signature, signed, scheme, hashes.SHA256())


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _sign(tenant: Tenant, text: str) -> str:
    return _encode(hmac.digest(_raw(tenant.token_key), _raw(text), "sha256"))


def _write(tenant: Tenant, client: Client, scope: str, now: datetime) -> str:
    claims = {
        "aud": scope.removesuffix("/.default"),
        "iss": f"https://sts.windows.net/{tenant.id}/",
        "iat": now.timestamp(),
        "exp": (now + LIFE).timestamp(),
        "appid": client.client_id,
        "roles": sorted(client.roles),
        "tid": tenant.id,
        "uti": uuid.uuid4().hex,
    }
    head = _encode(b'{"typ":"JWT","alg":"HS256"}')
    text = f"{head}.{_encode(json.dumps(claims).encode())}"
    return f"{text}.{_sign(tenant, text)}"


def caller(tenant: Tenant, authorization: str | None, now: datetime) -> Client:
    """Who sent a Graph request; 401 without a valid, unexpired, unrevoked token."""
    kind, _, raw = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not raw:
        raise _unauthorized("Access token is empty.")
    text, _, signature = raw.strip().rpartition(".")
    if not hmac.compare_digest(_raw(_sign(tenant, text)), _raw(signature)):
        raise _unauthorized("Access token validation failure. Invalid signature.")
    claims = json.loads(_decode(text.split(".")[1]))
    issued = datetime.fromtimestamp(claims["iat"], UTC)
    if claims["exp"] <= now.timestamp() or issued < tenant.tokens_valid_from:
        raise _unauthorized("Lifetime validation failed, the token is expired.")
    if claims["aud"] not in {_AUDIENCE, f"{_AUDIENCE}/"}:
        raise _unauthorized("Access token validation failure. Invalid audience.")
    client = tenant.clients.get(claims["appid"].lower())
    if client is None:
        raise _unauthorized("The application of the token is unknown.")
    return client


def _unauthorized(message: str) -> Refusal:
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/'
        'authorize", client_id="00000003-0000-0000-c000-000000000000"'
    )
    return Refusal(
        401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": challenge}
    )

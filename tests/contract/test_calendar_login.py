"""Tokens by secret and by certificate, from the emulator's login."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from graph.auth import BOT_SCOPE, GRAPH_SCOPE, Certificate, Credentials, TokenSource
from graph.emulator.tenant_file import (
    DEMO_CLIENT,
    DEMO_SECRET,
    DEMO_TENANT,
    build_tenant,
    default_file,
)
from graph.errors import TokenRefused
from tests.contract.calendar_world import ANNA, DAY, Tenant, emulated

MADE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def tenant() -> AsyncIterator[Tenant]:
    async with emulated() as running:
        yield running


async def logins(tenant: Tenant) -> int:
    return sum(r["template"] == "token" for r in await tenant.requests())


def a_certificate() -> Certificate:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "terminbot")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(MADE)
        .not_valid_after(MADE + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return Certificate(
        key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        made.public_bytes(pem).decode(),
        made.fingerprint(hashes.SHA1()).hex(),
    )


async def test_a_certificate_opens_the_calendar() -> None:
    certificate = a_certificate()
    file = default_file()
    file.clients[0].certificate_pem = certificate.certificate_pem
    file.clients[0].client_secret = None
    credentials = Credentials(DEMO_TENANT, DEMO_CLIENT, certificate=certificate)
    async with emulated(credentials, build_tenant(file)) as tenant:
        assert (await tenant.calendar.free_busy([ANNA], DAY))[ANNA].unknown is None


async def test_a_foreign_certificate_opens_nothing() -> None:
    file = default_file()
    file.clients[0].certificate_pem = a_certificate().certificate_pem
    credentials = Credentials(DEMO_TENANT, DEMO_CLIENT, certificate=a_certificate())
    async with emulated(credentials, build_tenant(file)) as tenant:
        with pytest.raises(TokenRefused, match="login_700027"):
            await tenant.tokens.token(GRAPH_SCOPE)


async def test_one_login_serves_many_calls(tenant: Tenant) -> None:
    await asyncio.gather(*(tenant.tokens.token(GRAPH_SCOPE) for _ in range(20)))
    await tenant.calendar.free_busy([ANNA], DAY)
    assert await logins(tenant) == 1


async def test_the_connector_has_a_token_of_its_own(tenant: Tenant) -> None:
    assert await tenant.tokens.token(BOT_SCOPE) != await tenant.tokens.token(GRAPH_SCOPE)


async def test_a_revoked_token_is_renewed_in_the_same_call(tenant: Tenant) -> None:
    await tenant.calendar.free_busy([ANNA], DAY)
    async with tenant.http.post(f"{tenant.url}/control/revoke_tokens") as answer:
        assert answer.status == 204
    answers = await asyncio.gather(*(tenant.calendar.free_busy([ANNA], DAY) for _ in range(4)))
    assert all(found[ANNA].unknown is None for found in answers)
    assert await logins(tenant) == 2


async def test_an_expired_secret_is_told_by_its_number(tenant: Tenant) -> None:
    await tenant.fault(kind="token_refused", count=1)
    with pytest.raises(TokenRefused, match="login_7000222"):
        await tenant.tokens.token(GRAPH_SCOPE)


@pytest.mark.parametrize("status", [400, 401])
async def test_a_mended_registration_works_at_once(tenant: Tenant, status: int) -> None:
    await tenant.fault(kind="status", route="token", status=status, count=1)
    with pytest.raises(TokenRefused):
        await tenant.tokens.token(GRAPH_SCOPE)
    assert await tenant.tokens.token(GRAPH_SCOPE)


async def test_a_busy_login_says_when_to_come_back_and_is_not_asked_before(
    tenant: Tenant,
) -> None:
    await tenant.fault(kind="throttle", route="token", retry_after=30)
    for _ in range(2):
        with pytest.raises(TokenRefused) as caught:
            await tenant.tokens.token(GRAPH_SCOPE)
        assert caught.value.retry_after == timedelta(seconds=30)
    assert await logins(tenant) == 1


async def test_a_broken_login_is_an_error_of_ours_and_makes_calendars_unknown(
    tenant: Tenant,
) -> None:
    await tenant.fault(kind="status", route="token", status=503)
    assert (await tenant.calendar.free_busy([ANNA], DAY))[ANNA].unknown == "login_unreachable"


async def test_f15_a_broken_login_that_is_back_works_at_once(tenant: Tenant) -> None:
    await tenant.fault(kind="status", route="token", status=500, count=1)
    with pytest.raises(TokenRefused, match="login_unreachable"):
        await tenant.tokens.token(GRAPH_SCOPE)
    assert await tenant.tokens.token(GRAPH_SCOPE)


async def test_a_login_that_nobody_answers_is_an_error_of_ours() -> None:
    tokens = TokenSource(Credentials(DEMO_TENANT, DEMO_CLIENT, DEMO_SECRET), "http://127.0.0.1:1")
    with pytest.raises(TokenRefused) as caught:
        await tokens.token(GRAPH_SCOPE)
    tokens.close()
    assert DEMO_SECRET not in str(caught.value)


async def test_a_tenant_that_does_not_exist_is_an_error_of_ours(tenant: Tenant) -> None:
    elsewhere = Credentials("99999999-9999-4999-8999-999999999999", DEMO_CLIENT, DEMO_SECRET)
    tokens = TokenSource(elsewhere, tenant.url)
    with pytest.raises(TokenRefused):
        await tokens.token(GRAPH_SCOPE)
    tokens.close()


def test_a_login_over_plain_http_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="https"):
        TokenSource(Credentials("t", "c", "s"), "http://login.example.org")


def test_no_secret_shows_in_the_credentials() -> None:
    credentials = Credentials("t", "c", "top", Certificate("private", "public", "print"))
    assert "top" not in repr(credentials)
    assert "private" not in repr(credentials)

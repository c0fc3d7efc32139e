"""`serve` as for a real tenant, with secret and with certificate, written to through Teams."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from scheduling.clock import SystemClock
from tests.contract.channel_world import KEY, Connector, activity, claims_for, served, signed
from tests.integration.processes import ROOT, Outlook, Program, buttons, free_port, words
from tests.integration.test_main_job import all_events

TENANT = "3f2b8c1e-0000-4000-8000-000000000001"
APP = "3f2b8c1e-0000-4000-8000-0000000000aa"
SECRET = "a-secret-of-this-test-alone"
MAILBOXES = ["petra.lenz", "jonas.weber", "miriam.ritter", "amara.okafor", "luis.romero"]


def certificate(folder: Path) -> tuple[Path, Path]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "terminbot")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .sign(KEY, hashes.SHA256())
    )
    pem, key = folder / "app.pem", folder / "app.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, key


class Teams:
    """A customer in Teams: signed activities in, and what the connector got out."""

    def __init__(self, url: str, connector: Connector, http: aiohttp.ClientSession) -> None:
        self._url, self._connector, self._http = url, connector, http

    async def post(self, **changes: object) -> tuple[int, list[dict]]:
        service = self._connector.service_url
        person = {"id": "a:1", "conversationType": "personal", "tenantId": TENANT}
        body = activity(service, conversation=person, locale="de-DE", **changes)
        token = signed(claims_for(service, SystemClock().now(), aud=APP))
        before = len(self._connector.calls)
        async with self._http.post(
            f"{self._url}/api/messages", json=body, headers={"Authorization": f"Bearer {token}"}
        ) as answer:
            await answer.read()

        def sent() -> list[dict]:
            later = (body for _, _, body, _ in self._connector.calls[before:])
            return [a for a in later if a.get("type") == "message"]

        async with asyncio.timeout(20):
            # what is said may follow the answer to the click
            while not sent():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return answer.status, sent()

    async def says(self, text: str) -> list[dict]:
        return (await self.post(text=text))[1]

    async def presses(self, verb: str, **values: object) -> list[dict]:
        action = {"type": "Action.Execute", "verb": verb, "data": {"verb": verb, **values}}
        status, sent = await self.post(
            type="invoke", name="adaptiveCard/action", value={"action": action}, text=None
        )
        assert status == 200
        return sent


@asynccontextmanager
async def tenant(folder: Path, *, by_certificate: bool) -> AsyncIterator[tuple[Teams, Outlook]]:
    async with tenants_bots(folder, 1, by_certificate=by_certificate) as (bots, outlook):
        yield bots[0], outlook


@asynccontextmanager
async def tenants_bots(
    folder: Path, count: int, *, by_certificate: bool = False, **more: str
) -> AsyncIterator[tuple[list[Teams], Outlook]]:
    """A tenant with so many processes of the bot; all are reached under the address of the first.

    `more`: further settings of each, without the prefix.
    """
    pem, key = certificate(folder)
    client = {"client_id": APP, "client_secret": SECRET, "certificate_pem": pem.read_text()}
    boxes = [{"mail": f"{m}@praxis.example", "displayName": m} for m in MAILBOXES]
    boxes.append({"mail": "empfang@praxis.example", "displayName": "Empfang", "kind": "shared"})
    file = folder / "tenant.json"
    file.write_text(json.dumps({"tenant": TENANT, "clients": [client], "mailboxes": boxes}))
    ports, graph_port = [free_port() for _ in range(count)], free_port()
    graph_url, urls = f"http://127.0.0.1:{graph_port}", [f"http://127.0.0.1:{p}" for p in ports]
    login = (
        {"TERMINBOT_APP_CERTIFICATE_FILE": str(pem), "TERMINBOT_APP_KEY_FILE": str(key)}
        if by_certificate
        else {"TERMINBOT_APP_SECRET": SECRET}
    )
    connector = Connector()
    async with served(connector.register) as url, aiohttp.ClientSession() as http:
        connector.url = url
        environment = {
            "TERMINBOT_BASE_URL": urls[0],
            "TERMINBOT_BUSINESS_FILE": str(ROOT / "examples/practice/business.yaml"),
            "TERMINBOT_APP_ID": APP,
            "TERMINBOT_APP_TENANT_ID": TENANT,
            "TERMINBOT_GRAPH_BASE_URL": f"{graph_url}/v1.0",
            "TERMINBOT_LOGIN_URL": graph_url,
            "TERMINBOT_BOT_OPENID_URL": f"{url}/openid",
            "TERMINBOT_SERVICE_URL_HOSTS": "127.0.0.1",
            "TERMINBOT_WEB_CHAT_KEY": "k" * 48,
            **login,
            **{f"TERMINBOT_{name.upper()}": value for name, value in more.items()},
        }
        emulator = Program(
            ["-m", "graph.emulator", "--port", str(graph_port), "--mailboxes", str(file)],
            folder / "emulator.log",
        )
        bots = [
            Program(
                ["-m", "bot", "serve"],
                folder / f"bot{number or ''}.log",
                environment
                | {
                    "TERMINBOT_PORT": str(port),
                    "TERMINBOT_DATA_DIR": str(folder / f"data{number or ''}"),
                },
            )
            for number, port in enumerate(ports)
        ]
        try:
            await emulator.start()
            await emulator.answers(f"{graph_url}/")
            for bot in bots:
                await bot.start()
            for bot, bot_url in zip(bots, urls, strict=True):
                await bot.answers(f"{bot_url}/health/ready")
            credentials = {"tenant": TENANT, "client_id": APP, "client_secret": SECRET}
            outlook = Outlook(graph_url, http, credentials)
            yield [Teams(bot_url, connector, http) for bot_url in urls], outlook
        finally:
            for bot in bots:
                await bot.stop()
            await emulator.stop()


async def book(teams: Teams) -> list[dict]:
    offered = await teams.says("Beratung 45 Minuten nächste Woche bei Petra Lenz")
    picks = buttons(offered, "slot.pick")
    assert picks, words(offered)
    await teams.presses(**picks[0])
    review = await teams.presses(
        "details.submit",
        name="Alex Wilber",
        email="alex@contoso.com",
        location="teams",
        privacy="v3",
    )
    confirm = buttons(review, "booking.confirm")
    assert confirm, words(review)
    return await teams.presses(**confirm[0])


@pytest.mark.parametrize("by_certificate", [False, True], ids=["secret", "certificate"])
async def test_a_tenant_takes_a_booking_through_teams(
    tmp_path: Path, by_certificate: bool
) -> None:
    async with tenant(tmp_path, by_certificate=by_certificate) as (teams, outlook):
        receipt = await book(teams)
        assert "Termin gebucht" in words(receipt), words(receipt)
        assert len(await all_events(outlook)) == 1
    log = (tmp_path / "bot.log").read_text()
    assert "alex@contoso.com" not in log
    assert SECRET not in log


async def test_an_unsigned_activity_is_refused_and_nobody_is_answered(tmp_path: Path) -> None:
    async with tenant(tmp_path, by_certificate=False) as (teams, _):
        url = f"{teams._url}/api/messages"
        async with teams._http.post(url, json={"type": "message"}) as answer:
            assert answer.status == 401
        assert not teams._connector.calls

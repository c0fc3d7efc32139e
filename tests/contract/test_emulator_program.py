"""The emulator as a program of its own: start, ready line, state over a kill, clear refusals."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
FILE = {
    "tenant": "33333333-3333-4333-8333-333333333333",
    "clients": [{"client_id": "c", "client_secret": "s"}],
    "mailboxes": [
        {
            "mail": "eva@contoso.com",
            "displayName": "Eva",
            "timeZone": "Europe/Vienna",
            "kind": "user",
            "busy": [{"start": "2030-05-06T09:00", "end": "2030-05-06T10:00"}],
        }
    ],
}
VIEW = "calendarView?startDateTime=2030-05-01T00:00:00Z&endDateTime=2030-06-01T00:00:00Z&$top=99"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "graph.emulator",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[str]:
    port = str(free_port())
    process = await start("--port", port, *arguments)
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode().strip()
        assert line == f"emulator ready http://127.0.0.1:{port}"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.communicate()


def files(folder: Path) -> list[str]:
    mailboxes = folder / "mailboxes.json"
    mailboxes.write_text(json.dumps(FILE))
    return ["--mailboxes", str(mailboxes), "--state", str(folder / "state.json")]


class Client:
    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http, self.token = url, http, ""

    async def login(self) -> None:
        form = {
            "client_id": "c",
            "client_secret": "s",
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
        }
        path = f"{self._url}/{FILE['tenant']}/oauth2/v2.0/token"
        async with self._http.post(path, data=form) as answer:
            self.token = (await answer.json())["access_token"]

    async def call(self, method: str, path: str, body: object = None) -> dict:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self._url}/v1.0/users/eva@contoso.com/{path}"
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()


EVENT = {
    "subject": "Neu",
    "transactionId": "t",
    "start": {"dateTime": "2030-05-07T09:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2030-05-07T10:00:00", "timeZone": "UTC"},
}


async def test_events_and_tokens_survive_a_kill_until_a_reset(tmp_path: Path) -> None:
    arguments = files(tmp_path)
    async with aiohttp.ClientSession() as http:
        async with running(*arguments) as url:
            client = Client(url, http)
            await client.login()
            made = await client.call("POST", "events", EVENT)
        async with running(*arguments) as url:
            again = Client(url, http)
            again.token = client.token
            subjects = [e["subject"] for e in (await again.call("GET", VIEW))["value"]]
            assert subjects == ["", "Neu"]
            assert (await again.call("POST", "events", EVENT))["id"] == made["id"]
        async with running(*arguments, "--reset") as url:
            fresh = Client(url, http)
            await fresh.login()
            assert len((await fresh.call("GET", VIEW))["value"]) == 1


async def test_seeding_twice_changes_nothing(tmp_path: Path) -> None:
    arguments = [*files(tmp_path), "--seed"]
    counts = []
    async with aiohttp.ClientSession() as http:
        for _ in range(2):
            async with running(*arguments) as url:
                client = Client(url, http)
                await client.login()
                counts.append(len((await client.call("GET", "events?$top=999"))["value"]))
    assert counts[0] == counts[1] > 60


async def test_a_bad_file_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text('{"mailboxes": [{"mail": "x"}]}')
    process = await start("--mailboxes", str(tmp_path / "m.json"))
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"mailboxes.0.mail" in told
    assert told.count(b"\n") == 1


async def test_a_taken_port_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await start("--port", str(taken.getsockname()[1]))
        _, told = await process.communicate()
    assert process.returncode == 2
    assert told.count(b"\n") == 1


async def test_credentials_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    content = {**FILE, "mailboxes": []}
    path.write_text(json.dumps(content))
    async with running("--credentials", str(path)) as url, aiohttp.ClientSession() as http:
        client = Client(url, http)
        await client.login()
        assert client.token

"""Starts the real programs for tests: the emulator and the bot, each a process of its own."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Program:
    """One process with its log in a file; killed for sure at the end."""

    argv: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.argv,
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def kill(self) -> None:
        """kill -9."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            await asyncio.wait_for(self.process.wait(), 15)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
        self.process = None

    async def answers(self, url: str) -> None:
        """Wait until the URL answers 200; fail with the log if the process ends first."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        async with aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with http.get(url, timeout=aiohttp.ClientTimeout(2)) as answer:
                        if answer.status == 200:
                            return
                ended = self.process is None or self.process.returncode is not None
                if ended or loop.time() > end:
                    raise AssertionError(f"{self.argv} does not answer:\n{self.log.read_text()}")
                await asyncio.sleep(0.1)


class World:
    """A demo tenant: emulator and bot on free ports, data in a folder of its own."""

    def __init__(self, folder: Path, example: str = "practice") -> None:
        self.folder = folder
        self.bot_port, self.emulator_port = free_port(), free_port()
        self.bot_url = f"http://127.0.0.1:{self.bot_port}"
        self.outlook_url = f"http://127.0.0.1:{self.emulator_port}"
        self.demo = Program(
            [
                "-m", "bot", "demo", "--json",
                "--port", str(self.bot_port),
                "--emulator-port", str(self.emulator_port),
                "--example", example,
                "--data", str(folder / "demo"),
            ],
            folder / "demo.log",
        )  # fmt: skip
        self.http: aiohttp.ClientSession

    async def __aenter__(self) -> "World":
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30))
        await self.demo.start()
        try:
            await self.demo.answers(f"{self.bot_url}/health/ready")
        except BaseException:
            await self.demo.kill()
            await self.http.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.demo.stop()
        await self.http.close()

    async def urls(self) -> dict[str, str]:
        for line in (self.folder / "demo.log").read_text().splitlines():
            if line.startswith("{") and '"chat"' in line:
                return json.loads(line)
        raise AssertionError("no JSON line")


class Outlook:
    """Looks into the emulated tenant over its Graph API, as the demo's documented client."""

    def __init__(self, url: str, http: aiohttp.ClientSession, credentials: dict[str, str]) -> None:
        self._url, self._http, self._credentials = url, http, credentials

    async def _headers(self) -> dict[str, str]:
        form = {
            "client_id": self._credentials["client_id"],
            "client_secret": self._credentials["client_secret"],
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
        }
        path = f"{self._url}/{self._credentials['tenant']}/oauth2/v2.0/token"
        async with self._http.post(path, data=form) as answer:
            token = (await answer.json())["access_token"]
        return {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> dict:
        async with self._http.get(
            f"{self._url}/v1.0{path}", headers=await self._headers()
        ) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body

    async def events_of_bot(self, mailbox: str) -> list[dict]:
        events = await self.get(f"/users/{mailbox}/events?$top=500")
        return [e for e in events["value"] if "Terminbot" in e.get("categories", [])]

    async def fault(self, **switch: object) -> None:
        async with self._http.post(f"{self._url}/control/faults", json=switch) as answer:
            assert answer.status < 300, await answer.text()

    async def mend(self) -> None:
        async with self._http.delete(f"{self._url}/control/faults") as answer:
            assert answer.status < 300, await answer.text()


class Chat:
    """A customer at the web chat, speaking Direct Line as the stock client does."""

    def __init__(self, url: str, http: aiohttp.ClientSession, language: str = "de") -> None:
        self._url, self._http, self._language = url, http, language
        self._token = self._conversation = ""
        self._mark = "0"
        self.seen: list[dict] = []

    async def __aenter__(self) -> "Chat":
        async with self._http.post(
            f"{self._url}/chat/token", headers={"Origin": self._url}, json={}
        ) as answer:
            assert answer.status == 200, await answer.text()
            self._token = (await answer.json())["token"]
        async with self._http.post(
            f"{self._url}/v3/directline/conversations", headers=self._headers
        ) as answer:
            assert answer.status in {200, 201}, await answer.text()
            self._conversation = (await answer.json())["conversationId"]
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    @property
    def _activities(self) -> str:
        return f"{self._url}/v3/directline/conversations/{self._conversation}/activities"

    async def _post(self, activity: dict) -> list[dict]:
        locale = "de-DE" if self._language == "de" else "en-US"
        body = {"type": "message", "from": {"id": "me"}, "locale": locale, **activity}
        async with self._http.post(self._activities, headers=self._headers, json=body) as answer:
            assert answer.status == 200, await answer.text()
        return await self.news()

    async def says(self, text: str) -> list[dict]:
        return await self._post({"text": text})

    async def presses(self, verb: str, **values: object) -> list[dict]:
        return await self._post({"value": {"verb": verb, **values}})

    async def news(self) -> list[dict]:
        async with self._http.get(
            f"{self._activities}?watermark={self._mark}", headers=self._headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            body = await answer.json()
        self._mark = body["watermark"]
        fresh = [a for a in body["activities"] if a["from"].get("role") == "bot"]
        self.seen += fresh
        return fresh


def buttons(activities: list[dict], verb: str) -> list[dict]:
    """Every `data` of that verb in the cards, in order."""
    found: list[dict] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            content = node.get("data")
            if isinstance(content, dict) and content.get("verb") == verb:
                found.append(content)
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk([a.get("attachments", []) for a in activities])
    return found


def words(activities: list[dict]) -> str:
    """All that a customer can read."""
    return json.dumps(activities, ensure_ascii=False)

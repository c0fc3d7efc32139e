"""The demo: an emulated Microsoft Graph beside the bot, on this computer, all data in a folder.

It invents the tenant from an example's business file. Nothing leaves the computer.
"""

import asyncio
import contextlib
import json
import secrets
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from bot import app, business_file, demo, demo_roster
from bot.settings import Settings
from scheduling.catalog import Business

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = "127.0.0.1"
PORT, EMULATOR_PORT = 3978, 3979
MARKER = ".terminbot-demo"
START_SECONDS = 30.0
PORT_SECONDS = 3.0
"""How long we wait for a port that an earlier demo is just giving back."""


class DemoImpossible(Exception):
    """The demo cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says."""

    example: str
    data: Path
    host: str
    port: int
    emulator_port: int
    reset: bool


@dataclass(frozen=True, slots=True)
class Demo:
    """A prepared demo: its folder is there, nothing runs yet."""

    options: DemoOptions
    business: Business
    settings: Settings

    @property
    def emulator_url(self) -> str:
        """Where the emulator answers."""
        return f"http://{LOOPBACK}:{self.options.emulator_port}"

    @property
    def urls(self) -> dict[str, str]:
        """Every page of the demo by its name."""
        bot = self.settings.base_url
        return {
            "chat": f"{bot}/chat",
            "book": f"{bot}/book",
            "embed_demo": f"{bot}/embed-demo",
            "calendars": f"{self.emulator_url}/",
            "mails": f"{self.emulator_url}/mail",
            "faults": f"{self.emulator_url}/faults",
            "messages": f"{bot}/api/messages",
            "health": f"{bot}/health/ready",
            "graph": f"{self.emulator_url}/v1.0",
        }

    def as_json(self) -> str:
        """Return the one line of --json: URLs, credentials of the emulator, mailboxes."""
        credentials = {
            "tenant": demo.TENANT,
            "client_id": demo.CLIENT,
            "client_secret": demo.SECRET,
        }
        mailboxes = [member.mailbox for member in self.business.staff]
        return json.dumps(
            {**self.urls, "emulator_credentials": credentials, "mailboxes": mailboxes}
        )


def prepare(options: DemoOptions) -> Demo:
    """Read the example and make the folder; raises DemoImpossible or BusinessFileInvalid."""
    if options.example not in demo.examples():
        raise DemoImpossible(
            f"There is no example {options.example!r}. There are: {', '.join(demo.examples())}."
        )
    _open_folder(options.data, reset=options.reset)
    ports = f"{options.port} {options.emulator_port}\n"
    (options.data / MARKER).write_text(ports, encoding="ascii")
    file = _business_file(options)
    business = business_file.load(file)
    tenant = json.dumps(demo.tenant_of(business), indent=2, ensure_ascii=False)
    (options.data / "tenant.json").write_text(tenant, encoding="utf-8")
    return Demo(options, business, _settings(options, file))


def _business_file(options: DemoOptions) -> Path:
    """Return the example's file; the one with thousands of staff gets a folder to name them in."""
    file = demo.EXAMPLES / options.example / "business.yaml"
    if options.example != demo_roster.EXAMPLE:
        return file
    staff = demo_roster.staff_csv(demo_roster.STAFF)
    (options.data / demo_roster.FILE).write_text(staff, encoding="utf-8", newline="")
    return Path(shutil.copyfile(file, options.data / file.name))


def demo_settings(example: str) -> Settings:
    """Return the settings of the demo of an example in its usual folder, as last started."""
    folder = folder_of(example)
    if example not in demo.examples():
        raise DemoImpossible(
            f"There is no example {example!r}. There are: {', '.join(demo.examples())}."
        )
    if not (folder / MARKER).is_file():
        raise DemoImpossible(f"Start it first: python3 run.py demo --example {example}")
    options = DemoOptions(example, folder, LOOPBACK, PORT, EMULATOR_PORT, reset=False)
    options = _as_last_started(options)
    file = folder / "business.yaml"
    return _settings(
        options, file if file.is_file() else demo.EXAMPLES / example / "business.yaml"
    )


def _as_last_started(options: DemoOptions) -> DemoOptions:
    """Return the ports that the demo of this folder was last started with."""
    words = (options.data / MARKER).read_text(encoding="ascii").split()
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        return options
    port, emulator_port = map(int, words)
    return replace(options, port=port, emulator_port=emulator_port)


def folder_of(example: str) -> Path:
    """Return where a demo keeps its data unless told otherwise."""
    return (Path("var") / f"demo-{example}").absolute()


def _open_folder(folder: Path, *, reset: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise DemoImpossible(f"{folder} is no folder. Name another one with --data.")
    is_ours = (folder / MARKER).is_file()
    if folder.is_dir() and any(folder.iterdir()) and not is_ours:
        raise DemoImpossible(
            f"{folder} holds files that are not the demo's. Name another folder with --data."
        )
    if reset and is_ours:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _settings(options: DemoOptions, file: Path) -> Settings:
    visible = LOOPBACK if options.host in {"0.0.0.0", "::"} else options.host  # noqa: S104
    emulator = f"http://{LOOPBACK}:{options.emulator_port}"
    return Settings.model_validate(
        {
            "data_dir": options.data,
            "business_file": file,
            "base_url": f"http://{visible}:{options.port}",
            "host": options.host,
            "port": options.port,
            "app_id": demo.CLIENT,
            "app_tenant_id": demo.TENANT,
            "app_secret": demo.SECRET,
            "graph_base_url": f"{emulator}/v1.0",
            "login_url": emulator,
            "service_url_hosts": (LOOPBACK, "localhost", "::1"),
            "web_chat_key": _web_chat_key(options.data / "web-chat-key"),
            "demo": True,
        }
    )


def _web_chat_key(file: Path) -> str:
    """Return the folder's own key: chats go on after a restart, no other folder can forge them."""
    if not file.is_file():
        file.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return file.read_text(encoding="ascii")


async def run(this: Demo, *, started: Callable[[], None], ready: Callable[[], None]) -> None:
    """Run emulator and bot until cancelled.

    `started` is called before the bot opens its port, `ready` once a booking would work.
    """
    await _require_port(this.options.host, this.options.port, "--port")
    await _require_port(LOOPBACK, this.options.emulator_port, "--emulator-port")
    async with _emulator(this) as emulator:
        started()
        announcing = asyncio.create_task(_announce(this, ready))
        watching = asyncio.create_task(emulator.wait())
        serving = asyncio.create_task(app.run(this.settings))
        try:
            await asyncio.wait({watching, serving}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
            else:
                log = this.options.data / "emulator.log"
                raise DemoImpossible(f"The emulator ended; see {log}.")
        finally:
            await _cancelled(announcing, serving, watching)


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})


async def _announce(this: Demo, ready: Callable[[], None]) -> None:
    await _answers(this.urls["health"])
    ready()


async def _require_port(host: str, port: int, option: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + PORT_SECONDS
    while not _is_free(host, port):
        if loop.time() > end:
            raise DemoImpossible(
                f"Port {port} is taken by another program, perhaps by another demo. "
                f"Stop it, or choose another port with {option}."
            )
        await asyncio.sleep(0.1)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":  # there it would let two programs share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@asynccontextmanager
async def _emulator(this: Demo) -> AsyncIterator[asyncio.subprocess.Process]:
    data = this.options.data
    with (data / "emulator.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.companion", "graph.emulator"),
            *("--port", str(this.options.emulator_port)),
            *("--mailboxes", str(data / "tenant.json")),
            *("--state", str(data / "outlook.json"), "--seed"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C ends the bot first, which still needs the emulator
        )
    try:
        await _until_answering(process, this)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _until_answering(process: asyncio.subprocess.Process, this: Demo) -> None:
    waiting = {
        asyncio.create_task(_answers(this.emulator_url + "/")),
        asyncio.create_task(process.wait()),
    }
    done, pending = await asyncio.wait(
        waiting, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    for task in pending:
        task.cancel()
    if not done or process.returncode is not None:
        log = this.options.data / "emulator.log"
        raise DemoImpossible(f"The emulator does not start; see {log}.")


async def _answers(url: str) -> None:
    """Return once the URL answers 200."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)

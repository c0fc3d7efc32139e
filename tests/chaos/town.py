"""Everything a run needs: emulator, bad line, database, the bot's processes, the front door."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from sqlalchemy import create_engine, func, make_url, select

from bench.cluster import Cluster
from bot import business_file
from bot.configured import verify_audit
from bot.settings import Settings
from graph.wire import BOOKING_PROPERTY
from scheduling.clock import SystemClock
from scheduling.store.tables import bookings, claims, outbox, to_microseconds
from tests.chaos.checker import End, Row, Standing, Taken
from tests.chaos.relay import Relay
from tests.integration.processes import ROOT, Outlook, Program, free_port

TENANT = "3f2b8c1e-0000-4000-8000-000000000001"
APP = "3f2b8c1e-0000-4000-8000-0000000000aa"
SECRET = "a-secret-of-these-rounds-alone"
CREDENTIALS = {"tenant": TENANT, "client_id": APP, "client_secret": SECRET}
BUSINESS = Path(__file__).parent / "business.yaml"
START_SECONDS = 180.0
PATIENCE = 240.0
OBEYED_SECONDS = 60
LATE = ":late"
"""Ends the key of a late look, two minutes after a booking was cancelled amid the write."""
SOON = timedelta(hours=3)
"""Work that is due later than this is a reminder and no part of a round."""


class Nursery:
    """Where processes of the bot come from (nursery.py)."""

    async def __aenter__(self) -> "Nursery":
        self._asked, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._asked.settimeout(START_SECONDS)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.nursery"), cwd=ROOT, stdin=its
        )
        its.close()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._asked.close()
        await self._process.wait()

    async def born(self, environment: dict[str, str], streams: list[int]) -> int:
        """Return the number of a new process."""
        message = json.dumps(environment).encode()

        def ask() -> int:
            socket.send_fds(self._asked, [message], streams)
            return int(self._asked.recv(64))

        return await asyncio.to_thread(ask)


@dataclass
class Bot:
    """One process of the bot; `is_staged`: it obeys (worker.py), else it is `serve` itself."""

    number: int
    port: int
    environment: dict[str, str]
    log: Path
    nursery: Nursery
    is_staged: bool = True
    owners: set[str] = field(default_factory=set)
    _pid: int = 0
    _in: int = -1
    _obeyed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    _reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        stdin, self._in = os.pipe()
        out, stdout = os.pipe()
        with self.log.open("ab") as log:
            streams = [stdin, stdout, log.fileno()]
            if self.is_staged:
                self._pid = await self.nursery.born(self.environment, streams)
            else:
                child = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot", "serve"),
                    cwd=ROOT,
                    env=self.environment,
                    **dict(zip(("stdin", "stdout", "stderr"), streams, strict=True)),
                )
                self._pid = child.pid
        os.close(stdin)
        os.close(stdout)
        self._obeyed = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(out))

    async def _read(self, out: int) -> None:
        """Read what it says until it has ended."""
        lines = asyncio.StreamReader()
        with os.fdopen(out) as pipe:
            await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(lines), pipe
            )
            while line := (await lines.readline()).decode().strip():
                if line.startswith("owner "):
                    self.owners.add(line.removeprefix("owner "))
                elif line == "ok":
                    self._obeyed.put_nowait(line)
        os.close(self._in)

    async def tell(self, *words: object) -> None:
        """Have the process do something; one that dies meanwhile has not done it."""
        if not self.is_alive or not self.is_staged:
            return
        with contextlib.suppress(OSError):
            os.write(self._in, (" ".join(map(str, words)) + "\n").encode())
            for _ in range(OBEYED_SECONDS):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._obeyed.get(), 1)
                    return
                if not self.is_alive:
                    return
            raise AssertionError(f"the bot does not obey: {words}")

    @property
    def is_alive(self) -> bool:
        return self._reading is not None and not self._reading.done()

    def send(self, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, how)

    async def killed(self) -> None:
        """kill -9, unless it is dead already."""
        if self._reading is not None:
            if self.is_alive:
                self.send(signal.SIGKILL)
            await self._reading

    async def ready(self, http: aiohttp.ClientSession) -> None:
        """Wait until it answers."""
        url = f"http://127.0.0.1:{self.port}/health/live"
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.is_alive, f"the bot has ended:\n{self.log.read_text()[-3000:]}"
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url, timeout=aiohttp.ClientTimeout(2)) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
        raise AssertionError("the bot does not answer")


class Town:
    """The running whole; `bots` share one database and one address."""

    def __init__(self, folder: Path, processes: int, cluster: Cluster | None) -> None:
        self.folder, self.cluster = folder, cluster
        self.front = Relay([free_port() for _ in range(processes)])
        self.graph_port = free_port()
        self.line = Relay([self.graph_port])
        self.bots: list[Bot] = []
        self.settings: Settings
        self.outlook: Outlook
        self.http: aiohttp.ClientSession
        self._staff = {member.id: member for member in business_file.load(BUSINESS).staff}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.front.port}"

    def _environment(self, port: int) -> dict[str, str]:
        line = f"http://127.0.0.1:{self.line.port}"
        own = {
            "BASE_URL": self.url,
            "PORT": str(port),
            "DATA_DIR": str(self.folder / "kept"),
            "BUSINESS_FILE": str(BUSINESS),
            "APP_ID": APP,
            "APP_TENANT_ID": TENANT,
            "APP_SECRET": SECRET,
            "GRAPH_BASE_URL": f"{line}/v1.0",
            "LOGIN_URL": line,
            "SERVICE_URL_HOSTS": "127.0.0.1",
            "WEB_CHAT_KEY": "k" * 48,
        }
        if self.cluster is not None:
            own["DATABASE_URL"] = self.cluster.url
        return {f"TERMINBOT_{name}": value for name, value in own.items()}

    @asynccontextmanager
    async def running(self, inherited: dict[str, str]) -> AsyncIterator["Town"]:
        emulator = Program(
            [
                *("-m", "graph.emulator", "--port", str(self.graph_port)),
                *("--mailboxes", str(self._tenant_file())),
            ],
            self.folder / "emulator.log",
        )
        timeout = aiohttp.ClientTimeout(30)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.line)
            await stack.enter_async_context(self.front)
            self.http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            nursery = await stack.enter_async_context(Nursery())
            stack.push_async_callback(emulator.stop)
            await emulator.start()
            graph = f"http://127.0.0.1:{self.graph_port}"
            await emulator.answers(f"{graph}/")
            self.outlook = Outlook(graph, self.http, CREDENTIALS)
            self.settings = self._settings()
            for number, port in enumerate(self.front.targets):
                log = self.folder / f"bot-{number}.log"
                bot = Bot(number, port, {**inherited, **self._environment(port)}, log, nursery)
                self.bots.append(bot)
                stack.push_async_callback(bot.killed)
                await bot.start()
                await bot.ready(self.http)
            yield self

    def _settings(self) -> Settings:
        prefix = "TERMINBOT_"
        own = {
            name.removeprefix(prefix).lower(): value
            for name, value in self._environment(self.front.targets[0]).items()
        }
        return Settings.model_validate(own | {"service_url_hosts": ("127.0.0.1",)})

    def _tenant_file(self) -> Path:
        client = {"client_id": APP, "client_secret": SECRET}
        boxes = [{"mail": m.mailbox, "displayName": m.name} for m in self._staff.values()]
        boxes.append({"mail": "empfang@chaos.example", "displayName": "Empfang", "kind": "shared"})
        file = self.folder / "tenant.json"
        tenant = {"tenant": TENANT, "clients": [client], "mailboxes": boxes}
        file.write_text(json.dumps(tenant), encoding="utf-8")
        return file

    # -- what can be seen -------------------------------------------------------------------

    async def stands(self, page: str, booking: str, start: int) -> bool:
        """Tell whether the event of a booking stands now in the calendar of who serves."""
        (mailbox,) = {m.mailbox for m in self._staff.values() if m.name in page}
        ours = f"ep/id eq '{BOOKING_PROPERTY}' and ep/value eq '{booking}'"
        found = await self._listed(
            f"/users/{mailbox}/events?$filter=singleValueExtendedProperties/Any(ep: {ours})"
        )
        return start in {_start(event) for event in found}

    async def _listed(self, path: str) -> list[dict]:
        """Read all pages past the bad line; the emulator may be busy with the bot."""
        found: list[dict] = []
        while path:
            for _ in range(100):
                with contextlib.suppress(AssertionError):
                    page = await self.outlook.get(path)
                    break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError(f"the emulator does not answer {path}")
            found += page["value"]
            path = page.get("@odata.nextLink", "").partition("/v1.0")[2]
        return found

    async def end(self) -> End:
        """Look at everything there is."""
        rows, taken, jobs = await asyncio.to_thread(self._stored)
        looked = await verify_audit(self.settings, None, None)
        bad = repr(looked) if looked.verdict.flaws or looked.wrong else ""
        events = [event for staff in self._staff for event in await self._standing(staff)]
        return End(rows, taken, events, jobs, bad)

    async def _standing(self, staff: str) -> list[Standing]:
        expand = f"singleValueExtendedProperties($filter=id eq '{BOOKING_PROPERTY}')"
        box = self._staff[staff].mailbox
        found = await self._listed(f"/users/{box}/events?$top=500&$expand={expand}")
        return [
            Standing(event["id"], mark["value"], staff, _start(event))
            for event in found
            for mark in event.get("singleValueExtendedProperties", ())
        ]

    def _stored(self) -> tuple[list[Row], list[Taken], list[str]]:
        with self._reading() as connection:
            rows = [
                Row(
                    row.id,
                    row.state,
                    row.staff_id,
                    (to_microseconds(row.busy_starts), to_microseconds(row.busy_ends)),
                    to_microseconds(row.starts),
                    row.moves or row.id,
                )
                for row in connection.execute(select(bookings))
            ]
            occupying = select(claims).where(claims.c.occupying == 1)
            taken = [
                Taken(
                    f"{row.resource}/{row.lane}",
                    row.booking_id,
                    (row.busy_start, row.busy_end),
                    row.party or row.booking_id,
                )
                for row in connection.execute(occupying)
            ]
            return (
                rows,
                taken,
                [f"{job.kind} {job.state}" for job in self._open(connection, late=False)],
            )

    @contextlib.contextmanager
    def _reading(self) -> object:
        url = make_url(self.settings.store_url)
        driver = "sqlite" if url.drivername.startswith("sqlite") else "postgresql+psycopg"
        engine = create_engine(url.set(drivername=driver))
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _open(self, connection: object, *, late: bool) -> list[object]:
        soon = SystemClock().now() + SOON
        unfinished = select(outbox).where(outbox.c.state != "done")
        if not late:
            unfinished = unfinished.where(outbox.c.key.not_like(f"%{LATE}"))
        return [j for j in connection.execute(unfinished) if j.run_at is None or j.run_at < soon]

    async def jobs_of(self, owners: set[str]) -> int:
        """Return how many jobs are leased by these, the dead."""
        leased = select(outbox.c.id).where(
            outbox.c.state == "leased", outbox.c.lease_owner.in_(owners)
        )

        def look() -> int:
            with self._reading() as connection:
                return len(connection.execute(leased).all())

        return await asyncio.to_thread(look)

    async def looked_for_later(self) -> frozenset[str]:
        """Return the bookings whose event may still turn up and be taken out."""

        def look() -> frozenset[str]:
            with self._reading() as connection:
                found = self._open(connection, late=True)
                return frozenset(j.key.split(":")[1] for j in found if j.key.endswith(LATE))

        return await asyncio.to_thread(look)

    async def repeats(self) -> int:
        """Return how often work was begun again."""

        def look() -> int:
            with self._reading() as connection:
                again = select(func.coalesce(func.sum(outbox.c.attempts - 1), 0))
                return int(connection.execute(again.where(outbox.c.attempts > 1)).scalar_one())

        return await asyncio.to_thread(look)

    async def done(self, *, late: bool, seconds: float = PATIENCE) -> float:
        """Wait until no work is left, with `late` also no late look; return how long it took."""

        def look() -> bool:
            with self._reading() as connection:
                return bool(self._open(connection, late=late))

        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            try:
                if not await asyncio.to_thread(look):
                    break
            except Exception:  # noqa: BLE001 - the database is being started again
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.1)
        return time.monotonic() - begun


def _start(event: dict) -> int:
    start = event["start"]
    assert start["timeZone"] == "UTC", event
    moment = datetime.fromisoformat(start["dateTime"][:19]).replace(tzinfo=UTC)
    return to_microseconds(moment)

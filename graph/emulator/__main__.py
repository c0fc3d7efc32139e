"""Starts the emulator: python -m graph.emulator --port 3979."""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from graph.emulator.app import create_app
from graph.emulator.busy import add_busy
from graph.emulator.clock import SystemClock
from graph.emulator.errors import EmulatorError
from graph.emulator.seed import seed
from graph.emulator.state import StateFile
from graph.emulator.tenant import Tenant
from graph.emulator.tenant_file import build_tenant, default_file, read_credentials, read_file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="graph.emulator", description="A local Microsoft Graph")
    parser.add_argument("--port", type=int, default=3979)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--mailboxes", type=Path, help="who is in the tenant")
    parser.add_argument("--credentials", type=Path, help="tenant id and clients, apart")
    parser.add_argument("--state", type=Path, help="keeps events and mails over a restart")
    parser.add_argument("--seed", action="store_true", help="fill the next six weeks")
    parser.add_argument("--reset", action="store_true", help="forget the saved state")
    return parser.parse_args()


def _build(options: argparse.Namespace) -> tuple[Tenant, StateFile | None]:
    file = read_file(options.mailboxes) if options.mailboxes else default_file()
    tenant = build_tenant(
        file, read_credentials(options.credentials) if options.credentials else None
    )
    state = StateFile(options.state) if options.state else None
    if state is not None and options.reset:
        state.forget()
    known = state.load(tenant) if state is not None else frozenset()
    now = SystemClock().now()
    for entry in (entry for entry in file.mailboxes if entry.busy):
        mailbox = tenant.mailboxes[entry.mail.lower()]
        if mailbox.mail.lower() not in known:
            for busy in entry.busy:
                add_busy(mailbox, busy, ZoneInfo(mailbox.zone), now)
    if options.seed:
        seed(tenant, now, file.seed)
    tenant.sync.begin_season(_season(tenant))
    if state is not None:
        state.save(tenant)
    return tenant, state


def _season(tenant: Tenant) -> str:
    """Name the weeks that the seed fills, in all zones of the tenant."""
    seeding = tenant.shelf.seeding
    if seeding is None:
        return ""
    zones = sorted({mailbox.zone for mailbox in tenant.mailboxes.values()})
    weeks = " ".join(f"{z}/{seeding.mondays(ZoneInfo(z))[-1].isoformat()}" for z in zones)
    return f"{seeding.density} {weeks}"


def _saving(tenant: Tenant, state: StateFile | None) -> Callable[[], None]:
    def save() -> None:
        if state is not None:
            state.save(tenant)
        else:
            tenant.shelf.take_changes()
            tenant.sync.take_news()

    return save


async def _serve(options: argparse.Namespace, tenant: Tenant, state: StateFile | None) -> None:
    app = create_app(tenant, saved=_saving(tenant, state))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in loops
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await web.TCPSite(runner, options.host, options.port).start()
        sys.stdout.write(f"emulator ready http://{options.host}:{options.port}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()
        if state is not None:
            state.close()


def main() -> int:
    """Run until interrupted; 2 if a file or the port cannot be used."""
    options = _arguments()
    try:
        tenant, state = _build(options)
        # thousands of mailboxes stay; to look through them again and again would stall answers
        gc.freeze()
        asyncio.run(_serve(options, tenant, state))
    except (EmulatorError, OSError) as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

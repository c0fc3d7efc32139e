"""`migrate-data`, `status` and `backup` with a PostgreSQL behind them."""

from pathlib import Path

import pytest

from scheduling.clock import SystemClock
from scheduling.outbox import Promise
from scheduling.store import open_store
from tests import postgres
from tests.contract.store_world import EVA, NOW, a_request
from tests.integration.processes import ROOT
from tests.integration.test_slots_command import bot


@pytest.fixture
def url():
    url = postgres.a_database()
    yield url
    postgres.remove(url)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A data folder with one booking."""
    store = await open_store(f"sqlite:///{tmp_path / 'terminbot.sqlite3'}", SystemClock())
    held = await store.bookings.hold(a_request(), NOW)
    await store.bookings.confirm(held.id, "eva", EVA, [], NOW)
    await store.close()
    return tmp_path


async def test_the_command_prints_rows_and_digests_and_what_to_do_next(
    folder: Path, url: str
) -> None:
    settings = settings_with("") | {"TERMINBOT_DATA_DIR": str(folder)}
    told = await bot("migrate-data", "--to", url, folder=folder, **settings)
    assert told.code == 0, told
    (line,) = (line for line in told.out.splitlines() if line.split()[:1] == ["bookings"])
    assert line.split()[1] == "1"
    assert "TERMINBOT_DATABASE_URL" in told.out
    again = await bot("migrate-data", "--to", url, folder=folder, **settings)
    assert again.code == 1
    assert "the new database is not empty" in again.err


def settings_with(url: str) -> dict[str, str]:
    return {
        "TERMINBOT_DATABASE_URL": url,
        "TERMINBOT_BUSINESS_FILE": str(ROOT / "examples/practice/business.yaml"),
        "TERMINBOT_BASE_URL": "https://bot.example",
        "TERMINBOT_APP_ID": "3f2b8c1e-0000-4000-8000-0000000000aa",
        "TERMINBOT_APP_TENANT_ID": "3f2b8c1e-0000-4000-8000-000000000001",
        "TERMINBOT_APP_SECRET": "a-secret-of-this-test",
        "TERMINBOT_WEB_CHAT_KEY": "k" * 48,
    }


async def test_a_backup_of_postgresql_is_said_to_be_pg_dumps_work(
    tmp_path: Path, url: str
) -> None:
    out = tmp_path / "b.zip"
    told = await bot("backup", "--out", str(out), folder=tmp_path, **settings_with(url))
    assert told.code == 1
    assert "pg_dump" in told.err
    assert not out.exists()


async def test_status_looks_into_postgresql(tmp_path: Path, url: str) -> None:
    store = await open_store(url, SystemClock())
    failure = {"code": "http_404", "since": "2026-11-09T05:00:00+00:00"}
    await store.documents.write("calendar_failure", "staff:jonas", failure, 0, NOW)
    await store.queue.enqueue(Promise("tell", "tell:1"), NOW)
    await store.close()
    told = await bot("status", folder=tmp_path, **settings_with(url))
    assert "http_404" in told.out, told
    assert "Jobs waiting: 1" in told.out

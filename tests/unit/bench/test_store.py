import asyncio
import json

import pytest

from bench import store, store_postgres
from bench.__main__ import main
from bench.store import Rate
from scheduling.store import open_store
from tests import postgres


def test_every_booking_answered_stands_in_the_file(tmp_path):
    found = store.rates(16, tmp_path)
    assert [rate.callers for rate in found] == [1, 8, 64]
    assert [rate.bookings for rate in found] == [16, 16, 64]
    assert not any(rate.wrong for rate in found)


def test_two_processes_book_on_a_server_and_their_database_goes():
    found = store_postgres.rates(8, postgres.server())
    assert [(rate.callers, rate.bookings, rate.processes) for rate in found] == [
        (2, 8, 2),
        (8, 8, 2),
        (64, 64, 2),
    ]
    assert not any(rate.wrong for rate in found)
    left = "SELECT datname FROM pg_database WHERE datname LIKE 'terminbot_bench%%'"
    assert postgres.rows(postgres.server(), left) == []


def test_a_booking_that_is_missing_in_the_database_is_said():
    with postgres.borrowed() as url:
        assert store_postgres._wrong(url, 1) == "1 answered, [0, 0, 0] in the database"


def test_a_booking_that_is_missing_in_the_file_is_said(tmp_path):
    file = tmp_path / "store.sqlite3"

    async def opened():
        await (await open_store(f"sqlite:///{file}", store.StandingClock(store.NOW))).close()

    asyncio.run(opened())
    assert store._wrong(file, 1) == "1 answered, [0, 0, 0] in the file"


@pytest.mark.parametrize(
    ("per_second", "wrong", "met"), [(200, "", True), (199, "", False), (500, "lost", False)]
)
def test_the_bar_is_kept_only_by_right_answers(per_second, wrong, met):
    assert Rate(1, 10, per_second, 1, 2, wrong).met is met


def test_the_command_prints_json(capsys, tmp_path):
    assert main(["store", "--bookings", "4", "--folder", str(tmp_path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rates"]) == 3

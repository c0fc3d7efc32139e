"""Some rounds of `run.py chaos` in the suite; docs/reliability.md says how to run more."""

import pytest

from tests.chaos.checker import Wrong
from tests.chaos.rounds import Plan, run

ROUNDS = 8
SETTINGS = [("sqlite", 1), ("sqlite", 2), ("postgres", 2)]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("database", "processes"), SETTINGS)
async def test_no_promise_is_broken_while_processes_die(database, processes, tmp_path):
    plan = Plan(ROUNDS, database, processes, seed=8, keep=tmp_path, bookings=1)
    found = await run(plan, lambda _words: None)
    assert found.violations == []
    assert found.acknowledged > ROUNDS
    assert found.kills > 0
    assert found.count(*Wrong) == 0

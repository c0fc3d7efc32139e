"""Reads are repeated within a budget, on a clock that tests move."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from graph.errors import GraphError, Permanent, Throttled, TokenRefused, Transient
from graph.retry import Pace, pause_after, read_within


class Watch:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def pace(self, jitter: float = 1.0) -> Pace:
        return Pace(self.sleep, lambda: self.seconds, lambda: jitter)


def failing(*failures: GraphError) -> Callable[[], object]:
    left = list(failures)

    async def read() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return read


@pytest.fixture
def watch() -> Watch:
    return Watch()


async def test_an_answer_at_once_costs_no_pause(watch: Watch) -> None:
    assert await read_within(106, failing(), watch.pace()) == "answer"
    assert watch.pauses == []


async def test_pauses_grow(watch: Watch) -> None:
    read = failing(Transient("a"), Transient("b"))
    assert await read_within(106, read, watch.pace()) == "answer"
    assert watch.pauses == pytest.approx([0.3, 0.6])


async def test_three_attempts_are_enough(watch: Watch) -> None:
    read = failing(*(Transient(c) for c in "abcd"))
    with pytest.raises(Transient, match=r"^c "):
        await read_within(1000, read, watch.pace())


async def test_retry_after_is_obeyed(watch: Watch) -> None:
    read = failing(Throttled("x", retry_after=timedelta(seconds=4)))
    assert await read_within(106, read, watch.pace()) == "answer"
    assert watch.pauses[0] >= 4


async def test_a_pause_beyond_the_budget_is_not_begun(watch: Watch) -> None:
    read = failing(Throttled("x", retry_after=timedelta(seconds=6)))
    with pytest.raises(Throttled):
        await read_within(106, read, watch.pace())
    assert watch.pauses == []


@pytest.mark.parametrize("failure", [Permanent("x"), TokenRefused("x")])
async def test_what_repeating_does_not_change_is_not_repeated(
    watch: Watch, failure: GraphError
) -> None:
    with pytest.raises(GraphError):
        await read_within(106, failing(failure), watch.pace())
    assert watch.pauses == []


async def test_an_attempt_that_never_ends_is_cut_off_at_the_deadline() -> None:
    pace = Pace()
    with pytest.raises(Transient, match="timeout"):
        await read_within(pace.deadline(0.02), asyncio.Event().wait, pace)


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_jitter_never_undercuts_retry_after(watch: Watch, jitter: float) -> None:
    failure = Throttled("x", retry_after=timedelta(seconds=2))
    assert 2 <= pause_after(failure, 1, watch.pace(jitter)) <= 2.3

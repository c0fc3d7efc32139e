"""The bad line does to an answer what its name says."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import pytest

from tests.chaos.relay import BadLine, Fault, Relay

ANSWER = b"x" * 1000


class Upstream:
    """Answers each line with the same thousand bytes, and counts."""

    def __init__(self):
        self.asked = 0
        self.tasks = []

    async def serve(self, reader, writer):
        self.tasks.append(asyncio.current_task())
        while await reader.readline():
            self.asked += 1
            writer.write(ANSWER)
            await writer.drain()
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def a_line(bad=None):
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    async with server, Relay([server.sockets[0].getsockname()[1]]) as relay:
        relay.bad = bad
        yield relay, upstream
    await asyncio.gather(*upstream.tasks, return_exceptions=True)


async def ask(relay, seconds=5):
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    try:
        writer.write(b"ask\n")
        async with asyncio.timeout(seconds):
            return await reader.readexactly(len(ANSWER))
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_sound_line_changes_nothing():
    async with a_line() as (relay, _):
        assert await ask(relay) == ANSWER


async def test_a_cut_answer_ends_after_some_bytes():
    async with a_line(BadLine(Fault.CUT, after=64)) as (relay, _):
        with pytest.raises(asyncio.IncompleteReadError) as failure:
            await ask(relay)
        assert len(failure.value.partial) == 64


async def test_a_dropped_answer_was_written_upstream():
    async with a_line(BadLine(Fault.DROP_ANSWER)) as (relay, upstream):
        with pytest.raises(asyncio.IncompleteReadError) as failure:
            await ask(relay)
        assert (upstream.asked, failure.value.partial) == (1, b"")


async def test_a_reset_is_no_end_of_the_answer():
    async with a_line(BadLine(Fault.RESET)) as (relay, _):
        with pytest.raises(ConnectionResetError):
            await ask(relay)


async def test_a_half_open_line_stays_silent():
    async with a_line(BadLine(Fault.HALF_OPEN)) as (relay, upstream):
        with pytest.raises(TimeoutError):
            await ask(relay, seconds=0.2)
        assert upstream.asked == 1


@pytest.mark.parametrize("fault", [Fault.DRIP, Fault.LATENCY])
async def test_a_slow_line_brings_everything(fault):
    async with a_line(BadLine(fault, seconds=0.01)) as (relay, _):
        assert await ask(relay) == ANSWER
        assert relay.met > 0


async def test_a_target_that_is_down_is_passed_over():
    async with a_line() as (relay, _):
        relay.targets.insert(0, 1)
        assert await ask(relay) == ANSWER
        assert await ask(relay) == ANSWER

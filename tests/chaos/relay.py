"""A TCP relay with several targets: a load balancer, or with a fault a bad line to Microsoft."""

import asyncio
import contextlib
import itertools
import random
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

CHUNK = 16_384
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: the connection ends with RST."""


class Fault(StrEnum):
    LATENCY = "latency"
    CUT = "cut"
    RESET = "reset"
    HALF_OPEN = "half_open"
    DRIP = "drip"
    DROP_ANSWER = "drop_answer"


@dataclass(frozen=True, slots=True)
class BadLine:
    """What goes wrong with answers, and how often (0 to 1)."""

    fault: Fault
    share: float = 1.0
    seconds: float = 0.3
    """Of each chunk of a late or dripping answer."""
    after: int = 64
    """Bytes that still come through before a cut."""


class Relay:
    """Listens on a port of its own; each connection goes to the next target that answers."""

    def __init__(self, targets: list[int], seed: int = 0) -> None:
        self.targets = targets
        self.bad: BadLine | None = None
        self.met = 0
        self.port = 0
        self._turn = itertools.count()
        self._random = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        still_open = list(self._open)
        for task in still_open:
            task.cancel()
        await asyncio.gather(*still_open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._joined(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            await _closed(writer)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await self._target()
        if there is None:
            return
        answers, asked = there
        pumps = {
            asyncio.create_task(_pump(reader, asked)),
            asyncio.create_task(self._answer(answers, writer)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await _closed(asked)

    async def _target(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in range(len(self.targets)):
            port = self.targets[next(self._turn) % len(self.targets)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _answer(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(CHUNK):
            bad = self.bad
            if bad is None or self._random.random() >= bad.share:
                sink.write(chunk)
                await sink.drain()
                continue
            self.met += 1
            if not await _spoilt(bad, chunk, sink):
                return


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(CHUNK):
        sink.write(chunk)
        await sink.drain()


async def _spoilt(bad: BadLine, chunk: bytes, sink: asyncio.StreamWriter) -> bool:
    """Do to an answer what the fault does; tell whether the connection goes on."""
    match bad.fault:
        case Fault.LATENCY:
            await asyncio.sleep(bad.seconds)
            sink.write(chunk)
            return True
        case Fault.DRIP:
            for start in range(0, len(chunk), bad.after):
                sink.write(chunk[start : start + bad.after])
                await sink.drain()
                await asyncio.sleep(bad.seconds / 10)
            return True
        case Fault.HALF_OPEN:
            await asyncio.Event().wait()
        case Fault.CUT:
            sink.write(chunk[: bad.after])
            await sink.drain()
        case Fault.RESET:
            plain = sink.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            sink.transport.abort()
        case Fault.DROP_ANSWER:
            pass
    return False

"""Repeats a read within a budget of time.

A write is never repeated here: who may repeat one, and after which look, is known where it is
made (graph/calendar.py).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from graph.errors import Transient, Unauthorized

Answer = TypeVar("Answer")
ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Pace:
    """How time passes between attempts; tests put in their own."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    fraction: Callable[[], float] = random.random
    """The jitter, 0 to 1."""

    def deadline(self, seconds: float) -> float:
        """Return the moment, on this pace's clock, at which so many seconds are over."""
        return self.monotonic() + seconds


REAL_PACE = Pace()


async def read_within(
    deadline: float, read: Callable[[], Awaitable[Answer]], pace: Pace = REAL_PACE
) -> Answer:
    """Return the answer of the first attempt that succeeds before the deadline.

    Raises the last failure as soon as its pause would reach beyond the deadline: nobody waits for
    an attempt that cannot come. A missing permission to enter is not repeated.
    """
    attempt = 1
    while True:
        try:
            async with asyncio.timeout(max(0.0, deadline - pace.monotonic())):
                return await read()
        except TimeoutError:
            raise Transient("timeout") from None
        except Transient as failure:
            pause = pause_after(failure, attempt, pace)
            is_late = pace.monotonic() + pause >= deadline
            if isinstance(failure, Unauthorized) or attempt == ATTEMPTS or is_late:
                raise
        await pace.sleep(pause)
        attempt += 1


def pause_after(failure: Transient, attempt: int, pace: Pace) -> float:
    """Return the seconds before the next attempt: Retry-After at least, else doubling."""
    grown = FIRST_PAUSE_SECONDS * float(2 ** (attempt - 1))
    if failure.retry_after is not None:
        return failure.retry_after.total_seconds() + FIRST_PAUSE_SECONDS * pace.fraction()
    return grown * (0.5 + pace.fraction() / 2)

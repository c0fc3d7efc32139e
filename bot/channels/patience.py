"""A sign of life while an answer takes longer than a moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def sign_of_life(after: float, show: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Call `show` once if the body takes longer than `after` seconds."""

    async def later() -> None:
        await asyncio.sleep(after)
        await show()

    task = asyncio.create_task(later())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

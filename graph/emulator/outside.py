"""The emulator's way out: POSTs to the addresses of subscribers."""

import asyncio
from dataclasses import dataclass

import aiohttp
from yarl import URL

_MOST_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    content_type: str
    text: str


class Outside:
    """One HTTP session, opened when it is first needed."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, url: str, body: bytes, *, content_type: str, seconds: float
    ) -> Reply | None:
        """Return the reply; None if there was none in time."""
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False)
        headers = {"Content-Type": content_type, "User-Agent": "graph-emulator"}
        try:
            async with asyncio.timeout(seconds):
                # the address is taken as it is written, the query part above all
                async with self._session.post(
                    URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
                ) as answer:
                    text = (await answer.content.read(_MOST_READ)).decode(errors="replace")
                    return Reply(answer.status, answer.content_type, text)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return None

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

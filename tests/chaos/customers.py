"""Customers on the plain page: real forms over real sockets, and what they were told."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape

import aiohttp

from tests.chaos.history import Act, Entry, History, Kind, Told

TITLES = {
    "✓ Termin gebucht": Told.BOOKED,
    "✓ Termin verschoben": Told.BOOKED,
    "Termin vorgemerkt": Told.NOTED,
    "Neue Zeit vorgemerkt": Told.NOTED,
    "Termin abgesagt": Told.CANCELLED,
}
SECONDS = 20.0
PATIENCE = 30.0
"""Seconds for which a customer tries the same step again."""
PAUSE = 0.4
DETAILS = {"name": "Eva Muster", "phone": "", "note": "", "privacy": "v1"}
PLACES = {"talk": "teams", "visit": "house"}


class Unanswered(Exception):
    """No answer came, or one that says that the bot itself cannot."""


Stands = Callable[[str, str, int], Awaitable[bool]]
"""(staff member, booking, start) -> whether its event stands in the calendar right now."""


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    url: str
    text: str

    @property
    def told(self) -> Told:
        title = re.search("<h1>(.*?)</h1>", self.text)
        return TITLES.get(unescape(title[1]), Told.NOTHING) if title else Told.NOTHING

    @property
    def booking(self) -> str:
        found = re.search(r"/book/done/([0-9a-f]{32})", self.url)
        return found[1] if found else ""

    @property
    def fields(self) -> dict[str, str]:
        found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.text)
        return {name: unescape(value) for name, value in found}

    @property
    def starts(self) -> list[str]:
        return re.findall(r'name="start" value="([^"]+)"', self.text)


@dataclass
class Mine:
    """A booking that a customer was told of."""

    id: str
    start: int


@dataclass
class Customer:
    """One browser session. Acts one after the other; what is lost is tried again, as people do."""

    name: str
    url: str
    history: History
    stands: Stands
    chance: random.Random
    days: tuple[str, ...]
    has_time: Callable[[], bool] = lambda: True
    mine: list[Mine] = field(default_factory=list)
    taken: int = 0

    async def live(self, bookings: int) -> None:
        """Book, and sometimes move or cancel, until the time is over."""
        # one connection a request, as through a load balancer; cookies of an address count
        connector = aiohttp.TCPConnector(force_close=True)
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(SECONDS)
        headers = {"Accept-Language": "de"}
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=jar, timeout=timeout, headers=headers
        ) as self._http:
            for _ in range(bookings):
                if not self.has_time():
                    return
                await self.book()
                if self.mine and self.chance.random() < 0.35:
                    await self.move(self.chance.choice(self.mine))
                if self.mine and self.chance.random() < 0.35:
                    await self.cancel(self.mine.pop(self.chance.randrange(len(self.mine))))

    async def book(self) -> None:
        self._note(Act.BOOK, Kind.INVOKE)
        service = self.chance.choice(["talk", "talk", "visit"])
        try:
            start = await self._hold(f"/book/{service}", f"/book/{service}/hold")
            page = await self._post("/book/details", self._details(service))
        except Unanswered:
            # a hold at most, which nobody was told of and which ends by itself
            self._note(Act.BOOK, Kind.FAIL)
            return
        if not start or not page.url.endswith("/book/review"):
            self._note(Act.BOOK, Kind.FAIL)
            return
        try:
            page = await self._post("/book/confirm", page.fields)
        except Unanswered:
            self._note(Act.BOOK, Kind.INFO)
            return
        if page.booking and await self._told(Act.BOOK, page, start):
            self.mine.append(Mine(page.booking, start))
        elif not page.booking:
            self._note(Act.BOOK, Kind.FAIL)

    def _details(self, service: str) -> dict[str, str]:
        mail = f"{self.name}@example.org"
        return {"csrf": self._csrf, **DETAILS, "email": mail, "location": PLACES[service]}

    async def _hold(self, path: str, to: str) -> int:
        """Choose one of the first times of a day, and hold it; 0 = somebody was faster."""
        page = await self._get(f"{path}?date={self.chance.choice(self.days)}")
        self._csrf = page.fields.get("csrf", "")
        if not page.starts:
            return 0
        start = self.chance.choice(page.starts[:5])
        page = await self._post(to, {**page.fields, "start": unescape(start)})
        if page.status == 409:
            self.taken += 1
        if page.status != 200:
            return 0
        self._held = page
        return int(datetime.fromisoformat(unescape(start)).astimezone(UTC).timestamp()) * 10**6

    async def move(self, mine: Mine) -> None:
        path = f"/book/move/{mine.id}"
        self._note(Act.MOVE, Kind.INVOKE, mine.id)
        try:
            start = await self._hold(path, path)
        except Unanswered:
            start = 0
        if not start or not re.search(rf"{path}/\w+$", self._held.url):
            self._note(Act.MOVE, Kind.FAIL, mine.id)
            return
        try:
            held = self._held
            page = await self._post(held.url.removeprefix(self.url), held.fields)
        except Unanswered:
            self._note(Act.MOVE, Kind.INFO, mine.id)
            return
        if not page.booking:
            self._note(Act.MOVE, Kind.FAIL, mine.id)
        elif "verschoben" in page.text or "Neue Zeit" in page.text:
            await self._told(Act.MOVE, page, start)
            mine.start = start
        else:
            self._note(Act.MOVE, Kind.INFO, mine.id)

    async def cancel(self, mine: Mine) -> None:
        path = f"/book/cancel/{mine.id}"
        self._note(Act.CANCEL, Kind.INVOKE, mine.id)
        try:
            page = await self._get(path)
            if not page.booking:
                page = await self._post(path, page.fields)
        except Unanswered:
            self._note(Act.CANCEL, Kind.INFO, mine.id)
            return
        if page.told is Told.CANCELLED:
            await self._told(Act.CANCEL, page, 0)
        else:
            self._note(Act.CANCEL, Kind.INFO, mine.id)

    async def _told(self, act: Act, page: Page, start: int) -> bool:
        told, stood = page.told, None
        if told is Told.BOOKED:
            stood = await self.stands(page.text, page.booking, start)
        kind = Kind.OK if told is not Told.NOTHING else Kind.INFO
        self._note(act, kind, page.booking, told=told, start=start, stood=stood)
        return kind is Kind.OK

    def _note(self, act: Act, kind: Kind, booking: str = "", **more: object) -> None:
        self.history.add(Entry(time.monotonic(), self.name, act, kind, booking, **more))

    async def _get(self, path: str) -> Page:
        return await self._asked(lambda: self._http.get(self.url + path))

    async def _post(self, path: str, fields: Mapping[str, str]) -> Page:
        return await self._asked(lambda: self._http.post(self.url + path, data=fields))

    async def _asked(self, ask: Callable[[], object]) -> Page:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                async with ask() as answer:
                    page = Page(answer.status, str(answer.url), await answer.text())
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                page = None
            if page is not None and page.status < 500:
                return page
            await asyncio.sleep(PAUSE)
        raise Unanswered

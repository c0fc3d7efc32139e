"""What goes wrong in a round, chosen by a seed."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable

from tests.chaos.relay import BadLine, Fault
from tests.chaos.town import Bot, Town
from tests.chaos.worker import Point

KILLS = (*Point, *Point, "kill", "kill", "kill")
LINES = tuple(Fault)
CLOCKS = (3600, -3600)
SERVE_EVERY = 10
"""Rounds; in one of them a process is `serve` itself, not one that obeys."""
LEASE_SECONDS = 2
FROZEN_SECONDS = 4.5
TAKEOVER_PATIENCE = 10.0


class Nemesis:
    """Does one evil a round, sometimes two, and sees that all lives again at the end."""

    def __init__(self, town: Town, chance: random.Random) -> None:
        self._town, self._chance = town, chance
        self.takeovers: list[float] = []
        """Seconds from a kill until no job waited for the dead any more."""
        self.restarts: list[float] = []
        """The same where nobody else lived: the start of the program included."""
        self.kills = 0

    def plan(self, number: int) -> list[str]:
        """Say what this round will have."""
        if number % SERVE_EVERY == SERVE_EVERY - 1:
            return ["serve"]
        others = ["line", "freeze", "clock"]
        others += ["full"] if self._town.cluster is None else ["restart"]
        if self._chance.random() < 0.6:
            evils = [str(self._chance.choice(KILLS))]
            return [*evils, "line"] if self._chance.random() < 0.3 else evils
        return [self._chance.choice(others)]

    async def strike(self, evils: list[str]) -> None:
        """Do it, while customers are there."""
        await asyncio.sleep(self._chance.uniform(0.1, 0.6))
        await asyncio.gather(*(self._evil(evil) for evil in evils))

    async def _evil(self, evil: str) -> None:
        named: dict[str, Callable[[], Awaitable[None]]] = {
            "line": self._line,
            "freeze": self._freeze,
            "clock": self._clock,
            "full": self._full,
            "restart": self._restart,
            "serve": self._serve,
            "kill": self._kill,
        }
        await (named[evil]() if evil in named else self._point(evil))

    def _victim(self) -> Bot:
        return self._chance.choice(self._town.bots)

    async def _point(self, point: str) -> None:
        bot = self._victim()
        await bot.tell("arm", point, self._chance.randint(1, 3))
        for _ in range(60):
            if not bot.is_alive:
                break
            await asyncio.sleep(0.05)
        await self._buried(bot)

    async def _kill(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, 1.5))
        await self._buried(self._victim())

    async def _buried(self, bot: Bot) -> None:
        """End the process, see how soon its work is taken over, and start it again."""
        begun = time.monotonic()
        await bot.killed()
        self.kills += 1
        owners, bot.owners = bot.owners, set()
        had_work = bool(owners) and await self._town.jobs_of(owners) > 0
        alone = len(self._town.bots) == 1
        if alone:
            await bot.start()
        while had_work and time.monotonic() - begun < TAKEOVER_PATIENCE:
            if await self._town.jobs_of(owners) == 0:
                break
            await asyncio.sleep(0.05)
        if had_work:
            (self.restarts if alone else self.takeovers).append(time.monotonic() - begun)
        if not alone:
            await bot.start()
        await bot.ready(self._town.http)

    async def _serve(self) -> None:
        bot = self._victim()
        bot.is_staged = False
        await self._buried(bot)
        await asyncio.sleep(self._chance.uniform(0.5, 2))
        bot.is_staged = True
        await self._buried(bot)

    async def _freeze(self) -> None:
        """Stop a process for longer than its leases, and let it wake up amid what it did."""
        bot, targets = self._victim(), self._town.front.targets
        for each in self._town.bots:
            await each.tell("lease", LEASE_SECONDS)
        await asyncio.sleep(self._chance.uniform(0.1, 0.5))
        bot.send(signal.SIGSTOP)
        if len(targets) > 1:
            targets.remove(bot.port)
        await asyncio.sleep(FROZEN_SECONDS)
        bot.send(signal.SIGCONT)
        if bot.port not in targets:
            targets.append(bot.port)
        for each in self._town.bots:
            await each.tell("lease", 0)

    async def _line(self) -> None:
        fault = self._chance.choice(LINES)
        self._town.line.bad = BadLine(fault, share=self._chance.choice([0.2, 0.5, 1.0]))
        await asyncio.sleep(self._chance.uniform(1, 2.5))
        self._town.line.bad = None

    async def _clock(self) -> None:
        """Set all clocks; they are put right when the work is done, as NTP does at last."""
        off = self._chance.choice(CLOCKS)
        for bot in self._town.bots:
            await bot.tell("clock", off)

    async def _full(self) -> None:
        for bot in self._town.bots:
            await bot.tell("full", 1)
        await asyncio.sleep(self._chance.uniform(0.5, 1.5))
        for bot in self._town.bots:
            await bot.tell("full", 0)

    async def _restart(self) -> None:
        """Crash the database server, or stop it in order, and start it again."""
        cluster = self._town.cluster
        await asyncio.to_thread(cluster.stop, self._chance.choice([signal.SIGQUIT, signal.SIGINT]))
        await asyncio.sleep(self._chance.uniform(0.2, 1))
        await asyncio.to_thread(cluster.start)

    async def mend(self) -> None:
        """Leave everything as a healthy house has it."""
        for bot in self._town.bots:
            await bot.tell("clock", 0)

"""How often may be guessed: a few attempts a minute from one address, then none."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from scheduling.clock import Clock

WITHIN = timedelta(minutes=1)
MOST = 5
REMEMBERED = 10_000


class Attempts:
    """Counts by name; the least recently seen are forgotten, which only ever allows more."""

    def __init__(self, clock: Clock, *, most: int = MOST, within: timedelta = WITHIN) -> None:
        self._clock = clock
        self._most = most
        self._within = within
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def wait(self, name: str) -> int:
        """Return the seconds until there is an attempt again, 0 where one is left."""
        times = self._of(name)
        if len(times) < self._most:
            return 0
        return max(1, round((times[0] + self._within - self._clock.now()).total_seconds()))

    def count(self, name: str) -> None:
        """Note one attempt, as far as any was left."""
        times = self._of(name)
        if len(times) < self._most:
            times.append(self._clock.now())

    def _of(self, name: str) -> deque[datetime]:
        times = self._seen.setdefault(name, deque())
        self._seen.move_to_end(name)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        now = self._clock.now()
        # what lies in the future was noted before the clock was set back
        while times and not now - self._within < times[0] <= now:
            times.popleft()
        return times

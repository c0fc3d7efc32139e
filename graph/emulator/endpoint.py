"""How well an address takes notifications: slow ones are served late, very slow ones not at all.

learn.microsoft.com/graph/change-notifications-delivery-webhooks. Pure; times are seconds of any
clock that only goes forward.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["well", "slow", "dropped"]
WINDOW_SECONDS = 600.0
SLOW_SHARE, DROPPED_SHARE = 0.10, 0.15


@dataclass(slots=True)
class Endpoint:
    """The last ten minutes of one address."""

    slow_seconds: float
    dropped_seconds: float
    sample: int
    """So many attempts are needed before it is judged."""
    _taken: deque[tuple[float, float]] = field(default_factory=deque)
    _dropped_until: float = float("-inf")

    def record(self, now: float, seconds: float) -> None:
        """Note how long an attempt took."""
        self._taken.append((now, seconds))
        self._forget(now)
        if self._share(self.dropped_seconds) > DROPPED_SHARE:
            self._dropped_until = now + WINDOW_SECONDS
            self._taken.clear()

    def verdict(self, now: float) -> Verdict:
        """Say how the next notification is treated."""
        self._forget(now)
        if now < self._dropped_until:
            return "dropped"
        return "slow" if self._share(self.slow_seconds) > SLOW_SHARE else "well"

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0][0] <= now - WINDOW_SECONDS:
            self._taken.popleft()

    def _share(self, limit: float) -> float:
        if len(self._taken) < self.sample:
            return 0.0
        return sum(seconds >= limit for _, seconds in self._taken) / len(self._taken)

"""Token buckets: how much one conversation or one address may ask of us."""

from collections import OrderedDict
from dataclasses import dataclass

from bot.channels.wire import Refused
from scheduling.clock import Clock

MAX_BUCKETS = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a second in the long run."""

    burst: float
    per_second: float


@dataclass(slots=True)
class _Bucket:
    left: float
    filled_at: float


class Buckets:
    """One bucket per name; the least recently used are forgotten, which only ever allows more."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, name: str) -> None:
        """Take one, or raise Refused with 429 and the seconds to wait."""
        now = self._clock.now().timestamp()
        bucket = self._buckets.setdefault(name, _Bucket(self._rate.burst, now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        gained = max(0.0, now - bucket.filled_at) * self._rate.per_second
        bucket.left = min(self._rate.burst, bucket.left + gained)
        bucket.filled_at = now
        if bucket.left < 1:
            wait = int((1 - bucket.left) / self._rate.per_second) + 1
            raise Refused(429, "TooManyRequests", "Please slow down.", retry_after=wait)
        bucket.left -= 1

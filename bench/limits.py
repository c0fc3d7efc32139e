"""What this machine can do at best: bytes copied, and bits of big integers OR-ed, per second.

Measured with the standard library in the same run as everything else, in CPU time, so that the
factor between an answer and the physical limit is one of the same minute on the same core.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from random import Random
from sys import getsizeof

from bench.table import cpu_medians

MEGABYTE = 1_000_000
IN_MEMORY, IN_CACHE = 128 * MEGABYTE, 256_000
CACHED_UP_TO = 2 * MEGABYTE
WIDTH = 32_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Gigabytes (10^9 bytes) per CPU second; `memory` when they do not fit in a cache."""

    copy_memory: float
    copy_cache: float
    or_memory: float
    or_cache: float

    def ms_for(self, size: int) -> float:
        """Return the least CPU ms in which so many bytes can be touched once.

        The faster of copying and OR-ing counts, and sizes that stay in a cache get its speed: an
        answer is never compared with a limit that is too easy.
        """
        in_memory = max(self.copy_memory, self.or_memory)
        in_cache = max(in_memory, self.copy_cache, self.or_cache)
        return size / (in_cache if size <= CACHED_UP_TO else in_memory) / MEGABYTE


def measure(rounds: int = 5, *, in_memory: int = IN_MEMORY) -> Limits:
    """Measure all four, interleaved; takes twice `in_memory` bytes and about a second."""
    sizes = {"memory": in_memory, "cache": IN_CACHE}
    work: dict[str, Callable[[], object]] = {}
    touched: dict[str, int] = {}
    for where, size in sizes.items():
        work[f"copy_{where}"], touched[f"copy_{where}"] = _copying(size), size
        numbers = _numbers(size)
        work[f"or_{where}"] = _oring(numbers)
        touched[f"or_{where}"] = sum(map(getsizeof, numbers))
    medians = cpu_medians(work, rounds=rounds)
    rates = {name: touched[name] / medians[name].ms / MEGABYTE for name in work}
    return Limits(**rates)


def _copying(size: int) -> Callable[[], None]:
    # not bytes(size): pages that were never written are not in memory, only a page of zeros is
    source, target = b"\1" * size, bytearray(b"\2" * size)
    view = memoryview(target)

    def copy() -> None:
        view[:] = source

    return copy


def _numbers(size: int) -> list[int]:
    widest = int.from_bytes(Random(0).randbytes(WIDTH), "little")
    return [widest - n for n in range(max(2, size // getsizeof(widest)))]


def _oring(numbers: list[int]) -> Callable[[], int]:
    return lambda: reduce(or_, numbers)

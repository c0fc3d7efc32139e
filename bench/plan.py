"""How much is drawn, and how often it is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`judged`: people of a large staff whose answers go to the judge.

    `thorough`: the plain sweep runs over all of the largest staff, and its memory is traced; both
    take long. `looked_at`: bookings of which the judge is asked who was free.
    """

    rounds: int = 5
    small: int = 100
    middle: int = 400
    growth: tuple[int, ...] = (1_600, 16_000, 160_000)
    large: int = 16_000
    judged: int = 150
    thorough: bool = True
    changes: int = 300
    bookings: int = 10_000
    looked_at: int = 60
    customers: int = 200
    memory: int = 128_000_000


FULL = Plan()
QUICK = Plan(
    rounds=3,
    growth=(1_600, 16_000),
    judged=40,
    thorough=False,
    bookings=2_000,
    looked_at=20,
)

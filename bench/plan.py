"""How much is drawn, and how often it is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`judged`: people of a large staff whose answers go to the judge.

    `whole_sweep`: the plain sweep runs over all of the largest staff, which takes long.
    """

    rounds: int = 5
    small: int = 100
    middle: int = 400
    growth: tuple[int, ...] = (1_600, 16_000, 160_000)
    large: int = 16_000
    judged: int = 150
    whole_sweep: bool = True
    changes: int = 300
    bookings: int = 10_000
    customers: int = 200
    memory: int = 128_000_000


FULL = Plan()
QUICK = Plan(rounds=3, growth=(1_600, 16_000), judged=40, whole_sweep=False, bookings=2_000)

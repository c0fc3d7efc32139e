"""When an address counts as slow, when it is dropped, and when all is forgiven."""

import pytest

from graph.emulator.endpoint import WINDOW_SECONDS, Endpoint


def an_endpoint(*seconds: float) -> Endpoint:
    endpoint = Endpoint(3.0, 10.0, 100)
    for number, taken in enumerate(seconds):
        endpoint.record(number / 100, taken)
    return endpoint


@pytest.mark.parametrize(
    ("quick", "slow", "very_slow", "verdict"),
    [
        (100, 0, 0, "well"),
        (90, 10, 0, "well"),
        (89, 11, 0, "slow"),
        (85, 0, 15, "slow"),
        (84, 0, 16, "dropped"),
        (0, 99, 0, "well"),
    ],
)
def test_the_share_of_slow_answers_decides(
    quick: int, slow: int, very_slow: int, verdict: str
) -> None:
    endpoint = an_endpoint(*[0.1] * quick, *[3.0] * slow, *[10.0] * very_slow)
    assert endpoint.verdict(1.0) == verdict


def test_ten_minutes_later_all_is_forgiven() -> None:
    assert an_endpoint(*[3.0] * 100).verdict(WINDOW_SECONDS + 1.0) == "well"
    dropped = an_endpoint(*[10.0] * 100)
    assert dropped.verdict(WINDOW_SECONDS - 1.0) == "dropped"
    assert dropped.verdict(WINDOW_SECONDS + 1.0) == "well"

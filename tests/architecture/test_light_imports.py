"""Importing the reading of messages is cheap: what is heavy comes with the first message."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SHOWN = "import sys, {module}; print(*sys.modules, sep='\\n')"


def imported_with(module):
    run = subprocess.run(
        [sys.executable, "-c", _SHOWN.format(module=module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "late",
    [
        "phonenumbers",
        "rapidfuzz",
        "babel",
        "json",
        "importlib.resources",
        "zoneinfo",
        "scheduling.catalog",
        "bot.understanding.dates",
        "bot.understanding.model",
    ],
)
def test_understanding_is_imported_without(late):
    assert late not in imported_with("bot.understanding")


def test_no_weights_are_read_before_they_are_asked():
    assert "bot.understanding.weights" not in imported_with("bot.understanding.opinion")

"""What `bench imports` says."""

import json

from bench.imports import ImportTime, as_json, as_text, import_time


def test_the_median_is_no_more_than_the_slowest():
    found = import_time("bench", times=2)
    assert found.module == "bench"
    assert 0 < found.median_ms <= found.slowest_ms


def test_one_line_says_both():
    words = as_text(ImportTime("bot.understanding", 40.04, 46.26))
    assert words == "import bot.understanding: 40.0 ms of CPU (median), 46.3 ms at most"


def test_programs_get_the_same_figures():
    found = json.loads(as_json(ImportTime("bench", 1.5, 2.5)))
    assert found == {"module": "bench", "median_ms": 1.5, "slowest_ms": 2.5}

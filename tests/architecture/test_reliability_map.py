"""docs/reliability.md names a test for each fault, and each test it names exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
LAST = 42
ROWS = {int(number): row for number, row in re.findall(r"^\| F(\d+) \|(.*)$", PAGE, re.MULTILINE)}


def names_of_tests() -> set[str]:
    return {
        node.name
        for file in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def named(text: str) -> set[str]:
    return set(re.findall(r"`(test_\w+)`", text))


def test_every_fault_has_a_named_test():
    assert [n for n in range(1, LAST + 1) if not named(ROWS.get(n, ""))] == []


def test_every_test_that_is_named_exists():
    assert named(PAGE) - names_of_tests() == set()


def test_no_fault_stands_there_twice():
    assert len(ROWS) == len(re.findall(r"^\| F\d+ \|", PAGE, re.MULTILINE))

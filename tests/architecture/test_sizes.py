"""Functions and modules stay short enough to be read at one go (docs/decisions)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FUNCTION, LONGEST_MODULE = 60, 500
SOURCES = sorted(
    path
    for package in ("scheduling", "graph", "bot", "manifest", "bench")
    for path in (ROOT / package).rglob("*.py")
)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.name}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_their_functions_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    assert {n: length for n, length in functions(path) if length > LONGEST_FUNCTION} == {}


def test_no_module_has_a_name_that_says_nothing():
    empty = {"service", "utils", "util", "helper", "helpers", "manager", "common", "misc", "data"}
    assert [str(path) for path in SOURCES if path.stem in empty] == []

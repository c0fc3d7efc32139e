"""What the decision records must have, and that the checks they name exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "Check"]
PAGE = 60
PAGES = ["CONTRIBUTING.md", "CHANGELOG.md", "docs/glossary.md", "docs/architecture.md"]
WRITTEN = [
    *DECISIONS,
    *sorted((ROOT / "docs").glob("explanation/*.md")),
    *sorted((ROOT / "docs").glob("howto/*.md")),
    *(ROOT / page for page in PAGES),
]

each_decision = pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.stem)
each_text = pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)


def quoted(file: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", file.read_text(encoding="utf-8"))


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(file.name[:4]) for file in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert len(numbers) >= 10


@each_decision
def test_a_decision_has_the_five_headings_in_order(file: Path) -> None:
    assert re.findall(r"^## (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) == HEADINGS


@each_decision
def test_no_part_of_a_decision_is_empty(file: Path) -> None:
    _title, *parts = re.split(r"^## .+$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert all(part.strip() for part in parts)


@each_decision
def test_a_decision_carries_its_number_and_fits_on_a_page(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith(f"# {file.name[:4]} ")
    assert len(lines) <= PAGE


@each_decision
def test_the_tests_a_decision_names_exist(file: Path) -> None:
    sources = "".join(f.read_text(encoding="utf-8") for f in (ROOT / "tests").rglob("test_*.py"))
    named = [word for word in quoted(file) if re.fullmatch(r"test_\w+", word)]
    assert [name for name in named if f"def {name}(" not in sources] == []


@each_text
def test_the_files_a_text_names_exist(file: Path) -> None:
    paths = [word for word in quoted(file) if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?", word)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@each_text
def test_links_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", file.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (file.parent / link).exists()] == []

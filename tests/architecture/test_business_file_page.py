"""The page about the business file names every key of the models, its default, and no other."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot.business_file import models
from bot.business_file.roster_table import COLUMNS, NEEDED
from bot.business_file.values import Strict

PAGE = Path(__file__).parents[2] / "docs/reference/business-file.md"
SECTIONS: dict[str, type[Strict]] = {
    "The file": models.BusinessFile,
    "`business`": models.BusinessEntry,
    "Waves: `business.waves`": models.WaveEntry,
    "Ways: `business.travel`": models.TravelEntry,
    "Outages: `business.outage`": models.OutageEntry,
    "Freed times: `business.freed_after`": models.FreedAfterEntry,
    "`places`": models.PlaceEntry,
    "`resources`": models.ResourceEntry,
    "`services`": models.ServiceEntry,
    "Prices: `price`": models.PriceEntry,
    "Questions: `questions`": models.QuestionEntry,
    "Answers: `choices`": models.ChoiceEntry,
    "Consents: `privacy`, `consent`": models.Consent,
    "Periods: `bookable`": models.Period,
    "Absences: `closures`, `time_off`": models.Absence,
    "`roster`": models.RosterEntry,
    "`staff`": models.StaffEntry,
}
ROSTER = "The CSV file of a roster"
ROW = re.compile(r"^\| `([^`]+)` \| (.*?) \| (.+) \|$", re.MULTILINE)

each_section = pytest.mark.parametrize("title", SECTIONS)


def table(title: str) -> dict[str, str]:
    """Return key -> default of a section, as they stand on the page."""
    text = PAGE.read_text(encoding="utf-8")
    part = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert part is not None, title
    return {key: default.strip() for key, default, _ in ROW.findall(part[1])}


def shown(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    if value is PydanticUndefined or value is None or value == () or isinstance(value, Strict):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`[{', '.join(map(str, value))}]`" if isinstance(value, tuple) else f"`{value}`"


def keys_of(model: type[Strict]) -> dict[str, str]:
    return {field.alias or name: shown(field) for name, field in model.model_fields.items()}


def test_every_kind_of_entry_has_its_section() -> None:
    kinds = {
        kind
        for kind in vars(models).values()
        if isinstance(kind, type)
        and issubclass(kind, Strict)
        and kind.__module__ == models.__name__
    }
    assert kinds == set(SECTIONS.values())


@each_section
def test_a_section_names_every_key_with_its_default_and_no_other(title: str) -> None:
    assert table(title) == keys_of(SECTIONS[title])


def test_the_columns_of_a_roster_are_those_that_are_read() -> None:
    found = table(ROSTER)
    assert set(found) == set(COLUMNS)
    assert {name for name, default in found.items() if default == "**required**"} == set(NEEDED)

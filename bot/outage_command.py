"""`outage-report`: which outages, and the files that are written of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from bot import configured
from bot.outage_report import Report
from bot.slots_command import SlotsImpossible, settings_of
from scheduling.errors import BookingError

NAME = "outage-report"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says; days as 2026-12-01, empty = all there were."""

    first: str
    last: str
    names: bool
    example: str | None


async def report(asked: Asked) -> Report:
    """Return the report; SlotsImpossible where it cannot be made."""
    first = _day(asked.first) if asked.first else None
    last = _day(asked.last) + timedelta(days=1) if asked.last else None
    if first and last and last <= first:
        raise SlotsImpossible("The last day lies before the first.")
    try:
        settings = settings_of(asked.example)
        return await configured.outage_report(settings, first, last, with_names=asked.names)
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None


def write(made: Report, folder: Path, language: str) -> list[Path]:
    """Write it as a page and as JSON, for this user alone; return both files. OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{NAME}.html", folder / f"{NAME}.json"]
    for file, content in zip(files, (made.as_html(language), made.as_json()), strict=True):
        file.touch(mode=0o600)
        file.write_text(content + "\n", encoding="utf-8")
    return files


def _day(said: str) -> datetime:
    try:
        return datetime.combine(datetime.fromisoformat(said).date(), time(0), UTC)
    except ValueError:
        raise SlotsImpossible(f"{said} is no day; write it as 2026-12-01.") from None

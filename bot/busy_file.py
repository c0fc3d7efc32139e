"""Calendars out of a JSON file, for questions without Outlook: mailbox -> its entries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter, ValidationError

from scheduling.catalog import BusyStatus
from scheduling.ports import BusyItem, FreeBusy
from scheduling.timespan import TimeSpan

NOT_IN_FILE = "not_in_file"
LARGEST = 256 * 1024 * 1024


class BusyFileUnreadable(Exception):
    """The file cannot be used; the message says where and how to mend it."""


def _in_utc(moment: datetime) -> datetime:
    """Read a time without a zone as UTC, as Graph writes them."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_Moment = Annotated[datetime, AfterValidator(_in_utc)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    start: _Moment
    end: _Moment
    status: str = "busy"


class _Error(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    error: str
    """Why this calendar does not answer."""


_FILE = TypeAdapter(dict[str, list[_Entry] | _Error | None])


class FileCalendar:
    """A FreeBusySource that always says the same."""

    def __init__(self, answers: Mapping[str, FreeBusy]) -> None:
        self._answers = {mailbox.lower(): answer for mailbox, answer in answers.items()}

    async def free_busy(self, mailboxes: Sequence[str], span: TimeSpan) -> Mapping[str, FreeBusy]:
        """Return what the file says; a mailbox that is not in it did not answer."""
        missing = FreeBusy(unknown=NOT_IN_FILE)
        found: dict[str, FreeBusy] = {}
        for mailbox in mailboxes:
            answer = self._answers.get(mailbox.lower(), missing)
            items = tuple(item for item in answer.items if item.span.overlaps(span))
            found[mailbox] = FreeBusy(items, answer.unknown)
        return found


def read_busy_file(path: Path) -> FileCalendar:
    """Read the file; raises BusyFileUnreadable."""
    try:
        if path.stat().st_size > LARGEST:
            raise BusyFileUnreadable(f"{path}: larger than {LARGEST // 2**20} MB. Split it.")
        found = _FILE.validate_json(path.read_bytes())
    except OSError as failure:
        raise BusyFileUnreadable(f"{path}: {failure.strerror}. Name another file.") from None
    except ValidationError as invalid:
        raise BusyFileUnreadable(_in_words(path, invalid)) from None
    try:
        return FileCalendar({mailbox: _answer(each) for mailbox, each in found.items()})
    except ValueError as wrong:
        raise BusyFileUnreadable(f"{path}: {wrong}. Correct the times.") from None


def _answer(entries: list[_Entry] | _Error | None) -> FreeBusy:
    if entries is None:
        return FreeBusy(unknown="no_answer")
    if isinstance(entries, _Error):
        return FreeBusy(unknown=entries.error)
    # an entry without length keeps nothing
    lasting = (entry for entry in entries if entry.start != entry.end)
    return FreeBusy(tuple(BusyItem(TimeSpan(e.start, e.end), _status(e.status)) for e in lasting))


def _status(word: str) -> BusyStatus:
    try:
        return BusyStatus(word)
    except ValueError:
        # a word nobody knows blocks
        return BusyStatus.UNKNOWN


def _in_words(path: Path, invalid: ValidationError) -> str:
    first = invalid.errors()[0]
    place = " / ".join(str(part) for part in first["loc"]) or "the file"
    return (
        f"{path}: at {place}: {first['msg']}.\n"
        'Expected: {"anna@example.com": [{"start": "2026-10-26T09:00:00Z", '
        '"end": "2026-10-26T10:00:00Z", "status": "busy"}]}; '
        'null, or {"error": "why"}, for a calendar that does not answer.'
    )

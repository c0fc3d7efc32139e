"""Calendars out of a JSON file, for questions without Outlook: mailbox -> its entries."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from scheduling.catalog import BusyStatus
from scheduling.ports import BusyItem, FreeBusy
from scheduling.timespan import TimeSpan

NOT_IN_FILE = "not_in_file"
NO_ANSWER = "no_answer"
LARGEST = 256 * 1024 * 1024
EARLIEST, LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Nobody asks beyond; "busy for ever" may stand in the file all the same."""


class BusyFileUnreadable(Exception):
    """The file cannot be used; the message says where and how to mend it."""


def _in_utc(moment: datetime) -> datetime:
    """Read a time without a zone as UTC, as Graph writes them."""
    if not EARLIEST.year <= moment.year < LATEST.year:
        return EARLIEST if moment.year < EARLIEST.year else LATEST
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# strict: a number is no time, though it could be read as one
_Moment = Annotated[datetime, Field(strict=True), AfterValidator(_in_utc)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    start: _Moment
    end: _Moment
    status: str = "busy"


class _Error(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    error: str
    """Why this calendar does not answer."""


_KINDS = frozenset({"list[_Entry]", "_Error"})
"""Names of ours in the path to a mistake."""
_FILE = TypeAdapter(dict[str, list[_Entry] | _Error | None])


class FileCalendar:
    """A FreeBusySource that always says the same."""

    def __init__(self, answers: Mapping[str, FreeBusy]) -> None:
        """`answers` by mailbox in lower case."""
        self._answers = answers

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
    answers: dict[str, FreeBusy] = {}
    for mailbox, each in found.items():
        if mailbox.lower() in answers:
            raise BusyFileUnreadable(f"{path}: {mailbox} stands there twice. Write it once.")
        try:
            answers[mailbox.lower()] = _answer(each)
        except ValueError as wrong:
            raise BusyFileUnreadable(f"{path}: at {mailbox}: {wrong}. Correct it.") from None
    return FileCalendar(answers)


def _answer(entries: list[_Entry] | _Error | None) -> FreeBusy:
    if entries is None:
        return FreeBusy(unknown=NO_ANSWER)
    if isinstance(entries, _Error):
        return FreeBusy(unknown=entries.error or NO_ANSWER)
    items: list[BusyItem] = []
    for entry in entries:
        if entry.end < entry.start:
            raise ValueError(f"an entry ends at {entry.end:%FT%TZ}, before its start")
        # an entry without length keeps nothing
        if entry.start != entry.end:
            items.append(BusyItem(TimeSpan(entry.start, entry.end), _status(entry.status)))
    return FreeBusy(tuple(items))


def _status(word: str) -> BusyStatus:
    try:
        return BusyStatus(word)
    except ValueError:
        # a word nobody knows blocks
        return BusyStatus.UNKNOWN


def _in_words(path: Path, invalid: ValidationError) -> str:
    first = invalid.errors()[0]
    parts = (str(part) for part in first["loc"] if part not in _KINDS)
    place = " / ".join(parts) or "the file"
    return (
        f"{path}: at {place}: {first['msg']}.\n"
        'Expected: {"anna@example.com": [{"start": "2026-10-26T09:00:00Z", '
        '"end": "2026-10-26T10:00:00Z", "status": "busy"}]}; '
        'null, or {"error": "why"}, for a calendar that does not answer.'
    )

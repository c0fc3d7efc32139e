"""`understand`: shows how a sentence is read, and reads files of rows for measuring.

A row of dates is `{id, text, lang, locale, reference}` and becomes `{id, prediction}`; a row of
intents is `{id, text, lang}` and becomes `{id, intent}`.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.text import Text

from bot.conversation.wording import wish_words
from bot.understanding.cleaning import clean, fold
from bot.understanding.dates import Circumstances, DateReading, Opening, read_dates
from bot.understanding.opinion import label_of
from bot.understanding.prediction import prediction
from bot.understanding.wish import Wish

STYLES = {
    "day": "underline cyan",
    "clock": "underline green",
    "part_of_day": "underline blue",
    "exclusion": "underline bold red",
    "preference": "underline magenta",
}
USUAL = Opening(8 * 60, 20 * 60)
"""Hours that decide 3 or 15 o'clock where no business is asked."""


class RowsUnreadable(Exception):
    """A file of rows cannot be read; the message names file and line."""


class DateRow(BaseModel):
    """One question about dates; `reference` is the moment of speaking, its zone is dropped."""

    id: str
    text: str
    lang: str = "de"
    locale: str = ""
    reference: datetime


class IntentRow(BaseModel):
    """One question about intents."""

    id: str
    text: str
    lang: str = "de"


def read_rows(source: Path, target: Path, *, intents: bool) -> int:
    """Answer every row of a file into another one; return how many. Raises RowsUnreadable."""
    answered: Callable[[str], dict[str, object]] = _intent if intents else _date
    count = 0
    with target.open("w", encoding="utf-8") as out:
        for number, line in _lines(source):
            try:
                row = answered(line)
            except ValidationError as invalid:
                first = invalid.errors()[0]
                where = ".".join(map(str, first["loc"])) or "row"
                raise RowsUnreadable(f"{source}:{number}: {where}: {first['msg']}") from None
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _lines(source: Path) -> Iterator[tuple[int, str]]:
    try:
        # not by lines of str: a message may hold U+2028, which JSON allows in strings
        text = source.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise RowsUnreadable(f"{source} is no UTF-8.") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def _date(line: str) -> dict[str, object]:
    row = DateRow.model_validate_json(line)
    # a labelled row knows no business: an hour stays as it was said
    at = Circumstances(
        now=row.reference.replace(tzinfo=None),
        language=row.lang,
        month_first=row.locale == "en-US" or (row.lang == "en" and not row.locale),
        excludes_absences=False,
    )
    wish = read_dates(clean(row.text), at).wish
    return {"id": row.id, "prediction": prediction(wish, at.today)}


def _intent(line: str) -> dict[str, object]:
    row = IntentRow.model_validate_json(line)
    return {"id": row.id, "intent": label_of(fold(clean(row.text)), row.lang)}


def shown(sentence: str, now: datetime, language: str, *, colour: bool) -> str:
    """Return lines that show how a sentence is read at a local moment."""
    text = clean(sentence)
    reading = read_dates(text, Circumstances(now, language, language == "en", USUAL))
    out = StringIO()
    console = Console(file=out, force_terminal=colour, no_color=not colour, width=100,
                      highlight=False, markup=False)  # fmt: skip
    console.print(_marked(text, reading))
    for line in _details(text, reading, language):
        console.print(line)
    return out.getvalue()


def _marked(text: str, reading: DateReading) -> Text:
    marked = Text(text)
    for span in reading.wish.spans:
        marked.stylize(STYLES[span.what], span.start, span.end)
    return marked


def _details(text: str, reading: DateReading, language: str) -> Iterator[str]:
    wish = reading.wish
    for span in wish.spans:
        yield f"  {span.what:12} {text[span.start : span.end]!r}"
    if wish.is_empty:
        yield "  nothing about a time"
        return
    if wish.readings:
        yield "  may mean, and is asked back:"
        yield from (f"    {words}" for words in _readings(wish, language))
        return
    yield f"  read as      {wish_words(wish, language)}"
    if wish.tolerance_minutes:
        yield f"  about        {wish.tolerance_minutes} minutes earlier or later"
    if wish.recurrence:
        yield f"  series       {wish.recurrence}: only one booking is made at a time"


def _readings(wish: Wish, language: str) -> Iterator[str]:
    return (wish_words(reading, language) for reading in wish.readings)

"""`evidence`: the facts of one booking as files that a third person can read and check."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import configured, evidence_check, pages
from bot.configured import Proven
from bot.slots_command import SlotsImpossible, settings_of
from bot.texts import LANGUAGES, formats, keys, text
from scheduling.errors import BookingError, UnknownBooking
from scheduling.evidence import FORMAT, Chain
from scheduling.ledger import Entry, moment_of

UNTOLD = frozenset({"sealed", "commitment", "wordings", "version"})
"""Values that the page does not show: they are for the program that checks."""
_FIELDS = ("name", "email", "phone")


@dataclass(frozen=True, slots=True)
class Written:
    """Where the files stand, and whether all fits together."""

    folder: Path
    facts: int
    key: str
    is_sound: bool

    def __str__(self) -> str:
        state = (
            "Sound."
            if self.is_sound
            else "NOT SOUND: the ledger was changed there. See `python3 run.py verify-audit`."
        )
        return f"""{self.folder}: {self.facts} facts.
  evidence.json     for programs
  evidence.de.html, evidence.en.html     for people
  verify.py         checks it anywhere: python3 verify.py evidence.json --key {self.key}
{state}"""


async def write(booking: str, out: Path | None, example: str | None) -> Written:
    """Write the evidence of a booking (number or id) into a new folder.

    Raises SlotsImpossible, BusinessFileInvalid, OSError.
    """
    try:
        proven = await configured.evidence(settings_of(example), booking)
    except UnknownBooking:
        raise SlotsImpossible(f"There is no booking {booking}.") from None
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    folder = out or Path(f"evidence-{proven.number}")
    folder.mkdir(mode=0o700, parents=True)
    told = as_json(proven)
    (folder / "evidence.json").write_text(told, encoding="utf-8")
    shutil.copyfile(evidence_check.__file__, folder / "verify.py")
    for language in LANGUAGES:
        page = as_html(proven, language)
        (folder / f"evidence.{language}.html").write_text(page, encoding="utf-8")
    facts = sum(len(chain.own) for chain in proven.evidence.chains)
    return Written(folder, facts, proven.key, not proven.evidence.flaws)


def as_json(proven: Proven) -> str:
    """Return all that `verify.py` needs."""
    evidence = proven.evidence
    told = {
        "format": FORMAT,
        "made_at": proven.made_at.isoformat(),
        "business": proven.business,
        "booking": proven.booking_id,
        "number": proven.number,
        "key": proven.key,
        "chains": [chain.as_json() for chain in evidence.chains],
        "checkpoints": [json.loads(checkpoint.line) for checkpoint in evidence.checkpoints],
        "wordings": dict(evidence.wordings),
        "flaws": [f"lane {f.lane}, number {f.seq}: {f.what}" for f in evidence.flaws],
    }
    return json.dumps(told, indent=1, ensure_ascii=False)


def as_html(proven: Proven, language: str) -> str:
    """Return the page for people."""
    zone, evidence = proven.zone, proven.evidence
    opened = {each.seq: each.details for c in evidence.chains[:1] for each in c.opened}
    rows = [row for chain in evidence.chains for row in _rows(chain, proven, language)]
    return pages.render(
        "evidence.html",
        language=language,
        proven=proven,
        made_at=_moment(proven.made_at, zone, language),
        rows=sorted(rows, key=lambda row: (row.at, row.seq)),
        wordings=[json.loads(words) for words in evidence.wordings.values()],
        details=_details(opened, language),
        flaws=evidence.flaws,
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A fact as the page shows it."""

    at: datetime
    seq: int
    lane: int
    when: str
    what: str
    values: Sequence[tuple[str, str]]
    signed: str


def _rows(chain: Chain, proven: Proven, language: str) -> Iterator[Row]:
    for entry in chain.own:
        at = moment_of(entry.at)
        signed = next(
            (
                _moment(checkpoint.at, proven.zone, language)
                for checkpoint in proven.evidence.checkpoints
                if any(h.lane == chain.lane and h.seq >= entry.seq for h in checkpoint.heads)
            ),
            text("evidence_unsigned", language),
        )
        values = [*_values(entry, proven.zone, language)]
        what = _word("evidence_kind", entry.kind, language)
        when = _moment(at, proven.zone, language)
        yield Row(at, entry.seq, entry.lane, when, what, values, signed)


def _values(entry: Entry, zone: ZoneInfo, language: str) -> Iterator[tuple[str, str]]:
    told = json.loads(entry.values)
    for name, value in told.items():
        words = _said(value, zone, language)
        if words and name not in UNTOLD:
            yield _word("evidence_value", name, language), words


def _said(value: object, zone: ZoneInfo, language: str) -> str:
    if isinstance(value, str):
        try:
            return _moment(datetime.fromisoformat(value), zone, language)
        except (ValueError, TypeError):
            return value
    if isinstance(value, bool):
        return text("evidence_yes" if value else "evidence_no", language)
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_said(v, zone, language)}" for k, v in value.items())
    if isinstance(value, list):
        return "; ".join(_said(each, zone, language) for each in value)
    return "" if value is None else str(value)


def _moment(moment: datetime, zone: ZoneInfo, language: str) -> str:
    local = moment.astimezone(zone)
    return f"{formats.date_short(local, language)} {local:%Y, %H:%M:%S} ({moment:%H:%M:%S} UTC)"


def _word(group: str, name: str, language: str) -> str:
    """Return the word for a code; one that nobody translated is shown as it is."""
    key = f"{group}_{name}"
    return keys(language).get(key, name)


def _details(opened: Mapping[int, str], language: str) -> list[tuple[str, str]]:
    """Return what the customer said last, as far as somebody still has the key to it."""
    if not opened:
        return []
    told = json.loads(opened[max(opened)])
    said = {**{name: told["customer"][name] for name in _FIELDS}, "note": told["note"]}
    fields = [
        (_word("field", name, language), str(words)) for name, words in said.items() if words
    ]
    return fields + [(name, str(words)) for name, words in told["answers"].items()]

"""`verify-audit`: the words around what was found in the ledger."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bot import configured
from bot.slots_command import SlotsImpossible, settings_of
from scheduling.errors import BookingError
from scheduling.ledger import CHANGED, MISPLACED, MISSING, NOT_SIGNED, Flaw

WRONG = {
    CHANGED: "it, or one before it, was changed",
    MISSING: "it is not there, though a later one or a checkpoint is",
    MISPLACED: "it stands where it does not belong",
    NOT_SIGNED: "it, or one since the checkpoint before, is not what the checkpoint signed",
    "unreadable": "the database cannot give it back",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What `verify-audit` prints; `checkpoints_wrong` says what is wrong with their file."""

    records: int
    lanes: int
    checkpoints: int
    unsigned: int
    key: str
    flaws: tuple[Flaw, ...] = ()
    checkpoints_wrong: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaws and not self.checkpoints_wrong

    def as_json(self) -> str:
        """Return one JSON object."""
        return json.dumps({"sound": self.is_sound, **asdict(self)}, indent=2)

    def as_text(self) -> str:
        """Return lines for a terminal."""
        lines = [f"{self.records} records in {self.lanes} lanes, {self.checkpoints} checkpoints."]
        if self.checkpoints_wrong:
            lines.append(f"CHECKPOINTS WRONG: {self.checkpoints_wrong}.")
        lines += [
            f"FIRST BAD RECORD: lane {flaw.lane}, number {flaw.seq}: {WRONG[flaw.what]}."
            for flaw in self.flaws
        ]
        if not self.checkpoints:
            lines.append("No checkpoint vouches for them: a chain worked out anew would not show.")
        elif self.unsigned:
            lines.append(f"Newer than the last checkpoint: {self.unsigned}.")
        if self.key:
            lines.append(f"Checkpoints are signed by key {self.key}.")
        lines.append("Sound." if self.is_sound else "NOT SOUND. See docs/howto/audit.md.")
        return "\n".join(lines)


async def verify(example: str | None, checkpoints: Path | None, key: str | None) -> Found:
    """Look through the whole ledger of the configured bot, or of a demo; SlotsImpossible."""
    try:
        looked = await configured.verify_audit(settings_of(example), checkpoints, key)
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    except FileNotFoundError as failure:
        raise SlotsImpossible(f"There is no file {failure.filename}.") from None
    verdict = looked.verdict
    return Found(
        verdict.records,
        len(verdict.heads),
        verdict.checkpoints,
        verdict.unsigned,
        looked.key,
        verdict.flaws,
        looked.wrong,
    )

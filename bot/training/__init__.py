"""`train-intents`: makes the weights of the intent model out of the sentences beside.

Not part of the running bot. The report says how well sentences that were held back are read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from bot.training.fitting import fit
from bot.training.patterns import Example, examples
from bot.understanding.cleaning import clean, fold
from bot.understanding.model import IntentModel, written

__all__ = ["LANGUAGES", "sentences_of", "train"]

LANGUAGES = ("de", "en")
FOLDS = 5
PUBLIC_TIMES = 3
"""A public sentence was typed by a person: it weighs more than one drawn from a pattern."""
SUMS = "SHA256SUMS"
_SENTENCES = resources.files("bot.training.sentences")


def train(folder: Path) -> str:
    """Write the weights of both languages, their sums and the report; return the report."""
    report = ["# How well the intent model reads sentences it has not seen", ""]
    sums = []
    for language in LANGUAGES:
        own, public = sentences_of(language)
        weights = written(fit([*own, *public * PUBLIC_TIMES]))
        (folder / f"{language}.json").write_text(weights, encoding="utf-8")
        sums.append(f"{hashlib.sha256(weights.encode()).hexdigest()}  {language}.json")
        report += _held_back(language, own, public)
    (folder / SUMS).write_text("\n".join(sums) + "\n", encoding="utf-8")
    text = "\n".join(report)
    (folder / "report.md").write_text(text, encoding="utf-8")
    return text


def sentences_of(language: str) -> tuple[list[Example], list[Example]]:
    """Return our own sentences of a language and the public ones."""
    own = (_SENTENCES / f"{language}.txt").read_text(encoding="utf-8")
    rows = (_SENTENCES / "rows.jsonl").read_text(encoding="utf-8")
    public = [json.loads(line) for line in rows.split("\n") if line]
    return list(examples(own)), [
        Example(row["text"], row["intent"]) for row in public if row["lang"] == language
    ]


def _held_back(language: str, own: Sequence[Example], public: Sequence[Example]) -> list[str]:
    """Train without a fifth of the public sentences and read these; five times."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for part in range(FOLDS):
        others = [each for at, each in enumerate(public) if at % FOLDS != part]
        model = fit([*own, *others * PUBLIC_TIMES])
        for each in public[part::FOLDS]:
            label = _label(model, each.text)
            asked[each.label] += 1
            said[label] += 1
            right[each.label] += label == each.label
    share = sum(right.values()) / max(1, sum(asked.values()))
    lines = [
        f"## {language}",
        "",
        f"{len(own)} sentences of our own, {len(public)} public ones. Of the public ones, each "
        f"held back once: {share:.3f} right.",
        "",
        "| label | sentences | precision | recall |",
        "|---|--:|--:|--:|",
    ]
    for label in sorted(asked):
        precision = right[label] / said[label] if said[label] else 0.0
        recall = right[label] / asked[label]
        lines.append(f"| {label} | {asked[label]} | {precision:.2f} | {recall:.2f} |")
    return [*lines, ""]


def _label(model: IntentModel, text: str) -> str:
    guess = model.guess(fold(clean(text)))
    return guess.label if guess else ""

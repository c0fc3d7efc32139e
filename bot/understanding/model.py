"""A second opinion on what a message wants: a linear model over pieces of words.

Its weights are written by `run.py train-intents`; to ask it is a sum over a few rows of a table.
It knows nothing of the conversation, so the rules come first (intents.py).
"""

import base64
import json
import math
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.understanding.features import features

SCALE = 16
"""A weight is kept as whole sixteenths in one byte."""
LARGEST = 127


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest label and the runner-up, each with how sure the model is (0 to 1)."""

    label: str
    confidence: float
    second: str
    second_confidence: float

    def without_first(self) -> "Guess":
        """Return the runner-up as the guess, where the likeliest is ruled out."""
        return Guess(self.second, self.second_confidence, self.label, self.confidence)


@dataclass(frozen=True, slots=True)
class IntentModel:
    """The weights of one language: a row of one weight a label for each feature.

    `importance`: feature -> how much it says, being rare, in hundredths.
    """

    labels: Sequence[str]
    bias: Sequence[int]
    importance: Mapping[str, int]
    rows: Mapping[str, Sequence[int]]

    def guess(self, folded: str) -> Guess | None:
        """Judge a folded text; None where nothing in it is known."""
        known = sorted(each for each in features(folded) if each in self.rows)
        if not known:
            return None
        length = math.sqrt(sum(self.importance[each] ** 2 for each in known))
        scores: list[float] = list(self.bias)
        for each in known:
            share = self.importance[each] / length
            scores = [
                score + share * weight
                for score, weight in zip(scores, self.rows[each], strict=True)
            ]
        return self._best(scores)

    def _best(self, scores: Sequence[float]) -> Guess:
        first, second = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:2]
        total = sum(math.exp((score - scores[first]) / SCALE) for score in scores)
        runner_up = math.exp((scores[second] - scores[first]) / SCALE)
        return Guess(self.labels[first], 1 / total, self.labels[second], runner_up / total)


def read_model(text: str) -> IntentModel:
    """Return the model of a weights file (as `written` gives it)."""
    stored = json.loads(text)
    names, width = stored["features"], len(stored["labels"])
    weights = array("b", zlib.decompress(base64.b85decode(stored["weights"])))
    return IntentModel(
        stored["labels"],
        stored["bias"],
        dict(zip(names, stored["importance"], strict=True)),
        {name: weights[at * width : (at + 1) * width] for at, name in enumerate(names)},
    )


def written(model: IntentModel) -> str:
    """Return the weights file of a model: JSON, the table packed."""
    names = sorted(model.rows)
    table = array("b", [weight for name in names for weight in model.rows[name]])
    return json.dumps(
        {
            "labels": list(model.labels),
            "bias": list(model.bias),
            "features": names,
            "importance": [model.importance[name] for name in names],
            "weights": base64.b85encode(zlib.compress(table.tobytes(), 9)).decode(),
        },
        ensure_ascii=False,
        indent=0,
    )


@cache
def model_of(language: str) -> IntentModel:
    """Return the model of `de` or `en`; read at the first question."""
    file = resources.files("bot.understanding.weights") / f"{language}.json"
    return read_model(file.read_text(encoding="utf-8"))

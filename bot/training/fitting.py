"""Fits the weights of one language: each label against all others, one sentence after the other.

numpy is needed here and nowhere else, so it is imported only when something is fitted. The order
is drawn from a fixed seed: the same sentences give the same weights.
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.training.patterns import Example
from bot.understanding.cleaning import clean, fold
from bot.understanding.features import features
from bot.understanding.model import LARGEST, SCALE, IntentModel

EPOCHS = 10
STEP, BIAS_STEP = 0.05, 0.01
SPREAD = 3.0
"""Right and wrong lie about 2 apart; only so many times that are shares of 1 to go by."""
SEED = 1
LEAST_SEEN = 2
"""Features of one sentence alone teach nothing."""


@dataclass(frozen=True, slots=True)
class _Row:
    numbers: Any
    shares: Any
    label: int


def fit(examples: Sequence[Example]) -> IntentModel:
    """Return the weights that tell the labels of the examples apart."""
    found = [features(fold(clean(each.text))) for each in examples]
    seen = Counter(name for names in found for name in names)
    vocabulary = sorted(name for name, count in seen.items() if count >= LEAST_SEEN)
    importance = {name: math.log((1 + len(found)) / (1 + seen[name])) + 1 for name in vocabulary}
    labels = tuple(sorted({each.label for each in examples}))
    rows = _rows(found, [labels.index(each.label) for each in examples], importance)
    weights, bias = _descend(rows, len(vocabulary), len(labels))
    return IntentModel(
        labels,
        tuple(round(SCALE * float(value)) for value in bias),
        {name: round(100 * value) for name, value in importance.items()},
        {name: _row(weights[number]) for number, name in enumerate(vocabulary)},
    )


def _rows(
    found: Sequence[frozenset[str]], labels: Sequence[int], importance: Mapping[str, float]
) -> list[_Row]:
    import numpy as np

    numbers = {name: number for number, name in enumerate(importance)}
    rows = []
    for names, label in zip(found, labels, strict=True):
        known = sorted(name for name in names if name in importance)
        shares = np.array([importance[name] for name in known])
        length = math.sqrt(float((shares**2).sum())) or 1.0
        rows.append(_Row(np.array([numbers[n] for n in known], int), shares / length, label))
    return rows


def _descend(rows: Sequence[_Row], features_count: int, labels_count: int) -> tuple[Any, Any]:
    """Return the mean of the weights over the second half of the epochs."""
    import numpy as np

    weights = np.zeros((features_count, labels_count))
    steps = np.full((features_count, labels_count), 1e-8)
    bias = np.zeros(labels_count)
    sum_of_weights, sum_of_bias = np.zeros_like(weights), np.zeros_like(bias)
    order = list(range(len(rows)))
    drawn = random.Random(SEED)  # noqa: S311 - no secret
    for epoch in range(EPOCHS):
        drawn.shuffle(order)
        for at in order:
            row = rows[at]
            scores = row.shares @ weights[row.numbers] + bias
            # squared hinge: a label that is told apart by a margin of one teaches nothing more
            error = np.maximum(0.0, 1 + scores)
            error[row.label] = -max(0.0, 1 - float(scores[row.label]))
            gradient = row.shares[:, None] * error[None, :]
            steps[row.numbers] += gradient**2
            weights[row.numbers] -= STEP * gradient / np.sqrt(steps[row.numbers])
            bias -= BIAS_STEP * error
        if epoch >= EPOCHS // 2:
            sum_of_weights += weights
            sum_of_bias += bias
    kept = EPOCHS - EPOCHS // 2
    return SPREAD * sum_of_weights / kept, SPREAD * sum_of_bias / kept


def _row(weights: Any) -> tuple[int, ...]:  # noqa: ANN401 - one row of numpy
    whole = (round(SCALE * float(weight)) for weight in weights)
    return tuple(max(-LARGEST, min(LARGEST, each)) for each in whole)

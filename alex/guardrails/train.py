"""Learns the weights of `advisor.domain.injection_score` from the development cases: logistic regression, no chance.

The threshold is the lowest at which at most one harmless development text in a hundred would be refused by a scorer
that had not seen it (five folds). `python -m alex.guardrails.train` writes the file.
"""

import json
import sys
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.domain import injection_score
from advisor.domain.readings import comparable, latin
from alex.guardrails.corpus import BLOCKED, DEVELOPMENT, PASSES, SEEDED, cases
from alex.places import ROOT, written

Floats = NDArray[np.float64]
TARGET = ROOT / "lambdas/advisor/domain/injection_weights.json"
FOLDS, ROUNDS, RATE, DECAY = 5, 1500, 2.0, 0.0005
MOST_FALSE = 0.01
RAREST = 2
"""Word beginnings seen in fewer texts are left out: they would only be learnt by heart."""


def _samples() -> tuple[list[frozenset[str]], Floats]:
    used = [
        case
        for case in cases()
        if case.category in SEEDED and case.expected in {BLOCKED, PASSES} and case.origin == DEVELOPMENT
    ]
    words = [injection_score.beginnings(latin(comparable(case.text))) for case in used]
    return words, np.array([float(case.expected == BLOCKED) for case in used])


def _matrix(texts: list[frozenset[str]], words: list[str]) -> Floats:
    column = {word: number for number, word in enumerate(words)}
    made = np.zeros((len(texts), len(words)))
    for row, text in enumerate(texts):
        known = [column[word] for word in text if word in column]
        if known:
            made[row, known] = 1 / np.sqrt(len(known))
    return made


def _fit(x: Floats, y: Floats) -> tuple[Floats, float]:
    weights, bias = np.zeros(x.shape[1]), 0.0
    for _ in range(ROUNDS):
        off = 1 / (1 + np.exp(-(x @ weights + bias))) - y
        weights -= RATE * (x.T @ off / len(y) + DECAY * weights)
        bias -= RATE * float(off.mean())
    return weights, bias


def learn() -> dict[str, Any]:
    """Bias, threshold and weights, rounded as they are stored."""
    texts, y = _samples()
    seen = Counter(word for text in texts for word in text)
    words = sorted(word for word, times in seen.items() if times >= RAREST)
    x = _matrix(texts, words)
    unseen = np.zeros(len(y))
    for fold in range(FOLDS):
        out = np.arange(len(y)) % FOLDS == fold
        weights, bias = _fit(x[~out], y[~out])
        unseen[out] = x[out] @ weights + bias
    harmless = np.sort(unseen[y == 0])
    threshold = float(harmless[int(len(harmless) * (1 - MOST_FALSE)) - 1])
    weights, bias = _fit(x, y)
    return {
        "bias": round(bias, 2),
        "threshold": round(threshold, 2),
        "words": {word: round(float(weight), 2) for word, weight in zip(words, weights, strict=True)},
    }


def main() -> int:
    """Write the weights."""
    lines = json.dumps(learn(), ensure_ascii=True, indent=0, sort_keys=True)
    written(TARGET, lines + "\n")
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

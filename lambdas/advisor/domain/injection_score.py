"""How much the words of a text sound like instructions to a model: a linear score of word beginnings (GUARD-13).

Rules know phrases; attackers know others. The weights in ``injection_weights.json`` are learnt from the handwritten
development cases only (`alex.guardrails.train`), so that held-out cases measure them honestly. A score is explained by
its heaviest words. Presence counts over the root of the number of words: long harmless texts do not add up to an
attack.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

STEM, FEWEST = 5, 3
"""Letters of a word that count; and how many known words a text must have before they are weighed at all."""
_WORD = re.compile(r"[a-z']+|[^\x00-\x7f]|[<>\[\]{}|#:*/\\=]")
_FILE = Path(__file__).with_name("injection_weights.json")


@dataclass(frozen=True)
class Weights:
    """``bias`` and one weight a word beginning; a text counts as an attack above ``threshold``."""

    bias: float
    threshold: float
    words: Mapping[str, float]


def beginnings(letters: str) -> frozenset[str]:
    """First letters of the words of a text without marks (`readings.latin`), signs of markup, and foreign letters."""
    return frozenset(word[:STEM] for word in _WORD.findall(letters))


@cache
def weights() -> Weights:
    """The stored weights."""
    stored = json.loads(_FILE.read_text("utf-8"))
    return Weights(stored["bias"], stored["threshold"], stored["words"])


def speaks_of_machines(letters: str) -> bool:
    """Two longer words at least are among those the score knows."""
    known = weights().words
    return sum(len(word) >= FEWEST and word in known for word in beginnings(letters)) > 1


def score(letters: str) -> tuple[float, tuple[str, ...]]:
    """Score above the threshold (positive: an attack), and the three words that speak most for it."""
    by = weights()
    found = sorted(((by.words[word], word) for word in beginnings(letters) if word in by.words), reverse=True)
    if len(found) < FEWEST:
        return -by.threshold, ()
    total = sum(weight for weight, _ in found) / sqrt(len(found))
    return by.bias + total - by.threshold, tuple(word for weight, word in found[:3] if weight > 0)

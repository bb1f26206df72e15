"""The second layer of the input screen: rules that find instructions to a model in any of a text's readings.

Every hit names its rule and the stage (the reading in which it was found), so that a person can see why. Patterns have
bounded gaps only: the time grows with the length of the text, never faster. The first layer, the six agreed phrases,
is `guardrails.screen`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from advisor.domain.injection_languages import LANGUAGES, UNSPACED
from advisor.domain.injection_meaning import IN_ONE_SENTENCE
from advisor.domain.injection_rules import RULES
from advisor.domain.injection_score import score, speaks_of_machines
from advisor.domain.readings import comparable, decoded, latin, spelled

_SEPARATORS = re.compile(r"[^\w]+")
_GAP, _GAP_UNSPACED = r" (?:\w+ ){0,4}?", r"\w{0,24}?"

MARKUP: dict[str, str] = {
    "fake tag": r"<\s{0,3}/?\s{0,3}(?:data|system|instructions?|prompt|user|assistant|human|tool\w{0,20}|"
    r"function\w{0,20}|invoke|"
    r"context|admin|inst|script|iframe|img|svg|object|embed|developer|thinking|"
    r"b|i|u|p|br|div|span|font|form|input|body|html|link|meta|h[1-6])\b[^<]{0,80}>|</[a-z]|"
    r"<[a-z]{1,20}\s[a-z-]{1,20}\s?=|"
    r"<\s{0,3}/?\s{0,3}(?:data|system|assistant|script|iframe|img|prompt)\b",
    "fake turn "
    "marker": r"<\||\|>|\[/?inst\]|<</?sys>>|\[/?system\b|#{2,6} ?(?:system|instructions?|user|assistant|human|"
    r"response)\b|"
    r"```|-----begin|%%%|\[\[|\b(?:bos|eos)_token\b",
    "smuggled "
    "JSON": r"[\"']role[\"'] ?: ?[\"']|[\"'](?:system|assistant|developer)[\"'] ?[:,]|[\"'](?:total_value|charts|"
    r"recommendations|tool_choice|instructions|messages)[\"'] ?:|"
    r"[\"'][}\]]{2,}|\b(?:user_)?role ?=|_comment ?:",
    "smuggled markup": r"<!--|\{\{|\{%|javascript:|!\[[^\]]{0,80}\]\(|data:text/|\bon(?:error|load) ?=",
    "smuggled "
    "code": r"\bselect \*|; ?--|'; ?(?:delete|drop|select|insert|update)\b|\b1 ?= ?1\b|\"\"\"|\bprint\(|\beof\b",
    "address with parameters": r"https?://\S{1,200}[?&]\w{1,40}=|https?://\d{1,3}\.\d{1,3}\.",
}
TURNED = frozenset({"reversed", "rot13"})
"""Readings that every text has, and that are gibberish of nearly every text: read only where they show known words."""
_TURN = re.compile(
    r"(?:^|[\n\"'.])\s{0,8}(?:human|user|ai|bot|claude|chatgpt|gpt|model|developer|operator|admin|"
    r"role)\s{0,3}:",
    re.I,
)


@dataclass(frozen=True)
class Hit:
    """``rule`` says what was found, ``stage`` in which reading of the text ("as typed", "base64", "reversed", ...)."""

    rule: str
    stage: str


def _joined_alternatives(patterns: Iterable[str], *, spaced: bool) -> str:
    """One expression of a rule's patterns, for words with spaces between them or for letters pushed together."""
    if spaced:
        return rf"\b(?:{'|'.join(pattern.replace(' ~ ', _GAP) for pattern in patterns)})(?!\w)"
    usable = (pattern for pattern in patterns if " " in pattern and "$" not in pattern)
    return "|".join(pattern.replace(" ~ ", _GAP_UNSPACED).replace(" ", "") for pattern in usable)


_SPACED = {rule: _joined_alternatives(patterns, spaced=True) for rule, patterns in (RULES | LANGUAGES).items()}
_JOINED = {rule: _joined_alternatives(patterns, spaced=False) for rule, patterns in RULES.items()}
_UNSPACED = {rule: "|".join(patterns) for rule, patterns in UNSPACED.items()}
_TOGETHER = {rule: tuple(rf"\b{group}\b" for group in groups) for rule, groups in IN_ONE_SENTENCE.items()}

# Compiled at the first text, not at the import: a function that screens nothing does not pay for it.
_compiled = cache(re.compile)
_SENTENCE = re.compile(r"[.!?;\n\u3002\uff01\uff1f]+")


def _together(text: str) -> str | None:
    for sentence in _SENTENCE.split(text):
        words = _words(sentence)
        for rule, groups in _TOGETHER.items():
            if all(_compiled(group).search(words) for group in groups):
                return rule
    return None


def _first(rules: Mapping[str, str], text: str) -> str | None:
    return next((rule for rule, pattern in rules.items() if _compiled(pattern).search(text)), None)


def _words(text: str) -> str:
    return _SEPARATORS.sub(" ", text).strip()


def _turns(text: str) -> str | None:
    """Speakers at the beginning of lines: one after other text, or two, make a conversation that never was."""
    found = [match.start() for match in _TURN.finditer(text)]
    return "fake conversation" if len(found) > 1 or any(text[:start].strip() for start in found) else None


def _worded(text: str) -> str | None:
    """The rule that a spaced reading breaks, or that its words weigh too much."""
    rule = _first(MARKUP, text) or _first(_SPACED, _words(text)) or _together(text)
    if rule:
        return rule
    above, heaviest = score(latin(text))
    return f"sounds like instructions: {', '.join(heaviest)}" if above > 0 else None


def find(text: str) -> Hit | None:
    """The first rule that some reading of the text breaks; None for a text without instructions to a model."""
    for stage, inner in decoded(text):
        plain = comparable(inner)
        rule = _turns(inner) or _first(_UNSPACED, plain) or _worded(plain)
        if rule:
            return Hit(rule, stage)
        for way, reading, joined in spelled(plain):
            if way in TURNED and not speaks_of_machines(reading):
                continue
            rule = _first(_JOINED, reading) if joined else _worded(reading)
            if rule:
                return Hit(rule, way if stage == "as typed" else f"{stage}, {way}")
    return None

"""How much of what people and models wrote leaves with a trace (OBS-23, GUARD-09).

    full      everything: for made-up data only
    redacted  an answer's form: its keys, closed values, small numbers, the length of each text; of a prompt only the
              size and hash (its wording stands in the code under its version, its data is the client's)
    hash      sizes and hashes

Decision: what may leave is listed, not what may not. A filter that looks for names and account numbers finds those it
knows; a form has no place for them.
"""

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

Mode = Literal["full", "redacted", "hash"]

LARGEST_NUMBER = 100_000
"""Numbers from here on could be accounts, telephones or social security numbers."""


def prompt(mode: Mode, text: str) -> str:
    """A prompt as it may leave."""
    return text if mode == "full" else _mark(text)


def answer(mode: Mode, value: Mapping[str, Any], words: Collection[str]) -> str:
    """A model's answer as it may leave (JSON); ``words`` are the keys and closed values of the answer's schema."""
    whole = json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)
    if mode == "full":
        return whole
    if mode == "hash":
        return _mark(whole)
    return json.dumps(_form(value, frozenset(words)), sort_keys=True)


def band(value: float) -> str:
    """An amount's order of magnitude (USD): ``10k-100k``."""
    if not math.isfinite(value) or value <= 0:
        return "0"
    for limit, name in ((1e4, "0-10k"), (1e5, "10k-100k"), (1e6, "100k-1M"), (1e7, "1M-10M")):
        if value < limit:
            return name
    return "10M-"


def words_of(schema: Any) -> frozenset[str]:
    """The names of all properties and the values of all enumerations in a JSON schema."""
    found: set[str] = set()
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            found.update(map(str, properties))
        found.update(value for value in schema.get("enum", ()) if isinstance(value, str))
        for value in schema.values():
            found |= words_of(value)
    elif isinstance(schema, Sequence) and not isinstance(schema, str):
        for value in schema:
            found |= words_of(value)
    return frozenset(found)


def _form(value: Any, words: frozenset[str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < LARGEST_NUMBER else "[number]"
    if isinstance(value, Mapping):
        return {
            key if key in words else f"[key {number}]": _form(item, words)
            for number, (key, item) in enumerate(value.items(), start=1)
        }
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_form(item, words) for item in value]
    text = str(value)
    return text if text in words else f"[text, {len(text)} characters]"


def _mark(text: str) -> str:
    return f"[{len(text)} characters, sha256 {hashlib.sha256(text.encode(errors='replace')).hexdigest()}]"

"""Numbers in words before a unit ("two million dollars", "twenty-five percent") as digits, so that they are checked."""

import re

_UP_TO_NINETEEN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ONES = {word: n for n, word in enumerate(_UP_TO_NINETEEN)}
_TENS_WORDS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = {word: 10 * n for n, word in enumerate(_TENS_WORDS, start=2)}
_BIG = ("thousand", "million", "billion", "trillion")
_WORD = "|".join(sorted([*_ONES, *_TENS, "hundred", "half", "a", "and", *_BIG], key=len, reverse=True))
_UNIT = r"(?:%|percent\b|per cent\b|percentage points?\b|basis points?\b|dollars?\b|USD\b|US dollars?\b|bucks\b)"
_SPELLED = re.compile(rf"(?<![\w-])((?:{_WORD})(?:[ -]+(?:{_WORD}))*)(?= (?:of )?{_UNIT})", re.I)


def _value(words: list[str]) -> str | None:
    """Digits with the last scale kept as a word: its precision is what the text claims; None when it is no number."""
    scale = words[-1] if words[-1] in _BIG else ""
    head = words[:-1] if scale else words
    if head in ([], ["a"]):
        return f"1 {scale}" if scale and head else None
    if head == ["half", "a"]:
        return f"0.5 {scale}".strip()
    total = part = 0
    for word in head:
        if word in _BIG:
            total, part = total + max(part, 1) * 1000 ** (_BIG.index(word) + 1), 0
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in _ONES or word in _TENS:
            part += _ONES.get(word, 0) + _TENS.get(word, 0)
        elif word not in {"and", "a"}:
            return None
    return f"{total + part} {scale}".strip()


def with_digits(sentence: str) -> str:
    """The sentence with numbers in words as digits where a unit follows; all else as it is."""

    def digits(match: re.Match[str]) -> str:
        return _value(re.split(r"[ -]+", match[1].lower())) or match[1]

    return _SPELLED.sub(digits, sentence)

"""Personal identifiers out of texts (GUARD-09): what a prompt, a report or a log line must not carry.

Rules of form with check digits, or with the word that announces a number; no model of names, since reports speak of
companies. The libraries for it are either far larger than a function (presidio brings a language model) or check
single numbers instead of finding them in a text, so this is our own. Figures of a report are never touched: amounts,
shares and symbols have other forms, and what stands behind a currency sign is left alone.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_DASH = r"[-\u2010-\u2015\u2212\uff0d]"
_GAP = rf"[ .\u00a0]|{_DASH}"
_FREE = rf"(?<![\w$€£¥,.])(?<!\d{_DASH})"
_END = rf"(?!\w)(?!{_DASH}\d)(?![.,]\d)"
_QUARTET = r" (?=[a-z]{0,3}\d)[a-z0-9]{4}|[a-z0-9]{4}"
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|terrace|ter|parkway|pkwy|"
    r"circle|"
    r"cir|highway|hwy|square|sq|trail|way)"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = (
    r"(?:\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|"
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}\.? {_MONTH},? \d{{4}})"
)


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if c.isdecimal()]


def _card(text: str) -> bool:
    """ISO/IEC 7812: Luhn's check digit, and the first digits of payment networks."""
    digits = _digits(text)
    doubled = [d if n % 2 == 0 else (d * 2 - 9 if d > 4 else d * 2) for n, d in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and digits[0] in range(2, 7) and sum(doubled) % 10 == 0


def _iban(text: str) -> bool:
    """ISO 13616: remainder 1 of 97 with the first four signs moved to the end."""
    bare = "".join(text.split()).upper()
    return 15 <= len(bare) <= 34 and int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def _routing(text: str) -> bool:
    """ABA: weights 3, 7, 1."""
    return sum(d * w for d, w in zip(_digits(text)[-9:], (3, 7, 1) * 3, strict=True)) % 10 == 0


def _always(_text: str) -> bool:
    return True


_FORMS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (
        "IBAN",
        rf"{_FREE}[a-z]{{2}}\d{{2}} ?[a-z0-9]{{4}}(?:{_QUARTET}){{1,6}}(?: ?\d{{1,3}}|[a-z0-9]{{1,3}})?(?!\w)",
        _iban,
    ),
    ("card number", rf"{_FREE}\d(?:(?:{_GAP})?\d){{12,18}}{_END}", _card),
    ("SSN", rf"{_FREE}\d{{3}}(?P<gap>{_GAP})\d{{2}}(?P=gap)\d{{4}}{_END}", _always),
    ("SSN", r"\b(?:ssn|itin|tin|social security|tax(?:payer)? id)[^\d\n$]{0,20}(?P<id>\d{9})(?!\d)", _always),
    ("email", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", _always),
    ("email", r"(?<!\w)[\w.+-]{1,64} ?[(\[] ?at ?[)\]] ?[\w-]{1,63}(?: ?[(\[] ?dot ?[)\]] ?[\w-]{1,63}){1,4}", _always),
    ("phone number", r"(?<![\w$€£+])\+\d{1,3}(?:[ .\-()]{0,2}\d){6,13}(?!\d)", _always),
    ("phone number", rf"{_FREE}(?:1[ .-])?\(?[2-9]\d{{2}}\)?[ .-] ?[2-9]\d{{2}}[ .-]\d{{4}}{_END}", _always),
    ("phone number", r"\b(?:phone|call|mobile|cell|tel|fax)\w{0,4}[^\d\n$]{0,12}(?P<id>\d{10})(?!\d)", _always),
    ("routing number", r"\b(?:routing|aba|rtn)\b[^\d\n$]{0,20}(?P<id>\d{9})(?!\d)", _routing),
    (
        "account number",
        r"\b(?:account|acct|a/c|konto)\b\.?,? ?(?:number|no\.?|num\.?|nr\.?|#|:)[^\d\n$%]{0,8}"
        rf"(?P<id>\d(?:{_DASH}?\d){{4,16}}){_END}",
        _always,
    ),
    (
        "identity document",
        r"\b(?:passport|driver'?s? licen[cs]e|license)(?: number| no\.?|:| #)? ?:? "
        r"?(?P<id>(?=[a-z0-9]{0,8}\d{4})[a-z]{0,2}\d{5,12})\b",
        _always,
    ),
    ("date of birth", rf"\b(?:born|dob|date of birth|birth ?date|birthday)\b[^\d\n]{{0,12}}?(?P<id>{_DATE})", _always),
    (
        "address",
        r"\b(?:live|lives|living|reside|address|home|house|mail|send|sent|papers|move|moved)\b[^\d\n]{0,20}"
        rf"(?P<id>\d{{1,5}}[a-z]? (?:(?-i:[A-Z\d])[\w'.]* ){{1,4}}?{_STREET}\b\.?"
        r"(?:,? (?:apt|unit|suite|#)\.? ?\w{1,5})?)",
        _always,
    ),
    (
        "address",
        rf"{_FREE}\d{{1,5}} (?:(?-i:[A-Z\d])[\w'.]* ){{1,4}}?{_STREET}\b[^\n]{{1,30}}?\b[A-Z]{{2}},? "
        rf"\d{{5}}(?:-\d{{4}})?\b",
        _always,
    ),
    ("address", r"\bp\.? ?o\.? ?box \d{1,6}\b", _always),
)
_COMPILED = tuple((kind, re.compile(pattern, re.I), holds) for kind, pattern, holds in _FORMS)
_HIDDEN = re.compile("[\u200b\u200c\u2060\ufeff\u00ad]")
_WORTH_A_LOOK = re.compile(r"\d.{0,12}\d|@|[(\[] ?at ?[)\]]|\bbox\b", re.I | re.S)


def redacted(text: str) -> str:
    """The text with each personal identifier replaced by its kind: "[SSN removed]"."""
    if not _WORTH_A_LOOK.search(text):
        return text
    text = _HIDDEN.sub("", text)
    for kind, form, holds in _COMPILED:

        def replaced(match: re.Match[str], kind: str = kind, holds: Callable[[str], bool] = holds) -> str:
            whole = match.group()
            secret = match["id"] if "id" in match.re.groupindex else whole
            return whole.replace(secret, f"[{kind} removed]") if holds(secret) else whole

        text = form.sub(replaced, text)
    return text


def redacted_all(value: Any) -> Any:
    """A JSON value with all of its texts redacted; keys and numbers as they are."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: redacted_all(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_all(inner) for inner in value]
    return value

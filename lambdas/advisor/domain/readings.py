"""The ways to read one text: as typed, and with each disguise taken off that hides words from a plain search.

A disguise is never a reason to refuse by itself (foreign names are full of look-alikes); it only adds a reading. Every
reading is at most a few times as long as the text, their number is bounded, and each is made in one pass.
"""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u115f\u1160\u3164\uffa0\u17b4\u17b5]")
_TAGS = re.compile("[\U000e0020-\U000e007e]")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9a-fA-F]{2}[ ,:]?){8,}")
_ESCAPE = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})")
_SINGLES = re.compile(r"(?<!\w)\w(?:[\W_]{1,3}\w(?!\w)){7,}")
_NOT_LETTER = re.compile(r"[\W_]+")
DEPTH = 2
"""Encodings inside encodings: Base64 of hex is read, a third layer is not."""

_CYRILLIC = "авсԁеёғһніїјкӏмпорԛгѕтцѵԝшхуҮэ", "abcdeefhhiijklmnopqrstuvwwxyye"
_GREEK = "αβεζηικλμνοπρστυχωγδ", "abeznikluvonpotuxwyd"
_LATIN = "ıłøđɑɡɩɪʀꜱᴀʙᴄᴅᴇꜰɢʜᴊᴋʟᴍɴᴏᴘᴛᴜᴠᴡʏᴢħŧəɛɔʌ", "ilodagiirsabcdefghjklmnoptuvwyzhteeoa"
_ARMENIAN = "օոսհցքյ", "onuhgpj"
_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "+": "t", "€": "e"}


def _alphabet() -> dict[int, str]:
    table: dict[int, str] = {}
    for foreign, letters in (_CYRILLIC, _GREEK, _LATIN, _ARMENIAN):
        table |= {ord(sign): letter for sign, letter in zip(foreign, letters, strict=True)}
    for first in (0x1F150, 0x1F170, 0x1F1E6):  # letters in black circles and squares, and of flags
        table |= {first + n: chr(97 + n) for n in range(26)}
    return table


_ALIKE = _alphabet()
_LEET_I = str.maketrans(_LEET | {"1": "i", "!": "i", "|": "i"})
_LEET_L = str.maketrans(_LEET | {"1": "l", "!": "l", "|": "l"})


def comparable(text: str) -> str:
    """NFKC, no format characters, lower-case, one space between words and none before a colon."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in plain if unicodedata.category(character) != "Cf")
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", visible.casefold())).strip().replace(" :", ":")


def latin(plain: str) -> str:
    """The comparable text without marks on letters, and with look-alikes of other alphabets as Latin letters."""
    spread = unicodedata.normalize("NFKD", _INVISIBLE.sub("", plain).replace("\u2800", " "))
    return "".join(c for c in spread if unicodedata.category(c) not in {"Mn", "Me"}).translate(_ALIKE)


def _has_leet(text: str) -> bool:
    """Some word mixes signs with letters of its own; amounts and "401k" do not make a disguise."""
    words = (word.strip("!|+.,;:?") for word in text.split(" "))
    return any(sum(c.isalpha() for c in word) > 1 and any(ord(c) in _LEET_I for c in word) for word in words)


def _joined(text: str) -> str:
    """Letters that stand apart ("i g n o r e") pushed together; nothing when there are none."""
    return " ".join(_NOT_LETTER.sub("", match.group()) for match in _SINGLES.finditer(text))


def _tags(text: str) -> str:
    return "".join(chr(ord(tag) - 0xE0000) for tag in _TAGS.findall(text))


def _escapes(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        code = int(match[1] or match[2], 16)
        return chr(code) if code < 0x110000 else ""

    return _ESCAPE.sub(sign, text) if "\\" in text else text


def _base64(text: str) -> str:
    return " ".join(_bytes(lambda run=run: _unbase64(run)) for run in _BASE64.findall(text))  # type: ignore[misc]


def _unbase64(run: str) -> bytes:
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    bare = bare[: len(bare) - (len(bare) % 4 == 1)]
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


def _hex(text: str) -> str:
    digits = (re.sub(r"0x|\\x|[ ,:]", "", run) for run in _HEX.findall(text))
    return " ".join(_bytes(lambda run=run: bytes.fromhex(run[: len(run) // 2 * 2])) for run in digits)  # type: ignore[misc]


def _bytes(decode: Callable[[], bytes]) -> str:
    try:
        return decode().decode("utf-8", "ignore")
    except (binascii.Error, ValueError):
        return ""


_DECODERS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("tag characters", _tags),
    ("html entities", html.unescape),
    ("percent-encoding", unquote),
    ("escapes", _escapes),
    ("base64", _base64),
    ("hex", _hex),
)


def decoded(text: str, stage: str = "as typed", depth: int = DEPTH) -> Iterator[tuple[str, str]]:
    """(stage, text) of the text and of everything that is encoded in it, outermost first."""
    yield stage, text
    if depth == 0:
        return
    for name, decode in _DECODERS:
        inner = decode(text)
        if inner.strip() and inner != text:
            yield from decoded(inner, name, depth - 1)


def spelled(plain: str) -> Iterator[tuple[str, str, bool]]:
    """(stage, reading, without spaces) of a comparable text beside itself: what its letters may stand for."""
    letters = latin(plain)
    if letters != plain:
        yield "look-alikes", letters, False
    leet = letters.translate(_LEET_I)
    if _has_leet(letters):
        yield "digits for letters", leet, False
        yield "digits for letters", letters.translate(_LEET_L), False
    if joined := _joined(leet):
        yield "letters apart", joined, True
    yield "reversed", letters[::-1], False
    yield "rot13", codecs.encode(letters, "rot13"), False

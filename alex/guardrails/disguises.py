"""How an attacker hides a text: each disguise a pure function, the other way round of `advisor.domain.readings`."""

import base64
import codecs
from collections.abc import Callable
from urllib.parse import quote

_CYRILLIC = str.maketrans("aceiopsxyhkmt", "асеіорѕхуһкмт")
_GREEK = str.maketrans("aeiknoptvx", "αεικηορτνχ")
_LEET = str.maketrans("aeiost", "431057")
_SMALL = str.maketrans("abcdeghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")


def _each(mark: str) -> Callable[[str], str]:
    return mark.join


def _shifted(upper: int, lower: int) -> Callable[[str], str]:
    def shift(text: str) -> str:
        return "".join(
            chr(upper + ord(c) - 65) if "A" <= c <= "Z" else chr(lower + ord(c) - 97) if "a" <= c <= "z" else c
            for c in text
        )

    return shift


DISGUISES: dict[str, Callable[[str], str]] = {
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "mathematical letters": _shifted(0x1D400, 0x1D41A),
    "circled letters": _shifted(0x24B6, 0x24D0),
    "zero width": _each("\u200b"),
    "soft hyphens": _each("\u00ad"),
    "combining marks": _each("\u0336"),
    "bidirectional override": lambda text: f"\u202e{text[::-1]}\u202c",
    "tag characters": lambda text: "Retire at 62." + "".join(chr(0xE0000 + ord(c)) for c in text if " " <= c <= "~"),
    "Cyrillic letters": lambda text: text.lower().translate(_CYRILLIC),
    "Greek letters": lambda text: text.lower().translate(_GREEK),
    "small capitals": lambda text: text.lower().translate(_SMALL),
    "digits for letters": lambda text: text.lower().translate(_LEET),
    "letters apart": _each(" "),
    "dots between letters": lambda text: " ".join(".".join(word) for word in text.split()),
    "reversed": lambda text: text[::-1],
    "base64": lambda text: f"Memo: {base64.b64encode(text.encode()).decode()}",
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "hex": lambda text: f"Note {text.encode().hex()}",
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "percent-encoding": lambda text: "".join(f"%{ord(c):02X}" if ord(c) < 128 else quote(c) for c in text),
    "html entities": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "many lines": lambda text: text.replace(" ", "\n\t "),
    "inside a goal": lambda text: f"Retire at 62 with $80,000 a year. {text} Travel more.",
}

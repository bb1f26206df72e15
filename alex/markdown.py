"""Markdown of a report to HTML: a small, closed subset. Everything is escaped first, so text can never become markup.

Links keep their words and lose their target: the report must not lead a reader, or load anything, elsewhere.
"""

import re
from html import escape

_INLINE = (
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![*\w])\*([^*\s][^*]*?)\*(?![*\w])"), r"<em>\1</em>"),
    (re.compile(r"(?<![_\w])_([^_\s][^_]*?)_(?![_\w])"), r"<em>\1</em>"),
)
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^\s*[-*+]\s+(.*)$")
_NUMBER = re.compile(r"^\s*\d+[.)]\s+(.*)$")
_RULE = re.compile(r"^\s*([-*_])(\s*\1){2,}\s*$")
_DIVIDER = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")


def inline(text: str) -> str:
    """Bold, emphasis and code inside one escaped line."""
    html = escape(text, quote=True)
    for pattern, replacement in _INLINE:
        html = pattern.sub(replacement, html)
    return html


def to_html(text: str, *, top: int = 3) -> str:
    """Blocks of ``text`` as HTML; its highest heading becomes ``<h{top}>``."""
    lines = text.replace("\r\n", "\n").split("\n")
    levels = [len(match[1]) for line in lines if (match := _HEADING.match(line))]
    shift = top - min(levels, default=1)
    blocks: list[str] = []
    at = 0
    while at < len(lines):
        html, at = _block(lines, at, shift)
        if html:
            blocks.append(html)
    return "\n".join(blocks)


def _block(lines: list[str], at: int, shift: int) -> tuple[str, int]:
    line = lines[at]
    if not line.strip():
        return "", at + 1
    if heading := _HEADING.match(line):
        level = min(max(len(heading[1]) + shift, 2), 6)
        return f"<h{level}>{inline(heading[2])}</h{level}>", at + 1
    if _RULE.match(line):
        return "<hr>", at + 1
    if "|" in line and at + 1 < len(lines) and _DIVIDER.match(lines[at + 1]):
        return _table(lines, at)
    for pattern, name in ((_BULLET, "ul"), (_NUMBER, "ol")):
        if pattern.match(line):
            return _list(lines, at, pattern, name)
    return _quote(lines, at) if line.lstrip().startswith(">") else _paragraph(lines, at)


def _quote(lines: list[str], at: int) -> tuple[str, int]:
    end = at
    while end < len(lines) and lines[end].lstrip().startswith(">"):
        end += 1
    quoted = " ".join(part.lstrip().removeprefix(">").strip() for part in lines[at:end])
    return f"<blockquote><p>{inline(quoted)}</p></blockquote>", end


def _paragraph(lines: list[str], at: int) -> tuple[str, int]:
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _starts_block(lines[end]):
        end += 1
    return f"<p>{inline(' '.join(part.strip() for part in lines[at:end]))}</p>", end


def _starts_block(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_HEADING, _BULLET, _NUMBER, _RULE)) or line.lstrip().startswith(">")


def _list(lines: list[str], at: int, pattern: re.Pattern[str], name: str) -> tuple[str, int]:
    items: list[str] = []
    while at < len(lines):
        if match := pattern.match(lines[at]):
            items.append(match[1])
        elif items and lines[at].startswith("  ") and lines[at].strip():
            # An indented line belongs to the item above; a nested bullet is kept as a sentence of it.
            nested = _BULLET.match(lines[at])
            items[-1] += ("\n" + nested[1]) if nested else (" " + lines[at].strip())
        elif not (not lines[at].strip() and at + 1 < len(lines) and pattern.match(lines[at + 1])):
            break
        at += 1
    rows = "".join(f"<li>{'<br>'.join(inline(part) for part in item.split(chr(10)))}</li>" for item in items)
    return f"<{name}>{rows}</{name}>", at


def _table(lines: list[str], at: int) -> tuple[str, int]:
    def cells(line: str) -> list[str]:
        return [inline(cell.strip()) for cell in line.strip().strip("|").split("|")]

    head = "".join(f'<th scope="col">{cell}</th>' for cell in cells(lines[at]))
    at += 2
    rows = []
    while at < len(lines) and "|" in lines[at]:
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells(lines[at])) + "</tr>")
        at += 1
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>', at

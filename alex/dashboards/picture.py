"""A whole dashboard as one SVG on CloudWatch's grid, and all of them as one HTML page without script or network."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from alex.charts_svg import drawing, plain, tag
from alex.dashboards.bodies import Board, Widget
from alex.dashboards.chart import chart

COLUMN, ROW, GAP = 60.0, 46.0, 5.0
WIDTH = 24 * COLUMN
STYLE = Path(__file__).with_name("picture.css")
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
MARKED = re.compile(r"\*\*([^*]+)\*\*|`([^`]+)`")
SAID = "Sample data: invented, to show the layout. Nothing here was measured."


def svg(board: Board, *, alone: bool = True) -> str:
    """The dashboard; ``alone`` brings its style and a background along."""
    head = 40.0
    height = head + board.rows * ROW + GAP
    body = [tag("rect", x=0, y=0, width=WIDTH, height=height, class_="page")] if alone else []
    body.append(tag("text", escape(board.name), x=GAP + 4, y=27, class_="board"))
    body.append(tag("text", SAID, x=WIDTH - GAP - 4, y=27, class_="sample", text_anchor="end"))
    for widget in board.widgets:
        x, y = widget.x * COLUMN + GAP, head + widget.y * ROW + GAP
        width, high = widget.width * COLUMN - 2 * GAP, widget.height * ROW - 2 * GAP
        body.append(tag("g", _widget(widget, board.hours, width, high), transform=f"translate({plain(x)} {plain(y)})"))
    style = tag("style", STYLE.read_text("utf-8")) if alone else ""
    made = drawing(
        style + "".join(body),
        ident=board.name,
        title=board.name,
        summary=f"{SAID} {len(board.widgets)} widgets.",
        width=WIDTH,
        height=height,
        css="dashboard",
    )
    # As a file of its own it needs the name of its language.
    return made.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) if alone else made


def _widget(widget: Widget, hours: int, width: float, height: float) -> str:
    if widget.kind == "text":
        return _text(str(widget.raw["markdown"]), width)
    box = tag("rect", x=0, y=0, width=width, height=height, rx=6, class_="box")
    if widget.kind == "alarm":
        count = len(widget.raw["alarms"])
        title = tag("text", escape(widget.title), x=14, y=22, class_="title")
        calm = tag("circle", cx=21, cy=52, r=6, class_="calm")
        return box + title + calm + tag("text", f"none of {count} alarms rings", x=36, y=57, class_="note")
    return box + chart(widget, hours=hours, width=width, height=height)


def _text(markdown: str, width: float) -> str:
    """Headings, paragraphs, links, bold and code: what the dashboards' texts use."""
    body, y = [], 4.0
    for paragraph in filter(None, markdown.split("\n")):
        heading = paragraph.startswith("#")
        y += 22 if heading else 19
        if heading:
            body.append(tag("text", escape(paragraph.lstrip("# ")), x=4, y=y, class_="heading"))
            continue
        lines = _wrapped(paragraph, int(width / 6.5))
        body += [tag("text", _inline(line), x=4, y=y + index * 17, class_="prose") for index, line in enumerate(lines)]
        y += 17 * (len(lines) - 1)
    return "".join(body)


def _wrapped(text: str, letters: int) -> list[str]:
    """Lines of at most so many letters as shown; a link is not broken."""
    lines, length = [""], 0
    for word in re.findall(r"\[[^\]]+\]\([^)]*\)\S*|\S+", text):
        seen = len(LINK.sub(r"\1", word)) + 1
        if length + seen > letters and lines[-1]:
            lines.append("")
            length = 0
        lines[-1] += f"{word} "
        length += seen
    return [line.strip() for line in lines]


def _inline(text: str) -> str:
    made = LINK.sub(lambda m: f'<a href="{m[2]}"><tspan class="link">{m[1]}</tspan></a>', escape(text))
    return MARKED.sub(lambda m: f'<tspan class="strong">{m[1] or m[2]}</tspan>', made)


def page(boards: Sequence[Board], *, environment: str) -> str:
    """All dashboards in one file, with links between them."""
    links = "".join(f'<li><a href="#{escape(b.name)}">{escape(_word(b, environment))}</a></li>' for b in boards)
    parts = "\n".join(f'<section id="{escape(b.name)}">{svg(b, alone=False)}</section>' for b in boards)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Dashboards of {escape(environment)} (sample data)</title>\n<style>{STYLE.read_text('utf-8')}</style>"
        f'</head><body><header><h1>Dashboards of {escape(environment)}</h1><p class="notice">{SAID} Titles, units, '
        f"limits, legends and links are those that a deployment makes.</p><nav><ol>{links}</ol></nav></header>\n"
        f"<main>{parts}</main></body></html>\n"
    )


def _word(board: Board, environment: str) -> str:
    return board.name.removeprefix(f"alex-{environment}-").replace("-", " ")

"""The HTML report: complete, self-contained, safe against the texts in it, legible in light, dark and print."""

import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex import places, report
from alex.figures import money, percent
from alex.markdown import to_html
from alex.result import Analysis

CSS = (places.ROOT / "alex" / "report.css").read_text("utf-8")
VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Elements, attributes and nesting of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def page(analysis: Analysis, **change: Any) -> tuple[str, Page]:
    """The rendered page and its parse."""
    text = report.render(analysis, simulated=change.get("simulated", True), made_at=datetime(2026, 11, 21, tzinfo=UTC))
    return text, Page(text)


def test_page_loads_nothing_and_runs_nothing(analysis: Analysis) -> None:
    """A report with client data must not call home, nor run anything a text smuggled in."""
    text, parsed = page(analysis)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & set(parsed.tags)
    assert not [n for n, v in parsed.attributes if n.startswith("on") or n == "src"]
    assert all(str(v).startswith("#") for n, v in parsed.attributes if n == "href")
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text


def test_page_is_well_formed_with_unique_ids_and_ordered_headings(analysis: Analysis) -> None:
    """Screen readers navigate by ids and headings; a duplicate id or an unclosed element loses a reader."""
    _text, parsed = page(analysis)
    assert not parsed.open
    ids = [v for n, v in parsed.attributes if n == "id"]
    assert len(ids) == len(set(ids))
    referred = {part for n, v in parsed.attributes if n.startswith("aria-labelledby") for part in str(v).split()}
    referred |= {str(v)[1:] for n, v in parsed.attributes if n == "href"}
    assert referred <= set(ids)
    levels = [int(tag[1]) for tag in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_figure_of_the_analysis_is_on_the_page(analysis: Analysis) -> None:
    """What the platform computed is what the investor reads: value, shares, advice, retirement, audit."""
    _text, parsed = page(analysis)
    words = " ".join(parsed.words)
    assert money(analysis.total_value) in words
    for holding in analysis.holdings:
        assert holding.symbol in words
        assert holding.value is not None
        assert money(holding.value, cents=True) in words
    for advice in analysis.recommendations:
        assert advice.recommendation in words
        assert advice.reasoning in words
        assert advice.impact in words
    for part in (*analysis.asset_class, *analysis.sector, *analysis.region):
        assert percent(part.percent) in words
    for entry in analysis.audit:
        assert entry["entry_hash"][:12] in words
    assert f"{analysis.retirement['success_rate']:.1f}%" in words
    assert analysis.quality is not None
    assert f"{analysis.quality.confidence:.2f}" in words
    assert "28 December 2022" in words


def test_simulation_and_limits_are_said_where_nobody_can_miss_them(analysis: Analysis) -> None:
    """A reader must not take the local model for a real adviser, nor a simulation for a promise."""
    words = " ".join(page(analysis)[1].words)
    assert "simulated model on this machine" in words
    assert words.index("Local demonstration") < words.index("Allocation")
    assert "not investment" in words
    assert "Past performance does not predict" in words
    assert "never executes" in words
    assert "Local demonstration" not in " ".join(page(analysis, simulated=False)[1].words)


def test_degraded_analysis_says_so(answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]) -> None:
    """A fallback must not look like an analysis (domain 4, failure policy)."""
    answers["job"]["quality_payload"] |= {"fallbacks": ["reporter"], "confidence": 0.72, "cue": "low"}
    answers["job"]["charts_payload"] = {"charts": [], "error": "Unable to generate charts at this time"}
    answers["job"]["retirement_payload"] = {"analysis": "No projection.", "numbers": None}
    words = " ".join(page(read(answers))[1].words)
    assert "Parts of this analysis are fallbacks: reporter" in re.sub(r"\s+", " ", words)
    assert "The retirement simulation gave no result" in words
    assert "Low confidence" in words


def test_sum_that_disagrees_is_shown_as_wrong(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """An auditor must see when holdings do not add up to the reported total."""
    answers["job"]["summary_payload"]["total_value"] += 1000
    words = " ".join(page(read(answers))[1].words)
    assert "The sums disagree." in words
    assert "checked" not in words


def test_tampered_audit_entry_breaks_the_chain(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """A changed audit entry must be visible in the report, whatever the platform says (XAI-04)."""
    assert read(answers).audit_ok is True
    answers["audit"]["entries"][1]["cost_usd"] = "0"
    tampered = read(answers)
    assert tampered.audit_ok is False
    assert "record not whole" in " ".join(page(tampered)[1].words)


def test_audit_chain_that_the_platform_found_broken_is_broken(
    answers: dict[str, Any], read: Callable[[dict[str, Any]], Analysis]
) -> None:
    """The platform knows the head of the chain: only it can notice a missing last entry."""
    answers["audit"]["chain_intact"] = False
    assert read(answers).audit_ok is False


@given(st.text(max_size=400))
def test_narrative_can_only_contain_the_allowed_elements(text: str) -> None:
    """The model writes Markdown; no text of it may become a link, an image or a script."""
    allowed = {
        "p",
        "ul",
        "ol",
        "li",
        "strong",
        "em",
        "code",
        "br",
        "hr",
        "blockquote",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    }
    parsed = Page(to_html(text))
    assert set(parsed.tags) <= allowed
    assert {n for n, _ in parsed.attributes} <= {"class", "scope"}
    assert not parsed.open


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("# A\n## B", "<h3>A</h3>\n<h4>B</h4>"),
        ("one\ntwo\n\nthree", "<p>one two</p>\n<p>three</p>"),
        ("- **a**\n- b", "<ul><li><strong>a</strong></li><li>b</li></ul>"),
        ("1. x\n2. y", "<ol><li>x</li><li>y</li></ol>"),
        ("see [this](http://evil.example)", "<p>see this</p>"),
        ("<b>5 < 6</b>", "<p>&lt;b&gt;5 &lt; 6&lt;/b&gt;</p>"),
        ("> said", "<blockquote><p>said</p></blockquote>"),
        ("a_b_c 2*3*4", "<p>a_b_c 2*3*4</p>"),
    ],
)
def test_narrative_keeps_its_structure(source: str, html: str) -> None:
    """Headings, lists and emphasis of the report survive; links lose their target."""
    assert to_html(source) == html


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    full = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


THEMES = [
    dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})", block))
    for block in re.findall(r":root \{(.*?)\n? *\}", CSS, re.S)
]


@pytest.mark.parametrize("theme", range(3), ids=["light", "dark", "print"])
def test_colours_are_legible_in_every_theme(theme: int) -> None:
    """Readers with weak sight need text at 4.5:1 and chart marks at 3:1 on their background (WCAG AA)."""
    colours = THEMES[0] | THEMES[theme]
    for text in ("ink", "soft", "brand", "accent", "good", "warn", "bad"):
        assert contrast(colours[text], colours["surface"]) >= 4.5, text
    for text, ground in (
        ("good", "good-bg"),
        ("warn", "warn-bg"),
        ("bad", "bad-bg"),
        ("ink", "note-bg"),
        ("soft", "page"),
    ):
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for index in range(1, 9):
        assert contrast(colours[f"c{index}"], colours["surface"]) >= 3, f"c{index}"

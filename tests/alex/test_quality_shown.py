"""Data quality where a person reads it: terminal and report show each term, and say when they do not add up."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from alex import report, terminal
from alex.result import Analysis

Read = Callable[[dict[str, Any]], Analysis]

DOUBTFUL: dict[str, Any] = {
    "missing_prices": ["NOSUCH"],
    "stale_prices": [{"symbol": "OLD", "as_of": "2022-12-01", "trading_days": 18}],
    "ageing_prices": [{"symbol": "KO", "as_of": "2022-12-23", "trading_days": 2}],
    "refused_prices": [{"symbol": "XOM", "close": 10750.0, "as_of": "2022-12-28", "known": 107.5}],
    "missing_allocations": ["BARE"],
    "default_allocations": ["DEF"],
    "last_updated": {"prices": "2022-12-28", "instruments": None, "positions": "2022-12-28"},
    "heuristics_used": ["Default allocations stand in for holdings that nobody has classified."],
    "fallbacks": ["charter"],
    "confidence": 0.5917,
    "cue": "low",
    "derivation": [
        {"term": "start", "points": 1.0, "text": "Complete, fresh and classified data count 1.00."},
        {"term": "missing_prices", "share": 0.05, "weight": 1.0, "points": -0.05, "text": "1 of 20 positions"},
        {"term": "old_prices", "share": 0.2666, "weight": 0.5, "points": -0.1333, "text": "26.66% of the value <old>"},
        {"term": "allocations", "share": 0.25, "weight": 0.5, "points": -0.125, "text": "25.00% of the value"},
        {"term": "fallbacks", "share": 1.0, "weight": 0.1, "points": -0.1, "text": "1 agent was replaced"},
    ],
}
FINDINGS = (
    "NOSUCH",
    "OLD (2022-12-01, 18 trading days)",
    "KO (2022-12-23, 2 trading days)",
    "XOM (10750.0 on 2022-12-28, kept 107.5)",
    "BARE",
    "DEF",
    "Default allocations",
    "charter",
)


@pytest.fixture
def doubtful(answers: dict[str, Any], read: Read) -> Analysis:
    """An analysis whose data has every fault."""
    answers["job"]["quality_payload"] = DOUBTFUL
    return read(answers)


def printed(analysis: Analysis) -> str:
    """What the terminal shows, without colours."""
    out = io.StringIO()
    terminal.show(Console(file=out, width=140), analysis, simulated=True)
    return out.getvalue()


def test_terminal_and_report_show_each_term_and_each_finding(doubtful: Analysis) -> None:
    """WEB-05: an investor must see what lowered the confidence, and by how much, wherever the analysis is read."""
    page, screen = report.render(doubtful, simulated=True), printed(doubtful)
    for shown in (page, screen):
        for points in ("+1.0000", "-0.0500", "-0.1333", "-0.1250", "-0.1000", "0.5917"):
            assert points in shown
        for finding in FINDINGS:
            assert finding in shown
        assert "do not add up" not in shown
        assert "does not add up" not in shown
    assert "&lt;old&gt;" in page
    assert '<span class="badge bad-mark">red</span> OLD' in page
    assert '<span class="badge warned">amber</span> KO' in page


def test_a_derivation_that_does_not_add_up_is_said(answers: dict[str, Any], read: Read) -> None:
    """WEB-05: a wrong explanation is worse than none, so it must not look right."""
    answers["job"]["quality_payload"] = DOUBTFUL | {"confidence": 0.9}
    wrong = read(answers)
    assert "do not add up to the confidence" in report.render(wrong, simulated=True)
    assert "does not add up to the confidence" in printed(wrong)


def test_a_job_of_before_has_no_derivation_and_still_reads(answers: dict[str, Any], read: Read) -> None:
    """WEB-05: an analysis stored by an earlier version must stay readable."""
    answers["job"]["quality_payload"].pop("derivation", None)
    old = read(answers)
    assert "How the confidence adds up" not in report.render(old, simulated=True)
    assert f"confidence {old.quality.confidence:.4f}" in printed(old) if old.quality else False

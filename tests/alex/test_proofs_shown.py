"""Approval, audit and trace where a person reads them, recorded from `alex demo --portfolio five-million`."""

import copy
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from alex import reading, reading_proofs, report, terminal
from alex.charts_waterfall import Row, waterfall
from alex.figures import money
from alex.result import Analysis
from tests.alex.test_report_html import Page, page

Answers = dict[str, Any]
RECORDED = json.loads((Path(__file__).parent / "recorded" / "five_million.json").read_text("utf-8"))


@pytest.fixture
def millions() -> Answers:
    """The recorded answers, to be changed by a test."""
    return copy.deepcopy(RECORDED)


def shown(answers: Answers) -> tuple[str, str]:
    """The report's words and the terminal's, with every run of spaces as one."""
    analysis = reading.read(**answers)
    out = io.StringIO()
    terminal.show(Console(file=out, width=400), analysis, simulated=True)
    texts = " ".join(page(analysis)[1].words), out.getvalue()
    return tuple(re.sub(r"\s+", " ", text) for text in texts)  # type: ignore[return-value]


def test_the_approval_can_be_read_by_somebody_who_never_saw_the_code(millions: Answers) -> None:
    """HITL-01, HITL-02: why it waited, with figures and limits, who decided what and why, what the investor saw."""
    first, second = millions["proofs"]["approval"]
    rejected, withdrawn = sorted(first["reviews"], key=lambda one: str(one["state"]))
    assert (rejected["state"], withdrawn["state"]) == ("rejected", "withdrawn")
    for text in shown(millions):
        for one in (first, second):
            value, risk = money(one["figures"]["traded_value"]), one["figures"]["risk_score"]
            assert f"the traded value is {value} (limit: above $1,000,000)" in text
            assert f"the risk score is {risk} of 10 (limit: above 7)" in text
        assert "First analysis: rejected" in text
        assert "Next analysis: completed" in text
        assert rejected["comment"] in text
        assert second["reviews"][0]["comment"] in text
        assert rejected["decided_at"][11:19] in text
        assert "demo-senior-adviser" in text
        assert "a simulated person of this demonstration" in text
        assert "another review was rejected, so nobody need look any more" in text
        assert (
            'the status "awaiting approval", the reasons and the time limit. Withheld until the decision: charts'
            in text
        )
        assert first["told"] in text


def test_rules_that_did_not_ask_are_listed_as_passed(millions: Answers) -> None:
    """HITL-03: who reads that a person had to look must also see what was looked at and found in order."""
    words, screen = shown(millions)
    assert "passed: confidence 1.00 (limit: below 0.80)" in screen
    assert "Confidence passed 1.00 below 0.80" in words
    assert words.index("Traded value a person must look") < words.index("Confidence passed")


def test_advice_that_nobody_had_to_approve_says_so(millions: Answers) -> None:
    """HITL-01: an investor must be able to tell "nobody had to look" from "nobody was asked"."""
    one = millions["proofs"]["approval"][-1]
    one |= {"reviews": [], "client_saw": None}
    millions["proofs"]["approval"] = [one]
    for text in shown(millions):
        assert "No rule asked for a person: the advice was released at once." in text
        assert "Meanwhile the investor" not in text
    millions["proofs"] = {}
    assert "Approval not asked for" in shown(millions)[1]


def test_a_limit_is_the_deployed_one(millions: Answers) -> None:
    """HITL-01: an operator who changed a limit, or what it is compared with, must not read the old one."""
    changed = {"approval_basis": "portfolio_value", "approval_threshold_usd": 250_000, "risk_score_above": 5}
    for one in millions["proofs"]["approval"]:
        one["limits"] |= changed
    for text in shown(millions):
        held = money(millions["proofs"]["approval"][0]["figures"]["portfolio_value"])
        assert f"the portfolio value is {held} (limit: above $250,000)" in text
        assert "(limit: above 5)" in text


def test_a_leak_before_the_decision_is_not_called_withheld(millions: Answers) -> None:
    """HITL-01: the report says what the investor's own request answered, and not what it should have."""
    for one in millions["proofs"]["approval"]:
        one["client_saw"]["withheld"] = []
    for text in shown(millions):
        assert "Nothing was withheld: please report it." in text


def test_the_record_can_be_read_by_somebody_who_never_saw_the_code(millions: Answers) -> None:
    """WEB-11, XAI-04: every decision with who, why, by what, tokens, cost and time, and the check's own words."""
    words, screen = shown(millions)
    entries, usage = millions["audit"]["entries"], millions["job"]["summary_payload"]["usage"]
    for entry in entries:
        assert entry["timestamp"][11:19] in words
        assert entry["entry_hash"][:12] in words
        for text in (words, screen):
            assert entry["explanation"][1:] in text
            if entry["model"] != "rules":
                assert entry["model"] in text
                assert f"${entry['cost_usd']:.4f}" in text
    for text in (words, screen):
        assert "Assumptions & audit" in text
        assert "chain intact" in text
        assert "archive agrees" in text
        assert f"$ {millions['proofs']['verification']['command']}" in text
        assert f"intact; {len(entries)} entries in the table, {len(entries)} in the archive, which agrees" in text
        assert f"${usage['cost_usd']:.4f} of the ${usage['budget_usd']:.2f} that this analysis could spend" in text
    assert millions["job"]["summary_payload"]["assumptions"][0] in words


def test_people_and_rules_are_told_apart(millions: Answers) -> None:
    """XAI-04: an auditor asks which decision a person took."""
    steps = [entry for entry in millions["audit"]["entries"] if entry["agent"] == "approval"]
    screen = shown(millions)[1]
    approved = [entry for entry in steps if entry["decision"] == "review_approved"]
    assert screen.count("Review approved a person") == len(approved) > 0
    assert "Review requested rules" in screen
    assert "Review requested a person" not in screen


@pytest.mark.parametrize("width", [60, 83, 84, 200])
def test_decisions_and_agents_are_told_on_a_terminal_of_any_width(millions: Answers, width: int) -> None:
    """XAI-04, OBS-19: a narrow window loses figures that the report has, and never the decision or the agent."""
    out = io.StringIO()
    terminal.show(Console(file=out, width=width), reading.read(**millions), simulated=True)
    text = out.getvalue()
    audit, trace = text.index("Assumptions & audit"), text.index("\nTrace\n")
    for decision in ("Prices refreshed", "Review approved", "Reviews concluded"):
        assert decision in text[audit:trace]
    for agent in ("Planner", "Reporter", "Charter", "Retirement"):
        assert agent in text[trace:]
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(
    ("state", "said"),
    [("pending", "archive pending"), ("differs", "archive differs"), ("unavailable", "archive not read")],
)
def test_an_archive_that_does_not_agree_is_not_passed_over(millions: Answers, state: str, said: str) -> None:
    """COMP-16: "not yet" and "something else" are different answers, and neither is "agrees"."""
    millions["audit"]["archive"] = state
    words, screen = shown(millions)
    assert said in words
    assert f"archive {state}" in screen
    assert "archive agrees" not in words


def test_a_trail_that_is_not_whole_says_where(millions: Answers) -> None:
    """XAI-04: the platform's findings are shown in place of its praise."""
    fault = {"what": "removed", "position": 3, "reason": "an entry is missing"}
    millions["audit"] |= {"chain_intact": False, "findings": [fault]}
    for text in shown(millions):
        assert "record not whole" in text
        assert "removed: an entry is missing" in text
        assert "chain intact" not in text


def test_the_trace_is_drawn_from_the_spans(millions: Answers) -> None:
    """OBS-18, OBS-19: the planner above its agents above their model calls, each where and as long as it ran."""
    analysis = reading.read(**millions)
    planner, *below = analysis.trace
    assert planner.name.startswith("Planner")
    agents = [one for one in below if one.kind == "agent"]
    assert {one.name.split(":")[0] for one in agents} == {"Charter", "Reporter", "Retirement"}
    assert {one.depth for one in agents} == {1}
    assert {one.depth for one in below if one.kind == "generation"} == {2}
    assert planner.calls == millions["job"]["summary_payload"]["usage"]["calls"]
    assert planner.tokens_in == sum(one.tokens_in for one in agents)
    assert all(0 <= one.starts <= planner.milliseconds for one in below)
    words, screen = shown(millions)
    for one in analysis.trace:
        assert f"{one.milliseconds:,.0f} ms" in words
        assert one.name in words
        assert (one.name in screen) == (one.kind != "generation")
    assert f"${planner.cost_usd:.4f}" in screen


def test_a_waterfall_has_a_title_and_says_its_rows() -> None:
    """OBS-19: a screen reader hears what the bars show; what took no time is still there to be seen."""
    drawn = waterfall([Row("Planner", 0, 0, 1000, "span"), Row("Tagger", 1, 500, 0, "agent")], ident="w", title="When")
    parsed = Page(drawn)
    assert not parsed.open
    assert "Planner 1,000 ms from 0; Tagger 0 ms from 500" in " ".join(parsed.words)
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    (left, whole), (middle, least) = [(float(x), float(width)) for x, width in bars]
    assert middle == pytest.approx(left + whole / 2)
    assert least > 0
    with pytest.raises(ValueError, match="zero"):
        waterfall([Row("x", 0, -1, 1, "span")], ident="w", title="t")
    assert "no spans" in waterfall([], ident="w", title="t")


def test_many_calls_of_one_kind_are_one_row_with_their_sum() -> None:
    """OBS-19: a tagger that asks for sixty instruments must not bury the other agents; nothing of it may get lost."""
    call = {"kind": "generation", "service": "alex_tagger_agent", "name": "model: classify", "milliseconds": 10.0,
            "tokens_in": 5, "tokens_out": 2, "cost_usd": 0.5, "failed": False, "facts": {}, "children": []}  # fmt: skip
    calls = [call | {"starts": float(n)} for n in range(9)]
    tagger = call | {"kind": "agent", "name": "InstrumentTagger", "starts": 0.0, "tokens_in": 45, "children": calls}
    top, together = reading_proofs.trace({"trace": [tagger]})
    assert (top.calls, together.calls, together.name) == (9, 9, "Model call: classify, 9 times")
    assert (together.starts, together.milliseconds) == (0.0, 18.0)
    assert (together.tokens_in, together.tokens_out, together.cost_usd) == (45, 18, 4.5)
    tagger["children"] = calls[:8]
    assert len(reading_proofs.trace({"trace": [tagger]})) == 9


def test_without_a_trace_the_report_says_how_to_learn_why(millions: Answers) -> None:
    """OBS-34: an empty drawing would look like an analysis without agents."""
    millions["proofs"]["trace"] = []
    for text in shown(millions):
        assert "alex doctor traces" in text


def test_texts_of_people_stay_texts(millions: Answers, read: Callable[[Answers], Analysis]) -> None:
    """HITL-01: a comment with mark-up must not become a part of the page, and brackets not of the terminal's."""
    for review in millions["proofs"]["approval"][-1]["reviews"]:
        review["comment"] = "<script>alert(1)</script> [bold]fine[/bold]"
    html = report.render(reading.read(**millions), simulated=True)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "[bold]fine[/bold]" in shown(millions)[1]


def test_what_is_kept_for_the_report_holds_no_prompt(millions: Answers) -> None:
    """XAI-05: the file beside the report is passed on with it."""
    kept = json.dumps(millions["proofs"]["trace"])
    assert "input" not in kept
    assert "events" not in kept

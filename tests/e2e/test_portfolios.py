"""Investors of different character, from real prices through the deployed platform, checked number by number.

If one of these fails, somebody with such a portfolio is told a wrong figure, or gets no analysis at all.
"""

import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from alex import demo, portfolio, report, reviews, terminal
from alex.client import Api
from alex.portfolios import GALLERY, UNPRICED
from local_cloud.cloud import LocalCloud
from tests.e2e.figures_in_text import known_values, unexplained
from tests.e2e.following import OVER, until
from tests.e2e.independent import Sums, raw_closes

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]
CENT = Decimal("0.01")
NAMES = [name for name in GALLERY if name != "demo"]
FUTURES = 40_000


@dataclass(frozen=True)
class Case:
    """One investor's finished job, and what it must come to."""

    name: str
    job: dict[str, Any]
    sums: Sums
    api: Api
    waited: bool

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.job["summary_payload"]
        return found

    @property
    def numbers(self) -> dict[str, Any]:
        found: dict[str, Any] = self.job["retirement_payload"]["numbers"]
        return found


@pytest.fixture(scope="module")
def cases(sign_in: Session, market_wheel: Path, cloud: LocalCloud) -> dict[str, Case]:
    """Every portfolio of the gallery, loaded through the API and analysed; all are asked for before one is read.

    What waits for a senior adviser is approved: until then its owner sees no figure of it.
    """
    closes = raw_closes(market_wheel)
    asked: dict[str, tuple[Api, str]] = {}
    for name in NAMES:
        api = sign_in(f"gallery-{name}")
        portfolio.load(api, GALLERY[name])
        answer = api.post("/api/analyze", {"analysis_type": "portfolio", "options": {}}, key=f"gallery-{name}")
        asked[name] = api, str(answer["job_id"])
    found: dict[str, Case] = {}
    # First what waits for a person: here it would expire within a minute.
    for name in sorted(asked, key=lambda name: name != "five-million"):
        api, job_id = asked[name]
        job = until(api, job_id, {*OVER, "awaiting_approval"})
        waited = job["status"] == "awaiting_approval"
        if waited:
            assert job["summary_payload"] is None
            with reviews.signed_in(cloud, "gallery-senior") as senior:
                assert [reviews.decide(senior, one["id"], "approve", "") for one in reviews.waiting(senior, job_id)]
            job = until(api, job_id, OVER)
        instruments = {p["symbol"]: p["instrument"] for account in api.portfolio() for p in account["positions"]}
        found[name] = Case(name, job, Sums(GALLERY[name], closes, instruments), api, waited)
    return found


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    """One of them."""
    return cases[request.param]


def close(left: Any, right: Any, *, within: str = "0.01") -> bool:
    """Equal to the cent, or as far as said."""
    return abs(Decimal(str(left)) - Decimal(str(right))) <= Decimal(within)


def test_the_job_ended_well(case: Case) -> None:
    """AGENT-05: whatever an investor holds, the analysis ends with a result and says nothing about fallbacks."""
    assert case.job["status"] == "completed", case.job["error_message"]
    assert case.job["quality_payload"]["fallbacks"] == []


def test_totals(case: Case) -> None:
    """INT-04, AGENT-05: quantity x close + cash, from the raw closes; what has no price is in no total."""
    assert close(case.summary["total_value"], case.sums.total)
    assert close(case.summary["cash"], case.sums.cash)
    assert case.summary["num_positions"] == case.sums.wanted.positions
    assert case.summary["num_accounts"] == len(case.sums.wanted.accounts)
    assert case.job["quality_payload"]["missing_prices"] == case.sums.unpriced


@pytest.mark.parametrize("dimension", ["asset_class", "region", "sector"])
def test_shares(case: Case, dimension: str) -> None:
    """AGENT-07: what a portfolio consists of, to the hundredth of a percent."""
    found, right = case.summary["allocations"][dimension], case.sums.shares(dimension)
    assert found.keys() == right.keys()
    for key, share in right.items():
        assert close(found[key], share, within="0.005001"), key


def test_risk(case: Case) -> None:
    """AGENT-07, HITL-02: the score that sends a case to an expert follows from the mix, not from a model's feeling."""
    assert case.summary["risk"]["risk_score"] == case.sums.risk_score
    assert close(case.summary["risk"]["expected_return"], case.sums.mean * 100, within="0.005001")
    assert close(case.summary["risk"]["volatility"], case.sums.volatility * 100, within="0.005001")


def test_retirement_with_average_returns(case: Case) -> None:
    """AGENT-09: value at retirement, sustainable income, gap, and every milestone of the mean path."""
    numbers, sums, path = case.numbers, case.sums, case.sums.path
    income = float(sums.profile["target_retirement_income"])
    assert numbers["expected_value_at_retirement"] == pytest.approx(sums.at_retirement, abs=0.02, rel=1e-9)
    assert numbers["sustainable_income"] == pytest.approx(sums.at_retirement * 0.04, abs=0.02, rel=1e-9)
    assert numbers["income_gap"] == pytest.approx(income - sums.at_retirement * 0.04, abs=0.02, rel=1e-9)
    last = sums.profile["years_until_retirement"] + 30
    shown = {milestone["year"] for milestone in numbers["milestones"]}
    assert shown == {*range(0, last + 1, 5), sums.profile["years_until_retirement"], last}
    for milestone in numbers["milestones"]:
        assert milestone["value"] == pytest.approx(path[milestone["year"]], abs=0.05, rel=1e-8)
    empty = next((year for year, value in enumerate(path) if year > last - 30 and value <= 0), None)
    assert numbers["depleted_year"] == empty


def test_retirement_by_simulation(case: Case) -> None:
    """AGENT-09: the success rate and the percentiles agree with another simulation within four standard errors."""
    finals, numbers, paths = case.sums.futures(FUTURES), case.numbers, case.numbers["paths"]
    right = float(np.count_nonzero(finals)) / FUTURES

    def error(share: float) -> float:
        return 4 * math.sqrt(share * (1 - share) * (1 / paths + 1 / FUTURES))

    assert numbers["success_rate"] / 100 == pytest.approx(right, abs=error(min(max(right, 0.001), 0.999)) + 0.0005)
    for key, share in (("percentile_10", 0.1), ("median_final_value", 0.5), ("percentile_90", 0.9)):
        if case.sums.volatility < 1e-9:
            assert numbers[key] == pytest.approx(case.sums.path[-1], abs=0.05, rel=1e-8)
        elif numbers[key] > 0:
            below = float(np.count_nonzero(finals < numbers[key])) / FUTURES
            assert below == pytest.approx(share, abs=error(share))
        else:
            assert 1 - right >= share - error(share), f"{key} is 0, and too many futures keep money"


def test_charts_add_up(case: Case) -> None:
    """AGENT-08, GUARD-11: slices sum to what is cut, and each is what was computed here."""
    charts, sums = case.job["charts_payload"] or {}, case.sums
    if sums.wanted.positions < 2:
        assert charts == {}, "domain 4: no chart of fewer than two positions"
        return
    wholes = {"asset_class_distribution": sums.total, "account_distribution": sums.total}
    wholes |= dict.fromkeys(("geographic_exposure", "sector_breakdown", "top_holdings"), sums.invested)
    assert set(wholes) <= set(charts)
    for key, whole in wholes.items():
        points = charts[key]["data"]
        assert close(sum(Decimal(str(point["value"])) for point in points), whole, within="0.10"), key
    for point in charts["top_holdings"]["data"][:10]:
        assert close(point["value"], sums.by_symbol[point["name"]])
    assert [point["name"] for point in charts["top_holdings"]["data"][:10]] == [symbol for symbol, _ in sums.top]
    for point in charts["account_distribution"]["data"]:
        assert close(point["value"], sums.by_account[point["name"]])


def test_every_figure_of_the_report_was_calculated(case: Case) -> None:
    """GUARD-11, AGENT-07, XAI-03: no figure of the text or of a recommendation comes from nowhere."""
    if not case.sums.wanted.positions:
        assert case.job["report_payload"] is None, "domain 4: no report of nothing"
        return
    known = known_values(case.sums, case.job)
    assert unexplained(case.job["report_payload"]["content"], known) == []
    for one in case.summary["recommendations"]:
        assert unexplained(" ".join((one["recommendation"], one["reasoning"], one["impact"])), known) == []


def test_what_the_report_says_of_concentration(case: Case) -> None:
    """AGENT-07: the sentence that tells an investor how much hangs on few names."""
    sums = case.sums
    if not sums.wanted.positions:
        return
    text = case.job["report_payload"]["content"]
    found = re.search(r"(\S+)(?: \([^)]*\))? is the largest holding with ([\d.]+)%", text)
    assert found, "the report does not name the largest holding"
    symbol, value = sums.top[0]
    assert symbol in found.group(0) or symbol in text.split(found.group(0))[0][-40:]
    assert close(found[2], 100 * value / sums.total, within="0.005001")
    if equal := re.search(r"weigh as much as ([\d.]+) equal", text):
        assert close(equal[1], 1 / sums.herfindahl, within="0.0501")


def test_the_confidence_adds_up(case: Case) -> None:
    """WEB-05: each analysis explains its confidence, and two unpriced of sixty positions cost what the rule says."""
    quality = case.job["quality_payload"]
    assert sum(Decimal(str(term["points"])) for term in quality["derivation"]) == Decimal(str(quality["confidence"]))
    unpriced = sum(symbol in UNPRICED for account in case.sums.wanted.accounts for symbol in account.positions)
    share = Decimal(unpriced) / max(case.sums.wanted.positions, 1)
    assert close(quality["confidence"], 1 - share, within="0.0001")


def test_the_result_can_be_shown(case: Case) -> None:
    """WEB-05: terminal and report show every portfolio, the empty one too, and their own sum agrees."""
    shown = demo.collect(case.api, case.job)
    out = io.StringIO()
    terminal.show(Console(file=out, width=120), shown, simulated=True)
    page = report.render(shown, simulated=True)
    assert shown.sums_agree
    assert "simulat" in page
    assert "Data quality" in out.getvalue()
    assert "How the confidence adds up" in page


def test_five_million_needs_an_approval(cases: dict[str, Case]) -> None:
    """HITL-01: orders of more than a million dollars are a senior adviser's decision (here any risk is allowed)."""
    case = cases["five-million"]
    assert case.sums.total > 5_000_000
    traded = sum(Decimal(trade["value"]) for trade in case.summary["rebalancing"]["trades"])
    assert traded > 1_000_000
    assert close(traded, case.summary["rebalancing"]["traded_value"])
    assert case.summary["review_reasons"] == ["value_over_limit"]
    assert {name for name, one in cases.items() if one.waited} == {"five-million"}


def test_advice_fits_the_investor(cases: dict[str, Case]) -> None:
    """AGENT-07, XAI-03: six kinds of investors get six kinds of advice, and none that they cannot follow."""
    advice = {name: [one["recommendation"] for one in case.summary["recommendations"]] for name, case in cases.items()}
    assert len({tuple(items) for items in advice.values()}) == len(advice)
    assert any("MSFT" in item for item in advice["one-stock"])
    assert any("Rebalance" in item or "below target" in item for item in advice["all-cash"])
    assert any("NOPRICEA" in item for item in advice["sixty"])
    assert any("Add your accounts" in item for item in advice["new"])
    retired = " ".join(advice["retired"]) + cases["retired"].job["retirement_payload"]["analysis"]
    assert not re.search(r"[Rr]etire later|later retirement|[Ss]av(?:e|ing) (?:more|about)|savings\b", retired)
    assert cases["all-cash"].summary["risk"]["risk_score"] == 1
    assert cases["new"].summary["total_value"] == 0

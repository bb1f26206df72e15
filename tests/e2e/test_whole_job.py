"""From a request to advice: if this fails, an investor gets no analysis, or a wrong one."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from alex import portfolio
from alex.client import Api
from local_cloud.cloud import LocalCloud
from tests.e2e.following import until
from tests.e2e.independent import raw_closes

pytestmark = pytest.mark.e2e

Session = Callable[[str], Api]
DAY = "2022-12-28"
FACTOR_FUNDS = {"MTUM", "QUAL", "SIZE", "USMV", "VLUE"}


def analyse(api: Api, key: str | None = None) -> dict[str, Any]:
    """Request an analysis and wait for its end."""
    return until(api, str(api.post("/api/analyze", {"analysis_type": "portfolio", "options": {}}, key=key)["job_id"]))


@pytest.fixture(scope="module")
def investor(sign_in: Session) -> Api:
    """A user with the demo's portfolio, loaded through the API."""
    api = sign_in("whole-job-investor")
    portfolio.load(api)
    return api


@pytest.fixture(scope="module")
def job(investor: Api) -> dict[str, Any]:
    """The finished analysis."""
    return analyse(investor)


@pytest.fixture(scope="module")
def closes(market_wheel: Path) -> dict[str, Decimal]:
    """Closing prices of the valuation day, read from the raw data."""
    return raw_closes(market_wheel)


def test_the_total_is_right(job: dict[str, Any], closes: dict[str, Decimal]) -> None:
    """SYS-07, INT-04: quantity x close + cash, computed here from the raw data and the demo's quantities."""
    expected = sum(
        (
            account.cash + sum((Decimal(quantity) * closes[s] for s, quantity in account.positions.items()), Decimal(0))
            for account in portfolio.ACCOUNTS
        ),
        Decimal(0),
    )
    assert job["status"] == "completed", job["error_message"]
    assert Decimal(str(job["summary_payload"]["total_value"])) == expected.quantize(Decimal("0.01"))
    assert (
        job["summary_payload"]["num_positions"] == sum(len(account.positions) for account in portfolio.ACCOUNTS) >= 15
    )
    assert job["summary_payload"]["num_accounts"] == 3


def test_the_charts_add_up_to_the_total(job: dict[str, Any]) -> None:
    """GUARD-11: a chart that disagrees with the total misleads the reader."""
    slices = job["charts_payload"]["asset_class_distribution"]["data"]
    total = sum(Decimal(str(point["value"])) for point in slices)
    assert abs(total - Decimal(str(job["summary_payload"]["total_value"]))) < Decimal("0.05")
    assert {"Equity", "Cash"} <= {point["name"] for point in slices}


def test_unknown_instruments_were_classified_before_the_roll_up(job: dict[str, Any], investor: Api) -> None:
    """AGENT-06: otherwise part of the portfolio stands in no asset class, and the report does not say so."""
    instruments = {
        position["symbol"]: position["instrument"]
        for account in investor.portfolio()
        for position in account["positions"]
    }
    tagged = {symbol for symbol, one in instruments.items() if one["allocation_source"] == "tagger"}
    assert tagged >= FACTOR_FUNDS
    for symbol in tagged:
        for dimension in ("allocation_asset_class", "allocation_regions", "allocation_sectors"):
            assert abs(sum(instruments[symbol][dimension].values()) - 100) <= 0.05
    assert job["quality_payload"]["missing_allocations"] == []
    assert job["progress"]["agents"]["tagger"] in {"completed", "skipped"}


def test_all_agents_delivered(job: dict[str, Any]) -> None:
    """SYS-08: each agent's part is in the job, none by fall-back."""
    agents = job["progress"]["agents"]
    assert {agents[name] for name in ("reporter", "charter", "retirement")} == {"completed"}
    assert job["quality_payload"]["fallbacks"] == []
    assert job["report_payload"]["content"].startswith("#")
    recommendations = job["summary_payload"]["recommendations"]
    assert len(recommendations) >= 3
    for one in recommendations:
        assert all(one[part] for part in ("recommendation", "reasoning", "impact"))
        assert one["priority"] in {"High", "Medium", "Low"}


def test_retirement_is_computed_from_this_portfolio(job: dict[str, Any]) -> None:
    """Domain defect 2: an earlier system analysed an empty portfolio and nobody saw it."""
    numbers = job["retirement_payload"]["numbers"]
    assert 0 < numbers["success_rate"] <= 100
    assert numbers["paths"] == 10_000
    assert numbers["percentile_10"] <= numbers["median_final_value"] <= numbers["percentile_90"]
    total = float(job["summary_payload"]["total_value"])
    contributed = 24_000 * 20
    assert numbers["expected_value_at_retirement"] > total + contributed * 0.9


def test_quality_says_how_sure_the_analysis_is(job: dict[str, Any]) -> None:
    """WEB-05: every price is the valuation day's, everything is classified: full confidence, and it says so."""
    quality = job["quality_payload"]
    assert quality["missing_prices"] == []
    assert quality["stale_prices"] == []
    assert quality["confidence"] == pytest.approx(1.0, abs=0.2)
    assert quality["cue"] in {"high", "medium"}


def test_the_job_says_what_its_model_calls_used(job: dict[str, Any], investor: Api) -> None:
    """COST-05, XAI-04: the sum over the agents' calls is what the audit trail says, and nobody takes a simulated cost
    for a bill."""
    usage = job["summary_payload"]["usage"]
    entries = investor.get(f"/api/jobs/{job['id']}/audit")["entries"]
    assert (usage["simulated"], usage["budget_usd"]) == (True, 2.0)
    assert {"reporter", "charter", "retirement"} <= usage["by_agent"].keys()
    assert usage["calls"] == sum(agent["calls"] for agent in usage["by_agent"].values()) >= 3
    for name, used in usage["by_agent"].items():
        audited = [entry for entry in entries if entry["agent"] == name]
        assert used["tokens_in"] == sum(entry["tokens"]["in"] for entry in audited) > 0
        assert Decimal(str(used["cost_usd"])) == sum(Decimal(str(entry["cost_usd"])) for entry in audited) > 0
        assert all("sha256:" in entry["prompt_version"] for entry in audited)


def test_each_decision_is_audited_in_an_unbroken_chain(job: dict[str, Any], investor: Api) -> None:
    """XAI-04: a compliance officer follows each agent's decision without reading a prompt."""
    audit = investor.get(f"/api/jobs/{job['id']}/audit")
    assert audit["chain_intact"] is True
    assert {"reporter", "charter", "retirement"} <= {entry["agent"] for entry in audit["entries"]}
    for entry in audit["entries"]:
        assert len(entry["input_hash"]) == 64
        assert entry["compliance_check"] in {"PASS", "FAIL", "NOT_EVALUATED"}
        assert "prompt" not in entry


def test_the_same_key_gives_the_same_job(investor: Api, job: dict[str, Any]) -> None:
    """A browser that repeats a request after a lost answer must not pay for a second analysis."""
    assert job["status"] == "completed"
    first = investor.post("/api/analyze", {"analysis_type": "portfolio", "options": {}}, key="same-key")["job_id"]
    again = investor.post("/api/analyze", {"analysis_type": "portfolio", "options": {}}, key="same-key")["job_id"]
    assert first == again
    second = until(investor, str(first))
    assert second["status"] == "completed"
    assert second["summary_payload"]["total_value"] == job["summary_payload"]["total_value"]


def test_no_user_sees_the_other_ones_data(sign_in: Session, investor: Api, job: dict[str, Any]) -> None:
    """AUTH-04: 403 for a known record of somebody else, 404 for one that does not exist; the owner still reads it."""
    stranger = sign_in("whole-job-stranger")
    account = investor.accounts()[0]["id"]
    held = investor.positions(account)
    position = held[0]["id"]
    attempts: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
        ("GET", f"/api/jobs/{job['id']}", None),
        ("GET", f"/api/jobs/{job['id']}/audit", None),
        ("GET", f"/api/accounts/{account}/positions", None),
        ("PUT", f"/api/accounts/{account}", {"cash_balance": 0}),
        ("DELETE", f"/api/accounts/{account}", None),
        ("POST", "/api/positions", {"account_id": account, "symbol": "MSFT", "quantity": 1}),
        ("PUT", f"/api/positions/{position}", {"quantity": 1}),
        ("DELETE", f"/api/positions/{position}", None),
    )
    for method, path, body in attempts:
        assert stranger.send(method, path, body=body).status_code == 403, f"{method} {path}"
    assert stranger.send("GET", "/api/jobs/00000000-0000-4000-8000-000000000000").status_code == 404
    assert stranger.get("/api/jobs")["jobs"] == []
    assert investor.positions(account) == held


def test_what_was_deployed_is_what_parity_reports(cloud: LocalCloud) -> None:
    """Nobody may take a recorded web ACL for a tested one: every deployed resource has a level."""
    entries = cloud.parity()
    levels = {entry.resource_type: entry.level for entry in entries}
    assert {"enforced", "emulated", "recorded"} >= set(levels.values())
    assert levels["AWS::IAM::Role"] == "enforced"
    assert levels["AWS::Lambda::Function"] in {"enforced", "emulated"}
    assert levels["AWS::WAFv2::WebACL"] == "recorded"
    assert levels["AWS::EC2::NatGateway"] == "recorded"
    assert len(entries) > 200

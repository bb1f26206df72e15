"""The simulated analyst: Bedrock's protocol, the same answer every time, honest about what it is."""

import json
from typing import Any

import pytest

from local_cloud.analyst import AnalystError, FaultPlan, judge, respond
from local_cloud.analyst.known import COMPANY_SECTORS, FUNDS, REITS

VOCABULARY = {
    "asset_class": {"equity", "fixed_income", "real_estate", "commodities", "cash", "alternatives"},
    "region": {
        "north_america", "europe", "asia", "latin_america", "africa", "middle_east", "oceania", "global",
        "international",
    },
    "sector": {
        "technology", "healthcare", "financials", "consumer_discretionary", "consumer_staples", "industrials", "energy",
        "materials", "utilities", "real_estate", "communication", "treasury", "corporate", "mortgage",
        "government_related", "commodities", "diversified", "other",
    },
}  # fmt: skip


def request(tool: str, data: Any, *, text: str | None = None) -> dict[str, Any]:
    return {
        "system": [{"text": "You classify."}],
        "messages": [{"role": "user", "content": [{"text": text or f"Do it.\n\n<data>\n{json.dumps(data)}\n</data>"}]}],
        "toolConfig": {
            "tools": [{"toolSpec": {"name": tool, "description": "d", "inputSchema": {"json": {}}}}],
            "toolChoice": {"tool": {"name": tool}},
        },
    }


def classified(symbol: str, name: str = "Unknown", kind: str | None = None) -> dict[str, Any]:
    asked = {"instrument": {"symbol": symbol, "name": name, "instrument_type": kind}}
    answer = respond("m", request("classify_instrument", asked))
    (block,) = answer["output"]["message"]["content"]
    value: dict[str, Any] = block["toolUse"]["input"]
    return value


def test_the_answer_has_the_form_of_converse() -> None:
    """boto3 parses it; the functions cannot tell the difference."""
    answer = respond("m", request("classify_instrument", {"instrument": {"symbol": "AMD", "name": "AMD"}}))
    assert answer["stopReason"] == "tool_use"
    assert answer["output"]["message"]["role"] == "assistant"
    use = answer["output"]["message"]["content"][0]["toolUse"]
    assert (use["name"], use["toolUseId"][:8]) == ("classify_instrument", "tooluse_")
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert min(usage["inputTokens"], usage["outputTokens"]) > 0
    json.dumps(answer)


def test_the_same_question_gets_the_same_answer() -> None:
    """A demo that changes by itself cannot be tested."""
    asked = request("classify_instrument", {"instrument": {"symbol": "QUAL", "name": "Quality"}})
    assert respond("m", asked) == respond("m", asked)


@pytest.mark.parametrize(
    ("symbol", "sector"),
    [("AMD", "technology"), ("BBY", "consumer_discretionary"), ("RRC", "energy"), ("JPM", "financials"),
     ("KO", "consumer_staples"), ("LLY", "healthcare"), ("GE", "industrials")],
)  # fmt: skip
def test_known_companies_are_whole_in_their_sector(symbol: str, sector: str) -> None:
    """The demo's companies must not be misfiled."""
    value = classified(symbol, kind="stock")
    assert value["sector_allocation"] == {sector: 100.0}
    assert (value["asset_class"], value["region_allocation"]) == ("equity", {"north_america": 100.0})


@pytest.mark.parametrize("symbol", ["MTUM", "QUAL", "SIZE", "USMV", "VLUE"])
def test_factor_funds_are_diversified_us_equity(symbol: str) -> None:
    """A fund is no single sector."""
    value = classified(symbol, kind="etf")
    assert value["asset_class_allocation"] == {"equity": 100.0}
    assert value["region_allocation"] == {"north_america": 100.0}
    assert len(value["sector_allocation"]) >= 8
    assert max(value["sector_allocation"].values()) <= 40


@pytest.mark.parametrize("symbol", sorted(FUNDS) + [s for group in COMPANY_SECTORS.values() for s in group] + [*REITS])
def test_every_known_classification_is_valid(symbol: str) -> None:
    """Each map sums to 100 within the platform's vocabulary."""
    value = classified(symbol)
    for name, words in VOCABULARY.items():
        parts = value[f"{name}_allocation"]
        assert set(parts) <= words
        assert sum(parts.values()) == pytest.approx(100, abs=0.01)
    assert value["asset_class_allocation"][value["asset_class"]] == max(value["asset_class_allocation"].values())


@pytest.mark.parametrize(
    ("name", "kind", "asset_class", "sector"),
    [
        ("Some Treasury Bond Fund", "bond_fund", "fixed_income", "treasury"),
        ("Acme Corporate Bond 2030", "bond", "fixed_income", "corporate"),
        ("Harbour Real Estate Trust", None, "real_estate", "real_estate"),
        ("Physical Gold Trust", "commodity", "commodities", "commodities"),
        ("Fjord Energy ASA", "stock", "equity", "energy"),
        ("Zzyzx Holdings", "stock", "equity", "other"),
        ("Zzyzx Fund", "etf", "equity", "diversified"),
        ("Prime Money Market Fund", "mutual_fund", "cash", "other"),
    ],
)
def test_unknown_instruments_are_read_cautiously(name: str, kind: str | None, asset_class: str, sector: str) -> None:
    """What name and form do not say stays broad: never a region or sector made up."""
    value = classified("ZZYZX", name, kind)
    assert (value["asset_class"], value["sector_allocation"]) == (asset_class, {sector: 100.0})
    assert value["region_allocation"] == {"global": 100.0}
    assert "not in any table" in value["rationale"]
    assert value["rationale"].startswith("Simulated analyst")


def test_a_plan_of_failures_is_counted_by_tool() -> None:
    """Tests of the whole platform ask for exactly so many failures."""
    plan = FaultPlan.from_dict([{"tool": "classify_instrument", "fault": "throttle", "times": 2}])
    asked = request("classify_instrument", {"instrument": {"symbol": "AMD", "name": "AMD"}})
    for _ in range(2):
        with pytest.raises(AnalystError) as error:
            respond("m", asked, fault=plan)
        assert (error.value.status, error.value.code) == (429, "ThrottlingException")
    assert respond("m", asked, fault=plan)["stopReason"] == "tool_use"


def test_each_kind_of_failure_looks_like_the_services() -> None:
    """Throttling and time-outs are errors; rubbish and guardrails are answers."""
    asked = request("classify_instrument", {"instrument": {"symbol": "AMD", "name": "AMD"}})
    with pytest.raises(AnalystError) as error:
        respond("m", asked, fault=FaultPlan.from_dict({"fault": "timeout"}))
    assert (error.value.status, error.value.code) == (408, "ModelTimeoutException")
    blocked = respond("m", asked, fault=FaultPlan.from_dict({"fault": "guardrail"}))
    assert blocked["stopReason"] == "guardrail_intervened"
    assert "text" in blocked["output"]["message"]["content"][0]
    rubbish = respond("m", asked, fault=FaultPlan.from_dict({"fault": "rubbish"}))
    assert "rationale" not in rubbish["output"]["message"]["content"][0]["toolUse"]["input"]


def test_a_verdict_is_planned_apart_from_the_answer() -> None:
    """GUARD-06: a planned verdict that the answer's own call used up would never reach the check it is meant for."""
    plan = FaultPlan.from_dict([{"fault": "guardrail_output"}, {"fault": "guardrail_away"}])
    asked = request("classify_instrument", {"instrument": {"symbol": "AMD", "name": "AMD"}})
    said: dict[str, Any] = {"source": "OUTPUT", "content": [{"text": {"text": "x" * 25_000}}]}
    assert respond("m", asked, fault=plan)["stopReason"] == "tool_use"
    assert judge(said, fault=plan)["action"] == "GUARDRAIL_INTERVENED"
    with pytest.raises(AnalystError):
        judge(said, fault=plan)
    assert judge(said, fault=plan)["action"] == "NONE"
    for wrong in ({**said, "source": "x"}, {**said, "content": []}, {**said, "content": [*said["content"]] * 2}):
        with pytest.raises(AnalystError):
            judge(wrong)
    with pytest.raises(ValueError, match="knows no tool"):
        FaultPlan.from_dict({"fault": "guardrail_output", "tool": "write_report"})


@pytest.mark.parametrize("plan", [{"fault": "explode"}, {"fault": "throttle", "times": 0}, {"tool": "x"}, ["throttle"]])
def test_a_wrong_plan_is_refused(plan: Any) -> None:
    """A test that plans nothing would pass for the wrong reason."""
    with pytest.raises(ValueError, match="fault"):
        FaultPlan.from_dict(plan)


@pytest.mark.parametrize(
    "asked",
    [
        {"messages": []},
        request("unknown_tool", {}),
        request("classify_instrument", {}, text="no data"),
        request("classify_instrument", {}, text="<data>\n{}\n</data>\n<data>\n{}\n</data>"),
        request("classify_instrument", {}, text="<data>\nnot json\n</data>"),
        request("write_report", {"as_of": "2022-12-28"}),
        {**request("classify_instrument", {}), "toolConfig": {"tools": [], "toolChoice": {"tool": {"name": "x"}}}},
    ],
)
def test_a_request_the_service_would_refuse_is_refused(asked: Any) -> None:
    """A wrong request must not come back as a plausible answer."""
    with pytest.raises(AnalystError) as error:
        respond("m", asked)
    assert (error.value.status, error.value.code) == (400, "ValidationException")


def test_without_a_tool_it_says_what_it_is() -> None:
    """Nobody should take it for a language model."""
    answer = respond("m", {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]})
    assert answer["stopReason"] == "end_turn"
    assert answer["output"]["message"]["content"][0]["text"].startswith("Simulated analyst")

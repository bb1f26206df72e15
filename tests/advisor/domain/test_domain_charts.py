"""Charts show the roll-up's values, and undrawable answers are refused with the exact reason (GUARD-01, GUARD-02)."""

import copy
import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.chart_rules import validate_charts
from advisor.domain.charts import CHART_FALLBACK, build_charts, chart_payload, disagreements
from advisor.domain.rollup import roll_up
from advisor.domain.vocabulary import label

D = Decimal
PIE = {"type": "pie", "data": [{"name": "A", "value": 1}]}
BAR = {"type": "bar", "data": [{"category": "A", "value": 1}]}


def pie(**point: Any) -> dict[str, Any]:
    return {"charts": [{"type": "pie", "data": [point]}]}


def bar(**point: Any) -> dict[str, Any]:
    return {"charts": [{"type": "bar", "data": [point]}]}


TABLE: list[tuple[Any, str]] = [
    # 1-8: accepted
    ({"charts": [PIE]}, ""),
    ({"charts": [BAR]}, ""),
    ({"charts": [{"type": "donut", "data": [{"name": "A", "value": 0.5}, {"name": "B", "value": 0}]}]}, ""),
    ({"charts": [{"type": "horizontalBar", "data": [{"name": "A", "value": -3}]}]}, ""),
    ({"charts": [PIE] * 6}, ""),
    (json.dumps({"charts": [PIE]}), ""),
    (pie(name="A", value=1, color="#1a2B3c"), ""),
    ({"charts": [{**PIE, "key": "a_1", "title": "T", "description": "d", "note": "ignored"}]}, ""),
    # 9-18: the envelope
    ("", "Invalid JSON: Expecting value (line 1, column 1)"),
    ("Here is your chart", "Invalid JSON: Expecting value (line 1, column 1)"),
    ('{"charts": [', "Invalid JSON: Expecting value (line 1, column 13)"),
    ('{"charts": [NaN]}', "Invalid JSON: NaN is not a number"),
    (
        '{"charts": [{"type": "pie", "data": [{"name": "A", "value": Infinity}]}]}',
        "Invalid JSON: Infinity is not a number",
    ),
    ("[]", "The answer must be an object with the key 'charts'"),
    ("null", "The answer must be an object with the key 'charts'"),
    ({"chart": []}, "The answer is missing 'charts'"),
    ({"charts": {"a": PIE}}, "'charts' must be a list"),
    ({"charts": []}, "Expected 1 to 6 charts, got 0"),
    # 19-30: the chart
    ({"charts": [PIE] * 7}, "Expected 1 to 6 charts, got 7"),
    ({"charts": ["pie"]}, "Chart 0 must be an object"),
    ({"charts": [{"data": []}]}, "Chart 0 is missing 'type'"),
    ({"charts": [{"type": "pie"}]}, "Chart 0 is missing 'data'"),
    (
        {"charts": [PIE, {"type": "line", "data": []}]},
        "Chart 1 has the unknown type 'line'; known: pie, donut, bar, horizontalBar",
    ),
    (
        {"charts": [{"type": ["pie"], "data": []}]},
        "Chart 0 has the unknown type ['pie']; known: pie, donut, bar, horizontalBar",
    ),
    ({"charts": [{"type": "pie", "data": {"A": 1}}]}, "Chart 0: 'data' must be a list"),
    ({"charts": [{"type": "pie", "data": []}]}, "Chart 0 has no data points"),
    (
        {"charts": [{"type": "bar", "data": [{"name": f"n{i}", "value": i} for i in range(51)]}]},
        "Chart 0 has 51 data points, at most 50 are drawn",
    ),
    ({"charts": [{**PIE, "title": 7}]}, "Chart 0: 'title' must be a text"),
    ({"charts": [{**PIE, "key": "No Spaces"}]}, "Chart 0: 'key' must be lower-case letters, digits and underscores"),
    ({"charts": [{**PIE, "key": "a"}, {**BAR, "key": "a"}]}, "Chart 1 repeats the key 'a'"),
    # 31-44: the points
    ({"charts": [{"type": "pie", "data": [1]}]}, "Chart 0, point 0 must be an object"),
    (pie(value=1), "Chart 0, point 0 is missing 'name'"),
    (pie(category="A", value=1), "Chart 0, point 0 is missing 'name'"),
    (pie(name="A"), "Chart 0, point 0 is missing 'value'"),
    (pie(name=" ", value=1), "Chart 0, point 0: 'name' must be a text"),
    (pie(name="A", value="12"), "Chart 0, point 0: 'value' must be a number"),
    (pie(name="A", value=True), "Chart 0, point 0: 'value' must be a number"),
    (pie(name="A", value=float("nan")), "Chart 0, point 0: 'value' must be finite"),
    (pie(name="A", value=-1), "Chart 0, point 0: a share cannot be negative"),
    (pie(name="A", value=0), "Chart 0: all shares are 0"),
    (pie(name="A", value=1, color="blue"), "Chart 0, point 0: 'color' must look like #1A2B3C"),
    (bar(value=1), "Chart 0, point 0 is missing 'category'"),
    (bar(category="A"), "Chart 0, point 0 is missing 'value'"),
    (
        {"charts": [{"type": "bar", "data": [{"name": "A", "value": 1}, {"category": "A", "value": 2}]}]},
        "Chart 0, point 1 repeats 'A'",
    ),
]


@pytest.mark.parametrize(("answer", "reason"), TABLE, ids=range(1, len(TABLE) + 1))
def test_every_answer_gets_its_exact_reason(answer: Any, reason: str) -> None:
    """An operator reads in the log which rule the model broke and where; a good answer is not refused (SYS-09)."""
    check = validate_charts(answer)
    assert (check.ok, check.reason) == (not reason, reason)
    assert bool(check.charts) is check.ok


def test_the_table_has_its_forty_cases() -> None:
    """SYS-09 asks for 40 cases."""
    assert len(TABLE) >= 40


def test_bars_carry_name_and_category() -> None:
    """A frontend that reads either key draws the bar, whichever the model wrote."""
    for point in ({"category": "A", "value": 1}, {"name": "A", "value": 1}):
        (chart,) = validate_charts({"charts": [{"type": "bar", "title": "My Bars!", "data": [point]}]}).charts
        assert chart["data"] == [{"name": "A", "value": 1, "category": "A"}]
        assert chart["key"] == "my_bars"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["charts", "type", "data"]), inner),
    )
)
def test_rubbish_never_raises(answer: Any) -> None:
    """Whatever a model answers, the validator answers with a verdict (AGENT-23)."""
    check = validate_charts(answer if isinstance(answer, str | dict) else {"charts": answer})
    assert check.ok or check.reason
    deep = validate_charts("[" * 100_000)
    assert not deep.ok


def test_deterministic_charts_of_the_worked_portfolio(build: Any) -> None:
    """The five or six charts show the hand-calculated dollars, keyed as stored."""
    rolled = roll_up(build.worked())
    charts = build_charts(rolled, targets={"equity": 70.0, "fixed_income": 30.0})
    payload = chart_payload(charts)
    assert list(payload) == [
        "asset_class_distribution",
        "geographic_exposure",
        "sector_breakdown",
        "top_holdings",
        "account_distribution",
        "target_allocation",
    ]
    assert [chart["type"] for chart in charts] == ["pie", "bar", "donut", "horizontalBar", "pie", "bar"]
    assert {p["name"]: p["value"] for p in payload["asset_class_distribution"]["data"]} == {
        "Equity": 6202.5,
        "Fixed income": 2803.0,
        "Cash": 994.5,
    }
    assert {p["category"]: p["value"] for p in payload["target_allocation"]["data"]} == {
        "Equity": 7000.0,
        "Fixed income": 3000.0,
    }
    assert {p["name"]: p["value"] for p in payload["account_distribution"]["data"]} == {
        "Pension plan": 5002.75,
        "Brokerage": 4997.25,
    }
    assert "key" not in payload["top_holdings"]


def test_only_ten_holdings_are_named_and_the_rest_is_not_lost(build: Any) -> None:
    """The bars of a portfolio of 12 holdings still add up to its value."""
    held = [(build.instrument(f"S{i:02}", str(100 + i)), "1") for i in range(12)]
    rolled = roll_up(build.portfolio(build.account("a", held)))
    data = chart_payload(build_charts(rolled))["top_holdings"]["data"]
    assert len(data) == 11
    assert data[-1]["name"] == "Other holdings"
    assert sum(D(str(p["value"])) for p in data) == rolled.invested


def test_accounts_of_the_same_name_keep_their_own_slice(build: Any) -> None:
    """Two accounts called IRA are two slices."""
    one, two = (
        build.account("IRA", cash="5"),
        build.account("other", cash="7").model_copy(update={"account_name": "IRA"}),
    )
    charts = build_charts(roll_up(build.portfolio(one, two)))
    assert [p["name"] for p in chart_payload(charts)["account_distribution"]["data"]] == ["IRA", "IRA (2)"]
    assert validate_charts({"charts": charts}).ok


@given(seed=st.integers(0, 10**6))
def test_built_charts_are_valid_and_agree(build: Any, seed: int) -> None:
    """For any portfolio the engine's own charts pass both gates, and each dimension adds up to its whole in cents."""
    rng = random.Random(seed)
    classes = [None, {}, {"equity": 60.0, "real_estate": 40.0}, {"fixed_income": 100.0}]
    held = [
        (build.instrument(f"S{i}", f"{rng.uniform(1, 900):.4f}", rng.choice(classes)), f"{rng.uniform(0.1, 90):.3f}")
        for i in range(rng.randint(1, 15))
    ]
    rolled = roll_up(build.portfolio(build.account("a", held, cash="12.34"), build.account("b")))
    targets = {"equity": 70.0, "fixed_income": 30.0}
    charts = build_charts(rolled, targets=targets)
    check = validate_charts(json.dumps({"charts": charts}))
    assert check.ok, check.reason
    assert 4 <= len(check.charts) <= 6
    assert disagreements(check.charts, rolled, targets=targets) == ()
    wholes = {
        "asset_class_distribution": rolled.total,
        "geographic_exposure": rolled.invested,
        "sector_breakdown": rolled.invested,
        "top_holdings": rolled.invested,
        "account_distribution": rolled.total,
        "target_allocation": rolled.total,
    }
    for key, chart in chart_payload(check.charts).items():
        shown = sum(D(str(p["value"])) for p in chart["data"])
        assert abs(shown - wholes[key]) <= D("0.005") * len(chart["data"])


def test_a_changed_figure_is_noticed(build: Any) -> None:
    """0.02% off is caught and 0.009% passes; invented, missing and unknown parts are caught too (GUARD-11)."""
    rolled = roll_up(build.worked())
    charts = build_charts(rolled)

    def changed(factor: float) -> tuple[str, ...]:
        copied = copy.deepcopy(charts)
        copied[0]["data"][0]["value"] = 6202.5 * factor
        return disagreements(copied, rolled)

    assert changed(1.00009) == ()
    assert changed(1.0002) == ("asset_class_distribution: 'Equity' is 6203.7405, calculated 6202.5",)
    assert changed(0.9998)
    renamed = copy.deepcopy(charts)
    renamed[0]["data"][0]["name"] = "Gold"
    assert disagreements(renamed, rolled) == (
        "asset_class_distribution: 'Gold' is not calculated",
        "asset_class_distribution: 'Equity' is missing",
    )
    assert disagreements([{**charts[0], "key": "tulips"}], rolled) == ("chart 'tulips' has no calculation behind it",)


def test_nothing_held_gives_no_empty_chart(build: Any) -> None:
    """A portfolio of cash has the two charts that cash fills; an empty one has none."""
    cash = build_charts(roll_up(build.portfolio(build.account("a", cash="10"))))
    assert [chart["key"] for chart in cash] == ["asset_class_distribution", "account_distribution"]
    assert build_charts(roll_up(build.portfolio()), targets={"equity": 100.0}) == []


def test_fallback_is_the_agreed_text() -> None:
    """The frontend's banner matches the stored fallback exactly."""
    assert CHART_FALLBACK == {"charts": [], "error": "Unable to generate charts at this time"}


def test_words_are_written_for_readers() -> None:
    """Legends say Fixed income and North America, not the keys of the database."""
    assert (label("fixed_income"), label("north_america")) == ("Fixed income", "North America")

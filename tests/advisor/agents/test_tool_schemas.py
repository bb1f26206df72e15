"""The tools' schemas as they go to the model: self-contained, rationale first, and agreeing with the validation."""

import json
from typing import Any

import pytest

from advisor.agents.charter import ChartChoice
from advisor.agents.reporter import ReportSections
from advisor.agents.retirement import Explanation
from advisor.agents.schema import tool_schema
from advisor.agents.tagger import Classification
from advisor.domain.vocabulary import AssetClass, Region, Sector

ANSWERS = [Classification, ReportSections, ChartChoice, Explanation]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_schema_needs_nothing_outside_itself(answer: Any) -> None:
    """Some models refuse or ignore references, and then answer in another form."""
    schema = tool_schema(answer)
    text = json.dumps(schema)
    assert "$ref" not in text
    assert "$defs" not in text
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert next(iter(schema["properties"])) == "rationale"


def test_a_chart_keeps_its_property_called_title() -> None:
    """Dropping the schemas' titles must not drop a field of that name."""
    charts = tool_schema(ChartChoice)["properties"]["charts"]
    assert list(charts["items"]["properties"]) == ["key", "type", "title", "description"]


def test_a_recommendation_shows_its_four_parts_and_priorities() -> None:
    """XAI-03 is asked for by the schema, not only checked afterwards."""
    one = tool_schema(ReportSections)["properties"]["recommendations"]["items"]
    assert sorted(one["required"]) == ["impact", "priority", "reasoning", "recommendation"]
    assert one["properties"]["priority"]["enum"] == ["High", "Medium", "Low"]


def test_a_classification_offers_exactly_the_vocabulary() -> None:
    """A word the database does not know could only be refused afterwards."""
    properties = tool_schema(Classification)["properties"]
    for field, words in (("asset_class", AssetClass), ("region", Region), ("sector", Sector)):
        assert set(properties[f"{field}_allocation"]["properties"]) == {word.value for word in words}
        assert properties[f"{field}_allocation"]["additionalProperties"] is False
    assert "price" not in json.dumps(properties)

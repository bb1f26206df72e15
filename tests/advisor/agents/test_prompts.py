"""Prompts as released files: visible, versioned, and the ones that the audit trail names (XAI-06, XAI-04)."""

import hashlib
import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from advisor.agents import charter, prompts, reporter, retirement, tagger
from advisor.agents.schema import tool_schema
from settings import load

ANSWERS: dict[str, type[BaseModel]] = {
    "charter": charter.ChartChoice,
    "reporter": reporter.ReportSections,
    "retirement": retirement.Explanation,
    "tagger": tagger.Classification,
}
SCHEMAS = Path(__file__).parent / "released_schemas.json"


def test_a_released_text_never_changes() -> None:
    """XAI-06: an audit entry that says reporter-2 must lead to the words that were used. Changed a prompt? Raise its
    `version` and add a line to `released.toml`."""
    released = prompts.released()
    for prompt in prompts.prompts():
        assert released.get(prompt.label) == prompt.checksum, f"{prompt.label} was changed, or never released"
        assert {
            f"{prompt.id}-{number}" for number in range(2, prompt.version)
        } <= released.keys() or prompt.version == 2
    assert {label.rpartition("-")[0] for label in released} == set(ANSWERS)


def test_the_fields_of_an_answer_are_part_of_a_version() -> None:
    """GUARD-14: the schema is what the model is told, too; another one is another version."""
    released = json.loads(SCHEMAS.read_text())
    for prompt in prompts.prompts():
        schema = json.dumps(tool_schema(ANSWERS[prompt.id]), sort_keys=True)
        assert released.get(prompt.label) == hashlib.sha256(schema.encode()).hexdigest(), prompt.label


def test_the_rules_stand_in_every_prompt() -> None:
    """GUARD-05: a prompt without them would obey what stands in the data."""
    rules = (prompts.FOLDER / "rules.txt").read_text().strip()
    assert "never an instruction" in rules
    for prompt in prompts.prompts():
        assert rules in prompt.system
        assert "<data>\n{}\n</data>" in prompt.filled(data="{}")


def test_a_prompt_was_written_for_the_model_that_production_asks() -> None:
    """LLM-04: a prompt tried on the large model says nothing about the small one."""
    roles = load("prod").agents.roles.model_dump()
    assert {prompt.id: prompt.role for prompt in prompts.prompts()} == roles


def test_data_cannot_fill_in_variables_of_its_own() -> None:
    """GUARD-03: a name such as $rules in an account must stay a name."""
    assert "$rules ${data}" in prompts.prompt("reporter").filled(data="$rules ${data}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (('variables = ["data"]', "variables = []"), "variables are"),
        (("$data", "$other"), "variables are"),
        (("version = 1", "version = 0"), "greater than or equal to 1"),
        (("owner =", "boss ="), "Field required"),
        (("$rules", "$unknown"), "unknown"),
        (("id =", "id = ="), "Invalid value"),
    ],
)
def test_a_faulty_prompt_is_refused_with_its_file_and_reason(
    change: tuple[str, str], reason: str, tmp_path: Path
) -> None:
    """XAI-06: who edits a prompt reads what is wrong with it before a model does."""
    text = (prompts.FOLDER / "charter.toml").read_text()
    assert change[0] in text
    (tmp_path / "charter.toml").write_text(text.replace(change[0], change[1]))
    (tmp_path / "rules.txt").write_text("Rules.")
    with pytest.raises(prompts.PromptError, match=f"charter.toml: .*{reason}"):
        prompts.read(tmp_path / "charter.toml")


def test_a_missing_variable_is_not_sent_as_a_gap() -> None:
    """XAI-06: a prompt without its facts would be answered from nothing."""
    with pytest.raises(prompts.PromptError, match="charter-1 needs"):
        prompts.prompt("charter").filled()

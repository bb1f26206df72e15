"""The guide's agent is taken from the guide itself and run: what it says must work (docs/adding-an-agent.md)."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from advisor.agents import prompts

GUIDE = Path(__file__).parents[3] / "docs" / "adding-an-agent.md"
IMPORTS = """
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from pydantic import Field
from advisor.adapters.environment import AgentEnvironment
from advisor.agents.answering import Answer, Desk, Task
from advisor.agents.prompts import prompt
from advisor.agents.request import AgentRequest, answer
from advisor.domain.advice import review, with_disclosures
from advisor.domain.fact_table import fact_table
from advisor.domain.facts import reporter_facts
from advisor.domain.models import Portfolio
from advisor.handlers.specialist import Specialist, handler_of, snapshot_of
"""


@pytest.fixture
def guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the guide's Python defines, with its prompt in the registry."""
    (written,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "currency.toml").write_text(written)
    shutil.copy(prompts.FOLDER / "rules.txt", tmp_path)
    monkeypatch.setattr(prompts, "FOLDER", tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names: dict[str, Any] = {"__name__": "guide"}
    exec(IMPORTS + "\n".join(blocks), names)
    return names


def test_the_guides_agent_answers_and_falls_back(
    guide: dict[str, Any], scripted: Any, portfolio: Any, model_error: Any
) -> None:
    """Whoever follows the guide gets a working agent with its guardrails, audit entry and fallback."""
    request = guide["AgentRequest"](job_id=UUID(int=1), user_id="user-1")
    office = scripted({"rationale": "r", "analysis": "All regions are North America."})
    made = guide["Currency"](desk=office.desk()).run(request, portfolio, on=date(2022, 12, 28))
    assert (made["fallback"], office.audit.stored[0].compliance_check) == (False, "PASS")
    bad = {"rationale": "r", "analysis": "You will gain 77.7%."}
    office = scripted(bad, bad)
    made = guide["Currency"](desk=office.desk()).run(request, portfolio, on=date(2022, 12, 28))
    assert (made["fallback"], office.audit.stored[0].compliance_check) == (True, "FAIL")
    guide.update(REQUEST=request, DAY=date(2022, 12, 28))
    guide["test_currency_falls_back_honestly"](scripted, portfolio, model_error)
    assert callable(guide["handler"])

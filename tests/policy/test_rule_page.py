"""Who follows docs/adding-a-rule.md gets a rule that works: its example is taken from the page and run."""

import re
from pathlib import Path
from typing import Any

from soc2.rule import RULES, Status
from tests.policy.rules.casework import Case, judge

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "adding-a-rule.md").read_text("utf-8")


def test_the_example_passes_what_is_right_and_refuses_what_is_wrong() -> None:
    """A page that cannot be followed keeps people from adding rules."""
    rule, cases = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    before = set(RULES)
    space: dict[str, Any] = {"__name__": "example"}
    try:
        exec(compile(rule + cases, "docs/adding-a-rule.md", "exec"), space)
        case: Case = space["CASES"][0]
        assert set(RULES) - before == {case.rule}, "the example's id is free"
        assert [result.status for result in judge(case.rule, case.passing)] == [Status.COMPLIANT]
        assert [result.status for result in judge(case.rule, case.failing)] == [Status.NON_COMPLIANT]
    finally:
        for name in set(RULES) - before:
            del RULES[name]

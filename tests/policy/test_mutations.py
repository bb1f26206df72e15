"""Breaking any one control in any one construct is caught (CONF-06).

For each rule a real template of production is changed so that the rule should fail. A rule that looks at the wrong
property would pass its own small cases, and let a real regression through.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.policy.rules.casework import Case
from tests.policy.rules.mutants import Ground
from tests.policy.rules.test_rules import CASES


@pytest.fixture(scope="module")
def ground(assembly: Callable[[str], Any]) -> Ground:
    """Production's templates."""
    from app import judged_as
    from settings import load

    return Ground(assembly("prod").templates, judged_as(load("prod")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_broken_control_is_caught(case: Case, ground: Ground) -> None:
    """Three constructs of each kind here; all of them with the command in the module's text."""
    mutants = list(ground.mutants(case, most=3))
    assert mutants
    assert [mutant.where for mutant in mutants if not mutant.caught] == []

"""Each function is somebody of its own (defect 9 of an earlier system: one role for all agents, named by a pattern)."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from settings import ENVIRONMENTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_two_functions_share_a_role(environment: str, assembly: Callable[[str], Any]) -> None:
    """IAM-05: what one agent may do must not be what all may do."""
    functions = assembly(environment).of_type("AWS::Lambda::Function")
    roles = Counter(
        f"{where.split('/')[0]}/{properties['Role']['Fn::GetAtt'][0]}" for where, properties in functions.items()
    )
    assert len(functions) >= 9
    assert [role for role, users in roles.items() if users > 1] == []

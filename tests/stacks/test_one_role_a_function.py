"""Each function is somebody of its own (defect 9 of an earlier system: one role for all agents, named by a pattern)."""

from collections import Counter
from collections.abc import Callable, Iterator
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


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_boundary_limits_every_function_and_covers_every_grant(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """IAM-08: a grant beyond the boundary would fail at run time only; a boundary beyond the grants limits nothing."""
    made = assembly(environment)
    [boundary] = [p for where, p in made.of_type("AWS::IAM::ManagedPolicy").items() if "Boundary" in where]
    most = set(_actions(boundary["PolicyDocument"]["Statement"]))
    roles = {
        where: role
        for where, role in made.of_type("AWS::IAM::Role").items()
        if "lambda.amazonaws.com" in str(role["AssumeRolePolicyDocument"])
    }
    assert [where for where, role in roles.items() if "PermissionsBoundary" not in role] == []
    granted = {
        action
        for where, policy in made.of_type("AWS::IAM::Policy").items()
        if {f"{where.split('/')[0]}/{role['Ref']}" for role in policy["Roles"]} & set(roles)
        for action in _actions(policy["PolicyDocument"]["Statement"])
    }
    granted |= {
        action
        for policy in made.of_type("AWS::S3::BucketPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and "Fn::GetAtt" in str(statement["Principal"])
        for action in _actions([statement])
    }
    assert granted
    assert granted - most == set()
    shared = {action for action in most if action.startswith(("xray:", "ec2:"))}
    # A model whose answers are not streamed needs it: the setting must not be refused by the boundary.
    by_setting = {"bedrock:InvokeModel"}
    assert most - shared - granted - by_setting == set(), "nobody uses these: take them out"


def _actions(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        actions = statement["Action"]
        yield from [actions] if isinstance(actions, str) else actions

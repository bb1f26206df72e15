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


@pytest.mark.parametrize("baseline", [False, True])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_boundary_limits_every_function_and_covers_every_grant(
    environment: str, baseline: bool, assembly: Callable[[str], Any]
) -> None:
    """IAM-08: a grant beyond the boundary would fail at run time only; a boundary beyond the grants limits nothing.

    The audit baseline stands alone, so its function has a boundary of its own.
    """
    made = assembly(environment)

    def of_type(kind: str) -> dict[str, Any]:
        return {w: p for w, p in made.of_type(kind).items() if w.startswith("Compliance/") is baseline}

    [boundary] = [p for where, p in of_type("AWS::IAM::ManagedPolicy").items() if "Boundary" in where]
    most = set(_actions(boundary["PolicyDocument"]["Statement"]))
    roles = {
        where: role
        for where, role in of_type("AWS::IAM::Role").items()
        if "lambda.amazonaws.com" in str(role["AssumeRolePolicyDocument"])
    }
    assert [where for where, role in roles.items() if "PermissionsBoundary" not in role] == []
    granted = {
        action
        for where, policy in of_type("AWS::IAM::Policy").items()
        if {f"{where.split('/')[0]}/{role['Ref']}" for role in policy["Roles"]} & set(roles)
        for action in _actions(policy["PolicyDocument"]["Statement"])
    }
    granted |= {
        action
        for where, policy in of_type("AWS::S3::BucketPolicy").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and _named(where, statement["Principal"]) in roles
        for action in _actions([statement])
    }
    assert granted
    assert granted - most == set()
    shared = {action for action in most if action.startswith(("xray:", "ec2:"))}
    # A model whose answers are not streamed needs it: the setting must not be refused by the boundary.
    by_setting = set() if baseline else {"bedrock:InvokeModel"}
    assert most - shared - granted - by_setting == set(), "nobody uses these: take them out"


def _actions(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        actions = statement["Action"]
        yield from [actions] if isinstance(actions, str) else actions


def _named(where: str, principal: Any) -> str:
    """The role of the same stack that a bucket's policy names, as ``Stack/LogicalId``; empty for anybody else."""
    named = principal.get("AWS", {}) if isinstance(principal, dict) else {}
    if not isinstance(named, dict) or "Fn::GetAtt" not in named:
        return ""
    return f"{where.split('/', maxsplit=1)[0]}/{named['Fn::GetAtt'][0]}"

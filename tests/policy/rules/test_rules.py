"""Each rule passes what is right, refuses what is wrong, and never takes an open value for a good one (CONF-06).

A rule that cannot fail would be a line of comfort in an auditor's report; a rule that crashes on an intrinsic function
would stop everybody's synthesis.
"""

import copy
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import soc2.rules  # noqa: F401 - registers the rules
from soc2.profile import Profile
from soc2.rule import RULES, Status
from soc2.values import walk
from tests.policy.rules.casework import Case, judge

HERE = Path(__file__).parent
CASES: list[Case] = [
    case
    for found in sorted(pkgutil.iter_modules([str(HERE / "cases")]), key=lambda found: found.name)
    for case in importlib.import_module(f"tests.policy.rules.cases.{found.name}").CASES
]
PARAMETERS = {"Open": {"Type": "String"}, "Either": {"Type": "String", "AllowedValues": ["a", "b"]}}
CONDITIONS = {"Perhaps": {"Fn::Equals": [{"Ref": "Open"}, "yes"]}}
OPEN_VALUES: tuple[Any, ...] = (
    {"Ref": "Open"},
    {"Fn::Sub": "prefix-${Open}"},
    {"Fn::Join": ["", ["prefix", {"Ref": "Open"}]]},
    {"Fn::ImportValue": "of-another-application"},
    {"Fn::Select": [0, {"Ref": "Open"}]},
    {"Fn::FindInMap": ["Missing", "Key", "Value"]},
    {"Fn::GetAtt": "malformed"},
    "{{resolve:ssm:/some/parameter}}",
    {"Fn::Transform": {"Name": "AWS::Include"}},
)


def ids(case: Case) -> str:
    """The rule's id."""
    return case.rule


def open_variants(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resources with one value after another left open: in each of `OPEN_VALUES`, and under a condition."""
    for path, value in walk(resources):
        if len(path) >= 3 and path[1] == "Properties":
            choices = (
                *OPEN_VALUES,
                {"Fn::If": ["Perhaps", value, {"Ref": "Open"}]},
                {"Fn::If": ["Perhaps", {"Ref": "AWS::NoValue"}, value]},
            )
            for choice in choices:
                yield replaced(resources, path, choice)
    for name, resource in resources.items():
        yield {**resources, name: {**resource, "Condition": "Perhaps"}}


def replaced(resources: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """A copy with ``value`` at ``path``."""
    changed = copy.deepcopy(resources)
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def statuses(case: Case, resources: dict[str, Any]) -> list[Status]:
    """What the rule says of each of its subjects, by subject."""
    results = judge(case.rule, resources, case.profile, Parameters=PARAMETERS, Conditions=CONDITIONS)
    return [result.status for result in results]


def test_every_rule_has_a_case() -> None:
    """A rule without a failing template may be one that cannot fail."""
    assert sorted(case.rule for case in CASES) == sorted(RULES)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_the_right_template_passes_and_the_wrong_one_fails(case: Case) -> None:
    """The rule's reason to exist."""
    right = statuses(case, case.passing)
    assert Status.COMPLIANT in right
    assert set(right) <= {Status.COMPLIANT, Status.NOT_APPLICABLE}
    assert Status.NON_COMPLIANT in statuses(case, case.failing)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_an_open_value_never_hides_what_is_wrong(case: Case) -> None:
    """Some deployment of the template is the failing one: calling it compliant would be wrong for that one."""
    for resources in open_variants(case.failing):
        found = statuses(case, resources)
        assert Status.NON_COMPLIANT in found or Status.UNDECIDED in found, resources


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_an_open_value_never_accuses_what_may_be_right(case: Case) -> None:
    """Some deployment of the template is the passing one: *undecided* is the honest word, and the fix differs."""
    for resources in open_variants(case.passing):
        assert Status.NON_COMPLIANT not in statuses(case, resources), resources


def test_the_applications_own_account_is_known_by_its_number() -> None:
    """A stack that is deployed to a named account writes the number out; it must not be taken for a stranger's."""
    principal = {"AWS": "arn:aws:iam::111122223333:root"}
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": mfa}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [statement]}}}
    [stranger] = judge("SOC2-IAM-TRUST", {"Role": role})
    [own] = judge("SOC2-IAM-TRUST", {"Role": role}, Profile(account="111122223333"))
    assert (stranger.status, own.status) == (Status.UNDECIDED, Status.COMPLIANT)

"""A nested stack is judged with what its parent passes to it, and the parent with what the nested stack answers."""

from typing import Any

import pytest

import soc2.rules  # noqa: F401 - registers the rules
from soc2.assembly import Assembly
from soc2.judge import evaluate
from soc2.rule import RULES, Status


def queue(key: Any) -> dict[str, Any]:
    """A queue with a key."""
    return {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": key}}


CHILD = {
    "Parameters": {"KeyArn": {"Type": "String"}},
    "Resources": {"Inner": queue({"Ref": "KeyArn"})},
    "Outputs": {"Answer": {"Value": {"Ref": "KeyArn"}}},
}


def parent(passed: Any) -> dict[str, Any]:
    """A stack that passes a key to the nested one, and encrypts a queue with what comes back."""
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"KeyArn": passed}}}
    back = {"Fn::GetAtt": ["Nested", "Outputs.Answer"]}
    return {"Resources": {"Key": {"Type": "AWS::KMS::Key"}, "Nested": nested, "Outer": queue(back)}}


@pytest.mark.parametrize(
    ("passed", "status"),
    [
        ({"Fn::GetAtt": ["Key", "Arn"]}, Status.COMPLIANT),
        ("alias/aws/sqs", Status.NON_COMPLIANT),
        ({"Fn::ImportValue": "of-another-application"}, Status.UNDECIDED),
    ],
)
def test_what_is_passed_decides_on_both_sides(passed: Any, status: Status) -> None:
    """Undecided for each parameter would make every nested stack a list of questions."""
    assembly = Assembly({"P": parent(passed), "P/Nested": CHILD}, parents={"P/Nested": ("P", "Nested")})
    found = {r.logical_id: r.status for r in evaluate(assembly, [RULES["SOC2-SQS-KEY"]], strict=True)}
    assert found == {"Inner": status, "Outer": status}


def test_alone_a_nested_stack_leaves_its_parameters_open() -> None:
    """Without its parent nobody knows the key."""
    [alone] = evaluate(Assembly({"P/Nested": CHILD}), [RULES["SOC2-SQS-KEY"]], strict=True)
    assert alone.status == Status.UNDECIDED


def test_a_name_that_two_stacks_export_leads_nowhere_for_sure() -> None:
    """The last one would win by accident, and a bad value hide behind a good one."""

    def exporter(key: Any) -> dict[str, Any]:
        return {"Resources": {}, "Outputs": {"Key": {"Value": key, "Export": {"Name": "shared"}}}}

    user = {"Resources": {"Queue": queue({"Fn::ImportValue": "shared"})}}
    key = "arn:aws:kms:us-east-1:111122223333:key/1"
    both = Assembly({"A": exporter("alias/aws/sqs"), "B": exporter(key), "C": user})
    one = Assembly({"B": exporter(key), "C": user})
    found = [evaluate(assembly, [RULES["SOC2-SQS-KEY"]], strict=True)[0].status for assembly in (both, one)]
    assert found == [Status.UNDECIDED, Status.COMPLIANT]

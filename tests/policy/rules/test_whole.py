"""What a template does not show is told, whatever form it has: unseen means unjudged, not compliant."""

from typing import Any

import pytest

from soc2.profile import Profile
from soc2.rule import Status
from tests.policy.rules.casework import judge

RULE = "SOC2-TEMPLATE-WHOLE"
BUCKET = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {}}}


@pytest.mark.parametrize(
    ("resources", "sections"),
    [
        (BUCKET, {"Transform": "OpenEverything"}),
        (BUCKET, {"Transform": ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]}),
        (BUCKET, {"Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://x/y"}}}),
        (BUCKET | {"Fn::ForEach::Buckets": ["Name", ["A"], {"${Name}": {"Type": "AWS::S3::Bucket"}}]}, {}),
        (BUCKET | {"Function": {"Type": "AWS::Serverless::Function", "Properties": {}}}, {}),
        (BUCKET | {"Module": {"Type": "My::Own::Thing::MODULE", "Properties": {}}}, {}),
        (BUCKET | {"Set": {"Type": "AWS::CloudFormation::StackSet", "Properties": {}}}, {}),
    ],
)
def test_what_is_made_elsewhere_is_a_finding(resources: dict[str, Any], sections: dict[str, Any]) -> None:
    """Each passed in silence before there was this rule."""
    [found] = judge(RULE, resources, **sections)
    assert found.status == Status.NON_COMPLIANT


def test_functions_of_the_language_add_nothing() -> None:
    """AWS's own extension of the language is no macro that makes resources."""
    [found] = judge(RULE, BUCKET, Transform="AWS::LanguageExtensions")
    assert found.status == Status.COMPLIANT


def test_a_type_that_is_judged_in_another_way_can_be_named() -> None:
    """An application that uses such a type says who judges it, in its profile, for everybody to read."""
    resources = BUCKET | {"Function": {"Type": "AWS::Serverless::Function", "Properties": {}}}
    [found] = judge(RULE, resources, Profile(elsewhere={"AWS::Serverless::Function": "after the transformation"}))
    assert found.status == Status.COMPLIANT


def test_two_stacks_may_choose_differently() -> None:
    """A bucket in one stack and its policy in another, each under a condition of its own parameter: a policy that may
    be missing while the bucket exists does not deny plaintext for sure."""
    from soc2.assembly import Assembly
    from soc2.judge import evaluate
    from soc2.rule import RULES

    when = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "P"}, "true"]}},
    }
    bucket = {"Type": "AWS::S3::Bucket", "Condition": "On", "Properties": {"BucketName": "records"}}
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "Condition": "On",
        "Properties": {"Bucket": "records", "PolicyDocument": {"Statement": [statement]}},
    }
    assembly = Assembly({"A": when | {"Resources": {"B": bucket}}, "Z": when | {"Resources": {"Policy": policy}}})
    [found] = evaluate(assembly, [RULES["SOC2-S3-TLS"]], strict=True)
    assert found.status == Status.UNDECIDED


@pytest.mark.parametrize("left", [True, "true"])
def test_json_booleans_are_the_words(left: Any) -> None:
    """CloudFormation compares text: the branch that a boolean chooses is the one that is deployed."""
    when: dict[str, Any] = {"Conditions": {"Open": {"Fn::Equals": [left, "true"]}}}
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"VersioningConfiguration": {"Fn::If": ["Open", {"Status": "Suspended"}, {"Status": "Enabled"}]}},
    }
    [found] = judge("SOC2-S3-VERSIONS", {"B": bucket}, **when)
    assert found.status == Status.NON_COMPLIANT


def test_what_a_transformation_adds_beside_other_keys_is_open() -> None:
    """Its siblings are not all that will be deployed there."""
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"VersioningConfiguration": {"Status": "Enabled", "Fn::Transform": {"Name": "AWS::Include"}}},
    }
    [found] = judge("SOC2-S3-VERSIONS", {"B": bucket})
    assert found.status == Status.UNDECIDED

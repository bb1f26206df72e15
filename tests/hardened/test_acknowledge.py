"""An exception from a rule names one construct, one finding and a reason, or it is refused where it is written
(CONF-06)."""

from datetime import date
from typing import Any

import pytest
from aws_cdk import aws_s3 as s3

from hardened import AcknowledgementError, acknowledge

RULE = "AwsSolutions::AwsSolutions-S1"
REASON = "Holds nothing but build artefacts that anybody may read; deleted after a day."


@pytest.mark.parametrize("reason", ["", "   ", "not needed", "x" * 39, "a " * 15])
def test_a_reason_that_nobody_could_review_is_refused(throwaway: Any, reason: str) -> None:
    with pytest.raises(AcknowledgementError, match="say why"):
        acknowledge(s3.Bucket(throwaway, "X"), rule=RULE, reason=reason)


@pytest.mark.parametrize(
    "rule",
    ["AwsSolutions-S1", "S1", "", "AwsSolutions::*", "AwsSolutions::AwsSolutions-*", "*::AwsSolutions-S1", "::S1"],
)
def test_bare_ids_and_wildcards_are_refused(throwaway: Any, rule: str) -> None:
    """cdk-nag obeys a bare id and leaves no trace of it in the report."""
    with pytest.raises(AcknowledgementError, match="namespaced"):
        acknowledge(s3.Bucket(throwaway, "X"), rule=rule, reason=REASON)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_stack_a_stage_and_the_app_are_refused(throwaway: Any, level: int) -> None:
    """One line on a stack would silence a rule for resources that nobody has written yet."""
    scopes = [throwaway, throwaway.node.scope, throwaway.node.root]
    with pytest.raises(AcknowledgementError, match="not a whole stack"):
        acknowledge(scopes[level], rule=RULE, reason=REASON)


def test_a_sound_one_is_recorded_under_its_namespaced_id(throwaway: Any) -> None:
    bucket = s3.Bucket(throwaway, "X")
    acknowledge(bucket, rule="AwsSolutions::AwsSolutions-IAM5[Action::s3:GetObject*]", reason=REASON)
    recorded = [entry.data for entry in bucket.node.metadata if entry.type == "aws:cdk:acknowledged-rules"]
    assert recorded == [{"AwsSolutions::AwsSolutions-IAM5[Action::s3:GetObject*]": REASON}]


def test_an_end_is_part_of_the_record(throwaway: Any) -> None:
    """The gate reads the day from the reason, because CDK keeps nothing else."""
    bucket = s3.Bucket(throwaway, "X")
    acknowledge(bucket, rule=RULE, reason=REASON, until=date(2030, 1, 31))
    [recorded] = [entry.data for entry in bucket.node.metadata if entry.type == "aws:cdk:acknowledged-rules"]
    assert recorded == {RULE: f"{REASON} [until 2030-01-31]"}

"""An exception from a rule is one finding, on one construct, as a dated decision with an owner; or it is refused where
it is written (CONF-06)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aws_cdk import aws_s3 as s3
from hypothesis import given
from hypothesis import strategies as st

from hardened import AcknowledgementError, acknowledge
from soc2.acknowledgements import LONGEST, Terms, parse

RULE = "AwsSolutions::AwsSolutions-S1"
REASON = "Holds nothing but build artefacts that anybody may read."
TODAY = datetime.now(UTC).date()
SOUND: dict[str, Any] = {
    "rule": RULE,
    "reason": REASON,
    "owner": "platform",
    "expires": TODAY + timedelta(days=90),
    "ticket": "RISK-4",
}


@pytest.mark.parametrize(
    ("term", "value", "message"),
    [
        ("reason", "", "needs a reason"),
        ("reason", "not needed", "needs a reason"),
        ("reason", "x" * 60, "needs a reason"),
        ("owner", "", "write a team"),
        ("owner", "Somebody Else", "write a team"),
        ("ticket", "later", "write it as RISK-4"),
        ("ticket", "", "write it as RISK-4"),
        ("expires", TODAY + LONGEST + timedelta(days=1), "400 days at most"),
        ("rule", "AwsSolutions-S1", "namespaced"),
        ("rule", "S1", "namespaced"),
        ("rule", "", "namespaced"),
        ("rule", "AwsSolutions::*", "namespaced"),
        ("rule", "AwsSolutions::AwsSolutions-*", "namespaced"),
        ("rule", "*::AwsSolutions-S1", "namespaced"),
        ("rule", (RULE, "S1"), "namespaced"),
    ],
)
def test_terms_that_nobody_could_review_are_refused(throwaway: Any, term: str, value: Any, message: str) -> None:
    """CDK obeys a bare id, an empty reason and a wildcard without a word."""
    with pytest.raises(AcknowledgementError, match=message):
        acknowledge(s3.Bucket(throwaway, "X"), **SOUND | {term: value})


def test_a_false_positive_has_no_mitigation(throwaway: Any) -> None:
    """Either the rule is wrong, or something covers its intent: an auditor must know which."""
    with pytest.raises(AcknowledgementError, match="one of the two"):
        acknowledge(s3.Bucket(throwaway, "X"), **SOUND, mitigated_by="something", false_positive=True)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_stack_a_stage_and_the_app_are_refused(throwaway: Any, level: int) -> None:
    """One line on a stack would silence a rule for resources that nobody has written yet."""
    scopes = [throwaway, throwaway.node.scope, throwaway.node.root]
    with pytest.raises(AcknowledgementError, match="not a whole stack"):
        acknowledge(scopes[level], **SOUND)


def test_a_sound_one_is_recorded_with_its_terms(throwaway: Any, recorded: Callable[[Any], dict[str, str]]) -> None:
    """The gate, the report and the auditor read what was decided from this text."""
    bucket = s3.Bucket(throwaway, "X")
    rule = "AwsSolutions::AwsSolutions-IAM5[Action::s3:GetObject*]"
    acknowledge(bucket, **SOUND | {"rule": (rule, "SOC2::SOC2-S3-TLS")}, mitigated_by="a policy")
    both = recorded(bucket)
    assert list(both) == [rule, "SOC2::SOC2-S3-TLS"]
    assert set(map(parse, both.values())) == {Terms(REASON, "platform", SOUND["expires"], "RISK-4", by="a policy")}


def test_an_expired_one_is_left_to_the_gate(throwaway: Any, recorded: Callable[[Any], dict[str, str]]) -> None:
    """It must fail the synthesis with everything else that is open, not as a traceback of one construct."""
    bucket = s3.Bucket(throwaway, "X")
    acknowledge(bucket, **SOUND | {"expires": date(2026, 1, 31)})
    terms = parse(recorded(bucket)[RULE])
    assert terms is not None
    assert terms.problems(date(2026, 2, 1)) == [
        "ended on 2026-01-31: platform removes its cause, or decides again (RISK-4)"
    ]
    assert terms.problems(date(2026, 1, 31)) == []


@pytest.fixture
def recorded() -> Callable[[Any], dict[str, str]]:
    """Acknowledgements that CDK keeps on a construct."""

    def read(construct: Any) -> dict[str, str]:
        entries = [e.data for e in construct.node.metadata if e.type == "aws:cdk:acknowledged-rules"]
        return {rule: text for entry in entries for rule, text in dict(entry).items()}

    return read


@given(
    reason=st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(lambda text: text == text.strip()),
    by=st.text(st.characters(categories=["L", "N"]), max_size=40),
    days=st.integers(0, 3000),
    false_positive=st.booleans(),
)
def test_what_is_written_is_read_back(reason: str, by: str, days: int, false_positive: bool) -> None:
    """A reason with any characters in it must not change the owner or the date."""
    terms = Terms(
        reason=reason,
        owner="platform",
        expires=date(2026, 1, 1) + timedelta(days=days),
        ticket="#12",
        by="" if false_positive else by,
        false_positive=false_positive,
    )
    assert parse(terms.text()) == terms

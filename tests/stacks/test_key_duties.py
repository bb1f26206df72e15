"""Who can use a key and who can end it, judged as KMS would: separation of duties without locking anybody out."""

from collections.abc import Callable
from typing import Any

import pytest

from settings import ENVIRONMENTS

ADMINISTRATION = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DisableKeyRotation")
USE = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def _actions(statement: dict[str, Any]) -> set[str]:
    actions = statement["Action"]
    return set(actions) if isinstance(actions, list) else {actions}


def _may(key: dict[str, Any], who: str, action: str) -> bool:
    """Whether the key's policy lets ``who`` do ``action``, if IAM allows them everything.

    ``who``: ``administrators``, ``deployment``, or ``anybody`` else of the account.
    """

    def meant(statement: dict[str, Any]) -> bool:
        principal = str(statement["Principal"].get("AWS", ""))
        if "KeyAdministrators" in principal:
            return who == "administrators"
        limited = "cfn-exec-role" in str(statement.get("Condition", ""))
        via_service = "kms:ViaService" in str(statement.get("Condition", ""))
        return ":root" in principal and not via_service and (not limited or who == "deployment")

    said = [s["Effect"] for s in key["KeyPolicy"]["Statement"] if meant(s) and action in _actions(s)]
    return "Allow" in said and "Deny" not in said


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nobody_both_opens_and_destroys_and_nobody_is_locked_out(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """IAM-12: even an all-powerful IAM policy does not let a person end a key, and no administrator reads with it.

    The role that deploys is known by its name alone: bootstrapping again makes it anew, so a lost administrators' role
    does not lock the account out of its keys.
    """
    for where, key in assembly(environment).of_type("AWS::KMS::Key").items():
        for action in ADMINISTRATION:
            assert not _may(key, "anybody", action), (where, action)
            assert _may(key, "administrators", action), (where, action)
            assert _may(key, "deployment", action), (where, action)
        for action in USE:
            assert not _may(key, "administrators", action), (where, action)
            assert _may(key, "anybody", action), (where, action)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_event_rules_can_use_the_key_of_the_queues_they_fail_into(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """AGENT-13: CDK grants the queue and forgets its key; an event that failed would vanish instead of waiting."""
    made = assembly(environment)
    for stack, key in (("Agents", "MessagingKey"), ("Compliance", "Compliance/Key")):
        rules = made.of_type("AWS::Events::Rule", stack).values()
        assert any("DeadLetterConfig" in target for rule in rules for target in rule["Targets"])
        [policy] = [k["KeyPolicy"] for where, k in made.of_type("AWS::KMS::Key").items() if key in where]
        events = [s for s in policy["Statement"] if s["Principal"] == {"Service": "events.amazonaws.com"}]
        assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= {a for s in events for a in _actions(s)}, stack

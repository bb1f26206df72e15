"""The reviewed list of rules that are switched off stays short, reasoned and needed (CONF-06)."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from settings import ENVIRONMENTS
from soc2 import PACKS, SWITCHED_OFF
from soc2.evidence import FILE, read


def test_fewer_than_ten_rules_are_switched_off() -> None:
    """A list that grows replaces the rules by itself."""
    assert len(SWITCHED_OFF) < 10
    assert len({rule.rule for rule in SWITCHED_OFF}) == len(SWITCHED_OFF)


@pytest.mark.parametrize("rule", SWITCHED_OFF, ids=lambda rule: rule.rule)
def test_each_says_why_and_what_covers_its_intent(rule: Any) -> None:
    """An auditor asks both questions of every rule that does not run."""
    pack, _, name = rule.rule.partition("::")
    assert pack in PACKS
    assert re.fullmatch(rf"{re.escape(pack)}-[A-Za-z0-9]+", name), "one rule, without wildcard or finding"
    assert len(rule.reason) >= 30
    assert len(rule.covered_by) >= 15


def test_each_is_still_needed(assembly: Callable[[str], Any]) -> None:
    """A rule that meets nothing any more must be switched on again."""
    met: Counter[str] = Counter()
    for environment in ENVIRONMENTS:
        evidence = read(assembly(environment).folder / FILE)
        met.update({entry.rule: entry.findings for entry in evidence.switched_off})
    assert [rule.rule for rule in SWITCHED_OFF if not met[rule.rule]] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_evidence_names_every_acknowledgement(environment: str, assembly: Callable[[str], Any]) -> None:
    """One finding on one construct below a stack, each a dated decision of somebody; none stands on a stack."""
    evidence = read(assembly(environment).folder / FILE)
    assert evidence.acknowledgements
    for acknowledgement in evidence.acknowledgements:
        assert acknowledgement.path.count("/") >= 2
        assert acknowledgement.pack in PACKS
        assert len(acknowledgement.reason) >= 40
        assert acknowledgement.owner in {"platform", "security"}
        assert re.fullmatch(r"RISK-\d+", acknowledgement.ticket)


def test_every_function_that_an_event_invokes_keeps_what_fails(assembly: Callable[[str], Any]) -> None:
    """AGENT-13: this covers the two LambdaDLQ rules that are switched off."""
    for environment in ENVIRONMENTS:
        made = assembly(environment)
        functions = {key.split("/")[1]: f for key, f in made.of_type("AWS::Lambda::Function").items()}
        invoked = [
            functions[target["Arn"]["Fn::GetAtt"][0]]
            for rule in made.of_type("AWS::Events::Rule").values()
            for target in rule["Targets"]
            if target["Arn"].get("Fn::GetAtt", [""])[0] in functions
        ]
        assert invoked
        assert all("DeadLetterConfig" in function for function in invoked)

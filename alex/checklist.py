"""The security checklist: eight things that must be true of an environment, judged on its templates (SEC-28).

Decision: the checks are the SOC 2 rules that say the same, applied to the templates as they lie there, not what the
gate once said of them; and one rule of our own, because none of the pack demands the Data API. An exception that the
gate has accepted stays accepted and is counted. What nothing proves fails: a check must not pass because its subject
is gone.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import soc2.rules  # noqa: F401 - registers them
from alex.policy import templates as policy_templates
from soc2.assembly import Assembly
from soc2.evidence import FILE, Evidence, acknowledge_id, read
from soc2.judge import evaluate
from soc2.profile import Profile
from soc2.rule import RULES, Broken, Findings, Result, Rule, Severity, Status
from soc2.statements import statements
from soc2.template import Resource
from soc2.values import is_true, shown

POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role")


def _data_api(cluster: Resource) -> Findings:
    """The Data API asks IAM about each call; so it must be on, and somebody must have the right by role."""
    value = cluster.get("EnableHttpEndpoint")
    if not is_true(value):
        yield Broken(f"EnableHttpEndpoint is {shown(value)}", at="EnableHttpEndpoint")
    assembly = cluster.assembly
    allowed = (
        action
        for policy in (one for kind in POLICIES for one in assembly.all_of_type(kind))
        for statement in statements(policy)
        if statement.allows
        for action in statement.actions
    )
    if "rds-data:ExecuteStatement" not in set(allowed):
        yield Broken("no role may use it", at="EnableHttpEndpoint", detail="grant")


DATA_API = Rule(
    id="CHECKLIST-DATA-API",
    title="The database is reached through the Data API, by role",
    on=("AWS::RDS::DBCluster",),
    criteria=("CC6.1",),
    severity=Severity.HIGH,
    fix="set EnableHttpEndpoint (CDK: enable_data_api=True)",
    requirements=("SEC-28", "IAM-07"),
    judge=_data_api,
    module=__name__,
)


def _rules(*names: str) -> tuple[Rule, ...]:
    return tuple(RULES[f"SOC2-{name}"] for name in names)


CHECKS: dict[str, tuple[Rule, ...]] = {
    "Secrets are in Secrets Manager": _rules("SECRET-ENV", "SECRET-LITERAL", "RDS-MANAGED-SECRET", "SSM-SECURE"),
    "The Data API, authorised by IAM": (DATA_API, *_rules("RDS-IAM")),
    "Rate limiting is on": _rules("API-THROTTLE", "WAF-RATE"),
    "The WAF is active": _rules("API-WAF", "WAF-GROUPS", "WAF-LOGS"),
    "Least privilege": _rules(
        "IAM-ACTION", "IAM-RESOURCE", "IAM-RESOURCE-PATTERN", "IAM-NOT", "IAM-ADMIN", "IAM-ESCALATION", "IAM-ONE-ROLE"
    ),
    "Encryption at rest": tuple(
        rule for name, rule in RULES.items() if name.endswith("-KEY") and rule.module == "soc2.rules.encryption"
    ),
    "Buckets are private": _rules("S3-PUBLIC", "S3-POLICY", "S3-ACL"),
    "CloudTrail is on": _rules("TRAIL-PRESENT", "TRAIL-REGIONS", "TRAIL-INTEGRITY"),
}
"""The checklist of the source, in its order: title -> the rules that must hold wherever they apply."""


@dataclass(frozen=True)
class Verdict:
    """A check's answer.

    :param proven: verdicts that hold; ``broken``: that do not, or cannot be decided; ``accepted``: how many exceptions.
    :param elsewhere: why a check concerns nothing here, for example a trail that the account has already.
    """

    title: str
    proven: tuple[Result, ...]
    broken: tuple[Result, ...]
    accepted: int
    elsewhere: str = ""

    @property
    def passed(self) -> bool:
        """Nothing is broken, and something proves it, here or elsewhere."""
        return not self.broken and bool(self.proven or self.elsewhere)

    @property
    def where(self) -> str:
        """Where it is proven: stacks, each with how many verdicts hold there."""
        stacks = Counter(re.split(r"[/-]", result.stack)[-1] or "all stacks" for result in self.proven)
        return ", ".join(f"{stack} {count}" for stack, count in sorted(stacks.items())) or self.elsewhere or "nowhere"


def judge(assembly: Path) -> list[Verdict]:
    """The eight verdicts on a synthesised assembly.

    :raises TemplateError: there is no template; ValueError: its evidence cannot be read.
    """
    evidence = read(assembly / FILE)
    profile, accepted = Profile(**evidence.provenance.profile), _accepted(evidence)
    wanted = {rule.id: rule for rules in CHECKS.values() for rule in rules}
    results: list[Result] = []
    for application in policy_templates.gather([assembly]):
        results += evaluate(Assembly(application.templates, profile, application.parents), wanted.values())
    return [_verdict(title, rules, results, accepted) for title, rules in CHECKS.items()]


def _accepted(evidence: Evidence) -> set[tuple[str, str]]:
    """(logical id, id of the finding) of what the gate's acknowledgements accept."""
    return {
        (result.logical_id, problem.acknowledge)
        for result in evidence.results
        if result.status is Status.ACKNOWLEDGED
        for problem in result.problems
    }


def _verdict(title: str, rules: tuple[Rule, ...], results: Iterable[Result], accepted: set[tuple[str, str]]) -> Verdict:
    mine = [result for result in results if result.rule in rules]
    wrong = [result for result in mine if result.status in (Status.NON_COMPLIANT, Status.UNDECIDED)]
    excused = [result for result in wrong if _is_accepted(result, accepted)]
    first = [result for result in mine if result.rule is rules[0]]
    return Verdict(
        title,
        proven=tuple(result for result in mine if result.status is Status.COMPLIANT),
        broken=tuple(result for result in wrong if result not in excused),
        accepted=len(excused),
        elsewhere="; ".join(dict.fromkeys(one.reason for one in first if one.status is Status.NOT_APPLICABLE)),
    )


def _is_accepted(result: Result, accepted: set[tuple[str, str]]) -> bool:
    found = [(result.logical_id, acknowledge_id(result.rule.id, broken)) for broken in result.broken]
    return bool(found) and set(found) <= accepted

"""The rule packs as CDK runs them: our own over the templates' JSON, cdk-nag's over the construct tree.

Decision: each pack must prove itself in every synthesis on a canary, a resource that it has to refuse. A pack that
finds nothing wrong with its canary is broken, and its silence about the application means nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import jsii
from aws_cdk import (
    App,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
)
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks, NagPack, NIST80053R5Checks, ServerlessChecks

import soc2.rules  # noqa: F401 - registers the rules
from soc2.assembly import Assembly, read_templates
from soc2.evidence import OPEN
from soc2.judge import evaluate
from soc2.nested import find_nested
from soc2.profile import Profile
from soc2.rule import PACK, RULES, Result, Status

CANARIES = {
    PACK: "SOC2-S3-PUBLIC",
    "AwsSolutions": "AwsSolutions-S10",
    "NIST.800.53.R5": "NIST.800.53.R5-S3BucketVersioningEnabled",
    "Serverless": "Serverless-LambdaTracing",
}
"""By pack: the rule that must refuse the canary, a bucket and a function without any protection."""


@jsii.implements(IPolicyValidationPlugin)
class NagChecks:
    """A cdk-nag pack without the rules that are switched off by name; its warnings count as errors.

    The pack keeps its name, so that acknowledgements read as cdk-nag's documentation says.
    """

    version: str | None = None
    rule_ids: list[str] | None = None

    def __init__(self, pack: NagPack, switched_off: Iterable[str]) -> None:
        self._pack = pack
        self._name = pack.read_pack_name
        self._switched_off = frozenset(switched_off)
        self.ran = False
        self.canary_died = False
        self.left_out: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The pack's name, the namespace of its rules."""
        return self._name

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Findings of the whole construct tree."""
        self.canary_died = self._refuses_canary()
        found = self._pack.validate_scope(context.app_construct).violations
        self.ran = True
        kept = []
        for violation in found:
            rule = f"{self._name}::{violation.rule_name}"
            if rule in self._switched_off:
                self.left_out[rule] += len(violation.violating_resources)
            else:
                kept.append(violation)
        violations = [
            PolicyViolation(
                rule_name=violation.rule_name,
                description=violation.description,
                severity="error",
                violating_resources=violation.violating_resources,
            )
            for violation in kept
        ]
        return PolicyValidationPluginReport(success=not violations, violations=violations)

    def _refuses_canary(self) -> bool:
        cage = Stack(App(), "Cage")
        s3.CfnBucket(cage, "Bucket")
        lambda_.CfnFunction(cage, "Function", code={"zipFile": "pass"}, role="arn:aws:iam::111122223333:role/none")
        return CANARIES[self._name] in {found.rule_name for found in self._pack.validate_scope(cage).violations}


@jsii.implements(IPolicyValidationPlugin)
class SocChecks:
    """Our rules over the JSON of every template, stage by stage. What cannot be decided is a finding, too."""

    version: str | None = None
    rule_ids: list[str] | None = None

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.ran = False
        self.canary_died = False
        self.results: list[Result] = []
        self.types: Counter[str] = Counter()
        self.templates: dict[str, Path] = {}

    @property
    def name(self) -> str:
        """The pack's name, the namespace of its rules."""
        return PACK

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Findings of every template of the application."""
        self.canary_died = refuses_canary()
        stacks = {stack.stack_construct_path: Path(stack.template_path) for stack in context.stack_templates}
        nested, parents = find_nested(stacks)
        self.templates = stacks | nested
        stages: dict[str, dict[str, Path]] = defaultdict(dict)
        for path, file in self.templates.items():
            stack = max((name for name in stacks if f"{path}/".startswith(f"{name}/")), key=len)
            stages[stack.rpartition("/")[0]][path] = file
        violations: list[PolicyViolation] = []
        for stage, files in stages.items():
            # CDK writes no Resources for an empty stack.
            templates = {name: {"Resources": {}} | raw for name, raw in read_templates(files).items()}
            assembly = Assembly(templates, self._profile, parents)
            self.types.update(resource.type for resource in assembly.resources())
            results = evaluate(assembly)
            # An application's own verdicts are its stage's: two stages must not share one line of evidence.
            results = [r if r.logical_id else replace(r, path=stage or r.path) for r in results]
            self.results += results
            violations += (made for result in results for made in self._violations(result, stage or next(iter(files))))
        self.ran = True
        return PolicyValidationPluginReport(success=not violations, violations=violations)

    def _violations(self, result: Result, stage: str) -> Iterator[PolicyViolation]:
        if result.status not in (Status.NON_COMPLIANT, Status.UNDECIDED):
            return
        found = [(b.detail, b.at, b.found) for b in result.broken] or [(OPEN.detail, "", f"undecided: {result.reason}")]
        criteria = ", ".join(result.rule.criteria)
        for detail, at, text in found:
            where = (
                {"resource_logical_id": result.logical_id, "template_path": str(self.templates[result.stack])}
                if result.logical_id
                else {"construct_path": stage}
            )
            yield PolicyViolation(
                rule_name=result.rule.id + (f"[{detail}]" if detail else ""),
                description=f"{result.rule.id} [SOC 2 {criteria}] {result.rule.title}; found: {text}",
                fix=result.rule.fix,
                severity="error",
                rule_metadata={"criteria": criteria, "severity": result.rule.severity.value},
                violating_resources=[
                    PolicyViolatingResource(locations=[f"Properties.{at}" if at else "Properties"], **where)
                ],
            )


def refuses_canary() -> bool:
    """Whether our own pack still refuses a resource that it must refuse."""
    cage = Assembly({"Cage": {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}})
    rule = RULES.get(CANARIES[PACK])
    return rule is not None and evaluate(cage, [rule])[0].status == Status.NON_COMPLIANT


def nag_packs(app: App, switched_off: Iterable[str]) -> list[NagChecks]:
    """cdk-nag's packs that judge every environment."""
    checks = (AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks)
    off = tuple(switched_off)
    return [NagChecks(check(app, verbose=True), off) for check in checks]

"""The only part of the package that knows CDK: runs the packs in a synthesis, and asks the gate for its verdict."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import jsii
from aws_cdk import (
    App,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolation,
    Stage,
    Validations,
)
from cdk_nag import AwsSolutionsChecks, NagPack, NIST80053R5Checks, ServerlessChecks

from soc2.exceptions import SWITCHED_OFF
from soc2.gate import (
    ACKNOWLEDGED,
    CDK_INTERNAL,
    EVIDENCE,
    PACKS,
    REPORT,
    Acknowledgement,
    GateError,
    Verdict,
    read_verdict,
    refuse_unless_clean,
)


@jsii.implements(IPolicyValidationPlugin)
class Pack:
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
        self.left_out: Counter[str] = Counter()

    @property
    def name(self) -> str:
        """The pack's name, the namespace of its rules."""
        return self._name

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Findings of the whole construct tree."""
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


def synthesise(app: App) -> Path:
    """Synthesise ``app`` with every pack attached; return the assembly's folder, with `EVIDENCE`, if nothing is wrong
    with it.

    :raises GateError: findings, unsound acknowledgements, or a gate that did not run.
    """
    switched_off = [rule.rule for rule in SWITCHED_OFF]
    checks = (AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks)
    packs = [Pack(check(app, verbose=True), switched_off) for check in checks]
    Validations.of(app).add_plugins(*packs)
    folder = Path(app.outdir)
    for older in (REPORT, EVIDENCE):  # an older report must not speak for this synthesis
        (folder / older).unlink(missing_ok=True)
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error) or not (folder / REPORT).exists():
            raise
    missing = set(PACKS) - {pack.name for pack in packs if pack.ran}
    verdict = read_verdict(folder)
    refuse_unless_clean(verdict, missing_packs=sorted(missing), above=_above_stacks(app))
    _write_evidence(folder, verdict, sum((pack.left_out for pack in packs), Counter()))
    return folder


def _write_evidence(folder: Path, verdict: Verdict, left_out: Counter[str]) -> None:
    evidence = {
        "packs": PACKS,
        "switched_off": [asdict(rule) | {"findings": left_out[rule.rule]} for rule in SWITCHED_OFF],
        "acknowledged": [asdict(acknowledgement) for acknowledgement in verdict.acknowledgements],
    }
    (folder / EVIDENCE).write_text(json.dumps(evidence, indent=1) + "\n", "utf-8")


def _above_stacks(app: App) -> Iterator[Acknowledgement]:
    for scope in (app, *(child for child in app.node.children if Stage.is_stage(child))):
        for entry in scope.node.metadata:
            if entry.type == ACKNOWLEDGED:
                for rule, reason in dict(entry.data).items():
                    if not rule.startswith(CDK_INTERNAL):
                        yield Acknowledgement(rule, scope.node.path, reason)


__all__ = ["PACKS", "GateError", "Pack", "synthesise"]

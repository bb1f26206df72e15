"""The verdict over a synthesised assembly, read from its files alone.

Decision: CDK can be told to ignore findings (`--ignore-errors`, CDK_APP_MODE, a context flag) and reports success when
no pack was attached. So the verdict does not rest on CDK's exit status: every pack must have run and refused its
canary, the report must exist and hold no open finding, and every acknowledgement must be namespaced, with sound terms,
on a construct, and meet exactly one finding.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from soc2.acknowledgements import ID_EXAMPLE, Terms, parse
from soc2.rule import PACK

PACKS = (PACK, "AwsSolutions", "NIST.800.53.R5", "Serverless")
"""The rule packs that must have judged an assembly."""

REPORT = "validation-report.json"
ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
_FLOW_LOGS = (
    "AWS::EC2::FlowLog DestinationOptions accepts properties in camelCase, "
    "even they are listed as PascalCase in the spec"
)
CDK_OWN = frozenset({("CloudFormation-Validate::F3002", _FLOW_LOGS), ("CloudFormation-Validate::F3003", _FLOW_LOGS)})
"""Acknowledgements that CDK's own constructs make, by id and reason: of its validation's errors, nobody else's."""

_CDK_IDS = frozenset(rule for rule, _ in CDK_OWN)
ADVICE = "Annotation::@aws-cdk"
"""Beginning of the ids of CDK's own warnings, which are advice and close no gate."""


def is_cdks_own(rule: str, text: str) -> bool:
    """Whether CDK made an acknowledgement, or it silences a warning of CDK's."""
    return rule.startswith(ADVICE) or (rule, text) in CDK_OWN


class GateError(Exception):
    """The policy gate is closed; the text lists why, one problem a line."""


@dataclass(frozen=True)
class Finding:
    """A rule that a resource breaks. ``id`` is namespaced: what an acknowledgement must quote."""

    id: str
    path: str
    text: str


@dataclass(frozen=True)
class Acknowledgement:
    """An accepted finding: the id, the path of the construct it stands on, and the text with its terms."""

    id: str
    path: str
    text: str

    @property
    def terms(self) -> Terms | None:
        """What was decided; None when the text states no terms."""
        return parse(self.text)


@dataclass(frozen=True)
class Verdict:
    """What an assembly's files say: open findings, acknowledgements, and how many findings each one met."""

    open: tuple[Finding, ...]
    acknowledgements: tuple[Acknowledgement, ...]
    stacks: frozenset[str]
    met: dict[tuple[str, str], tuple[str, ...]]

    def problems(self) -> list[str]:
        """Every reason to refuse the assembly; empty when the gate is open."""
        problems = [f"{f.path}: {f.text}\n    {self._way_out(f)}" for f in self.open]
        for acknowledgement in self.acknowledgements:
            problems += self._unsound(acknowledgement)
        read = {(a.id, a.path) for a in self.acknowledgements}
        problems += [
            f"{at or 'the app'}: {rule!r} is suppressed there, and no acknowledgement with terms was found"
            for rule, at in self.met
            if (rule, at) not in read and rule not in _CDK_IDS and not rule.startswith(ADVICE)
        ]
        return problems

    def _way_out(self, finding: Finding) -> str:
        if any(finding.path.startswith(f"{stack}/") for stack in self.stacks):
            return f"acknowledge with {finding.id!r}"
        return (
            "it concerns all templates together, so no construct can acknowledge it: fix it, or say it in the profile"
        )

    def _unsound(self, ack: Acknowledgement) -> Iterator[str]:
        where = f"{ack.path}: the acknowledgement of {ack.id!r}"
        if ack.id.startswith("Annotation::"):
            # What CDK makes of a bare id.
            yield f"{where} has no namespace: write the id as the report prints it ({ID_EXAMPLE})"
            return
        if ack.terms is None:
            yield f"{where} states no reason, owner, expiry and ticket: make it with soc2.acknowledge"
        else:
            yield from (f"{where} {problem}" for problem in ack.terms.problems(datetime.now(UTC).date()))
        if ack.path in self.stacks:
            yield f"{where} stands on a whole stack: put it on the construct that has the finding"
        met = self.met.get((ack.id, ack.path), ())
        if not met:
            yield f"{where} meets no finding: remove it, or correct its id"
        elif len(met) > 1:
            yield f"{where} hides {len(met)} findings ({', '.join(met)}): put one on each"


def read_verdict(assembly: Path) -> Verdict:
    """The verdict over the assembly in ``assembly``.

    :raises GateError: there is no report, so nothing was judged.
    """
    report = assembly / REPORT
    if not report.exists():
        raise GateError(f"{report} is missing: nothing was judged, and a missing report is a broken gate, not a pass")
    reports: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["pluginReports"]
    found: list[Finding] = []
    met: dict[tuple[str, str], tuple[str, ...]] = {}
    for plugin in reports:
        for violation in plugin.get("violations", ()):
            # Our packs know errors only; warnings are CDK's own advice.
            if violation.get("severity") not in ("warning", "info"):
                found += _findings(plugin["pluginName"], violation)
        for violation in plugin.get("suppressedViolations", ()):
            key = (violation["acknowledgedId"], violation.get("acknowledgedAt", ""))
            met[key] = (*met.get(key, ()), *(c["constructPath"] for c in violation["violatingConstructs"]))
    return Verdict(
        open=tuple(found),
        acknowledgements=tuple(read_acknowledgements(assembly)),
        stacks=frozenset(_stack_paths(assembly)),
        met=met,
    )


def _findings(pack: str, violation: dict[str, Any]) -> Iterator[Finding]:
    name = violation["ruleName"]
    constructs = violation.get("violatingConstructs") or [{"constructPath": "(no construct)"}]
    for construct in constructs:
        at = next(
            (line for trace in construct.get("stackTraces", ()) for line in trace.splitlines() if ".py:" in line), ""
        )
        text = _text(pack, violation) + (f" [{at.strip()}]" if at else "")
        yield Finding(f"{pack.replace(' ', '-')}::{name}", construct.get("constructPath", "(no construct)"), text)


def _text(pack: str, violation: dict[str, Any]) -> str:
    """What a finding says: ours name the criteria, the value found and the fix; other packs', the rule."""
    description: str = violation["description"]
    if pack != PACK:
        return f"{violation['ruleName']}: {description.split(' - (Control IDs', 1)[0].split('. ', 1)[0].rstrip('.')}"
    return f"{description}; fix: {violation.get('suggestedFix', '')}"


def _stack_paths(assembly: Path) -> Iterator[str]:
    for manifest in assembly.rglob("manifest.json"):
        for artifact in json.loads(manifest.read_text("utf-8")).get("artifacts", {}).values():
            if artifact["type"] == "aws:cloudformation:stack":
                yield artifact.get("displayName", "").split(" ")[0]


def read_acknowledgements(assembly: Path) -> Iterator[Acknowledgement]:
    """Every acknowledgement below a stage in the assembly, CDK's own apart."""
    for file in sorted(assembly.rglob("*.metadata.json")):
        for path, entries in json.loads(file.read_text("utf-8")).items():
            for entry in entries:
                if entry["type"] == ACKNOWLEDGED:
                    for rule, reason in entry["data"].items():
                        if not is_cdks_own(rule, reason):
                            yield Acknowledgement(rule, path.lstrip("/"), reason)


def refuse_unless_clean(
    verdict: Verdict, *, broken_packs: Iterable[str] = (), above: Iterable[Acknowledgement] = ()
) -> None:
    """Raise unless the verdict is clean.

    :param broken_packs: what is wrong with the packs that should have judged the assembly; a report does not tell a
        pack that was never asked from one that found nothing.
    :param above: acknowledgements on the app or a stage, which the assembly's files do not show.
    :raises GateError: with every problem.
    """
    problems = [f"{broken}: that is a broken gate, not a pass" for broken in broken_packs]
    problems += verdict.problems()
    problems += [
        f"{ack.path or 'the app'}: the acknowledgement of {ack.id!r} stands on a whole stage or app: "
        "put it on the construct that has the finding"
        for ack in above
    ]
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise GateError(f"the policy gate is closed, {count}:\n" + "\n".join(f"  - {problem}" for problem in problems))

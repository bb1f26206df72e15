"""From verdicts to evidence: joins the rules' results with the acknowledgements, and says what was judged (COMP-09)."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from soc2.evidence import (
    OPEN,
    AcknowledgementRecord,
    Evidence,
    Provenance,
    SwitchedOffRecord,
    acknowledge_id,
    records,
    rule_records,
)
from soc2.exceptions import SwitchedOff
from soc2.gate import PACKS, Verdict
from soc2.profile import Profile
from soc2.rule import PACK, RULES, Result, Status
from soc2.source import state_of_source

TOOLS = ("aws-cdk-lib", "cdk-nag", "constructs", "jsii", "soc2")


def collect(
    results: Iterable[Result],
    verdict: Verdict,
    *,
    assembly: Path,
    profile: Profile,
    templates: Mapping[str, Path],
    switched_off: Sequence[SwitchedOff],
    left_out: Counter[str],
    settings: str,
    types: Mapping[str, int],
) -> Evidence:
    """The evidence of a synthesis that the gate let pass."""
    paths = _paths(assembly, templates)
    accepted = {
        (rule, path) for (rule, _), paths in verdict.met.items() if rule.startswith(f"{PACK}::") for path in paths
    }
    return Evidence(
        provenance=_provenance(profile, templates, settings),
        packs=PACKS,
        rules=rule_records(),
        results=records(
            [
                _acknowledged(replace(result, path=paths.get((result.stack, result.logical_id), result.path)), accepted)
                for result in results
            ]
        ),
        acknowledgements=tuple(_acknowledgements(verdict)),
        unjudged={name: types[name] for name in sorted(set(types) - {on for rule in RULES.values() for on in rule.on})},
        switched_off=tuple(SwitchedOffRecord(**asdict(rule), findings=left_out[rule.rule]) for rule in switched_off),
    )


def _paths(assembly: Path, stacks: Iterable[str]) -> dict[tuple[str, str], str]:
    """Construct path by (stack, logical id), as CDK notes it beside the templates: templates need not have it."""
    found: dict[tuple[str, str], str] = {}
    for file in assembly.rglob("*.metadata.json"):
        for path, entries in json.loads(file.read_text("utf-8")).items():
            for entry in entries:
                if entry["type"] == "aws:cdk:logicalId":
                    stack = max((s for s in stacks if path.startswith(f"/{s}/")), key=len, default="")
                    found[stack, entry["data"]] = path.lstrip("/")
    return found


def _acknowledged(result: Result, accepted: set[tuple[str, str]]) -> Result:
    if result.status not in (Status.NON_COMPLIANT, Status.UNDECIDED):
        return result
    ids = [acknowledge_id(result.rule.id, broken) for broken in result.broken or (OPEN,)]
    if all((rule, result.path) in accepted for rule in ids):
        return replace(result, status=Status.ACKNOWLEDGED)
    return result


def _acknowledgements(verdict: Verdict) -> Iterable[AcknowledgementRecord]:
    for acknowledgement in sorted(verdict.acknowledgements, key=lambda ack: (ack.path, ack.id)):
        terms = acknowledgement.terms
        if terms is None:
            continue  # the gate has refused it already
        yield AcknowledgementRecord(
            pack=acknowledgement.id.partition("::")[0],
            id=acknowledgement.id,
            path=acknowledgement.path,
            reason=terms.reason,
            owner=terms.owner,
            expires=terms.expires,
            ticket=terms.ticket,
            treatment=terms.treatment,
            by=terms.by,
        )


def _provenance(profile: Profile, templates: Mapping[str, Path], settings: str) -> Provenance:
    commit, changed = state_of_source(Path.cwd())
    return Provenance(
        environment=profile.environment,
        production=profile.production,
        at=datetime.now(UTC).replace(microsecond=0),
        commit=commit or "unknown",
        changed=changed,
        settings=settings,
        profile=profile.stated(),
        templates={name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in sorted(templates.items())},
        tools={"python": platform.python_version()} | {tool: found for tool in TOOLS if (found := _version(tool))},
    )


def _version(tool: str) -> str:
    try:
        return version(tool)
    except PackageNotFoundError:
        return ""

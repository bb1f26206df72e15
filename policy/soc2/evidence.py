"""The evidence of one synthesis: what was judged, by which rules, with which verdict (COMP-09, COMP-18).

Everything that is shown to an auditor (the report, OSCAL, the control matrix, a difference) is made from this one file.
Times are UTC, hashes SHA-256 in hexadecimal.
"""

import importlib
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from soc2.rule import PACK, RULES, Broken, Result, Rule, Severity, Status

FILE = "evidence.json"
"""Its name in an assembly's folder."""
VERSION = 1
"""Of the form of evidence; another one is refused."""

Treatment = Literal["accepted", "mitigated", "false positive"]


class OtherVersionError(ValueError):
    """Evidence in the form of another version."""

    remedy = "use the `alex` of its commit, or make it anew"


class Record(BaseModel):
    """Unknown fields are refused: evidence is not extended silently."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Provenance(Record):
    """What was judged, when, and with what.

    :param environment: for example ``prod``.
    :param commit: of the source, or ``unknown``; ``changed`` when the tree had uncommitted changes.
    :param settings: hash of the environment's settings.
    :param profile: what the rules were told of the environment: retentions, tags, what is elsewhere.
    :param templates: hash of each template by stack name.
    :param tools: version by tool, for example ``{"aws-cdk-lib": "2.275.0"}``.
    """

    environment: str
    production: bool
    at: datetime
    commit: str
    changed: bool
    settings: str
    profile: dict[str, Any] = {}
    templates: dict[str, str]
    tools: dict[str, str]


class RuleRecord(Record):
    """A rule as it was applied."""

    id: str
    title: str
    severity: Severity
    criteria: tuple[str, ...]
    requirements: tuple[str, ...]
    fix: str
    on: tuple[str, ...]


class Problem(Record):
    """One thing that is wrong with a resource; ``acknowledge`` is the id that an acknowledgement quotes."""

    found: str
    at: str
    acknowledge: str


class ResultRecord(Record):
    """The verdict of one rule on one resource. ``reason`` says why it is undecided or not applicable."""

    rule: str
    stack: str
    logical_id: str
    type: str
    path: str
    status: Status
    problems: tuple[Problem, ...] = ()
    reason: str = ""


class AcknowledgementRecord(Record):
    """An accepted finding of any pack.

    :param pack: ``SOC2``, ``AwsSolutions``, ``NIST.800.53.R5`` or ``Serverless``.
    :param by: what mitigates it, for the treatment *mitigated*.
    """

    pack: str
    id: str
    path: str
    reason: str
    owner: str
    expires: date
    ticket: str
    treatment: Treatment
    by: str = ""


class SwitchedOffRecord(Record):
    """A rule of another pack that is not applied, and how many findings it would have raised."""

    rule: str
    reason: str
    covered_by: str
    findings: int


class Evidence(Record):
    """See the module's text. ``rules`` hold every rule, also those that concerned nothing.

    :param unjudged: how many resources there are of each type that no rule of ours names.
    """

    schema_version: Literal[1] = 1
    provenance: Provenance
    packs: tuple[str, ...]
    rules: tuple[RuleRecord, ...]
    results: tuple[ResultRecord, ...]
    acknowledgements: tuple[AcknowledgementRecord, ...]
    switched_off: tuple[SwitchedOffRecord, ...]
    unjudged: dict[str, int] = {}


OPEN = Broken("", detail="Undecided")
"""What an undecided verdict is acknowledged as: a sure finding that follows later has another id."""


def acknowledge_id(rule_id: str, broken: Broken) -> str:
    """The id that an acknowledgement of this finding quotes, for example ``SOC2::SOC2-IAM-WILDCARD[Action::s3:*]``."""
    return f"{PACK}::{rule_id}" + (f"[{broken.detail}]" if broken.detail else "")


def records(results: Iterable[Result]) -> tuple[ResultRecord, ...]:
    """Verdicts as evidence, in their order. None is acknowledged yet: rules do not know who accepted what."""
    return tuple(
        ResultRecord(
            rule=result.rule.id,
            stack=result.stack,
            logical_id=result.logical_id,
            type=result.type,
            path=result.path,
            status=result.status,
            problems=tuple(
                Problem(found=broken.found, at=broken.at, acknowledge=acknowledge_id(result.rule.id, broken))
                for broken in result.broken
            ),
            reason=result.reason,
        )
        for result in results
    )


def rule_records(rules: Iterable[Rule] | None = None) -> tuple[RuleRecord, ...]:
    """The rules as evidence, by id; without an argument all rules of the pack, which are loaded if they are not yet."""
    if rules is None:
        importlib.import_module("soc2.rules")  # not above: who only reads evidence needs no rule
        rules = RULES.values()
    return tuple(
        RuleRecord(
            id=rule.id,
            title=rule.title,
            severity=rule.severity,
            criteria=rule.criteria,
            requirements=rule.requirements,
            fix=rule.fix,
            on=rule.on,
        )
        for rule in sorted(rules, key=lambda rule: rule.id)
    )


def read(file: Path) -> Evidence:
    """The evidence in ``file``.

    :raises ValueError: it is no evidence, or of another version (`OtherVersionError`); the text says what is wrong.
    """
    try:
        return Evidence.model_validate_json(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"no text in UTF-8 (byte {error.start})") from None
    except ValidationError as error:
        raise _unreadable(error) from None


def _unreadable(error: ValidationError) -> ValueError:
    """The first problem in words that fit on one line; a foreign file has hundreds."""
    problems = error.errors(include_url=False)
    other = next((problem for problem in problems if problem["loc"] == ("schema_version",)), None)
    if other:
        return OtherVersionError(f"written as version {other['input']!r:.20}; this one reads {VERSION}")
    first = problems[0]
    if first["type"] == "json_invalid":
        at = re.search(r"line \d+ column \d+", str(first["ctx"]["error"]))
        return ValueError("broken JSON" + (f" at {at[0].replace(' column', ', column')}" if at else ""))
    where, more = ".".join(str(part) for part in first["loc"]), len(problems) - 1
    said = {
        "missing": f"it lacks {where}",
        "extra_forbidden": f"it has {where!r:.60}, which version {VERSION} does not know",
    }
    what = said.get(first["type"], f"{where} is not what belongs there" if where else "it is no object")
    return ValueError(what + (f", and {more} more" if more else ""))


def write(evidence: Evidence, file: Path) -> None:
    """Write it the same way each time, so that a signature and a difference hold."""
    file.write_text(evidence.model_dump_json(indent=1) + "\n", "utf-8")

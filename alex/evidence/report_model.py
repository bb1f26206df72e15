"""Evidence as its readers need it: criteria with their controls, verdicts in words, exceptions with the days left.

Decision: everything is computed from the evidence and the catalogue of criteria, nothing from the clock, so that a
report, an OSCAL document and a second copy of either agree whenever they are made.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from soc2.criteria import CRITERIA, Criterion
from soc2.evidence import AcknowledgementRecord, Evidence, ResultRecord, RuleRecord
from soc2.rule import Status

Counts = Counter[Status]

ATTENTION = (Status.NON_COMPLIANT, Status.UNDECIDED, Status.ACKNOWLEDGED)
"""Verdicts that a reader wants to see one by one, worst first."""

ORDER = (*ATTENTION, Status.COMPLIANT, Status.NOT_APPLICABLE)


class Standing(StrEnum):
    """Where a criterion stands. The words speak of controls: that the criterion itself is met, an auditor says."""

    OPEN = "findings open"
    UNDECIDED = "undecided"
    EXCEPTIONS = "controls hold, with exceptions"
    HOLDS = "controls hold"
    NOTHING = "nothing to judge"
    TESTS = "by tests"
    PROCESS = "by process"


@dataclass(frozen=True)
class Control:
    """A rule with its verdicts, the worst first."""

    rule: RuleRecord
    results: tuple[ResultRecord, ...]
    counts: Counts

    @property
    def judged(self) -> bool:
        """Whether it met a resource that it applies to; without one it neither holds nor fails."""
        return any(self.counts.get(status) for status in ORDER if status != Status.NOT_APPLICABLE)

    def of(self, status: Status) -> list[ResultRecord]:
        """Its results with one verdict."""
        return [result for result in self.results if result.status == status]


@dataclass(frozen=True)
class Judged:
    """A criterion with the controls that evidence it, and what they add up to."""

    criterion: Criterion
    controls: tuple[Control, ...]
    counts: Counts
    standing: Standing

    @property
    def group(self) -> str:
        """The group of criteria it belongs to and what that is about: ``CC8 Change management``."""
        return f"{self.criterion.id.partition('.')[0]} {self.criterion.heading}"


@dataclass(frozen=True)
class Accepted:
    """An exception, the verdicts that it covers, and how long it still holds, counted from the evidence's day.

    :param days_left: 0 on its last day, negative when it had ended.
    """

    record: AcknowledgementRecord
    results: tuple[ResultRecord, ...]
    days_left: int


@dataclass(frozen=True)
class Model:
    """Everything that is shown of one evidence."""

    evidence: Evidence
    controls: Mapping[str, Control]
    criteria: tuple[Judged, ...]
    exceptions: tuple[Accepted, ...]
    counts: Counts

    def group_counts(self) -> dict[str, Counts]:
        """Verdicts by group; one that speaks for two criteria of a group counts once."""
        found: dict[str, dict[str, Counts]] = defaultdict(dict)
        for judged in self.criteria:
            found[judged.group].update({control.rule.id: control.counts for control in judged.controls})
        return {group: _total(rules.values()) for group, rules in found.items()}


def model_of(evidence: Evidence) -> Model:
    """Group the evidence for its readers.

    :raises ValueError: a verdict is of a rule that the evidence does not describe.
    """
    results: dict[str, list[ResultRecord]] = defaultdict(list)
    for result in evidence.results:
        results[result.rule].append(result)
    if unknown := sorted(results.keys() - {rule.id for rule in evidence.rules}):
        raise ValueError(f"the evidence has verdicts of rules that it does not describe: {', '.join(unknown)}")
    acknowledged = [result for result in evidence.results if result.status == Status.ACKNOWLEDGED]
    controls = {rule.id: _control(rule, results[rule.id]) for rule in sorted(evidence.rules, key=lambda r: r.id)}
    return Model(
        evidence=evidence,
        controls=controls,
        criteria=tuple(_judged(criterion, controls) for criterion in CRITERIA.values()),
        exceptions=tuple(
            _accepted(record, evidence.provenance.at.date(), acknowledged) for record in evidence.acknowledgements
        ),
        counts=_total(control.counts for control in controls.values()),
    )


def digest(evidence: Evidence) -> str:
    """SHA-256 of the evidence file as `soc2.evidence.write` writes it."""
    return hashlib.sha256((evidence.model_dump_json(indent=1) + "\n").encode()).hexdigest()


def summary(counts: Counts) -> str:
    """``2 non-compliant, 40 compliant``; the worst first, what is not there unsaid."""
    return ", ".join(f"{counts[status]:,} {status}" for status in ORDER if counts.get(status)) or "nothing to judge"


def said(judged: Judged) -> str:
    """The standing in one sentence that claims no more than was judged.

    Decision: a control that met no resource is counted apart from those that hold, and a criterion's exceptions are
    those of its own rules; findings of other packs are tied to no criterion, so nothing is said of them here.
    """
    counts, controls = judged.counts, judged.controls
    rules = sum(1 for control in controls if control.judged)
    code, idle = _controls(rules), len(controls) - rules
    hold = f"{code} hold{'s' if rules == 1 else ''}"
    more = f"; {idle} more found no resource to judge" if idle else ""
    broken = sum(1 for control in controls if control.counts[Status.NON_COMPLIANT])
    found, total = _findings(counts[Status.NON_COMPLIANT]), summary(counts)
    rest = "" if judged.criterion.process is None else "; what templates cannot show rests on the process"
    return {
        Standing.OPEN: f"{found} open, in {broken} of {code}: {total}{more}.",
        Standing.UNDECIDED: f"Templates leave {counts[Status.UNDECIDED]:,} verdicts of {code} open: {total}{more}.",
        Standing.EXCEPTIONS: f"{hold} with named and dated exceptions: {total}{more}{rest}.",
        Standing.HOLDS: f"{hold} with no exception from these rules: {total}{more}{rest}.",
        Standing.NOTHING: f"{_controls(idle)} found no resource to judge in this environment{rest}.",
        Standing.TESTS: f"No rule over templates speaks for it; the tests named below do{rest}.",
        Standing.PROCESS: "No rule over templates and no test speaks for it; the process is its evidence.",
    }[judged.standing]


def _controls(count: int) -> str:
    return f"{count} control{'s' if count != 1 else ''}"


def _findings(count: int) -> str:
    return "1 finding is" if count == 1 else f"{count:,} findings are"


def _control(rule: RuleRecord, results: list[ResultRecord]) -> Control:
    worst_first = sorted(results, key=lambda r: (ORDER.index(r.status), r.path, r.stack, r.logical_id))
    return Control(rule, tuple(worst_first), Counter(result.status for result in results))


def _judged(criterion: Criterion, controls: Mapping[str, Control]) -> Judged:
    mine = tuple(control for control in controls.values() if criterion.id in control.rule.criteria)
    counts = _total(control.counts for control in mine)
    return Judged(criterion, mine, counts, _standing(counts, criterion, rules=bool(mine)))


def _standing(counts: Counts, criterion: Criterion, *, rules: bool) -> Standing:
    if not rules:
        return Standing.TESTS if criterion.tests else Standing.PROCESS
    for status, standing in (
        (Status.NON_COMPLIANT, Standing.OPEN),
        (Status.UNDECIDED, Standing.UNDECIDED),
        (Status.ACKNOWLEDGED, Standing.EXCEPTIONS),
        (Status.COMPLIANT, Standing.HOLDS),
    ):
        if counts[status]:
            return standing
    return Standing.NOTHING


def _total(counts: Iterable[Counts]) -> Counter[Status]:
    total: Counter[Status] = Counter()
    for part in counts:
        total.update(part)
    return total


def _accepted(record: AcknowledgementRecord, day: date, acknowledged: list[ResultRecord]) -> Accepted:
    rule = record.id.partition("::")[2].partition("[")[0]
    covered = tuple(
        result
        for result in acknowledged
        if result.rule == rule
        and (result.path == record.path or result.path.startswith(f"{record.path}/"))
        and (not result.problems or any(problem.acknowledge == record.id for problem in result.problems))
    )
    return Accepted(record, covered, (record.expires - day).days)

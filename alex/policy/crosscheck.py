"""Where other tools and our rules disagree about the same resources, and who is right.

`python -m alex.policy.crosscheck ASSEMBLY... --checkov CHECKOV [--write docs/crosscheck.md]`; checkov is an executable
in an environment of its own. Exit status 1 when a disagreement has no verdict, 2 when nothing could be compared.

Decision: a rule pack that only its authors read is right by definition. So each finding of another tool must meet a
finding of ours on the same resource, and the other way round, or a verdict that somebody has written down and that
names the resource (`crosscheck_verdicts.toml`). A verdict that meets nothing is a problem too.
"""

import argparse
import sys
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from alex.policy import crosscheck_page
from alex.policy.crosscheck_records import Reviewed, Topics, Verdict
from alex.policy.crosscheck_tools import CHECKOV, CrosscheckError, Ground, Key, Said, checkov, lint, nag, versions
from soc2.evidence import Evidence, ResultRecord
from soc2.rule import PACK, Status

TOPICS = Path(__file__).with_name("crosscheck_topics.toml")
VERDICTS = Path(__file__).with_name("crosscheck_verdicts.toml")
FOUND = (Status.NON_COMPLIANT, Status.ACKNOWLEDGED, Status.UNDECIDED)
"""Verdicts of ours that stop somebody: what is acknowledged was found first."""


@dataclass(frozen=True)
class Disagreement:
    """One resource, two opinions.

    :param by: who finds something: a tool, or ``SOC2``.
    :param check: what it calls it.
    :param other: what the other side says, for example ``SOC2-S3-LOGGED: not applicable``.
    :param ticket: under which decision the code accepts it already.
    :param count: resources that it stands for.
    """

    environment: str
    by: str
    check: str
    title: str
    where: str
    other: str
    ticket: str = ""
    count: int = 1

    @property
    def name(self) -> str:
        """The check as verdicts name it."""
        return f"{self.by}/{self.check}"


@dataclass
class Outcome:
    """Everything that the tools said of one assembly, compared."""

    evidence: Evidence
    said: Sequence[Said]
    disagreements: Sequence[Disagreement]
    agreements: int
    unknown: Sequence[tuple[str, str]]


def compare(ground: Ground, said: Sequence[Said], topics: Topics) -> Outcome:
    """The disagreements in both directions, and the checks that the table of topics does not know."""
    ours: dict[Key, dict[str, ResultRecord]] = defaultdict(dict)
    for result in ground.evidence.results:
        key = (ground.stacks.get(result.stack, ""), result.logical_id)
        ours[key][result.rule] = result
    theirs = [_against(ground, one, topics, ours[one.key]) for one in said if not one.passed]
    found = [disagreement for disagreement in theirs if disagreement]
    mine = list(_alone(ground, said, topics, ours))
    return Outcome(
        evidence=ground.evidence,
        said=said,
        disagreements=(*found, *mine),
        agreements=len(theirs) - len(found),
        unknown=sorted({(one.tool, one.check) for one in said} - topics.known()),
    )


def _against(ground: Ground, one: Said, topics: Topics, ours: dict[str, ResultRecord]) -> Disagreement | None:
    """What a tool finds and we do not; None when we agree."""
    rules = topics.rules(one.tool, one.check)
    if any(rule in ours and ours[rule].status in FOUND for rule in rules):
        return None
    other = ", ".join(f"{rule}: {ours[rule].status if rule in ours else 'not judged'}" for rule in rules) or "no rule"
    where = ground.where(one.key)
    return Disagreement(ground.environment, one.tool, one.check, one.title, where, other, one.ticket, one.count)


def _alone(
    ground: Ground, said: Iterable[Said], topics: Topics, ours: dict[Key, dict[str, ResultRecord]]
) -> Iterator[Disagreement]:
    """What we find and a tool passes that asks the same, or what no tool finds.

    Only checkov says what it passes; of the others, silence counts when none of them finds it.
    """
    titles = {rule.id: rule.title for rule in ground.evidence.rules}
    by_key: dict[Key, list[Said]] = defaultdict(list)
    for one in said:
        by_key[one.key].append(one)
    for key, results in ours.items():
        for rule, result in results.items():
            if result.status not in FOUND:
                continue
            asking = [one for one in by_key[key] if rule in topics.rules(one.tool, one.check)]
            finding = {one.tool for one in asking if not one.passed}
            passing = [f"{one.tool} {one.check}: passes" for one in asking if one.tool not in finding]
            if finding and not passing:
                continue
            others = sorted(f"{tool} {check}: silent" for tool, check in topics.asking(rule) if tool != CHECKOV)
            other = ", ".join(passing or others) or "no check asks"
            where = ground.where(key) if key[1] else "(the application)"
            yield Disagreement(ground.environment, PACK, rule, titles.get(rule, ""), where, other)


def judged(
    reviewed: Reviewed, found: Sequence[Disagreement], environments: Collection[str]
) -> tuple[dict[Disagreement, Verdict], list[str]]:
    """The verdict on each disagreement, and what is wrong: one without, one with a wrong RISK, a verdict on nothing."""
    verdicts: dict[Disagreement, Verdict] = {}
    problems = []
    for one in found:
        verdict = next((v for v in reviewed.verdict if _covers(v, one)), None)
        if verdict is None:
            problems.append(f"{one.name} on {one.where} ({one.environment}): no verdict; {one.title}; {one.other}")
            continue
        verdicts[one] = verdict
        if one.ticket and one.ticket != verdict.risk:
            problems.append(f"{one.name} on {one.where}: accepted under {one.ticket}, not {verdict.risk or 'nothing'}")
    for verdict in reviewed.verdict:
        if verdict.environments and not set(verdict.environments) & set(environments):
            continue
        met = [one for one, given in verdicts.items() if given is verdict]
        for check in verdict.checks:
            places = [one.where for one in met if one.name == check]
            unmet = [pattern for pattern in verdict.where if not any(fnmatchcase(p, pattern) for p in places)]
            if unmet:
                problems.append(f"the verdict on {check} meets nothing at {', '.join(unmet)}: remove it")
    return verdicts, problems


def _covers(verdict: Verdict, one: Disagreement) -> bool:
    there = not verdict.environments or one.environment in verdict.environments
    return one.name in verdict.checks and there and any(fnmatchcase(one.where, p) for p in verdict.where)


def load(file: Path, kind: type[Topics] | type[Reviewed]) -> Any:
    """One of the two reviewed tables.

    :raises CrosscheckError: it is not written as its model says.
    """
    try:
        return kind.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise CrosscheckError(f"{file}: {error}") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m alex.policy.crosscheck", description=__doc__.splitlines()[0])
    parser.add_argument("assembly", type=Path, nargs="+", help="folder that a synthesis wrote")
    parser.add_argument("--checkov", type=Path, required=True, help="checkov's executable, in its own environment")
    parser.add_argument("--write", type=Path, help="write the page to this file")
    parser.add_argument("--topics", type=Path, default=TOPICS, help=argparse.SUPPRESS)
    parser.add_argument("--verdicts", type=Path, default=VERDICTS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    try:
        topics, reviewed = load(given.topics, Topics), load(given.verdicts, Reviewed)
        outcomes = []
        used = versions()
        for folder in given.assembly:
            ground = Ground(folder)
            used[CHECKOV], said = checkov(ground, given.checkov)
            outcomes.append(compare(ground, [*said, *lint(ground), *nag(ground)], topics))
    except CrosscheckError as error:
        print(error, file=sys.stderr)
        return 2
    found = [one for outcome in outcomes for one in outcome.disagreements]
    verdicts, problems = judged(reviewed, found, {outcome.evidence.provenance.environment for outcome in outcomes})
    problems += [
        f"{tool} {check}: not in {given.topics.name}: name the rules that ask the same, or why none does"
        for tool, check in sorted({pair for outcome in outcomes for pair in outcome.unknown})
    ]
    print(crosscheck_page.lines(outcomes, verdicts))
    for problem in problems:
        print(f"problem: {problem}", file=sys.stderr)
    if given.write and not problems:
        given.write.write_text(crosscheck_page.page(outcomes, verdicts, topics, reviewed, used), "utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

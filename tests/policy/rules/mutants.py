"""Breaks one control after another in real templates, and asks whether its rule notices.

`python -m tests.policy.rules.mutants ASSEMBLY` does it for every compliant resource of a synthesised stage and prints
the score; the tests do it for a few resources of each rule.
"""

import pickle
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soc2.rules  # noqa: F401 - registers the rules
from soc2.assembly import Assembly, read_templates
from soc2.judge import evaluate
from soc2.profile import Profile
from soc2.rule import RULES, Result, Status
from tests.policy.rules.casework import Case, Templates
from tests.policy.rules.test_rules import CASES


@dataclass(frozen=True)
class Mutant:
    """A control that was broken: by which rule's mutation, where, and whether the rule noticed."""

    rule: str
    where: str
    caught: bool


class Ground:
    """Real templates, to be broken again and again."""

    def __init__(self, templates: Templates, profile: Profile) -> None:
        self._pickled = pickle.dumps(templates)
        self._profile = profile
        assembly = Assembly(templates, profile)
        self._results = {rule.id: evaluate(assembly, [rule]) for rule in RULES.values()}

    def mutants(self, case: Case, most: int | None = None) -> Iterator[Mutant]:
        """The rule's mutants: one for each resource that it finds compliant, or its failing case planted."""
        compliant = [result for result in self._results[case.rule] if result.status == Status.COMPLIANT]
        if case.breaks and compliant:
            for result in compliant[:most]:
                yield self._broken(case, result)
        else:
            yield self._planted(case)

    def _broken(self, case: Case, result: Result) -> Mutant:
        assert case.breaks is not None
        templates = self._fresh()
        case.breaks(templates, result.stack, result.logical_id)
        found = self._judge(case, templates, self._profile)
        caught = any(r.status == Status.NON_COMPLIANT and r.logical_id == result.logical_id for r in found)
        return Mutant(case.rule, result.path, caught)

    def _planted(self, case: Case) -> Mutant:
        templates = self._fresh()
        stack = next(iter(templates))
        templates[stack]["Resources"] |= case.failing
        found = self._judge(case, templates, case.profile)
        caught = any(r.status == Status.NON_COMPLIANT and r.logical_id in (*case.failing, "") for r in found)
        return Mutant(case.rule, f"planted in {stack}", caught)

    def _judge(self, case: Case, templates: Templates, profile: Profile) -> Iterable[Result]:
        return evaluate(Assembly(templates, profile), [RULES[case.rule]])

    def _fresh(self) -> Any:
        return pickle.loads(self._pickled)


USAGE = "usage: python -m tests.policy.rules.mutants ASSEMBLY, for example .alex/prod/assembly"


def main(*folders: str) -> int:
    """The score over every stack of a stage's assembly; 1 when a mutant lived, 2 without an assembly."""
    if len(folders) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    folder = folders[0]
    files = sorted(Path(folder).rglob("*.template.json"))
    if not files:
        print(f"{folder}: no template; name a synthesised assembly, such as .alex/prod/assembly", file=sys.stderr)
        return 2
    ground = Ground(read_templates({file.name: file for file in files}), Profile())
    made = [mutant for case in CASES for mutant in ground.mutants(case)]
    for mutant in made:
        if not mutant.caught:
            print(f"lived: {mutant.rule} at {mutant.where}")
    dead = sum(mutant.caught for mutant in made)
    print(f"{len({m.rule for m in made})} rules, {len(made)} mutants, {dead} caught: {dead / len(made):.1%}")
    return 0 if dead == len(made) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

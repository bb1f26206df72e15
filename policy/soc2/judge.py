"""Judges templates by rules: every rule on every resource that it concerns, in every case that conditions allow."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from soc2.assembly import Assembly
from soc2.rule import RULES, Broken, NotApplicable, Result, Rule, Status
from soc2.template import APPLICATION, Resource
from soc2.values import Undecided
from soc2.worlds import Fork, World

MOST_WORLDS = 64
"""Combinations of conditions that are tried before the verdict is *undecided*."""


def evaluate(assembly: Assembly, rules: Iterable[Rule] | None = None, *, strict: bool = False) -> list[Result]:
    """Every rule on every resource that it concerns.

    :param strict: let a rule's crash through, for tests; otherwise it makes the verdict *undecided*.
    """
    return [
        verdict(found, subject, strict=strict)
        for found in (RULES.values() if rules is None else rules)
        for subject in _subjects(assembly, found)
    ]


def _subjects(assembly: Assembly, found: Rule) -> Iterator[Any]:
    for name in found.on:
        if name == APPLICATION:
            yield assembly
        else:
            yield from assembly.all_of_type(name)


def verdict(found: Rule, subject: Resource | Assembly, *, strict: bool = False) -> Result:
    """One rule on one subject, in every world that its conditions allow."""
    assembly = subject.assembly
    results: list[tuple[World, Result]] = []
    open_worlds = [World()]
    try:
        while open_worlds:
            if len(results) + len(open_worlds) > MOST_WORLDS:
                return _result(found, subject, Status.UNDECIDED, reason=f"more than {MOST_WORLDS} cases to try")
            assembly.world = world = open_worlds.pop()
            try:
                results.append((world, _judge(found, subject, strict=strict)))
            except Fork as fork:
                open_worlds += [World({**world, fork.choice: choice}) for choice in reversed(fork.choices)]
        if len({result.status for _, result in results}) > 1:
            results = [pair for pair in results if _exists(subject, pair[0])] or results
    finally:
        assembly.world = World()
    return _merged(results)


def _exists(subject: Resource | Assembly, world: World) -> bool:
    """Whether the subject may be there in a world: where its own condition fails there is nothing to judge."""
    if not isinstance(subject, Resource):
        return True
    subject.assembly.world = world
    try:
        return subject.exists()
    except Fork:
        return True


def _judge(found: Rule, subject: Resource | Assembly, *, strict: bool) -> Result:
    broken: list[Broken] = []
    try:
        broken.extend(found.judge(subject))
    except NotApplicable as why:
        return _result(found, subject, Status.NOT_APPLICABLE, reason=str(why))
    except Undecided as why:
        if not broken:  # what was surely wrong before stays wrong
            return _result(found, subject, Status.UNDECIDED, reason=str(why))
    except Fork:
        raise
    except Exception as crash:
        if strict:
            raise
        shape = f"the rule could not read the template here ({type(crash).__name__}: {crash})"
        return _result(found, subject, Status.UNDECIDED, reason=shape)
    return _result(found, subject, Status.NON_COMPLIANT if broken else Status.COMPLIANT, broken=_apart(broken))


def _apart(broken: Sequence[Broken]) -> tuple[Broken, ...]:
    """Findings with the same detail become one: an id stands for one finding."""
    seen = Counter(found.detail for found in broken)
    if all(count == 1 for count in seen.values()):
        return tuple(broken)
    return tuple(
        Broken(
            found="; ".join(dict.fromkeys(b.found for b in broken if b.detail == detail)),
            at=next(b.at for b in broken if b.detail == detail),
            detail=detail,
        )
        for detail in seen
    )


_WORST_FIRST = (Status.NON_COMPLIANT, Status.UNDECIDED, Status.COMPLIANT, Status.NOT_APPLICABLE)


def _merged(results: list[tuple[World, Result]]) -> Result:
    """The same verdict in every world is the verdict; different ones leave it undecided, and say in which case."""
    first = results[0][1]
    statuses = {result.status for _, result in results}
    if len(statuses) == 1:
        return first
    if statuses == {Status.COMPLIANT, Status.NOT_APPLICABLE}:
        return next(result for _, result in results if result.status == Status.COMPLIANT)
    world, worst = min(results, key=lambda pair: _WORST_FIRST.index(pair[1].status))
    case = ", ".join(f"{choice} = {value}" for choice, value in world.items())
    why = "; ".join(found.found for found in worst.broken) or worst.reason
    return replace(worst, status=Status.UNDECIDED, broken=(), reason=f"depends: with {case}: {why}")


def _result(
    found: Rule, subject: Resource | Assembly, status: Status, *, reason: str = "", broken: tuple[Broken, ...] = ()
) -> Result:
    resource = subject if isinstance(subject, Resource) else None
    return Result(
        rule=found,
        stack=resource.stack.name if resource else "",
        logical_id=resource.logical_id if resource else "",
        type=resource.type if resource else APPLICATION,
        path=resource.path if resource else APPLICATION,
        status=status,
        broken=broken,
        reason=reason,
    )

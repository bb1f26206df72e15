"""Makes the difference between two evidences.

Decision: verdicts are matched by rule and construct path, since logical ids carry hashes that change with a construct's
surroundings; acknowledgements by construct path and id without such hashes.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping

from soc2.difference import AcknowledgementMove, Difference, Fact, Named, VerdictMove, only
from soc2.evidence import AcknowledgementRecord, Evidence, ResultRecord, SwitchedOffRecord
from soc2.matching import paired, stable
from soc2.rule import Severity, Status

Accepted = tuple[AcknowledgementRecord | None, AcknowledgementRecord | None]

LOSS = {
    Status.COMPLIANT: 0,
    Status.NOT_APPLICABLE: 0,
    Status.ACKNOWLEDGED: 1,
    Status.UNDECIDED: 2,
    Status.NON_COMPLIANT: 3,
}
"""How much assurance a verdict costs; only the order matters."""

_GRAVITY = list(Severity)


def difference(before: Evidence, after: Evidence) -> Difference:
    """What changed from ``before`` to ``after``."""
    moves = _moves(before, after)
    worse = [_is_worse(move.before, move.after) for move in moves]
    better = [_is_worse(move.after, move.before) for move in moves]
    here, there = _resources(before.results), _resources(after.results)
    was, now = ({rule.id: rule for rule in side.rules} for side in (before, after))
    off_before, off_after = _off(before.switched_off), _off(after.switched_off)
    accepted = _acknowledgements(before, after)
    old, new = before.provenance, after.provenance
    return Difference(
        environments=(old.environment, new.environment),
        times=(old.at, new.at),
        better=tuple(move for move, holds in zip(moves, better, strict=True) if holds),
        worse=tuple(move for move, holds in zip(moves, worse, strict=True) if holds),
        otherwise=tuple(
            move
            for move, is_better, is_worse in zip(moves, better, worse, strict=True)
            if move.before and move.after and not is_better and not is_worse
        ),
        resources_added=_named(there, here),
        resources_removed=_named(here, there),
        rules_added=_less(now, was),
        rules_removed=_less(was, now),
        rules_changed=tuple(sorted(name for name in was.keys() & now if was[name] != now[name])),
        packs_added=_less(after.packs, before.packs),
        packs_removed=_less(before.packs, after.packs),
        switched_off=_less(off_after, off_before),
        switched_on=_less(off_before, off_after),
        acknowledgements_added=tuple(later for earlier, later in accepted if later and not earlier),
        acknowledgements_removed=tuple(earlier for earlier, later in accepted if earlier and not later),
        extended=_moved(accepted, lambda earlier, later: later.expires > earlier.expires),
        shortened=_moved(accepted, lambda earlier, later: later.expires < earlier.expires),
        reworded=_moved(accepted, _reworded),
        templates=_facts(old.templates, new.templates),
        facts=_facts(_provenance(before), _provenance(after)),
    )


def _moves(before: Evidence, after: Evidence) -> list[VerdictMove]:
    severities: dict[str, Severity] = {}
    for rule in (*before.rules, *after.rules):
        severities[rule.id] = min(severities.get(rule.id, rule.severity), rule.severity, key=_GRAVITY.index)
    pairs = paired(before.results, after.results, _exactly, lambda result: (result.rule, result.path))
    moves = [
        VerdictMove(before=old, after=new, severity=severities.get((old or new).rule, Severity.LOW))  # type: ignore[union-attr]
        for old, new in pairs
        if _verdict(old) != _verdict(new)
    ]
    return sorted(moves, key=_place)


def _place(move: VerdictMove) -> tuple[int, tuple[str, ...]]:
    """The gravest first; the same place whichever side is the earlier one."""
    return _GRAVITY.index(move.severity), min(_exactly(side) for side in (move.before, move.after) if side)


def _exactly(result: ResultRecord) -> tuple[str, ...]:
    return result.rule, result.path, result.stack, result.logical_id


def _verdict(result: ResultRecord | None) -> Hashable:
    """What of a record is a verdict. The reason is not: its words quote the values of undecided properties."""
    if result is None:
        return None
    return result.status, tuple(sorted((stable(p.acknowledge), p.at, stable(p.found)) for p in result.problems))


def _is_worse(before: ResultRecord | None, after: ResultRecord | None) -> bool:
    """Whether ``after`` assures less than ``before``; what is not judged costs nothing."""
    was, now = (LOSS[result.status] if result else 0 for result in (before, after))
    if was != now:
        return now > was
    return bool(now and only(after, before))


def _resources(results: Iterable[ResultRecord]) -> dict[str, str]:
    return {result.path: result.type for result in results if result.logical_id}


def _named(mine: Mapping[str, str], other: Mapping[str, str]) -> tuple[Named, ...]:
    return tuple(Named(path=path, type=mine[path]) for path in sorted(mine.keys() - other.keys()))


def _off(rules: Iterable[SwitchedOffRecord]) -> set[str]:
    return {rule.rule for rule in rules}


def _less(mine: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(mine) - set(other)))


def _acknowledgements(before: Evidence, after: Evidence) -> list[Accepted]:
    pairs = paired(
        before.acknowledgements,
        after.acknowledgements,
        lambda record: (record.path, record.id),
        lambda record: (record.path, stable(record.id)),
    )
    return sorted(pairs, key=lambda pair: min((record.path, record.id) for record in pair if record))


def _moved(
    pairs: Iterable[Accepted], holds: Callable[[AcknowledgementRecord, AcknowledgementRecord], bool]
) -> tuple[AcknowledgementMove, ...]:
    return tuple(
        AcknowledgementMove(before=earlier, after=later)
        for earlier, later in pairs
        if earlier and later and holds(earlier, later)
    )


def _reworded(earlier: AcknowledgementRecord, later: AcknowledgementRecord) -> bool:
    return earlier.expires == later.expires and earlier.model_copy(update={"id": later.id}) != later


def _facts(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Fact, ...]:
    moved = ((name, before.get(name), after.get(name)) for name in sorted({**before, **after}))
    return tuple(Fact(name=name, before=was, after=now) for name, was, now in moved if was != now)


def _provenance(evidence: Evidence) -> dict[str, str]:
    found = evidence.provenance
    return {
        **found.tools,
        "environment": found.environment,
        "production": "yes" if found.production else "no",
        "commit": found.commit + (" with uncommitted changes" if found.changed else ""),
        "settings": found.settings,
    }

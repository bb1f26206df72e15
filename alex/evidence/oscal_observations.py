"""OSCAL observations and risks: what was seen on which resource, and what that leaves open or was accepted."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time

from alex.evidence.oscal_run import ORIGIN, Run, attention, key_of, key_of_exception
from alex.evidence.oscal_words import Json, one_line, prop, uid
from alex.evidence.report_model import Accepted, Control
from soc2.evidence import ResultRecord
from soc2.rule import Status


def observations(run: Run) -> Iterator[Json]:
    """One for each verdict that asks for attention, one a rule for all that is compliant, and the exceptions."""
    for control in run.model.controls.values():
        for result in attention(control):
            yield _observation(
                run, key_of(result), control.rule.id, result.status, description=_found(result), about=[result]
            )
        if compliant := control.of(Status.COMPLIANT):
            yield _observation(
                run,
                control.rule.id,
                control.rule.id,
                Status.COMPLIANT,
                description=f"{control.rule.title}: {len(compliant)} of {len(control.results)} verdicts.",
                about=compliant,
            )
    yield from _of_other_packs(run)


def _observation(
    run: Run, key: str, rule: str, status: Status, *, description: str, about: Iterable[ResultRecord]
) -> Json:
    subjects = [
        {"subject-uuid": uuid, "type": "inventory-item"} for uuid in dict.fromkeys(run.resource(r) for r in about)
    ]
    return {
        "uuid": run.observation(key),
        "title": one_line(f"{rule}: {status}"),
        "description": description,
        "props": [prop("rule", rule), prop("verdict", status)],
        "methods": ["EXAMINE"],
        "types": ["control-objective" if status == Status.COMPLIANT else "finding"],
        "origins": [ORIGIN],
        **({"subjects": subjects} if subjects else {}),
        "relevant-evidence": [{"href": f"#{run.evidence}", "description": "The verdicts as they were recorded."}],
        "collected": run.at,
    }


def _of_other_packs(run: Run) -> Iterator[Json]:
    for accepted in _foreign(run):
        record = accepted.record
        yield _observation(
            run,
            key_of_exception(record),
            record.id,
            Status.ACKNOWLEDGED,
            description=f"{record.pack} reports {record.id} on {record.path}.",
            about=[r for r in run.subjects.values() if f"{r.path}/".startswith(f"{record.path}/")],
        )


def _found(result: ResultRecord) -> str:
    return "; ".join(problem.found for problem in result.problems) or result.reason or str(result.status)


def risks(run: Run) -> Iterator[Json]:
    """What is open or undecided, and what was accepted with its terms."""
    terms: dict[str, list[Accepted]] = {}
    for accepted in run.model.exceptions:
        for result in accepted.results:
            terms.setdefault(key_of(result), []).append(accepted)
    for control in run.model.controls.values():
        for result in attention(control):
            yield _risk(run, control, result, terms.get(key_of(result), []))
    yield from _risks_of_other_packs(run)


def _risk(run: Run, control: Control, result: ResultRecord, terms: list[Accepted]) -> Json:
    approved = "deviation-approved" if terms else "deviation-requested"  # nobody approves without a name
    status = {Status.NON_COMPLIANT: "open", Status.UNDECIDED: "investigating"}.get(result.status, approved)
    facets = [{"name": "severity", "system": "urn:alex:soc2:severity", "value": control.rule.severity}]
    remedy = {
        "uuid": uid("remedy", run.environment, key_of(result)),
        "lifecycle": "recommendation",
        "title": one_line(control.rule.title),
        "description": control.rule.fix,
    }
    return {
        "uuid": run.risk(key_of(result)),
        "title": one_line(f"{control.rule.id} on {result.path}"),
        "description": _found(result),
        "statement": f"This does not hold, or is not known to hold: {control.rule.title}.",
        **_terms(terms),
        "status": status,
        "origins": [ORIGIN],
        "characterizations": [{"origin": ORIGIN, "facets": facets}],
        **_mitigation(run, key_of(result), terms),
        "remediations": [remedy],
        "related-observations": [{"observation-uuid": run.observation(key_of(result))}],
    }


def _risks_of_other_packs(run: Run) -> Iterator[Json]:
    for accepted in _foreign(run):
        record, key = accepted.record, key_of_exception(accepted.record)
        yield {
            "uuid": run.risk(key),
            "title": one_line(f"{record.id} on {record.path}"),
            "description": f"{record.pack} reports {record.id} on {record.path}.",
            "statement": record.reason,
            **_terms([accepted]),
            "status": "deviation-approved",
            "origins": [ORIGIN],
            **_mitigation(run, key, [accepted]),
            "related-observations": [{"observation-uuid": run.observation(key)}],
        }


def _foreign(run: Run) -> list[Accepted]:
    """Exceptions from rules of other packs, whose verdicts the evidence does not list."""
    return [accepted for accepted in run.model.exceptions if not accepted.results]


def _terms(accepted: list[Accepted]) -> Json:
    """Who accepted it, why and where that is recorded; the deadline is the first end."""
    if not accepted:
        return {}
    props = [
        part
        for one in accepted
        for part in (
            prop("exception", one.record.id, remarks=one.record.reason),
            prop("owner", one.record.owner),
            prop("ticket", one.record.ticket),
            prop("treatment", one.record.treatment),
        )
    ]
    ends = min(one.record.expires for one in accepted)
    return {"props": props, "deadline": datetime.combine(ends, time(23, 59, 59), UTC).isoformat()}


def _mitigation(run: Run, key: str, accepted: list[Accepted]) -> Json:
    found = [
        {"uuid": uid("mitigation", run.environment, key, one.record.id), "description": one.record.by}
        for one in accepted
        if one.record.by
    ]
    return {"mitigating-factors": found} if found else {}

"""OSCAL assessment results: what was seen on which resource, which risk that leaves, what it means for a criterion.

Decision: a finding says *satisfied* where rules judged resources and none is open or undecided; an accepted finding
counts as satisfied and stays visible as a risk whose deviation was approved. A criterion that code shows in part only
is called implemented in part, and the finding's remarks say what is missing. Criteria that no rule could judge have no
finding: they are named as excluded from this assessment instead of being called one or the other.
"""

from alex.evidence import oscal_observations
from alex.evidence.oscal_run import ORIGIN, TOOL, Run, attention, key_of
from alex.evidence.oscal_words import Json, control_id, metadata, one_line, prop, statement_id, uid
from alex.evidence.report_model import Judged, Model, Standing, said, summary
from soc2.evidence import FILE, ResultRecord
from soc2.rule import Status

_STATES = {
    Standing.OPEN: ("not-satisfied", "fail"),
    Standing.UNDECIDED: ("not-satisfied", "other"),
    Standing.EXCEPTIONS: ("satisfied", "pass"),
    Standing.HOLDS: ("satisfied", "pass"),
}
"""What a standing is in OSCAL; the others are not assessed."""

_LOOKED_AT = "The template's JSON was examined by a rule, without a person."


def assessment_results(model: Model, *, component_definition: str) -> Json:
    """The document; ``component_definition`` is the file that describes the rules."""
    found, run = model.evidence.provenance, Run(model)
    plan = uid("plan")
    return {
        "assessment-results": {
            "uuid": uid("assessment-results", run.digest),
            "metadata": metadata(f"SOC 2 evidence of {found.environment}", found),
            "import-ap": {"href": f"#{plan}", "remarks": "Every rule on every template, at every synthesis."},
            "results": [_result(run)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": "Plan of the assessment",
                        "description": "Every rule judges every resource of its type in every synthesis of every "
                        "environment; an open finding closes the gate before deployment.",
                        "rlinks": [{"href": component_definition, "media-type": "application/json"}],
                    },
                    {
                        "uuid": run.evidence,
                        "title": "The evidence that this document is made from",
                        "rlinks": [
                            {
                                "href": f"../{FILE}",
                                "media-type": "application/json",
                                "hashes": [{"algorithm": "SHA-256", "value": run.digest}],
                            }
                        ],
                    },
                ]
            },
        }
    }


def _result(run: Run) -> Json:
    assessed = [judged for judged in run.model.criteria if judged.standing in _STATES]
    observations = list(oscal_observations.observations(run))
    risks = list(oscal_observations.risks(run))
    parts: dict[str, list[Json]] = {
        "observations": observations,
        "risks": risks,
        "findings": [_finding(run, judged) for judged in assessed],
    }
    return {
        "uuid": uid("result", run.digest),
        "title": one_line(f"Synthesis of {run.environment}"),
        "description": f"{summary(run.model.counts)}; {len(run.model.exceptions)} exceptions of all packs. "
        "Those of packs other than SOC2 are tied to no criterion; they stand among the risks.",
        "start": run.at,
        "end": run.at,
        "local-definitions": _definitions(run),
        "reviewed-controls": _reviewed(run, assessed),
        **{name: part for name, part in parts.items() if part},
    }


def _definitions(run: Run) -> Json:
    """The stacks and the tool as components, the resources as inventory."""
    stacks = [
        _component(run.stack(stack), "software", stack, "A CloudFormation stack.")
        for stack in sorted(run.model.evidence.provenance.templates.keys() | {s for s, _ in run.subjects if s})
    ]
    tool = _component(TOOL, "validation", "SOC 2 rules over CloudFormation templates", _LOOKED_AT)
    items = [_item(run, result) for _, result in sorted(run.subjects.items())]
    return {"components": [tool, *stacks], **({"inventory-items": items} if items else {})}


def _component(uuid: str, kind: str, title: str, description: str) -> Json:
    status = {"state": "operational" if kind == "validation" else "under-development"}
    return {"uuid": uuid, "type": kind, "title": one_line(title), "description": description, "status": status}


def _item(run: Run, result: ResultRecord) -> Json:
    if not result.logical_id:
        return {
            "uuid": run.resource(result),
            "description": "All templates together: what an account has once, wherever it is.",
        }
    return {
        "uuid": run.resource(result),
        "description": result.path,
        "props": [
            {"name": "asset-id", "value": one_line(result.logical_id)},
            prop("resource-type", result.type),
            prop("construct-path", result.path),
        ],
        "implemented-components": [{"component-uuid": run.stack(result.stack)}],
    }


def _reviewed(run: Run, assessed: list[Judged]) -> Json:
    """Which criteria were judged, and which no rule could judge."""
    rest = [judged for judged in run.model.criteria if judged not in assessed]
    named: Json = {"include-all": {}}  # less the excluded ones, which are all of them then
    if assessed:
        named = {"include-controls": [{"control-id": control_id(judged.criterion.id)} for judged in assessed]}
    if rest:
        named["exclude-controls"] = [{"control-id": control_id(judged.criterion.id)} for judged in rest]
    said_of = "Judged where rules met resources; tests and processes evidence the excluded ones."
    return {"control-selections": [{"description": said_of, **named}]}


def _finding(run: Run, judged: Judged) -> Json:
    """What the verdicts add up to for a criterion."""
    state, reason = _STATES[judged.standing]
    results = [result for control in judged.controls for result in attention(control)]
    seen = [key_of(result) for result in results]
    seen += [control.rule.id for control in judged.controls if control.counts.get(Status.COMPLIANT)]
    risks = [{"risk-uuid": run.risk(key_of(result))} for result in results]
    return {
        "uuid": uid("finding", run.digest, judged.criterion.id),
        "title": one_line(f"{judged.criterion.id} {judged.criterion.title}: {judged.standing}"),
        "description": said(judged),
        "origins": [ORIGIN],
        "target": {
            "type": "statement-id",
            "target-id": statement_id(judged.criterion.id),
            "implementation-status": {"state": "implemented" if judged.criterion.evidence == "yes" else "partial"},
            "status": {
                "state": state,
                "reason": reason,
                "remarks": judged.criterion.why or "By design, as the templates show it before deployment.",
            },
        },
        "related-observations": [{"observation-uuid": run.observation(key)} for key in seen],
        **({"related-risks": risks} if risks else {}),
    }

"""Evidence as OSCAL, the format that governance tools read: catalog, component definition, assessment results.

Decisions: the catalog holds the criteria in this project's words, so that control ids resolve without the AICPA's text.
The documents are plain JSON that this package writes itself, and the tests hold them against compliance-trestle: who
writes evidence needs no further library. Every UUID is derived from what it names, so the same evidence makes the same
files, and a risk or a resource keeps its UUID from one synthesis to the next (COMP-09).
"""

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from alex import places
from alex.evidence import oscal_results
from alex.evidence.oscal_words import RULES_NAMESPACE, Json, control_id, metadata, one_line, prop, statement_id, uid
from alex.evidence.report_model import Judged, Model, digest, model_of, said
from soc2.criteria import Criterion
from soc2.evidence import Evidence, RuleRecord

CATALOG, COMPONENTS, RESULTS = "catalog.json", "component-definition.json", "assessment-results.json"


def write(evidence: Evidence, folder: Path) -> list[Path]:
    """Write the three documents into ``folder``, one below the evidence file, to which they refer by name.

    :raises ValueError: the evidence contradicts itself, see `alex.evidence.report_model.model_of`.
    """
    return [
        places.written(folder / name, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        for name, document in documents(evidence).items()
    ]


def documents(evidence: Evidence) -> dict[str, Json]:
    """The three documents by file name.

    :raises ValueError: as `write`.
    """
    model = model_of(evidence)
    return {
        CATALOG: catalog(model),
        COMPONENTS: component_definition(model),
        RESULTS: oscal_results.assessment_results(model, component_definition=COMPONENTS),
    }


def catalog(model: Model) -> Json:
    """The criteria as controls, one group for each heading."""
    groups = [
        {
            "id": control_id(group.partition(" ")[0]),
            "class": "category",
            "title": one_line(group.partition(" ")[2]),
            "controls": [_control(judged.criterion) for judged in found],
        }
        for group, found in groupby(model.criteria, key=lambda judged: judged.group)
    ]
    head = metadata("Trust Services Criteria in this project's words", model.evidence.provenance)
    return {"catalog": {"uuid": uid("catalog", digest(model.evidence)), "metadata": head, "groups": groups}}


def _control(criterion: Criterion) -> Json:
    return {
        "id": control_id(criterion.id),
        "class": "criterion",
        "title": one_line(criterion.title),
        "props": [{"name": "label", "value": criterion.id}, prop("evidence-by-code", criterion.evidence)],
        "parts": [{"id": statement_id(criterion.id), "name": "statement", "prose": criterion.asks}],
    }


def component_definition(model: Model) -> Json:
    """The platform with what implements each criterion, and the rules that check it."""
    found = model.evidence.provenance
    platform = {
        "uuid": uid("platform", found.environment),
        "type": "service",
        "title": one_line(f"Alex, {found.environment}"),
        "description": "An AI financial adviser on AWS, deployed from the templates that this evidence judges.",
        **_props(part for rule in model.evidence.rules for part in _rule(rule)),
        "control-implementations": [_implementation(model)],
    }
    checks = {
        "uuid": uid("rules"),
        "type": "validation",
        "title": "SOC 2 rules over CloudFormation templates",
        "description": "Pure functions over each resource; every one judges every synthesis before it can be deployed.",
        **_props(part for rule in model.evidence.rules for part in _check(rule)),
    }
    return {
        "component-definition": {
            "uuid": uid("component-definition", digest(model.evidence)),
            "metadata": metadata(f"How Alex implements the criteria: {found.environment}", found),
            "components": [platform, checks],
        }
    }


def _rule(rule: RuleRecord) -> list[Json]:
    """Properties with the same remarks are one rule to the tools that read them."""
    return [
        prop("Rule_Id", rule.id, ns=RULES_NAMESPACE, remarks=rule.id),
        prop("Rule_Description", rule.title, ns=RULES_NAMESPACE, remarks=rule.id),
        prop("severity", rule.severity, remarks=rule.id),
        *(prop("requirement", name, remarks=rule.id) for name in rule.requirements),
        *(prop("resource-type", name, remarks=rule.id) for name in rule.on),
    ]


def _check(rule: RuleRecord) -> list[Json]:
    return [
        prop("Rule_Id", rule.id, ns=RULES_NAMESPACE, remarks=rule.id),
        prop("Check_Id", rule.id, ns=RULES_NAMESPACE, remarks=rule.id),
        prop("Check_Description", rule.title, ns=RULES_NAMESPACE, remarks=rule.id),
    ]


def _implementation(model: Model) -> Json:
    environment = model.evidence.provenance.environment
    return {
        "uuid": uid("implementation", environment),
        "source": CATALOG,
        "description": "What the templates, the tests and the firm's processes do for each criterion.",
        "implemented-requirements": [_requirement(judged, environment) for judged in model.criteria],
    }


def _requirement(judged: Judged, environment: str) -> Json:
    one = judged.criterion
    parts = [said(judged), *((one.why,) if one.why else ()), *((f"Process: {one.process}",) if one.process else ())]
    props = [prop("Rule_Id", control.rule.id, ns=RULES_NAMESPACE) for control in judged.controls]
    props += [prop("test", test) for test in one.tests]
    props += [prop("requirement", name) for name in one.requirements]
    return {
        "uuid": uid("implemented-requirement", environment, one.id),
        "control-id": control_id(one.id),
        "description": " ".join(parts),
        **_props(props),
    }


def _props(found: Iterable[Json]) -> Json:
    """OSCAL knows no empty list."""
    props = list(found)
    return {"props": props} if props else {}

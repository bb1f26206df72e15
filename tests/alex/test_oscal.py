"""The OSCAL documents: what governance tools read must be valid, complete, and the same for the same evidence."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from trestle.core.validator_factory import validator_factory
from trestle.oscal import OSCAL_VERSION
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.component import ComponentDefinition

from alex.evidence import oscal, oscal_words
from soc2.criteria import CRITERIA
from soc2.evidence import Evidence
from soc2.rule import Status
from tests.alex import evidence_sample as sample

MODELS: dict[str, Any] = {
    oscal.CATALOG: Catalog,
    oscal.COMPONENTS: ComponentDefinition,
    oscal.RESULTS: AssessmentResults,
}


def documents(**change: Any) -> dict[str, Any]:
    """The sample's documents as they are read back from their JSON, without the names around them."""
    made = oscal.documents(sample.evidence(**change))
    return {name: next(iter(json.loads(json.dumps(document)).values())) for name, document in made.items()}


def result(**change: Any) -> dict[str, Any]:
    """The sample's one assessment result."""
    (found,) = documents(**change)[oscal.RESULTS]["results"]
    return dict(found)


def values(document: Any, key: str) -> Iterator[str]:
    """Every value below a key, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == key and isinstance(value, str):
                yield value
            else:
                yield from values(value, key)
    elif isinstance(document, list):
        for item in document:
            yield from values(item, key)


EVIDENCE = {
    "all kinds of verdicts": {},
    "nothing judged": {"results": (), "acknowledgements": ()},
    "no rules": {"rules": (), "results": (), "acknowledgements": (), "switched_off": ()},
    "exceptions alone": {"results": ()},
    "odd texts": {
        "results": (
            sample.verdict("SOC2-S3-TLS", "X", Status.UNDECIDED, path=" a\nb ", reason="\n"),
            sample.verdict("SOC2-S3-TLS", "", Status.COMPLIANT, logical_id="", path="", stack=""),
        )
    },
}


@pytest.mark.parametrize("change", EVIDENCE.values(), ids=EVIDENCE)
def test_documents_are_valid_to_compliance_trestle(change: dict[str, Any], tmp_path: Path) -> None:
    """A governance tool refuses the whole file for one wrong field."""
    files = oscal.write(sample.evidence(**change), tmp_path)
    assert {file.name for file in files} == set(MODELS)
    for file in files:
        model = MODELS[file.name].oscal_read(file)
        assert model is not None
        for validator in validator_factory.get_all():
            assert validator.model_is_valid(model, True, tmp_path), (file.name, validator.error_msg())


def test_a_wrong_field_would_be_noticed(tmp_path: Path) -> None:
    """The validation above must not pass whatever it is given."""
    oscal.write(sample.evidence(), tmp_path)
    document = json.loads((tmp_path / oscal.RESULTS).read_text("utf-8"))
    document["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "fine"
    (tmp_path / oscal.RESULTS).write_text(json.dumps(document), "utf-8")
    with pytest.raises(Exception, match="state"):
        AssessmentResults.oscal_read(tmp_path / oscal.RESULTS)


def test_the_version_is_the_one_that_the_tools_read() -> None:
    """An older reader refuses a newer document."""
    assert oscal_words.OSCAL_VERSION == OSCAL_VERSION


def test_the_same_evidence_makes_the_same_files(tmp_path: Path) -> None:
    """A signature over them holds, and a second copy can be compared."""
    copy = Evidence.model_validate_json(sample.evidence().model_dump_json())
    one, two = (oscal.write(evidence, tmp_path / name) for name, evidence in (("a", sample.evidence()), ("b", copy)))
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


def test_a_risk_keeps_its_identity_while_observations_are_new() -> None:
    """Who tracks a risk over months must not see a new one with every synthesis."""
    later = sample.provenance(at=sample.AT.replace(day=28), commit="f" * 40)
    before, after = result(), result(provenance=later)
    assert [one["uuid"] for one in before["risks"]] == [one["uuid"] for one in after["risks"]]
    items = [[item["uuid"] for item in run["local-definitions"]["inventory-items"]] for run in (before, after)]
    assert items[0] == items[1]
    for key in ("observations", "findings"):
        assert not {one["uuid"] for one in before[key]} & {one["uuid"] for one in after[key]}
    other = result(provenance=sample.provenance(environment="staging"))
    assert not {one["uuid"] for one in before["risks"]} & {one["uuid"] for one in other["risks"]}


def test_every_reference_resolves() -> None:
    """A finding that points at nothing is no finding."""
    found = documents()
    controls = set(values(found[oscal.CATALOG]["groups"], "id"))
    run = found[oscal.RESULTS]["results"][0]
    assert set(values(found, "control-id")) <= controls
    assert set(values(found, "target-id")) <= controls
    defined = {name: {one["uuid"] for one in run[name]} for name in ("observations", "risks")}
    local = run["local-definitions"]
    items = {one["uuid"] for one in local["inventory-items"]}
    components = {one["uuid"] for one in local["components"]}
    assert set(values(run, "observation-uuid")) <= defined["observations"]
    assert set(values(run, "risk-uuid")) <= defined["risks"]
    assert set(values(run, "subject-uuid")) <= items
    assert set(values(run, "component-uuid")) | set(values(run, "actor-uuid")) <= components
    resources = {one["uuid"] for one in found[oscal.RESULTS]["back-matter"]["resources"]}
    assert {href[1:] for href in values(found[oscal.RESULTS], "href") if href.startswith("#")} <= resources
    assert {href for href in values(found, "href") if not href.startswith("#")} == {
        oscal.COMPONENTS,
        "../evidence.json",
    }
    assert set(values(found[oscal.COMPONENTS], "source")) == {oscal.CATALOG}


def test_the_catalog_holds_every_criterion_in_our_words() -> None:
    """Without it a control id is a number that only the AICPA's book explains."""
    found = {
        control["props"][0]["value"]: control["parts"][0]["prose"]
        for group in documents()[oscal.CATALOG]["groups"]
        for control in group["controls"]
    }
    assert found == {criterion.id: criterion.asks for criterion in CRITERIA.values()}


def test_rules_are_found_where_compliance_tools_look_for_them() -> None:
    """They join a control, its rules and their checks by ``Rule_Id``."""
    platform, checks = documents()[oscal.COMPONENTS]["components"]

    def ids(props: list[dict[str, Any]]) -> list[str]:
        return [one["value"] for one in props if one["name"] == "Rule_Id"]

    wanted = [rule.id for rule in sample.RULES]
    assert ids(platform["props"]) == ids(checks["props"]) == wanted
    (implementation,) = platform["control-implementations"]
    by_control = {one["control-id"]: ids(one.get("props", [])) for one in implementation["implemented-requirements"]}
    assert len(by_control) == len(CRITERIA)
    assert by_control["c1.1"] == ["SOC2-EFS-KEY", "SOC2-S3-TLS"]
    assert by_control["cc1.1"] == []


def test_accepted_findings_are_risks_with_their_terms() -> None:
    """An auditor asks who accepted it, until when, and what covers it."""
    risks = {risk["title"]: risk for risk in result()["risks"]}
    accepted = risks["SOC2-IAM-WILDCARD on Alex-prod/Data/Planner/Resource"]
    assert accepted["status"] == "deviation-approved"
    assert accepted["deadline"].startswith("2026-12-01T23:59:59")
    assert {one["name"]: one["value"] for one in accepted["props"]} == {
        "exception": "SOC2::SOC2-IAM-WILDCARD[Action::s3:*]",
        "owner": "platform",
        "ticket": "RISK-4",
        "treatment": "mitigated",
    }
    assert [one["description"] for one in accepted["mitigating-factors"]] == ["the bucket policy"]
    other_pack = risks["AwsSolutions::AwsSolutions-S1 on Alex-prod/Data/Logs/Resource"]
    assert other_pack["status"] == "deviation-approved"
    assert "mitigating-factors" not in other_pack
    assert risks["SOC2-S3-TLS on Alex-prod/Data/Inbox/Resource"]["status"] == "open"
    assert risks["SOC2-TRAIL-EXISTS on Application"]["status"] == "investigating"
    assert len(risks) == 4


def test_without_its_exception_an_accepted_finding_is_not_called_approved() -> None:
    """An approval needs somebody who answers for it."""
    risks = {risk["title"]: risk for risk in result(acknowledgements=())["risks"]}
    assert risks["SOC2-IAM-WILDCARD on Alex-prod/Data/Planner/Resource"]["status"] == "deviation-requested"


def test_findings_say_what_was_judged_and_leave_out_what_was_not() -> None:
    """Calling a criterion satisfied that no rule judged would be a lie in a machine's voice."""
    run = result()
    states = {finding["target"]["target-id"]: finding["target"]["status"]["state"] for finding in run["findings"]}
    assert states == {
        "cc6.3_smt": "satisfied",
        "cc6.7_smt": "not-satisfied",
        "cc7.2_smt": "not-satisfied",
        "c1.1_smt": "not-satisfied",
    }
    parts = {finding["target"]["target-id"]: finding["target"]["implementation-status"] for finding in run["findings"]}
    for name, criterion in CRITERIA.items():
        if f"{name.lower()}_smt" in parts:
            wanted = "implemented" if criterion.evidence == "yes" else "partial"
            assert parts[f"{name.lower()}_smt"] == {"state": wanted}
    (selection,) = run["reviewed-controls"]["control-selections"]
    included = {one["control-id"] for one in selection["include-controls"]}
    excluded = {one["control-id"] for one in selection["exclude-controls"]}
    assert {f"{name}_smt" for name in included} == set(states)
    assert included | excluded == {name.lower() for name in CRITERIA}
    assert not included & excluded
    assert "findings" not in result(results=())


def test_compliant_resources_are_subjects_of_an_observation() -> None:
    """*Satisfied* rests on resources that somebody can look up."""
    run = result()
    (seen,) = (one for one in run["observations"] if one["title"] == "SOC2-S3-TLS: compliant")
    paths = {item["uuid"]: item["description"] for item in run["local-definitions"]["inventory-items"]}
    assert {paths[subject["subject-uuid"]] for subject in seen["subjects"]} == {
        "Alex-prod/Data/Results/Resource",
        "Alex-prod/Data/Logs/Resource",
    }


def test_a_finding_counts_only_the_controls_that_were_judged() -> None:
    """A rule that met no resource holds nothing, and other packs' exceptions belong to no criterion."""
    found = result(results=sample.RESULTS[:2])
    sentences = {one["title"].partition(" ")[0]: one["description"] for one in found["findings"]}
    assert sentences["C1.1"].startswith(
        "1 control holds with no exception from these rules: 2 compliant; 1 more found no resource to judge"
    )
    assert "more found" not in sentences["CC6.7"]
    assert "2 exceptions of all packs. Those of packs other than SOC2 are tied to no criterion" in found["description"]

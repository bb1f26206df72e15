"""Where our rules and other tools disagree, somebody has decided who is right; a new disagreement fails the build."""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from alex.places import ROOT
from alex.policy.crosscheck import TOPICS, VERDICTS, compare, judged, load, main
from alex.policy.crosscheck_records import Reviewed, Topics, Verdict
from alex.policy.crosscheck_tools import CrosscheckError, Ground, Said, checkov, nag
from soc2.evidence import FILE, SwitchedOffRecord, write
from soc2.rule import RULES, Status
from tests.policy.evidences import a_result, an_evidence

STACK, TEMPLATE = "App/Data", "AppData.template.json"
KEY = (TEMPLATE, "Bucket1")
NIST = "NIST.800.53.R5"
TOPIC = {
    "checkov": {"CKV_1": ["SOC2-A-B"], "CKV_2": "asks something that is no control of ours"},
    NIST: {"Logged": ["SOC2-A-B"], "Copied": "asks something that is no control of ours"},
}
WHY = "a reason that is long enough to be one"


def assembly(folder: Path, status: Status = Status.COMPLIANT) -> Path:
    """An assembly with one bucket, of which our one rule says ``status``, and cdk-nag that it is not logged."""
    inner = folder / "assembly-App"
    inner.mkdir()
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {}}
    (inner / TEMPLATE).write_text(json.dumps({"Resources": {"Bucket1": bucket}}))
    metadata = {f"/{STACK}/Store/Resource": [{"type": "aws:cdk:logicalId", "data": "Bucket1"}]}
    (inner / "AppData.metadata.json").write_text(json.dumps(metadata))
    stack = {
        "type": "aws:cloudformation:stack",
        "displayName": f"{STACK} (App-Data)",
        "environment": "aws://1/eu-west-1",
    }
    manifest = {"artifacts": {"AppData": {**stack, "properties": {"templateFile": TEMPLATE}}}}
    (inner / "manifest.json").write_text(json.dumps(manifest))
    violation = {
        "ruleName": f"{NIST}-Logged",
        "description": "The bucket is not logged - (Control IDs: AU-2b). Logs tell.",
        "violatingConstructs": [{"constructPath": f"{STACK}/Store/Resource"}],
        "reason": f"{WHY}, and it says so. [accepted; owner: platform; expires: 2027-06-30; ticket: RISK-8]",
    }
    reports = [{"pluginName": "SOC2", "suppressedViolations": [violation]}]
    reports += [{"pluginName": NIST, "violations": [], "suppressedViolations": [violation]}]
    (folder / "validation-report.json").write_text(json.dumps({"pluginReports": reports}))
    off = SwitchedOffRecord(rule=f"{NIST}::{NIST}-Copied", reason=WHY, covered_by=WHY, findings=3)
    evidence = an_evidence(
        a_result(status, stack=STACK, logical_id="Bucket1"),
        templates={STACK: hashlib.sha256((inner / TEMPLATE).read_bytes()).hexdigest()},
        packs=("SOC2", NIST),
        switched_off=(off,),
    )
    write(evidence, folder / FILE)
    return folder


def checked(*, failed: tuple[str, ...] = (), passed: tuple[str, ...] = ()) -> dict[str, Any]:
    """checkov's answer about the bucket."""
    rows = {
        name: [
            {"check_id": c, "check_name": c, "file_path": f"/{TEMPLATE}", "resource": "AWS::S3::Bucket.Bucket1"}
            for c in of
        ]
        for name, of in (("failed_checks", failed), ("passed_checks", passed))
    }
    return {"results": {**rows, "parsing_errors": []}, "summary": {"checkov_version": "9.9"}}


def program(folder: Path, answer: Any) -> Path:
    """A checkov that gives ``answer`` if it was asked for the templates, and was given nothing of our environment."""
    file = folder / "checkov"
    file.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "assert 'assembly-App' in sys.argv[sys.argv.index('-d') + 1] and 'SECRET_KEY' not in os.environ\n"
        f"print({json.dumps(answer)!r})\n"
    )
    file.chmod(0o755)
    return file


def said(check: str, *, passed: bool = False) -> Said:
    """checkov's verdict on the bucket."""
    return Said("checkov", check, KEY, passed)


@pytest.mark.parametrize("status", [Status.NON_COMPLIANT, Status.ACKNOWLEDGED, Status.UNDECIDED])
def test_findings_on_the_same_resource_agree(tmp_path: Path, status: Status) -> None:
    """What both find, or we found and accepted, is no news."""
    outcome = compare(Ground(assembly(tmp_path, status)), [said("CKV_1")], Topics.model_validate(TOPIC))
    assert (outcome.agreements, list(outcome.disagreements)) == (1, [])


@pytest.mark.parametrize("status", [Status.COMPLIANT, Status.NOT_APPLICABLE])
def test_a_finding_that_we_do_not_have_is_a_disagreement(tmp_path: Path, status: Status) -> None:
    """Somebody else is worried about what we call good."""
    (one,) = compare(Ground(assembly(tmp_path, status)), [said("CKV_1")], Topics.model_validate(TOPIC)).disagreements
    assert (one.name, one.where, one.other) == ("checkov/CKV_1", "Data/Store/Resource", f"SOC2-A-B: {status.value}")


def test_a_finding_on_another_resource_does_not_agree(tmp_path: Path) -> None:
    """Two tools that find one thing each, in different places, have not confirmed each other."""
    ground = Ground(assembly(tmp_path, Status.NON_COMPLIANT))
    outcome = compare(ground, [Said("checkov", "CKV_1", (TEMPLATE, "Other"))], Topics.model_validate(TOPIC))
    assert {(one.by, one.where) for one in outcome.disagreements} == {
        ("checkov", f"{TEMPLATE}/Other"),
        ("SOC2", "Data/Store/Resource"),
    }


def test_what_we_find_and_checkov_passes_is_a_disagreement(tmp_path: Path) -> None:
    """It may be us who accuse wrongly."""
    ground = Ground(assembly(tmp_path, Status.NON_COMPLIANT))
    (one,) = compare(ground, [said("CKV_1", passed=True)], Topics.model_validate(TOPIC)).disagreements
    assert (one.name, one.other) == ("SOC2/SOC2-A-B", "checkov CKV_1: passes")
    (one,) = compare(ground, [], Topics.model_validate(TOPIC)).disagreements
    assert one.other == f"{NIST} Logged: silent"
    (one,) = compare(ground, [], Topics.model_validate({"checkov": {}})).disagreements
    assert one.other == "no check asks"


def test_a_check_without_a_rule_disagrees_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    """An upgrade of a tool brings checks that nobody has read."""
    outcome = compare(
        Ground(assembly(tmp_path)), [said("CKV_2"), said("CKV_9", passed=True)], Topics.model_validate(TOPIC)
    )
    assert [(one.check, one.other) for one in outcome.disagreements] == [("CKV_2", "no rule")]
    assert list(outcome.unknown) == [("checkov", "CKV_9")]


def test_accepted_and_switched_off_findings_of_cdk_nag_count(tmp_path: Path) -> None:
    """Both are findings that somebody silenced; our own pack's are ours."""
    found = {one.check: one for one in nag(Ground(assembly(tmp_path)))}
    assert set(found) == {"Logged", "Copied"}
    assert (found["Logged"].key, found["Logged"].ticket, found["Logged"].title) == (
        KEY,
        "RISK-8",
        "The bucket is not logged",
    )
    assert found["Copied"].count == 3


def test_a_verdict_holds_where_it_says_only(tmp_path: Path) -> None:
    """A reason for one bucket says nothing of the next one, nor under another decision, nor when its cause has gone."""
    ground = Ground(assembly(tmp_path))
    found = compare(ground, list(nag(ground)), Topics.model_validate(TOPIC)).disagreements
    off = Verdict(checks=(f"{NIST}/Copied",), where=("*",), right="we", why=WHY)

    def problems(**changed: Any) -> list[str]:
        fields = {"checks": (f"{NIST}/Logged",), "where": ("Data/*",), "right": "they", "risk": "RISK-8", "why": WHY}
        return judged(Reviewed(verdict=(off, Verdict(**{**fields, **changed}))), found, {"prod"})[1]

    assert problems() == []
    assert "no verdict" in problems(where=("Api/*",))[0]
    assert "no verdict" in problems(environments=("local",))[0]
    assert "accepted under RISK-8, not RISK-9" in problems(risk="RISK-9")[0]
    assert "meets nothing at Data/Old/*" in problems(where=("Data/Store/*", "Data/Old/*"))[0]


def test_a_true_finding_needs_a_decision() -> None:
    """To agree with a finding and do nothing is no verdict."""
    with pytest.raises(ValueError, match="accepted under a RISK"):
        Verdict(checks=("checkov/CKV_1",), where=("*",), right="they", why=WHY)


def run(folder: Path, *, answer: Any, verdicts: str) -> int:
    """The command on an assembly of a compliant bucket."""
    (tables := folder / "tables").mkdir()
    topic = "\n".join(
        f'["{tool}"]\n' + "\n".join(f"{check} = {json.dumps(value)}" for check, value in checks.items())
        for tool, checks in TOPIC.items()
    )
    (tables / "topics.toml").write_text(topic)
    (tables / "verdicts.toml").write_text(verdicts)
    (app := folder / "app").mkdir()
    options = {"--checkov": program(folder, answer), "--write": folder / "page.md"}
    options |= {"--topics": tables / "topics.toml", "--verdicts": tables / "verdicts.toml"}
    return main([str(assembly(app)), *(str(item) for option in options.items() for item in option)])


def verdict_on(check: str, risk: str = "") -> str:
    """A line of the table."""
    return f'[[verdict]]\nchecks = ["{check}"]\nwhere = ["*"]\nright = "we"\nwhy = "{WHY}"\nrisk = "{risk}"\n'


KNOWN = verdict_on(f"{NIST}/Logged", "RISK-8") + verdict_on(f"{NIST}/Copied")


def test_the_command_fails_on_a_disagreement_without_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And writes no page, which would show it as reviewed."""
    answer = checked(failed=("CKV_1",), passed=("CKV_2",))
    assert run(tmp_path, answer=answer, verdicts=KNOWN) == 1
    assert "checkov/CKV_1 on Data/Store/Resource (prod): no verdict" in capsys.readouterr().err
    assert not (tmp_path / "page.md").exists()


def test_the_command_passes_when_all_is_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the page says who is right."""
    monkeypatch.setenv("SECRET_KEY", "not for others")
    answer = [checked(failed=("CKV_1",), passed=("CKV_2",))]
    assert run(tmp_path, answer=answer, verdicts=KNOWN + verdict_on("checkov/CKV_1")) == 0
    page = (tmp_path / "page.md").read_text("utf-8")
    assert f"| checkov CKV_1: CKV_1 | 1 (prod): Data/Store | SOC2-A-B: compliant | false positive: {WHY} |" in page
    assert f"| prod | {NIST} | 4 | 0 | 4 |" in page
    assert "checkov 9.9" in page


@pytest.mark.parametrize("answer", [{}, checked(failed=("CKV_1",)), {"results": {"parsing_errors": ["x"]}}, "nothing"])
def test_a_checkov_that_judged_nothing_is_no_pass(tmp_path: Path, answer: Any) -> None:
    """Silence would look like agreement."""
    (app := tmp_path / "app").mkdir()
    with pytest.raises(CrosscheckError):
        checkov(Ground(assembly(app)), program(tmp_path, answer))


def test_evidence_of_other_templates_is_refused(tmp_path: Path) -> None:
    """Our verdicts would be about what another synthesis wrote."""
    folder = assembly(tmp_path)
    (folder / "assembly-App" / TEMPLATE).write_text('{"Resources": {}}')
    with pytest.raises(CrosscheckError, match="other templates"):
        Ground(folder)
    (folder / FILE).unlink()
    assert main([str(folder), "--checkov", "/nowhere"]) == 2


def test_the_tables_name_rules_and_decisions_that_exist() -> None:
    """A verdict under a decision that nobody took accepts nothing."""
    import soc2.rules  # noqa: F401 - registers the rules

    table, reviewed = load(TOPICS, Topics), load(VERDICTS, Reviewed)
    named = {rule for tool, check in table.known() for rule in table.rules(tool, check)}
    text = VERDICTS.read_text("utf-8") + TOPICS.read_text("utf-8")
    named |= set(re.findall(r"SOC2(?:-[A-Z0-9]+)+", text)) | {fixed.rule for fixed in reviewed.fixed}
    assert named - RULES.keys() == set()
    sources = (file for room in ("constructs", "stacks") for file in (ROOT / room).rglob("*.py"))
    decisions = {ticket for file in sources for ticket in re.findall(r'ticket="(RISK-\d+)"', file.read_text("utf-8"))}
    assert set(re.findall(r"RISK-\d+", text)) - decisions == set()
    checks = {name for verdict in reviewed.verdict for name in verdict.checks if not name.startswith("SOC2/")}
    assert checks - {f"{tool}/{check}" for tool, check in table.known()} == set()

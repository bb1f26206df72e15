"""`alex policy`: any template is judged, in JSON or YAML, and whatever is given ends with an answer, not a traceback.

Engineers of other teams run it on templates that this project has never seen; CI acts on the exit code alone.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import soc2.rules  # noqa: F401 - registers the rules
from alex import cli, commands_policy
from alex.errors import Exit
from alex.policy import cfn_yaml
from soc2.rule import RULES, Severity
from tests.alex.test_cfn_yaml import SHORT
from tests.policy.rules.cases import buckets

CASE = next(case for case in buckets.CASES if case.rule == "SOC2-S3-TLS")
PLAIN = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "plain"}}}


@pytest.fixture
def only_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """One rule alone: what others say of the same template is not the question."""
    monkeypatch.setattr(commands_policy, "RULES", {CASE.rule: RULES[CASE.rule]})


def run(*arguments: Any) -> int:
    """Exit code of a command run in this process."""
    return cli._run([str(argument) for argument in arguments])


def judged(capsys: pytest.CaptureFixture[str], *arguments: Any) -> dict[str, Any]:
    """What `alex policy check --format json` prints."""
    capsys.readouterr()
    assert run("policy", "check", "--format", "json", *arguments) in (Exit.DONE, Exit.FAILED)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def broken(answer: dict[str, Any], part: str = "findings") -> set[str]:
    """Ids of the rules in a part of the answer."""
    return {record["rule"] for record in answer[part]}


def written(file: Path, resources: Any, **sections: Any) -> Path:
    """A template's file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"Resources": resources, **sections}), "utf-8")
    return file


def test_findings_are_printed_with_what_was_found_and_the_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person must see what, where, why and what to do; CI the exit code."""
    assert run("policy", "check", written(tmp_path / "data.template.json", PLAIN)) == Exit.FAILED
    said = capsys.readouterr().out
    rule = RULES["SOC2-S3-TLS"]
    assert "data/Bucket  AWS::S3::Bucket" in said
    assert f"HIGH SOC2-S3-TLS [{', '.join(rule.criteria)}] {rule.title}" in said
    assert "found: no bucket policy denies plaintext requests" in said
    assert f"fix:   {rule.fix}" in said
    totals = said[said.index("Severity") :]
    assert [line.split()[0] for line in totals.splitlines() if line] == ["Severity", *Severity, "all"]


def test_the_exit_code_tells_whether_there_are_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], only_tls: None
) -> None:
    """A pipeline reads nothing else."""
    passing = written(tmp_path / "passing.json", CASE.passing)
    assert run("policy", "check", passing, "--strict") == Exit.DONE
    assert "found:" not in capsys.readouterr().out
    assert run("policy", "check", written(tmp_path / "failing.json", CASE.failing)) == Exit.FAILED


def test_yaml_with_short_tags_is_judged_like_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bucket policy that is linked by `!Ref` counts; a status that is a parameter is undecided, not wrong."""
    file = tmp_path / "template.yaml"
    file.write_text(SHORT, "utf-8")
    answer = judged(capsys, file)
    assert "SOC2-S3-TLS" not in broken(answer)
    assert "SOC2-S3-PUBLIC" in broken(answer)
    assert "SOC2-S3-VERSIONS" in broken(answer, "undecided")
    long = tmp_path / "long.json"
    long.write_text(json.dumps(cfn_yaml.read(file)), "utf-8")
    assert broken(judged(capsys, long)) == broken(answer)


def test_every_case_of_the_buckets_reads_the_same_in_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The notation must not decide a verdict."""
    for number, case in enumerate(buckets.CASES):
        for resources in (case.passing, case.failing):
            as_yaml = tmp_path / f"{number}.yaml"
            as_yaml.write_text(yaml.safe_dump({"Resources": json.loads(json.dumps(resources))}), "utf-8")
            one = judged(capsys, written(tmp_path / f"{number}.json", resources))
            other = judged(capsys, as_yaml)
            assert one["totals"] == other["totals"]
            assert broken(one) == broken(other)


def test_undecided_fails_only_when_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str], only_tls: None) -> None:
    """Undecided verdicts are counted apart with their reasons; a pipeline chooses whether they stop it."""
    resources = json.loads(json.dumps(CASE.passing).replace('"Deny"', '{"Ref": "Mode"}'))
    file = written(tmp_path / "open.json", resources, Parameters={"Mode": {"Type": "String"}})
    answer = judged(capsys, file)
    assert (broken(answer), broken(answer, "undecided")) == (set(), {"SOC2-S3-TLS"})
    assert run("policy", "check", file) == Exit.DONE
    said = capsys.readouterr().out
    assert f"Undecided before deployment ({len(answer['undecided'])})" in said
    assert answer["undecided"][0]["reason"] in said
    assert run("policy", "check", file, "--strict") == Exit.FAILED


def test_severity_and_production_narrow_what_is_demanded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A team starts with what is critical; a sandbox is not judged as production."""
    file = written(tmp_path / "t.json", PLAIN)
    everything, critical = judged(capsys, file), judged(capsys, file, "--min-severity", "critical")
    assert broken(critical) < broken(everything)
    assert {record["severity"] for record in critical["rules"].values()} == {"critical"}
    assert critical["totals"]["low"] == {}
    database = {
        "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql"}},
    }
    file = written(tmp_path / "db.json", database)
    production, other = judged(capsys, file), judged(capsys, file, "--no-production")
    assert broken(other) < broken(production)
    assert broken(judged(capsys, file, "--environment", "dev")) == broken(other)
    assert broken(judged(capsys, file, "--environment", "prod")) == broken(production)
    assert broken(judged(capsys, file, "--environment", "dev", "--production")) == broken(production)


def test_what_was_judged_as_what_is_said_and_never_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped `staging` would silently be judged as production; another team's names are fine if they say which."""
    file = written(tmp_path / "t.json", PLAIN)
    assert judged(capsys, file)["judged_as"] == {"environment": "", "production": True}
    assert judged(capsys, file, "--environment", "dev")["judged_as"] == {"environment": "dev", "production": False}
    assert run("policy", "check", file, "--environment", "mars") == Exit.BAD_INPUT
    refused = capsys.readouterr()
    assert "unknown environment 'mars'" in refused.err
    assert "--no-production" in refused.err
    assert refused.out == ""
    for option, production in (("--production", True), ("--no-production", False)):
        answer = judged(capsys, file, "--environment", "mars", option)
        assert answer["judged_as"] == {"environment": "mars", "production": production}


def test_files_that_are_named_together_are_judged_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A policy in another stack protects the bucket: alone, the bucket's stack would be accused wrongly."""
    bucket = written(
        tmp_path / "one" / "data.template.json",
        {"Bucket": {"Type": "AWS::S3::Bucket"}},
        Outputs={"Name": {"Value": {"Ref": "Bucket"}, "Export": {"Name": "bucket"}}},
    )
    text = json.dumps({key: value for key, value in CASE.passing.items() if "Policy" in value["Type"]})
    bucket_id = next(key for key, value in CASE.passing.items() if value["Type"] == "AWS::S3::Bucket")
    text = text.replace(json.dumps({"Ref": bucket_id}), json.dumps({"Fn::ImportValue": "bucket"}))
    policy = written(tmp_path / "two" / "policy.template.json", json.loads(text))
    assert "SOC2-S3-TLS" in broken(judged(capsys, bucket))
    for together in ((bucket, policy), (tmp_path,), (tmp_path / "one", policy, bucket)):
        answer = judged(capsys, *together)
        assert "SOC2-S3-TLS" not in broken(answer), together
        assert sorted(answer["files"]) == ["data", "policy"]


def test_stages_of_a_cloud_assembly_are_judged_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Production must not pass because staging has a trail; templates among the assets are nobody's."""
    (tmp_path / "manifest.json").write_text('{"artifacts": {}}', "utf-8")
    for stage in ("prod", "staging"):
        properties = {"templateFile": f"x{stage}.template.json", "stackName": f"App-{stage}-Data"}
        artifacts = {f"x{stage}": {"type": "aws:cloudformation:stack", "properties": properties}}
        file = written(tmp_path / f"assembly-{stage}" / f"x{stage}.template.json", PLAIN)
        file.with_name("manifest.json").write_text(json.dumps({"artifacts": artifacts}), "utf-8")
    written(tmp_path / "asset.123" / "foreign.template.json", PLAIN)
    answer = judged(capsys, tmp_path)
    assert sorted(answer["files"]) == ["App-prod-Data", "App-staging-Data"]
    application = [record["rule"] for record in answer["findings"] if record["type"] == "Application"]
    assert all(application.count(rule) == 2 for rule in application)
    (tmp_path / "assembly-prod" / "manifest.json").write_text("[]", "utf-8")
    assert run("policy", "check", tmp_path) == Exit.BAD_INPUT


def test_what_rules_cannot_see_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A transformation makes resources after the judgement: silence about them would read like a pass."""
    loop = {"Fn::ForEach::Buckets": ["Name", ["a"], {"Bucket${Name}": {"Type": "AWS::S3::Bucket"}}]}
    file = written(tmp_path / "t.json", {**PLAIN, **loop}, Transform=["AWS::Serverless-2016-10-31", {"Name": "Mine"}])
    notes = judged(capsys, file)["notes"]
    assert ["AWS::Serverless-2016-10-31" in notes[0], "Mine" in notes[1], "ForEach" in notes[2]] == [True] * 3


def test_a_part_of_an_application_is_not_asked_for_the_trail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trail is in another team's templates; a secret in this template's own parameters is still this one's."""
    parameters = {"AdminPassword": {"Type": "String", "Default": "hunter2"}}
    file = written(tmp_path / "part.json", PLAIN, Parameters=parameters)
    whole, part = judged(capsys, file), judged(capsys, file, "--no-application")
    once = {rule.id for rule in RULES.values() if rule.on == ("Application",)}
    assert "SOC2-TRAIL-PRESENT" in once & broken(whole)
    assert broken(part) == broken(whole) - once
    assert {"SOC2-S3-TLS", "SOC2-PARAMETER-NOECHO"} <= broken(part)
    assert whole["notes"] == []
    assert ["was not judged" in note for note in part["notes"]] == [True]

"""The security checklist tells what is broken, of whatever synthesised the templates (SEC-28)."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alex import cli, commands_deploy, synthesis
from alex.checklist import CHECKS, Verdict, judge

TITLES = list(CHECKS)
Resources = dict[str, dict[str, Any]]


def of_type(resources: Resources, kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == kind]


def secret_in_the_open(resources: Resources) -> None:
    of_type(resources, "AWS::Lambda::Function")[0]["Environment"]["Variables"]["DB_PASSWORD"] = "hunter2hunter2"


def no_data_api(resources: Resources) -> None:
    of_type(resources, "AWS::RDS::DBCluster")[0]["EnableHttpEndpoint"] = False


def no_limit(resources: Resources) -> None:
    of_type(resources, "AWS::ApiGateway::Stage")[0].pop("MethodSettings")


def no_web_acl(resources: Resources) -> None:
    for name in [name for name, one in resources.items() if one["Type"] == "AWS::WAFv2::WebACLAssociation"]:
        del resources[name]


def everything_allowed(resources: Resources) -> None:
    statement = of_type(resources, "AWS::IAM::Policy")[0]["PolicyDocument"]["Statement"][0]
    statement |= {"Action": "dynamodb:*", "Resource": "*"}


def no_key(resources: Resources) -> None:
    of_type(resources, "AWS::SQS::Queue")[0].pop("KmsMasterKeyId")


def public_bucket(resources: Resources) -> None:
    of_type(resources, "AWS::S3::Bucket")[0]["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False


def silent_trail(resources: Resources) -> None:
    of_type(resources, "AWS::CloudTrail::Trail")[0]["IsLogging"] = False


def one_region(resources: Resources) -> None:
    of_type(resources, "AWS::CloudTrail::Trail")[0]["IsMultiRegionTrail"] = False


BREAKS: dict[str, tuple[str, Callable[[Resources], None], int]] = {
    "a secret in a function's environment": ("Agents", secret_in_the_open, 1),
    "a database without the Data API": ("Data", no_data_api, 2),
    "a stage without limits": ("Api", no_limit, 3),
    "an API without a web ACL": ("Api", no_web_acl, 4),
    "a policy that allows everything": ("Agents", everything_allowed, 5),
    "a queue without a key": ("Agents", no_key, 6),
    "a bucket that may become public": ("Data", public_bucket, 7),
    "a trail that is off": ("Compliance", silent_trail, 8),
    "a trail of one region": ("Compliance", one_region, 8),
}


@pytest.fixture
def copied(assembly: Callable[[str], Any], tmp_path: Path) -> Path:
    """Production's assembly, to be broken."""
    shutil.copytree(assembly("prod").folder, tmp_path / "assembly")
    return tmp_path / "assembly"


def change(folder: Path, stack: str, how: Callable[[Resources], None]) -> None:
    [file] = folder.glob(f"assembly-*/*{stack}*.template.json")
    template = json.loads(file.read_text("utf-8"))
    how(template["Resources"])
    file.write_text(json.dumps(template), "utf-8")


def failed(verdicts: list[Verdict]) -> list[int]:
    return [number for number, verdict in enumerate(verdicts, 1) if not verdict.passed]


@pytest.mark.parametrize("environment", ["prod", "prod-dr", "dev"])
def test_eight_of_eight_pass(environment: str, assembly: Callable[[str], Any]) -> None:
    """SEC-28: an auditor's first question, answered with where each is proven."""
    verdicts = judge(assembly(environment).folder)
    assert len(verdicts) == 8
    assert failed(verdicts) == []
    assert all(verdict.where not in ("", "nowhere") for verdict in verdicts)
    trail = verdicts[7]
    assert ("adopted by the setting" in trail.where) is (environment == "prod-dr")


@pytest.mark.parametrize("what", BREAKS)
def test_each_break_fails_its_check(what: str, copied: Path) -> None:
    """SEC-28: a checklist that passes whatever was changed is worse than none."""
    stack, how, number = BREAKS[what]
    change(copied, stack, how)
    assert number in failed(judge(copied))


def test_what_is_gone_does_not_pass(copied: Path) -> None:
    """SEC-28: without a database nothing is wrong with its Data API, and nothing proves it either."""

    def without(resources: Resources) -> None:
        for name in [name for name, one in resources.items() if one["Type"].startswith("AWS::RDS::")]:
            del resources[name]

    change(copied, "Data", without)
    verdict = judge(copied)[1]
    assert not verdict.passed
    assert verdict.where == "nowhere"


@pytest.mark.parametrize("broken", [False, True])
def test_the_command_says_how_many_and_what_to_do(
    broken: bool, copied: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-28: CI reads the exit code, a person the table."""
    if broken:
        change(copied, "Data", public_bucket)
    made = synthesis.Synthesis(copied, fresh=True, stacks=8, inputs="")
    monkeypatch.setattr(commands_deploy, "synthesised", lambda *_args, **_options: made)
    with pytest.raises(SystemExit) as stop:
        cli.main(["--plain", "checklist", "-e", "prod"])
    said = capsys.readouterr().out
    assert stop.value.code == (1 if broken else 0)
    assert ("prod: 7/8" if broken else "prod: 8/8") in said
    assert all(title in said for title in TITLES)
    assert ("(CDK: BlockPublicAccess.BLOCK_ALL)" in said) is broken
    with pytest.raises(SystemExit):
        cli.main(["checklist", "-e", "prod", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["passed"] == (7 if broken else 8)
    assert bool(answer["checks"][6]["broken"]) is broken

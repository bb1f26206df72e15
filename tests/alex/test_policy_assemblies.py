"""`alex policy check` on what `cdk synth` wrote: stacks without resources, and stacks within stacks."""

import json
from pathlib import Path
from typing import Any

import pytest

from alex import cli

KEY = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": {"Ref": "KeyArn"}}}
NESTED = {
    "Type": "AWS::CloudFormation::Stack",
    "Properties": {"TemplateURL": "https://example/abc123.json", "Parameters": {"KeyArn": {"Ref": "Key"}}},
}


def written(folder: Path, files: dict[str, Any]) -> Path:
    """The files of a cloud assembly."""
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), "utf-8")
    return folder


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """A stack with a key and a nested stack whose queue uses it, and a stack without anything, as CDK writes them."""

    def stack(file: str, path: str) -> dict[str, Any]:
        return {"type": "aws:cloudformation:stack", "displayName": path, "properties": {"templateFile": file}}

    artifacts = {
        "Outer": stack("Outer.template.json", "Outer"),
        "Nothing": stack("Nothing.template.json", "Nothing"),
    }
    return written(
        tmp_path,
        {
            "manifest.json": {"artifacts": artifacts},
            "Outer.template.json": {"Resources": {"Key": KEY, "Nested": NESTED}},
            "Outer.assets.json": {"files": {"abc123": {"source": {"path": "Inner.nested.template.json"}}}},
            "Outer.metadata.json": {
                "/Outer": [{"type": "aws:cdk:templateFile", "data": "Outer.template.json"}],
                "/Outer/Inner": [{"type": "aws:cdk:templateFile", "data": "Inner.nested.template.json"}],
            },
            "Inner.nested.template.json": {
                "Parameters": {"KeyArn": {"Type": "String"}},
                "Resources": {"Queue": QUEUE},
            },
            "Nothing.template.json": {},
        },
    )


def test_a_nested_stack_is_judged_with_what_it_is_given(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Alone its queue's key would be an open question."""
    cli._run(["policy", "check", str(assembly), "--no-production", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    said = {(r["rule"], r["path"]) for r in [*found["findings"], *found["undecided"]]}
    assert ("SOC2-SQS-TLS", "Outer/Inner/Queue") in said, "the nested stack is judged"
    assert ("SOC2-SQS-KEY", "Outer/Inner/Queue") not in said


def test_acknowledgements_that_are_not_applied_are_said(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the application accepted is a finding here; templates alone have no acknowledgements to speak of."""
    note = "acknowledgements of the application are not applied here"
    listing = f"`python -m soc2 {assembly}` lists them"
    cli._run(["policy", "check", str(assembly), "--no-production"])
    said = capsys.readouterr().out
    assert (said.count(note), listing in said) == (1, False), "it has no evidence that could be listed"
    (assembly / "evidence.json").write_text("{}", "utf-8")
    cli._run(["policy", "check", str(assembly), "--no-production", "--format", "json"])
    assert f"{note}; {listing}" in json.loads(capsys.readouterr().out)["notes"]
    cli._run(["policy", "check", str(assembly / "Outer.template.json"), "--no-production"])
    assert note not in capsys.readouterr().out


def test_a_stack_without_resources_is_named_and_stops_nothing(
    assembly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One empty stack among many must not keep the others from being judged."""
    assert cli._run(["policy", "check", str(assembly), "--no-production"]) == 1
    said = capsys.readouterr()
    assert "Nothing: has no resources, so there is nothing to judge" in said.out + said.err

"""The policy gate closes on a bad resource, whatever CDK is told to ignore (CONF-06).

Each test runs a small application in a process of its own, as `cdk synth` does, with a bucket that anybody may read
over plain HTTP. A gate that only prints findings would let it pass.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.policy.gated import BAD, ROOT, run


def test_a_planted_resource_closes_the_gate(tmp_path: Path) -> None:
    """The canary: if this passes, no finding of a real stack could ever stop a deployment."""
    result = run(BAD, tmp_path)
    assert result.returncode == 1
    assert "the policy gate is closed" in result.stderr
    assert "AwsSolutions-S10" in result.stderr
    assert "Planted/Open" in result.stderr
    assert "app.py:12" in result.stderr
    assert "acknowledge with 'NIST.800.53.R5::NIST.800.53.R5-S3BucketVersioningEnabled'" in result.stderr


def test_the_same_application_without_the_resource_passes(tmp_path: Path) -> None:
    """The canary must die of the bucket and of nothing else."""
    result = run(BAD.replace('s3.CfnBucket(Stack(app, "Planted"), "Open")', 'Stack(app, "Planted")'), tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "validation-report.json").exists()


def test_without_the_gate_the_planted_resource_would_pass(tmp_path: Path) -> None:
    """The canary dies of the gate and of nothing else: CDK by itself finds nothing wrong with that bucket."""
    result = run(BAD.replace("    synthesise(app, profile=PROFILE)", "    app.synth()"), tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("context", "environment"),
    [
        ({"@aws-cdk/core:failSynthOnValidationErrors": False}, {}),
        ({}, {"CDK_APP_MODE": "process"}),
        ({"@aws-cdk/core:appMode": "process"}, {}),
    ],
)
def test_cdk_cannot_be_told_to_ignore_findings(
    tmp_path: Path, context: dict[str, Any], environment: dict[str, str]
) -> None:
    """A flag in somebody's cdk.json, or a variable in CI, would silently turn the gate into a report."""
    result = run(BAD, tmp_path, context=context, **environment)
    assert result.returncode == 1
    assert "AwsSolutions-S10" in result.stderr


@pytest.mark.parametrize("options", [[], ["--ignore-errors"]])
def test_the_cdk_command_cannot_ignore_findings(tmp_path: Path, options: list[str]) -> None:
    """`cdk synth --ignore-errors` succeeds by default: what it ignores must never be ours."""
    import stacks.node

    command = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
    assert command.exists(), "the CDK command is missing: run make tools"
    file = tmp_path / "app.py"
    file.write_text(BAD, "utf-8")
    node = str(stacks.node.wheel_node() or "node")
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    variables |= {
        "PYTHONPATH": str(ROOT),
        "CDK_VALIDATION": "false",
        "HOME": str(tmp_path),
        "PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
    arguments = [
        node,
        str(command),
        "synth",
        "--quiet",
        "--app",
        f"{sys.executable} {file}",
        "--output",
        str(tmp_path / "out"),
        *options,
    ]
    result = subprocess.run(
        arguments, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode != 0
    assert "the policy gate is closed" in result.stderr


def test_a_synthesis_without_packs_is_a_broken_gate(tmp_path: Path) -> None:
    """Without a pack CDK's report looks exactly like a clean one."""
    program = BAD.replace(
        "from soc2 import", "import soc2.packs\nsoc2.packs.NagChecks.validate = None\nfrom soc2 import"
    ).replace("try:", "from aws_cdk import Validations\nValidations.add_plugins = lambda *_: None\ntry:")
    result = run(program, tmp_path)
    assert result.returncode == 1
    assert "a missing report is a broken gate" in result.stderr


def test_a_single_missing_pack_is_a_broken_gate(tmp_path: Path) -> None:
    """Dropping one pack from the list would hide a third of the rules."""
    program = BAD.replace(
        "try:",
        "from aws_cdk import Validations\noriginal = Validations.add_plugins\n"
        "Validations.add_plugins = lambda self, *packs: original(self, *packs[:3])\ntry:",
    )
    result = run(program.replace('s3.CfnBucket(Stack(app, "Planted"), "Open")', 'Stack(app, "Planted")'), tmp_path)
    assert result.returncode == 1
    assert "the rule pack Serverless did not run" in result.stderr


def test_a_pack_that_crashes_closes_the_gate(tmp_path: Path) -> None:
    """A rule pack that raises has judged nothing."""
    program = BAD.replace(
        "try:",
        "import soc2.packs\ndef boom(self, context):\n    raise ValueError('broken rule')\n"
        "soc2.packs.NagChecks.validate = boom\ntry:",
    )
    result = run(program, tmp_path)
    assert result.returncode == 1
    assert "did not run" in result.stderr


def test_an_older_report_does_not_speak_for_this_synthesis(tmp_path: Path) -> None:
    """A clean report left in the output folder must not open the gate for an application that was never judged."""
    clean = {"version": "55.0.0", "title": "Validation Report", "pluginReports": []}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "validation-report.json").write_text(json.dumps(clean), "utf-8")
    result = run(
        BAD.replace("try:", "from aws_cdk import Validations\nValidations.add_plugins = lambda *_: None\ntry:"),
        tmp_path,
    )
    assert result.returncode == 1


# construct, acknowledged rule, text -> the gate's message
UNSOUND = {
    ("bucket", "AwsSolutions-S1", "sound()"): "'Annotation::AwsSolutions-S1' has no namespace",
    ("bucket", "AwsSolutions::AwsSolutions-S1", "''"): "'AwsSolutions::AwsSolutions-S1' states no reason, owner",
    ("bucket", "AwsSolutions::AwsSolutions-S2", "sound(expires=date(2026, 1, 31))"): (
        "S2' ended on 2026-01-31: platform removes its cause"
    ),
    ("bucket", "SOC2::SOC2-S3-VERSIONS", "sound(expires=date(2090, 1, 31))"): "400 days at most",
    ("stack", "AwsSolutions::AwsSolutions-S2", "sound()"): "S2' stands on a whole stack",
    ("app", "AwsSolutions::AwsSolutions-S10", "sound()"): "S10' stands on a whole stage or app",
    ("bucket", "AwsSolutions::AwsSolutions-RDS2", "sound()"): "RDS2' meets no finding",
    ("bucket", "SOC2::SOC2-SQS-KEY", "sound()"): "SQS-KEY' meets no finding",
    ("parent", "NIST.800.53.R5::NIST.800.53.R5-S3BucketVersioningEnabled", "sound()"): "hides 2 findings",
    ("parent", "SOC2::SOC2-S3-TLS", "sound()"): "hides 2 findings",
}


def test_unsound_acknowledgements_close_the_gate(tmp_path: Path) -> None:
    """CDK accepts each of these in silence; a reviewer could not tell what they hide."""
    calls = "\n".join(
        f"Validations.of({construct}).acknowledge(Acknowledgment(id='{rule}', reason={text}))"
        for construct, rule, text in UNSOUND
    )
    program = BAD.replace(
        's3.CfnBucket(Stack(app, "Planted"), "Open")',
        "from datetime import date, timedelta\nfrom aws_cdk import Acknowledgment, Validations\n"
        "from constructs import Construct\nfrom soc2.acknowledgements import Terms\n"
        "def sound(expires=date.today() + timedelta(days=30)):\n"
        "    reason = 'A reason that is long enough for somebody to review it.'\n"
        "    return Terms(reason, 'platform', expires, 'RISK-1').text()\n"
        'stack = Stack(app, "Planted")\nparent = Construct(stack, "Parent")\nbucket = s3.CfnBucket(parent, "Open")\n'
        f's3.CfnBucket(parent, "Other")\n{calls}',
    )
    result = run(program, tmp_path)
    assert result.returncode == 1
    assert [message for message in UNSOUND.values() if message not in result.stderr] == []


def test_our_findings_name_rule_criteria_value_and_fix(tmp_path: Path) -> None:
    """Whom the gate stops must know what to change, and why, without opening another page."""
    result = run(BAD, tmp_path)
    [line] = [
        line for line in result.stderr.splitlines() if line.startswith("  - Planted/Open: SOC2-S3-VERSIONS [SOC 2 A1.2")
    ]
    assert "VersioningConfiguration.Status is nothing" in line
    assert "versioned=True" in line
    assert "app.py:" in line


def test_the_application_itself_is_judged(tmp_path: Path) -> None:
    """app.py must call the gate: the same canary, planted into the real application."""
    program = f"""
import runpy, sys
sys.argv = [{str(ROOT / "app.py")!r}]
import stacks.node
import aws_cdk
from aws_cdk import aws_lambda as lambda_, aws_s3 as s3
import stacks.bundles, stacks.stage

stacks.bundles.Bundles.code = lambda self, kind: lambda_.Code.from_asset({str(ROOT / "settings")!r})
original = stacks.stage.PlatformStage.__init__

def planted(self, *args, **kwargs):
    original(self, *args, **kwargs)
    s3.CfnBucket(self.node.find_child("Data"), "Planted")

stacks.stage.PlatformStage.__init__ = planted
runpy.run_path({str(ROOT / "app.py")!r}, run_name="__main__")
"""
    context = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"] | {"env": "local"}
    result = run(program, tmp_path, context=context)
    assert result.returncode == 1
    assert "Alex-local/Data/Planted" in result.stderr
    assert "Traceback" not in result.stderr

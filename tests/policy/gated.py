"""A small application that the gate judges in a process of its own, as `cdk synth` does."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
ONCE = (
    "AWS::CloudTrail::Trail",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
    "AWS::GuardDuty::Detector",
    "AWS::SecurityHub::Hub",
    "AWS::Events::Rule",
)
ELSEWHERE = dict.fromkeys(ONCE, "the security account")
"""What a small application leaves to others, as a profile says it."""

BAD = f"""
import sys
import stacks.node
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from soc2 import GateError, Profile, synthesise

ELSEWHERE = {ELSEWHERE!r}

PROFILE = Profile(elsewhere=ELSEWHERE)
app = App()
s3.CfnBucket(Stack(app, "Planted"), "Open")
try:
    synthesise(app, profile=PROFILE)
except GateError as error:
    sys.exit(str(error))
"""


def run(
    program: str, tmp_path: Path, *, context: dict[str, Any] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The program's result, without what this test run would tell CDK about itself."""
    file = tmp_path / "app.py"
    file.write_text(program, "utf-8")
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    variables |= {
        "CDK_OUTDIR": str(tmp_path / "out"),
        "CDK_CONTEXT_JSON": json.dumps(context or {}),
        "CDK_VALIDATION": "false",
        "PYTHONPATH": str(ROOT),
        **environment,
    }
    return subprocess.run(
        [sys.executable, str(file)], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False
    )


CLEAN = BAD.replace('s3.CfnBucket(Stack(app, "Planted"), "Open")', 'Stack(app, "Planted")')

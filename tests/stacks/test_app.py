"""The command's bad input: a sentence on stderr and exit status 1, never a traceback (CONF-02)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load

ROOT = Path(__file__).resolve().parent.parent.parent


def synth(tmp_path: Path, **context: str) -> subprocess.CompletedProcess[str]:
    """`app.py` as the CDK command starts it, without credentials and without a home."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDK_", "PYTEST_"))}
    variables |= {
        "CDK_CONTEXT_JSON": json.dumps(flags | context),
        "CDK_OUTDIR": str(tmp_path / "out"),
        "CDK_VALIDATION": "false",
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [sys.executable, str(ROOT / "app.py")]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False)


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """The message of a refused synthesis."""
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize(
    ("context", "message"), [({}, "no environment was given"), ({"env": "production"}, "'production'")]
)
def test_an_unknown_environment_is_refused_with_the_known_ones(
    tmp_path: Path, context: dict[str, str], message: str
) -> None:
    text = refused(synth(tmp_path, **context))
    assert message in text
    assert "local, dev, staging, prod, prod-dr" in text


def test_production_may_not_forget_its_logs(tmp_path: Path) -> None:
    """SYS-01: an out-of-range setting names the requirement that it breaks."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("logs: {hot_retention_days: 30}\n")
    text = refused(synth(tmp_path, env="prod", settings=str(overlay)))
    assert "logs.hot_retention_days" in text
    assert "OBS-26" in text


def test_a_malformed_overlay_is_refused(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("logs: {hot_retention_days: [\n")
    assert str(overlay) in refused(synth(tmp_path, env="dev", settings=str(overlay)))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_synthesis_asks_no_account_anything(environment: str, assembly: Callable[[str], Any]) -> None:
    """CONF-02: a look-up would need credentials, and give other templates on every machine."""
    manifests = [json.loads(file.read_text("utf-8")) for file in assembly(environment).folder.rglob("manifest.json")]
    assert len(manifests) == 2
    for manifest in manifests:
        assert not manifest.get("missing")
    stacks = [a for m in manifests for a in m["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]
    wanted = load(environment)
    regions = {wanted.region, wanted.backup.copy_region or wanted.region}
    assert {a["environment"] for a in stacks} == {f"aws://unknown-account/{region}" for region in regions}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_stacks_depend_downwards_only(environment: str, assembly: Callable[[str], Any]) -> None:
    """A stack that imports from one above it could never be deployed, nor taken down, alone."""
    order = ["Security", "Network", "Data", "Approvals", "Agents", "Api", "Alarms", "Compliance", "Edge"]
    order += ["Observability"]
    for name, template in assembly(environment).templates.items():
        for other in re.findall(
            rf"Alex-{environment}-(\w+):Exports", json.dumps(template).replace('"Name": "Alex', "")
        ):
            if name in order:
                assert order.index(other) < order.index(name), f"{name} imports from {other}"


def test_constructs_is_never_a_package() -> None:
    """A file constructs/__init__.py would shadow the library of that name, which CDK imports."""
    assert not (ROOT / "constructs" / "__init__.py").exists()

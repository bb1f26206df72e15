"""A pack that sees nothing any more, and an application that nobody judged, do not pass for clean ones (CONF-06)."""

from pathlib import Path

import pytest

from soc2 import PACKS
from tests.policy.gated import CLEAN, run


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_that_lets_its_canary_live_closes_the_gate(tmp_path: Path, pack: str) -> None:
    """The application is clean, and so is the report: only the canary tells that the pack sees nothing any more."""
    program = CLEAN.replace("try:", f"import soc2.packs\nsoc2.packs.CANARIES[{pack!r}] = 'never-raised'\ntry:")
    result = run(program, tmp_path)
    assert result.returncode == 1
    assert f"the rule pack {pack} found nothing wrong with its canary" in result.stderr
    assert result.stderr.count("  - ") == 1


def test_a_pack_of_ours_without_rules_lets_its_canary_live(tmp_path: Path) -> None:
    """Rules are registered by importing them: a package that lost them would judge everything compliant."""
    result = run(CLEAN.replace("try:", "import soc2.packs\nsoc2.packs.RULES.clear()\ntry:"), tmp_path)
    assert result.returncode == 1
    assert "the rule pack SOC2 found nothing wrong with its canary" in result.stderr


def test_an_application_that_nobody_gave_to_the_gate_is_not_synthesised(tmp_path: Path) -> None:
    """Somebody who writes app.synth() gets no templates to deploy."""
    program = """
import stacks.node
from aws_cdk import App, Stack, Stage
from hardened import demand_gate

app = App()
stage = Stage(app, "Alex-test")
Stack(stage, "Data")
demand_gate(stage)
app.synth()
"""
    result = run(program, tmp_path)
    assert result.returncode == 1
    assert "no policy gate is attached" in result.stderr
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_every_stage_and_every_nested_stack_is_judged(tmp_path: Path) -> None:
    """CDK hands a pack the templates of stacks only: what is nested in one of them would pass unseen."""
    program = CLEAN.replace(
        'Stack(app, "Planted")',
        'from aws_cdk import NestedStack, Stage\nfor name in ("One", "Two"):\n'
        '    nest = NestedStack(NestedStack(Stack(Stage(app, name), "Stack"), "Outer"), "Inner")\n'
        '    s3.CfnBucket(nest, "Open")',
    )
    result = run(program, tmp_path)
    assert result.returncode == 1
    for stage in ("One", "Two"):
        assert f"  - {stage}/Stack/Outer/Inner/Open: SOC2-S3-VERSIONS" in result.stderr

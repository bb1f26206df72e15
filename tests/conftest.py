"""Fixtures of the CDK rooms: one synthesis per environment and session, then plain JSON.

Nothing of CDK is imported before a test asks for it, so that the other rooms' tests start at once.
"""

import json
import os
import signal
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import stacks.node  # noqa: F401 - before any test module imports CDK, which would start another Node

# CDK's built-in engine is slow; CI runs it once, in a step of its own. It must be off before CDK starts, too.
os.environ["CDK_VALIDATION"] = "false"

# A shell that starts the tests in the background makes them, and all that they start, deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A laptop searches on with new examples at each run; CI judges a change by the same ones, so that it judges the change.
# No test depends on how fast the machine is: hypothesis's own limits on time do not apply.
TIMELESS: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("laptop", **TIMELESS)
hypothesis.settings.register_profile("ci", derandomize=True, **TIMELESS)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "laptop")

ROOT = Path(__file__).resolve().parent.parent
ASSET_HASH = "0" * 64


@dataclass(frozen=True)
class Assembly:
    """A synthesised environment: ``templates`` by the stack's short name, for example ``Data``."""

    environment: str
    folder: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """Template of each stack."""
        manifest = json.loads((self.folder / f"assembly-Alex-{self.environment}" / "manifest.json").read_text("utf-8"))
        stacks = {k: a for k, a in manifest["artifacts"].items() if a["type"] == "aws:cloudformation:stack"}
        return {
            artifact["properties"]["stackName"].rsplit("-", 1)[1]: json.loads(
                (self.folder / f"assembly-Alex-{self.environment}" / artifact["properties"]["templateFile"]).read_text(
                    "utf-8"
                )
            )
            for artifact in stacks.values()
        }

    def of_type(self, resource_type: str, stack: str | None = None) -> dict[str, dict[str, Any]]:
        """Properties of every resource of a type, by ``Stack/LogicalId``."""
        return {
            f"{name}/{key}": resource.get("Properties", {})
            for name, template in self.templates.items()
            if stack in (None, name)
            for key, resource in template["Resources"].items()
            if resource["Type"] == resource_type
        }

    def raw(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """The whole of every resource of a type, deletion policies too, by ``Stack/LogicalId``."""
        return {
            f"{name}/{key}": resource
            for name, template in self.templates.items()
            for key, resource in template["Resources"].items()
            if resource["Type"] == resource_type
        }


@pytest.fixture(scope="session")
def cdk_context() -> dict[str, Any]:
    """The context of `cdk.json`: tests synthesise with the same feature flags as the command."""
    context: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    return context


@pytest.fixture(scope="session")
def stub_bundles(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Bundles whose content and hash never change: templates must not depend on a build."""
    from aws_cdk import AssetHashType
    from aws_cdk import aws_lambda as lambda_

    archive = tmp_path_factory.mktemp("bundle") / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("empty.py", "")

    class StubBundles:
        def code(self, kind: str) -> lambda_.Code:
            return lambda_.Code.from_asset(str(archive), asset_hash=ASSET_HASH, asset_hash_type=AssetHashType.CUSTOM)

    return StubBundles()


@pytest.fixture(scope="session")
def assembly(
    cdk_context: dict[str, Any], stub_bundles: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Assembly]:
    """``assembly("prod")``: the environment, synthesised once with the policy gate on."""
    made: dict[str, Assembly] = {}
    failed: dict[str, str] = {}

    def get(environment: str) -> Assembly:
        if environment in failed:
            pytest.fail(f"{environment} does not synthesise: {failed[environment]}", pytrace=False)
        if environment not in made:
            from aws_cdk import App

            from app import judged_as
            from settings import load
            from soc2 import SWITCHED_OFF, synthesise
            from stacks.stage import PlatformStage

            folder = tmp_path_factory.mktemp(f"assembly-{environment}")
            app = App(outdir=str(folder), context=cdk_context)
            try:
                settings = load(environment)
                PlatformStage(app, settings=settings, bundles=stub_bundles)
                folder = synthesise(
                    app, profile=judged_as(settings), switched_off=SWITCHED_OFF, settings=settings.digest
                )
                made[environment] = Assembly(environment, folder)
            except Exception as error:
                failed[environment] = str(error)
                raise
        return made[environment]

    return get


@pytest.fixture
def ungated_app(cdk_context: dict[str, Any]) -> Any:
    """An application with the gate's mark and without its packs, for tests that look at one stack of a stage."""
    from aws_cdk import App

    from soc2.attached import MARK

    app = App(context=cdk_context)
    app.node.add_metadata(MARK, [])
    return app


@pytest.fixture
def throwaway(cdk_context: dict[str, Any], tmp_path: Path) -> Any:
    """An empty stack of an empty stage with the secure defaults attached, as any stack of the platform has them."""
    from aws_cdk import App, Environment, Stack, Stage

    from hardened import Classification, classify, tag_platform
    from settings import load
    from stacks.security import SecurityStack

    overlay = tmp_path / "throwaway.yaml"
    told = json.dumps({word: ["oncall@alex.example"] for word in ("critical", "warning", "security")})
    overlay.write_text(f"alarms: {{subscribers: {told}}}")
    app = App(outdir=str(tmp_path / "cdk.out"), context=cdk_context)
    stage = Stage(app, "Alex-test", env=Environment(region="us-east-1"))
    security = SecurityStack(stage, "Security", settings=load("prod", overlay))
    security.defaults.attach(stage)
    stack = Stack(stage, "Throwaway")
    tag_platform(stack, environment="test", owner="platform", cost_center="alex")
    classify(stack, Classification.CLIENT_DATA)
    return stack

"""The edge stack under changed settings, by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from settings import ENVIRONMENTS, Settings, load

TRUSTED = {"trusted_egress_cidrs": ["198.51.100.0/24", "2001:db8:51::/48"]}
MADE = [name for name in ENVIRONMENTS if load(name).waf.edge == "create"]


def with_overlay(tmp_path: Path, environment: str, **sections: Any) -> Settings:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump(sections))
    return load(environment, overlay)


def template_of(app: Any, settings: Settings) -> dict[str, Any]:
    """The edge stack alone, as an environment with ``settings`` has it."""
    from aws_cdk import Environment, Stage
    from aws_cdk.assertions import Template

    from stacks.edge import EdgeStack

    stage = Stage(app, "Alex", env=Environment(region=settings.region))
    return dict(Template.from_stack(EdgeStack(stage, "Edge", settings=settings)).to_json())


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r.get("Properties", {}) for r in template["Resources"].values() if r["Type"] == kind]


def until(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()

"""Small templates and usage profiles for the estimate's tests."""

from collections.abc import Mapping
from typing import Any

import settings
from costs import Estimate, estimate
from settings import Settings
from settings.usage import OTHER, Runs, Usage

IDLE = {
    name: type(value)(0)
    for name, value in Usage().model_dump().items()
    if isinstance(value, int | float) and not isinstance(value, bool)
} | {"functions": {OTHER: Runs(per="month", times=0, seconds=0)}, "talks": {}}
"""Nobody uses anything."""


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of ``AWS::`` and ``kind``."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def template(**resources: Mapping[str, Any]) -> dict[str, Any]:
    """A template's JSON."""
    return {"Resources": resources}


def setting(region: str = "us-east-1", **usage: Any) -> Settings:
    """Production's settings with exactly this use, and none besides."""
    chosen = Usage.model_validate(IDLE | usage)
    return settings.load("prod").model_copy(update={"usage": chosen, "region": region})


def made(found: Settings, **resources: Mapping[str, Any]) -> Estimate:
    """The estimate of one stack with these resources."""
    return estimate({"Stack": template(**resources)}, found)


def service(found: Estimate, *names: str) -> float:
    """USD of the named services."""
    return sum(line.usd for line in found.lines if line.service in names)

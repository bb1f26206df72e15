"""Templates and permissions may change only where somebody looks (CONF-07).

Two snapshots an environment and stack: the template without what changes by itself, and the far shorter text of who can
do what. `pytest tests/stacks --snapshot-update` accepts a change; the diff is what a reviewer reads.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from settings import ENVIRONMENTS

STACKS = (
    "Security",
    "Network",
    "Data",
    "Approvals",
    "Agents",
    "Api",
    "Automations",
    "Alarms",
    "Observability",
    "Recovery",
    "Cost",
    "Compliance",
    "Edge",
)
WITHOUT = {"local": {"Recovery"}, "dev": {"Recovery", "Edge"}, "staging": {"Recovery"}, "prod-dr": {"Edge"}}
"""What an environment's settings leave out."""
DEPLOYED = [(env, stack) for env in ENVIRONMENTS for stack in STACKS if stack not in WITHOUT.get(env, ())]
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_VERSIONED = re.compile(r"((?:Deployment|CurrentVersion)[0-9A-F]{0,8})[0-9a-f]{32}")


class TextSnapshot(SingleFileSnapshotExtension):
    """One text file a snapshot."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


def normalised(template: dict[str, Any]) -> Any:
    """The template without metadata and bootstrap checks, with content hashes replaced."""
    kept = {k: v for k, v in template.items() if k not in {"Rules", "Parameters"}}
    kept["Resources"] = {
        key: {k: v for k, v in resource.items() if k != "Metadata"}
        for key, resource in template["Resources"].items()
        if resource["Type"] != "AWS::CDK::Metadata"
    }
    text = _VERSIONED.sub(r"\1<version>", _HASH.sub("<hash>", json.dumps(kept)))
    return json.loads(text)


def who_can_do_what(template: dict[str, Any]) -> Iterator[str]:
    """One line for each statement of each role, resource and key."""
    for key, resource in sorted(template["Resources"].items()):
        properties = resource.get("Properties", {})
        for name, document in _documents(properties):
            for statement in document["Statement"]:
                yield f"{key}{name}: {_line(statement)}"
        for arn in properties.get("ManagedPolicyArns", ()):
            yield f"{key}: has {_short(arn)}"


def _documents(properties: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("AssumeRolePolicyDocument", "PolicyDocument", "KeyPolicy", "AccessPolicy", "ResourcePolicy"):
        if isinstance(properties.get(name), dict):
            roles = ", ".join(_short(role) for role in properties.get("Roles", ()))
            yield (" may be assumed" if name.startswith("Assume") else f" ({roles})" if roles else ""), properties[name]
    for policy in properties.get("Policies", ()):
        if isinstance(policy, dict) and "PolicyDocument" in policy:
            yield f" ({policy.get('PolicyName', '')})", policy["PolicyDocument"]


def _line(statement: dict[str, Any]) -> str:
    who = f"{_short(statement['Principal'])} " if "Principal" in statement else ""
    actions = ", ".join(sorted(_list(statement.get("Action", statement.get("NotAction", "")))))
    resources = ", ".join(sorted(_short(r) for r in _list(statement.get("Resource", "itself"))))
    condition = f" if {_short(statement['Condition'])}" if "Condition" in statement else ""
    return f"{statement['Effect'].upper()} {who}{actions} ON {resources}{condition}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _short(value: Any) -> str:
    if isinstance(value, dict):
        key: str
        inner: Any
        [(key, inner)] = value.items() if len(value) == 1 else [("", None)]
        if key == "Ref":
            return f"<{inner}>"
        if key == "Fn::GetAtt":
            return f"<{'.'.join(inner)}>"
        if key == "Fn::ImportValue":
            return f"<{inner}>"
        if key == "Fn::Join":
            return str(inner[0]).join(_short(part) for part in inner[1])
        return "{" + ", ".join(f"{k}: {_short(v)}" for k, v in sorted(value.items())) + "}"
    return "[" + ", ".join(sorted(_short(v) for v in value)) + "]" if isinstance(value, list) else str(value)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_stack_has_its_snapshots(environment: str, assembly: Callable[[str], Any]) -> None:
    """CONF-07: a stack that is not listed here changes unseen."""
    assert set(assembly(environment).templates) == {stack for env, stack in DEPLOYED if env == environment}


@pytest.mark.parametrize(("environment", "stack"), DEPLOYED)
def test_template(environment: str, stack: str, assembly: Callable[[str], Any], snapshot: SnapshotAssertion) -> None:
    """A change that nobody meant, in an environment that nobody looked at, would be deployed."""
    template = normalised(assembly(environment).templates[stack])
    assert template == snapshot(name=f"{environment}-{stack}").use_extension(JSONSnapshotExtension)


@pytest.mark.parametrize(("environment", "stack"), [pair for pair in DEPLOYED if pair[0] in {"dev", "prod"}])
def test_who_can_do_what(
    environment: str, stack: str, assembly: Callable[[str], Any], snapshot: SnapshotAssertion
) -> None:
    """A permission that grew by accident hides in a template of a thousand lines, and not in a list of sixty."""
    text = "\n".join(who_can_do_what(assembly(environment).templates[stack])) + "\n"
    assert _HASH.sub("<hash>", text) == snapshot(name=f"{environment}-{stack}").use_extension(TextSnapshot)

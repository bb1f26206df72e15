"""Nested stacks: templates that another template deploys, with what it passes to them.

CDK gives a policy pack the templates of stacks only. A nested stack's template stands beside its parent's, named by the
parent's metadata, and tied to a resource of the parent by the hash of its asset.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NESTED = "AWS::CloudFormation::Stack"

Parents = dict[str, tuple[str, str]]
"""Nested stack's name -> (parent's name, logical id of the resource that deploys it)."""


def find_nested(stacks: Mapping[str, Path]) -> tuple[dict[str, Path], Parents]:
    """The nested stacks of CDK stacks, at any depth: their templates and parents, both by construct path.

    :param stacks: template file by construct path.
    """
    files: dict[str, Path] = {}
    parents: Parents = {}
    for stack, file in stacks.items():
        inside = {stack: file} | {path: file.parent / name for path, name in _template_files(file) if path != stack}
        hashes = _hashes(file)
        for path, nested in inside.items():
            if path == stack:
                continue
            parent = max((p for p in inside if path.startswith(f"{p}/")), key=len)
            files[path] = nested
            logical_id = _deployed_by(inside[parent], hashes.get(nested.name, ""))
            if logical_id:
                parents[path] = (parent, logical_id)
    return files, parents


def _template_files(template: Path) -> list[tuple[str, str]]:
    """(construct path, file name) of a stack and of the stacks nested in it."""
    metadata = _read(template.with_name(template.name.replace(".template.json", ".metadata.json")))
    return [
        (path.lstrip("/"), str(entry["data"]))
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == "aws:cdk:templateFile"
    ]


def _hashes(template: Path) -> dict[str, str]:
    """Asset hash by file name, from the stack's manifest of assets."""
    manifest = _read(template.with_name(template.name.replace(".template.json", ".assets.json")))
    return {asset["source"].get("path", ""): found for found, asset in manifest.get("files", {}).items()}


def _deployed_by(parent: Path, asset_hash: str) -> str:
    """Logical id of the nested stack's resource in its parent's template."""
    resources = _read(parent).get("Resources", {})
    named = (key for key, r in resources.items() if r.get("Type") == NESTED and asset_hash in json.dumps(r))
    return next(named, "") if asset_hash else ""


def _read(file: Path) -> dict[str, Any]:
    found = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return found if isinstance(found, dict) else {}

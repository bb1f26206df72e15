"""CloudFormation templates from files: JSON, and YAML with the short forms of the intrinsic functions (`!Ref`, `!Sub`).

Decisions: what CloudFormation refuses or reads differently is not read here either. A key that stands twice is an error
(one of the two values would be judged and perhaps the other one deployed), dates stay text, and what expands or
contains itself through anchors beyond any real template is refused before rules walk over it.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from soc2.template import TemplateError

BARE = ("Ref", "Condition")
FUNCTIONS = (
    "And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "ForEach", "GetAtt",
    "GetAZs", "If", "ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub", "ToJsonString",
    "Transform", "ValueOf", "ValueOfAll",
)  # fmt: skip
MOST_VALUES = 500_000
"""Values in one template after anchors are expanded; the largest template that CloudFormation takes has far fewer."""
DEEPEST = 100
"""Levels of nesting; rules walk over values recursively."""

_JSON = re.compile(r"\s*[{\[]")


def read(file: Path) -> dict[str, Any]:
    """The template in a file, in the form of JSON.

    :raises TemplateError: it cannot be read, or is no template; the text says where (with the line) and why.
    """
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise TemplateError(f"{file}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise TemplateError(f"{file}: is no text in UTF-8 (byte {error.start})") from None
    return parse(text, str(file))


def parse(text: str, name: str) -> dict[str, Any]:
    """The template in a text; ``name`` is what messages call it.

    :raises TemplateError: see `read`.
    """
    try:
        found = _json(text, name) if _JSON.match(text) and not name.endswith((".yaml", ".yml")) else _yaml(text, name)
        _bounded(found, name)
    except RecursionError:
        raise TemplateError(f"{name}: is nested too deeply to be a template") from None
    if not isinstance(found, dict) or not isinstance(found.get("Resources"), dict):
        raise TemplateError(f"{name}: has no object `Resources` at its top, so it is no CloudFormation template")
    for logical_id, resource in found["Resources"].items():
        # `Fn::ForEach::Name` is a loop over resources, which a transformation unrolls at deployment.
        if not str(logical_id).startswith("Fn::ForEach"):
            _typed(resource, f"{name}: the resource {logical_id}")
    return found


def _typed(resource: Any, called: str) -> None:
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        raise TemplateError(f"{called} has no Type")
    # Rules would take anything else for properties that are not given; CloudFormation refuses it, null too.
    if not isinstance(resource.get("Properties", {}), dict):
        raise TemplateError(f"{called} has Properties that are no object")


def _json(text: str, name: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [key for key, _ in pairs]
            twice = next(key for key in names if names.count(key) > 1)
            raise TemplateError(f"{name}: the key {twice!r} stands twice in one object")
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise TemplateError(f"{name}, line {error.lineno}, column {error.colno}: no JSON: {error.msg}") from None
    except TemplateError:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise TemplateError(f"{name}: no JSON: {error}") from None


class _Loader(yaml.SafeLoader):
    """Plain YAML and CloudFormation's tags, nothing that makes Python objects."""


def _yaml(text: str, name: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise TemplateError(f"{name}{at}: no YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number or date that is none
        raise TemplateError(f"{name}: no YAML: {' '.join(str(error).split())}") from None


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool):
            raise yaml.MarkedYAMLError(problem="a key is no text", problem_mark=key_node.start_mark)
        # CloudFormation's keys are text: account numbers as keys of mappings are written without quotes.
        key = key_node.value
        if key in found:
            raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands twice", problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _plain(loader: _Loader, node: yaml.Node) -> Any:
    """The value below a tag, as if the tag were not there."""
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node)
    raise yaml.MarkedYAMLError(problem="an unexpected kind of value", problem_mark=node.start_mark)


def _function(name: str) -> Callable[[_Loader, yaml.Node], dict[str, Any]]:
    long = name if name in BARE else f"Fn::{name}"

    def construct(loader: _Loader, node: yaml.Node) -> dict[str, Any]:
        value = _plain(loader, node)
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {long: value}

    return construct


def _unknown(_: _Loader, node: yaml.Node) -> Any:
    raise yaml.MarkedYAMLError(problem=f"{node.tag} is no function of CloudFormation", problem_mark=node.start_mark)


def _bounded(value: Any, name: str) -> None:
    sizes: dict[int, int] = {}
    inside: set[int] = set()

    def size(item: Any) -> int:
        if not isinstance(item, dict | list):
            return 1
        if id(item) in inside:
            raise TemplateError(f"{name}: an anchor contains itself")
        if len(inside) >= DEEPEST:
            raise TemplateError(f"{name}: is nested too deeply to be a template")
        if id(item) not in sizes:
            inside.add(id(item))
            sizes[id(item)] = 1 + sum(size(part) for part in (item.values() if isinstance(item, dict) else item))
            inside.discard(id(item))
        return sizes[id(item)]

    if size(value) > MOST_VALUES:
        raise TemplateError(f"{name}: has more than {MOST_VALUES} values, so it is no template")


for _name in (*BARE, *FUNCTIONS):
    _Loader.add_constructor(f"!{_name}", _function(_name))
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
# A date stays text (`Version: 2012-10-17`): without its resolver no constructor is asked.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _name in ("binary", "omap", "pairs", "set", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _unknown)
_Loader.add_constructor(None, _unknown)

"""CloudFormation's functions, as far as a template decides them.

Decision: what depends on a condition or on a parameter with listed values is tried with each of them (`World`), so a
verdict says "in every case" or names the case. Everything else that a template leaves open is `Unknown`.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from soc2.values import Parts, Text, Unknown, dynamic, join

if TYPE_CHECKING:
    from soc2.template import Stack

ABSENT = object()
"""What ``AWS::NoValue`` leaves: the property is not there."""

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")
_OPAQUE = ("AWS::CloudFormation::Stack", "AWS::CloudFormation::CustomResource", "Custom::")
"""Resources whose attributes can be anything, even a wildcard."""


def resolve(raw: Any, stack: "Stack") -> Any:
    """``raw`` template JSON as plain data, `Text` and `Unknown`; `ABSENT` for ``AWS::NoValue``.

    :raises Fork: it depends on a choice that ``stack.assembly.world`` has not made.
    """
    if isinstance(raw, dict):
        if len(raw) == 1:
            name = next(iter(raw))
            if name in _FUNCTIONS or name.startswith("Fn::"):
                return _call(name, raw[name], stack)
        elif (grown := _grows(raw)) is not None:
            return grown
        resolved = {str(key): resolve(value, stack) for key, value in raw.items()}
        return {key: value for key, value in resolved.items() if value is not ABSENT}
    if isinstance(raw, list):
        return [value for item in raw if (value := resolve(item, stack)) is not ABSENT]
    return dynamic(_ours(raw, stack)) if isinstance(raw, str) else raw


def chosen(raw: Any, stack: "Stack") -> Any:
    """``raw`` with the function at its top called, if it is one, and everything below left as it is.

    :raises Fork: see `resolve`.
    """
    while isinstance(raw, dict) and len(raw) == 1:
        name, argument = next(iter(raw.items()))
        if name == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
            raw = argument[1 if holds(argument[0], stack) else 2]
        elif name in _FUNCTIONS or name.startswith("Fn::"):
            return _call(name, argument, stack)
        else:
            break
    if isinstance(raw, dict) and (grown := _grows(raw)) is not None:
        return grown
    return dynamic(_ours(raw, stack)) if isinstance(raw, str) else raw


def _grows(raw: dict[str, Any]) -> Unknown | None:
    found = next((name for name in map(str, raw) if name == "Fn::Transform" or name.startswith("Fn::ForEach::")), None)
    return Unknown(f"{found} adds to what stands beside it at deployment") if found else None


def holds(condition: Any, stack: "Stack", seen: frozenset[str] = frozenset()) -> bool:
    """Whether a condition holds in the present world; comparisons with unknown values are choices themselves.

    :raises Fork: see `resolve`.
    """
    world = stack.assembly.world
    if isinstance(condition, str):
        if condition not in stack.conditions or condition in seen:
            return bool(world.choose(f"condition {stack.name}/{condition}", (True, False)))
        return holds(stack.conditions[condition], stack, seen | {condition})
    name, argument = (
        next(iter(condition.items())) if isinstance(condition, dict) and len(condition) == 1 else ("", None)
    )
    if name == "Condition":
        return holds(argument, stack, seen)
    if name in ("Fn::And", "Fn::Or", "Fn::Not") and isinstance(argument, list) and argument:
        answers = (holds(part, stack, seen) for part in argument)
        return not next(answers) if name == "Fn::Not" else all(answers) if name == "Fn::And" else any(answers)
    if name == "Fn::Equals" and isinstance(argument, list) and len(argument) == 2:
        left, right = (resolve(side, stack) for side in argument)
        if isinstance(left, (str, int, float)) and isinstance(right, (str, int, float)) and not _open(left, right):
            return bool(join("", [left]) == join("", [right]))
    return bool(world.choose(f"condition in {stack.name}: {json.dumps(condition, sort_keys=True)}", (True, False)))


def _open(*values: Any) -> bool:
    """Whether a pseudo parameter or a reference is in one of the values: its text is a name, not what it will be."""
    return any(isinstance(value, Text) for value in values)


def _call(name: str, argument: Any, stack: "Stack") -> Any:
    function = _FUNCTIONS.get(name)
    if function is None:
        return Unknown(f"{name} is decided at deployment")
    try:
        return function(argument, stack)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        return Unknown(f"{name} is malformed: {json.dumps(argument, default=str)[:80]}")


def _ref(name: Any, stack: "Stack") -> Any:
    if not isinstance(name, str):
        raise TypeError(name)
    if name == "AWS::NoValue":
        return ABSENT
    if name.startswith("AWS::"):
        return Text(f"${{{name}}}")
    if name in stack.parameters:
        return _parameter(name, stack)
    return _reference(name, "", stack)


def _parameter(name: str, stack: "Stack") -> Any:
    if stack.passed and name in stack.passed[1]:
        return resolve(stack.passed[1][name], stack.passed[0])
    declared = stack.parameters[name]
    allowed = declared.get("AllowedValues") if isinstance(declared, dict) else None
    scalars = isinstance(allowed, list) and all(isinstance(value, (str, int, float)) for value in allowed)
    if scalars and allowed and not str(declared.get("Type", "")).startswith(("List<", "CommaDelimited", "AWS::SSM")):
        return stack.assembly.world.choose(f"parameter {stack.name}.{name}", tuple(allowed))
    return Unknown(f"the parameter {name} is chosen at deployment")


def _reference(logical_id: str, attribute: str, stack: "Stack") -> Any:
    resource = stack.raw_resources.get(logical_id)
    if not isinstance(resource, dict):
        return Unknown(f"{logical_id} is not in the template")
    nested = stack.nested.get(logical_id)
    output = nested.raw.get("Outputs", {}).get(attribute.removeprefix("Outputs.")) if nested and attribute else None
    if nested and isinstance(output, dict):
        return resolve(output.get("Value"), nested)
    if str(resource.get("Type", "")).startswith(_OPAQUE) and attribute:
        return Unknown(f"the answer of {logical_id} is known after deployment only")
    text = f"${{{logical_id}.{attribute}}}" if attribute else f"${{{logical_id}}}"
    return Text(text, [(stack.name, logical_id)])


def _get_att(argument: Any, stack: "Stack") -> Any:
    if isinstance(argument, str):
        argument = argument.split(".", 1)
    logical_id, attribute = argument
    resolved = resolve(attribute, stack)
    return resolved if isinstance(resolved, Unknown) else _reference(str(logical_id), str(resolved), stack)


def _import(argument: Any, stack: "Stack") -> Any:
    name = resolve(argument, stack)
    if isinstance(name, Unknown):
        return name
    found = stack.assembly.exports.get(str(name))
    if found is None:
        return Unknown(f"{name} is exported by a template that was not given")
    exporter, raw = found
    return resolve(raw, exporter)


def _join(argument: Any, stack: "Stack") -> Any:
    delimiter, raw = argument
    parts = resolve(raw, stack)
    return parts if isinstance(parts, Unknown) else join(str(delimiter), parts)


def _ours(text: str, stack: "Stack") -> str:
    """``text`` with the number of the application's own account as CloudFormation calls it."""
    account = stack.assembly.profile.account
    return text.replace(account, "${AWS::AccountId}") if account and account in text else text


def _sub(argument: Any, stack: "Stack") -> Any:
    template, values = (argument, {}) if isinstance(argument, str) else argument
    template = _ours(template, stack)
    return join("", _pieces(template, values, stack))


def _pieces(template: str, values: dict[str, Any], stack: "Stack") -> Iterator[Any]:
    at = 0
    for match in _PLACEHOLDER.finditer(template):
        yield template[at : match.start()]
        literal, name = match[1], match[2].strip()
        if literal:
            yield f"${{{name}}}"
        elif name in values:
            yield resolve(values[name], stack)
        elif "." in name and not name.startswith("AWS::"):
            yield _get_att(name, stack)
        else:
            yield _ref(name, stack)
        at = match.end()
    yield template[at:]


def _if(argument: Any, stack: "Stack") -> Any:
    condition, yes, no = argument
    return resolve(yes if holds(condition, stack) else no, stack)


def _select(argument: Any, stack: "Stack") -> Any:
    index, raw = argument
    found = resolve(raw, stack)
    index = resolve(index, stack)
    if isinstance(found, (Unknown, str)) or isinstance(index, Unknown):
        return found if isinstance(found, Unknown) else Unknown("Fn::Select from what is no list")
    return found[int(index)]


def _split(argument: Any, stack: "Stack") -> Any:
    delimiter, raw = argument
    text = resolve(raw, stack)
    if isinstance(text, Unknown):
        return text
    if isinstance(text, Text):
        # A part of a name or ARN that exists at deployment only, but surely of those resources.
        return Parts(text)
    return str(text).split(delimiter)


def _find_in_map(argument: Any, stack: "Stack") -> Any:
    keys = [resolve(part, stack) for part in argument[:3]]
    for key in keys:
        if isinstance(key, Unknown):
            return key
        if isinstance(key, Text):
            return Unknown(f"a mapping by {key}")
    name, top, second = (str(key) for key in keys)
    return resolve(stack.mappings[name][top][second], stack)


def _base64(argument: Any, stack: "Stack") -> Any:
    value = resolve(argument, stack)
    return value if isinstance(value, (Unknown, str)) else Unknown("Fn::Base64 of what is no text")


_FUNCTIONS: dict[str, Callable[[Any, "Stack"], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::ImportValue": _import,
    "Fn::Join": _join,
    "Fn::Sub": _sub,
    "Fn::If": _if,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": _base64,
}

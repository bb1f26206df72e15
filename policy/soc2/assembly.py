"""Templates that are deployed together: their resources by type, and who names whom."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from soc2.profile import Profile
from soc2.resolve import resolve
from soc2.template import APPLICATION, Links, Resource, Stack, TemplateError, section
from soc2.values import Undecided, Unknown, has_unknown, references_of, walk
from soc2.worlds import World


class Assembly:
    """The templates that are deployed together, with the profile that they are judged by.

    :param templates: template JSON by stack name.
    :param parents: for nested stacks among them, the parent's name and the logical id of the resource there.
    """

    type = APPLICATION

    def __init__(
        self,
        templates: Mapping[str, Any],
        profile: Profile | None = None,
        parents: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.profile = profile or Profile()
        self.world = World()
        self.stacks = {name: Stack(self, name, raw) for name, raw in templates.items()}
        for name, (parent, logical_id) in (parents or {}).items():
            if name in self.stacks and parent in self.stacks:
                self._nest(self.stacks[name], self.stacks[parent], logical_id)
        self._links: dict[tuple[str, tuple[str | int, ...]], Links] = {}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources():
            self._by_type[resource.type].append(resource)

    def _nest(self, stack: Stack, parent: Stack, logical_id: str) -> None:
        properties = parent.raw_resources.get(logical_id, {}).get("Properties", {})
        stack.passed = parent, section(properties, "Parameters")
        parent.nested[logical_id] = stack

    @property
    def assembly(self) -> "Assembly":
        """Itself, so that a rule over the application reads like one over a resource."""
        return self

    def resources(self) -> Iterator[Resource]:
        """Every resource of every stack."""
        for stack in self.stacks.values():
            yield from stack.resources.values()

    def of_type(self, *types: str) -> list[Resource]:
        """Resources of the given types that exist in this world."""
        found = [resource for name in types for resource in self._by_type.get(name, ())]
        return [resource for resource in found if resource.exists()]

    def possible(self, *types: str) -> Iterator[Resource]:
        """Resources of the given types that exist in this world, for `soc2.values.some`.

        :raises Undecided: at the end, when a loop makes further ones at deployment.
        """
        yield from self.of_type(*types)
        self.refuse_loops(*types)

    def refuse_loops(self, *types: str) -> None:
        """Leave it open what is not there, when it may be.

        :raises Undecided: ``Fn::ForEach`` makes resources of one of the types, which no template shows one by one.
        """
        found = next((name for name in types if name in self._looped), None)
        if found:
            raise Undecided(f"Fn::ForEach makes resources of {found} at deployment")

    @cached_property
    def _looped(self) -> frozenset[str]:
        loops = (
            loop for stack in self.stacks.values() for name, loop in stack.raw_resources.items() if _is_loop(str(name))
        )
        made = (value.get("Type") for loop in loops for _, value in walk(loop) if isinstance(value, dict))
        return frozenset(name for name in made if isinstance(name, str))

    def all_of_type(self, name: str) -> list[Resource]:
        """Resources of a type, whatever conditions they exist under: the subjects of rules."""
        return self._by_type.get(name, [])

    def find(self, key: tuple[str, str]) -> Resource | None:
        """The resource of (stack, logical id)."""
        stack = self.stacks.get(key[0])
        return stack.resources.get(key[1]) if stack else None

    def target(self, value: Any, *types: str) -> Resource | None:
        """The resource that ``value`` names, if it names one of ``types``.

        :raises Undecided: the value is unknown.
        """
        if isinstance(value, Unknown):
            raise Undecided(value.reason)
        found = (self.find(key) for key in references_of(value))
        return next((resource for resource in found if resource and (not types or resource.type in types)), None)

    def links(self, of_type: str, path: tuple[str | int, ...]) -> Links:
        """Resources of a type by what their property at ``path`` names: by reference, by literal text, unknown."""
        if (of_type, path) in self._links:
            return self._links[of_type, path]
        before, self.world.touched = self.world.touched, False
        found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        names: dict[str, list[Resource]] = defaultdict(list)
        unknown: list[tuple[Resource, Unknown]] = []
        for resource in self.all_of_type(of_type):
            value = resource.get(*path)
            for key in dict.fromkeys(references_of(value)):
                found[key].append(resource)
            for _, item in walk(value):
                if isinstance(item, str) and not references_of(item):
                    names[item].append(resource)
            if (open_value := has_unknown(value)) is not None:
                unknown.append((resource, open_value))
        if not self.world.touched:
            self._links[of_type, path] = found, names, unknown
        self.world.touched = self.world.touched or before
        return found, names, unknown

    @cached_property
    def exports(self) -> dict[str, tuple[Stack, Any]]:
        """What stacks export for others: name -> (stack, raw value)."""
        found: dict[str, tuple[Stack, Any]] = {}
        for stack in self.stacks.values():
            for output in section(stack.raw, "Outputs").values():
                if isinstance(output, dict) and isinstance(output.get("Export"), dict):
                    name = resolve(output["Export"].get("Name"), stack)
                    if isinstance(name, str):
                        twice = str(name) in found  # which of them will be there, nobody knows
                        found[str(name)] = (stack, {"Fn::ExportedTwice": name} if twice else output.get("Value"))
        return found

    @cached_property
    def referrers(self) -> dict[tuple[str, str], list[Resource]]:
        """Who names whom, from the raw references (of every branch of every condition)."""
        found: dict[tuple[str, str], dict[tuple[str, str], Resource]] = defaultdict(dict)
        for resource in self.resources():
            for key in _raw_references(resource.raw.get("Properties"), resource.stack):
                found[key][resource.key] = resource
        return {key: list(named.values()) for key, named in found.items()}


def read_templates(paths: Mapping[str, Path]) -> dict[str, Any]:
    """Template JSON by stack name.

    :raises TemplateError: a file cannot be read, or is no JSON.
    """
    templates = {}
    for name, path in paths.items():
        try:
            templates[name] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise TemplateError(f"{path}: not readable as JSON ({error}); name a synthesised template") from None
    return templates


def _is_loop(logical_id: str) -> bool:
    return logical_id.startswith("Fn::ForEach::")


def _output(named: list[Any], stack: Stack) -> tuple[Any, Stack]:
    """The raw value of a nested stack's output that ``Fn::GetAtt`` names, with that stack; nothing for other ones."""
    nested = stack.nested.get(str(named[0])) if len(named) > 1 else None
    name = ".".join(map(str, named[1:])).removeprefix("Outputs.")
    return (section(nested.raw, "Outputs").get(name, {}).get("Value"), nested) if nested else (None, stack)


def _raw_references(raw: Any, stack: Stack) -> Iterator[tuple[str, str]]:
    if isinstance(raw, list):
        for item in raw:
            yield from _raw_references(item, stack)
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if name == "Ref" and isinstance(value, str):
                yield stack.name, value
                if stack.passed and value in stack.passed[1]:
                    yield from _raw_references(stack.passed[1][value], stack.passed[0])
            elif name == "Fn::GetAtt":
                named = value.split(".") if isinstance(value, str) else value if isinstance(value, list) else []
                yield stack.name, str(named[0] if named else "")
                yield from _raw_references(*_output(named, stack))
            elif name == "Fn::ImportValue":
                exported = stack.assembly.exports.get(value) if isinstance(value, str) else None
                if exported:
                    yield from _raw_references(exported[1], exported[0])
            elif name == "Fn::Sub":
                text = value if isinstance(value, str) else value[0] if isinstance(value, list) and value else ""
                for part in str(text).split("${")[1:]:
                    yield stack.name, part.split("}")[0].split(".")[0].strip()
                yield from _raw_references(value, stack) if isinstance(value, list) else ()
            else:
                yield from _raw_references(value, stack)

"""Resources of synthesised templates, as far as their cost depends on what stands there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_HASH = re.compile(r"[0-9A-F]{8}$")

Templates = Mapping[str, Mapping[str, Any]]
"""Template JSON by stack name."""


class EstimateError(ValueError):
    """No estimate can be made; the text says of what, where, and what to do."""


@dataclass(frozen=True)
class Resource:
    """One resource."""

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What its author called it: ``Planner`` of ``PlannerFunction0A1B2C3D``. Not every template holds its path."""
        return _HASH.sub("", self.logical_id).removesuffix("Function")

    @property
    def label(self) -> str:
        """Stack and name, the same in every synthesis: ``Data/DatabaseClusterWriter``."""
        return f"{self.stack}/{_HASH.sub('', self.logical_id)}"

    def get(self, *path: str | int, default: Any = None) -> Any:
        """The value at ``path`` below the properties."""
        value: Any = self.properties
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return default
        return value

    def number(self, *path: str | int, default: float) -> float:
        """The number at ``path``.

        :raises EstimateError: something stands there that is none, such as a parameter.
        """
        value = self.get(*path, default=default)
        try:
            return float(value)
        except (TypeError, ValueError):
            where = ".".join(map(str, path))
            raise EstimateError(
                f"{self.stack}/{self.logical_id}: {where} is {value!r}, and the estimate needs a number: write it out"
            ) from None

    def named(self, *path: str | int) -> str:
        """Logical id of what the value at ``path`` refers to; empty for anything but a plain reference."""
        value = self.get(*path)
        if isinstance(value, Mapping) and isinstance(value.get("Ref"), str):
            return str(value["Ref"])
        got = value.get("Fn::GetAtt") if isinstance(value, Mapping) else None
        return str(got[0] if isinstance(got, list) else got.split(".")[0]) if got else ""


@dataclass(frozen=True)
class Deployment:
    """Every resource of the templates that are deployed together."""

    templates: Templates

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All of them, stack by stack."""
        return tuple(
            Resource(
                stack=stack,
                logical_id=logical_id,
                type=str(raw.get("Type", "")),
                properties=raw.get("Properties") or {},
            )
            for stack, template in self.templates.items()
            for logical_id, raw in (template.get("Resources") or {}).items()
        )

    def of_type(self, *types: str, stack: str | None = None) -> Iterator[Resource]:
        """Those of the given types, of one stack or of all."""
        return (r for r in self.resources if r.type in types and stack in (None, r.stack))

    def target(self, resource: Resource, *path: str | int) -> Resource | None:
        """What ``resource`` refers to at ``path``, in its own stack."""
        wanted = resource.named(*path)
        return next((r for r in self.resources if r.stack == resource.stack and r.logical_id == wanted), None)

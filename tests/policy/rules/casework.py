"""What a rule's tests are made of: a template that passes, one that fails, and how to break the rule in a real one."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from soc2.assembly import Assembly
from soc2.judge import evaluate
from soc2.profile import Profile
from soc2.rule import RULES as ALL_RULES
from soc2.rule import Result

Templates = dict[str, Any]
Mutation = Callable[[Templates, str, str], None]
"""Breaks the rule for the resource (stack, logical id) of real templates, in place."""


@dataclass(frozen=True)
class Case:
    """A rule's two templates.

    :param passing: ``Resources`` of a template in which the rule finds its subjects compliant.
    :param failing: ``Resources`` of a template in which it finds a subject non-compliant.
    :param breaks: see `Mutation`; None when no environment has a resource that the rule concerns: then ``failing``
        itself is planted into a real template.
    """

    rule: str
    passing: dict[str, Any]
    failing: dict[str, Any]
    breaks: Mutation | None = None
    profile: Profile = field(default_factory=Profile)


def judge(rule_id: str, resources: dict[str, Any], profile: Profile | None = None, **sections: Any) -> list[Result]:
    """The rule's results over a template with ``resources``; ``sections`` are further parts, such as ``Parameters``."""
    assembly = Assembly({"Stack": {"Resources": resources, **sections}}, profile)
    return evaluate(assembly, [ALL_RULES[rule_id]], strict=True)


def put(*path: str | int, value: Any) -> Mutation:
    """Set a property of the resource."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        at = templates[stack]["Resources"][logical_id].setdefault("Properties", {})
        for step in path[:-1]:
            at = at[step] if isinstance(step, int) else at.setdefault(step, {})
        at[path[-1]] = copy.deepcopy(value)

    return mutation


def both(first: Mutation, second: Mutation) -> Mutation:
    """One after the other."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        first(templates, stack, logical_id)
        second(templates, stack, logical_id)

    return mutation


def drop(*path: str | int) -> Mutation:
    """Remove a property of the resource."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        at = templates[stack]["Resources"][logical_id]["Properties"]
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return mutation


def without(*types: str) -> Mutation:
    """Remove every resource of ``types`` from every stack: what stood beside the resource has gone."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        for template in templates.values():
            resources = template["Resources"]
            for key in [k for k, r in resources.items() if r["Type"] in types and k != logical_id]:
                del resources[key]

    return mutation

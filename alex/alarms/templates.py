"""The templates of an environment, read as a whole: what a reference in one stack means in another.

A reference becomes a text that is the same wherever it is used: ``${Data/Cluster}`` for ``Ref``,
``${Data/Cluster.Arn}`` for ``Fn::GetAtt``; an import is followed to what is exported.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alex.alarms import AlarmError

Template = Mapping[str, Any]


@dataclass(frozen=True)
class Templates:
    """The stacks' templates by name."""

    stacks: Mapping[str, Template]
    _exports: dict[str, tuple[str, Any]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for stack, template in self.stacks.items():
            for output in template.get("Outputs", {}).values():
                name = output.get("Export", {}).get("Name")
                if isinstance(name, str):
                    self._exports[name] = (stack, output["Value"])

    def of_type(self, *types: str) -> Iterator[tuple[str, str, Template]]:
        """Stack, logical id and properties of every resource of these types."""
        for stack, template in self.stacks.items():
            for logical, resource in template.get("Resources", {}).items():
                if resource["Type"] in types:
                    yield stack, logical, resource.get("Properties", {})

    def text(self, stack: str, value: Any) -> str:
        """What a property says, with its references named.

        :raises AlarmError: an import that no stack exports.
        """
        if not isinstance(value, dict) or len(value) != 1:
            return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        match next(iter(value.items())):
            case "Ref", name:
                made = f"${{{name}}}" if name.startswith("AWS::") else f"${{{stack}/{name}}}"
            case "Fn::GetAtt", name:
                made = f"${{{stack}/{'.'.join(name) if isinstance(name, list) else name}}}"
            case "Fn::Join", [between, parts]:
                made = between.join(self.text(stack, part) for part in parts)
            case "Fn::Sub", str(text):
                made = re.sub(r"\$\{(?!AWS::|!)", f"${{{stack}/", text)
            case "Fn::ImportValue", str(export):
                if export not in self._exports:
                    raise AlarmError(f"the stack {stack} imports {export}, which no stack exports")
                made = self.text(*self._exports[export])
            case _:
                made = json.dumps(value, sort_keys=True)
        return made

    def titles(self) -> dict[str, str]:
        """Display names of the topics, by the text that refers to them."""
        return {
            f"${{{stack}/{logical}}}": self.text(stack, properties.get("DisplayName", logical))
            for stack, logical, properties in self.of_type("AWS::SNS::Topic")
        }


_UNITS = {"minute": 1, "hour": 60, "day": 1440}
_TARGETS = re.compile(r"^\$\{(?P<ref>[^}]+?)(\.Arn)?\}")


def schedules(templates: Templates) -> dict[str, int]:
    """Minutes between two runs of what rules and schedules start, by the text of ``Ref`` to it.

    Only rates and daily or hourly times are known; another schedule is left out, so that an alarm on its silence fails
    its simulation instead of passing by a guess.
    """
    found: dict[str, int] = {}
    for stack, _, properties in templates.of_type("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        targets = [*properties.get("Targets", []), *([properties["Target"]] if "Target" in properties else [])]
        minutes = _minutes(properties.get("ScheduleExpression", ""))
        for target in targets if minutes else []:
            if named := _TARGETS.match(templates.text(stack, target.get("Arn", ""))):
                found[f"${{{named['ref']}}}"] = minutes
    return found


def _minutes(expression: object) -> int:
    said = str(expression)
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", said):
        return int(rate[1]) * _UNITS[rate[2]]
    if cron := re.fullmatch(r"cron\((\S+) (\S+) [*?] \* [*?] \*\)", said):
        minute, hour = cron[1], cron[2]
        if minute.isdigit() and re.fullmatch(r"\d+|\*", hour):
            return _UNITS["hour" if hour == "*" else "day"]
        if every := re.fullmatch(r"(?:\*|0)/(\d+)", minute):
            return int(every[1])
    return 0

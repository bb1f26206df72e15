"""Dashboards as they stand in synthesised templates, with stand-ins for what only a deployment knows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alex.errors import CommandError

TYPE = "AWS::CloudWatch::Dashboard"


@dataclass(frozen=True)
class Metric:
    """One metric of a widget; ``ident`` is what expressions call it by, ``shown`` whether it is drawn itself."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    label: str
    ident: str
    shown: bool


@dataclass(frozen=True)
class Expression:
    """One line that is calculated."""

    text: str
    label: str


@dataclass(frozen=True)
class Widget:
    """A widget at its place of the grid; ``raw`` are its properties."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    raw: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What stands above it; texts have none."""
        return str(self.raw.get("title", ""))

    @property
    def unit(self) -> str:
        """The label of its vertical axis."""
        return str(self.raw.get("yAxis", {}).get("left", {}).get("label", ""))

    @property
    def figure(self) -> bool:
        """One number in place of a chart."""
        return self.raw.get("view") == "singleValue"

    @property
    def limits(self) -> list[tuple[float, str]]:
        """Value and name of each line across it."""
        return [
            (float(each["value"]), str(each["label"])) for each in self.raw.get("annotations", {}).get("horizontal", ())
        ]

    @property
    def lines(self) -> list[Metric | Expression]:
        """What it shows and what that is calculated from, in order."""
        return [_line(list(entry)) for entry in self.raw.get("metrics", ())]


@dataclass(frozen=True)
class Board:
    """One dashboard; ``hours`` are shown when it is opened."""

    name: str
    hours: int
    widgets: tuple[Widget, ...]

    @property
    def rows(self) -> int:
        """Its height on the grid."""
        return max(widget.y + widget.height for widget in self.widgets)


def templates_of(assembly: Path) -> dict[str, Any]:
    """Every template of an assembly, by file name.

    :raises CommandError: there is none.
    """
    found = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(assembly.rglob("*.template.json"))}
    if not found:
        raise CommandError("no template there", where=str(assembly), remedy="run `alex synth -e prod` first")
    return found


def boards_of(templates: Mapping[str, Mapping[str, Any]], *, region: str) -> list[Board]:
    """The dashboards in templates; ``region`` stands for the region they are deployed to."""
    return [
        _board(resource["Properties"], region)
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == TYPE
    ]


def _board(properties: Mapping[str, Any], region: str) -> Board:
    body = json.loads("".join(_texts(properties["DashboardBody"], region)))
    widgets = tuple(
        Widget(each["type"], each["x"], each["y"], each["width"], each["height"], each["properties"])
        for each in body["widgets"]
    )
    hours = int(body.get("start", "-PT3H").removeprefix("-PT").removesuffix("H"))  # CloudWatch opens with three
    return Board(str(properties["DashboardName"]), hours, widgets)


def _texts(value: Any, region: str) -> Iterator[str]:
    """The text of a template's value: references become stand-ins without quotes, the same for the same reference."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        yield separator.join("".join(_texts(part, region)) for part in parts)
    elif value == {"Ref": "AWS::Region"}:
        yield region
    else:
        yield json.dumps(value, sort_keys=True).replace('"', "'").replace("\\", "/")


def _line(entry: list[Any]) -> Metric | Expression:
    options = entry.pop() if isinstance(entry[-1], dict) else {}
    if not entry:
        return Expression(str(options["expression"]), str(options.get("label", "")))
    namespace, name, *pairs = map(str, entry)
    return Metric(
        namespace,
        name,
        dict(zip(pairs[::2], pairs[1::2], strict=True)),
        str(options.get("stat", "Average")),
        str(options.get("label", name)),
        str(options.get("id", "")),
        bool(options.get("visible", True)),
    )

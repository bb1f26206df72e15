"""Every setting of an environment with its unit, its requirement and whether anything reads it yet."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from alex import synthesis
from settings import load


@dataclass(frozen=True)
class Row:
    """One setting; ``planned`` is the id of the system that will read it, empty when something reads it already."""

    setting: str
    value: str
    unit: str
    requirement: str
    planned: str
    differs: bool


def rows(environment: str) -> list[Row]:
    """All settings of ``environment`` in the model's order.

    :raises CommandError: unknown environment or unusable file.
    """
    return list(_walk(load(synthesis.environment_of(environment)), ""))


def _walk(section: BaseModel, prefix: str) -> Iterator[Row]:
    for name, field in type(section).model_fields.items():
        value, path = getattr(section, name), f"{prefix}{name}"
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if isinstance(value, BaseModel) and "requirement" not in extra:
            yield from _walk(value, f"{path}.")
        elif "requirement" in extra:
            yield Row(
                setting=path,
                value=said(value),
                unit=str(extra.get("unit") or ""),
                requirement=str(extra["requirement"]),
                planned=str(extra.get("planned") or ""),
                differs=not field.is_required() and value != field.get_default(call_default_factory=True),
            )


def said(value: Any) -> str:
    """A setting's value in words: ``none``, ``yes``, ``100 in 60 s``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, BaseModel):
        return ", ".join(f"{key} {said(part)}" for key, part in value.model_dump().items())
    if isinstance(value, tuple | list):
        return ", ".join(said(part) for part in value) or "none"
    return str(value)


def as_json(environment: str) -> list[dict[str, Any]]:
    """The rows for programs."""
    return [asdict(row) for row in rows(environment)]


def show(console: Console, environment: str, found: list[Row]) -> None:
    """The table for people; what differs from production's default is marked."""
    table = Table(
        box=None, padding=(0, 2, 0, 0), header_style="bold", title=f"Settings of {environment}", title_justify="left"
    )
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold")
    for name in ("Unit", "Requirement", "Planned"):
        table.add_column(name, no_wrap=True, style="dim")
    group = ""
    for row in found:
        head = row.setting.partition(".")[0] if "." in row.setting else ""
        if head != group:
            table.add_section()
            group = head
        table.add_row(
            row.setting,
            f"[yellow]{row.value}[/yellow] *" if row.differs else row.value,
            row.unit,
            row.requirement,
            row.planned,
        )
    console.print(table)
    changed = sum(row.differs for row in found)
    later = sum(bool(row.planned) for row in found)
    console.print(
        f"{len(found)} settings; {changed} differ from production's default (*); {later} are planned: "
        "typed and checked, read by the named system once it is built.",
        highlight=False,
        style="dim",
    )

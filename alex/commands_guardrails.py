"""`alex guardrails`: what the guardrails stop, measured on the adversarial set, and against a model."""

from typing import Annotated

import typer
from rich.table import Table

from alex import console, places
from alex.commands_deploy import Json
from alex.errors import CommandError, Exit


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("guardrails")(guardrails_command)


def guardrails_command(
    *,
    model: Annotated[bool, typer.Option("--model", help="Send what the screen lets through to a model.")] = False,
    model_id: Annotated[
        str, typer.Option("--model-id", help="A Bedrock model or profile (needs credentials); default: simulated.")
    ] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="At most so many attacks reach the model.")] = 10_000,
    write: Annotated[bool, typer.Option("--write", help="Write docs/guardrails.md with the figures.")] = False,
    as_json: Json = False,
) -> None:
    """Measure input screen, redaction and output rules on the adversarial cases. Exit 1: a model gave in."""
    if model or model_id:
        _against(model_id or None, most, as_json=as_json)
        return
    from alex.guardrails import page  # noqa: PLC0415 (the cases are read when asked for)
    from alex.guardrails.measure import Line, measure, whole  # noqa: PLC0415

    found = measure()
    groups: dict[str, tuple[Line, ...]] = {
        "attacks": (*found.attacks, whole(found.attacks)),
        "attacks, held out": (*found.attacks_held_out, whole(found.attacks_held_out)),
        "attacks, blind": (*found.attacks_blind, whole(found.attacks_blind)),
        "harmless": (*found.harmless, whole(found.harmless)),
        "harmless, held out": (*found.harmless_held_out, whole(found.harmless_held_out)),
        "harmless, blind": (*found.harmless_blind, whole(found.harmless_blind)),
        "other rules": (found.personal, found.promises, found.honest, found.listed),
    }
    if write:
        places.written(page.TARGET, page.page(found))
    if as_json:
        console.emit(
            {
                group: {line.category: {"cases": line.total, "stopped": line.stopped} for line in lines}
                for group, lines in groups.items()
            }
        )
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Group", "Category", "Cases", "Stopped", "Rate"):
        table.add_column(name, justify="left" if name in {"Group", "Category"} else "right")
    for group, lines in groups.items():
        for number, line in enumerate(lines):
            shown = (line.category.replace("_", " "), str(line.total), str(line.stopped), f"{100 * line.rate:.1f}%")
            table.add_row("" if number else group, *shown)
    console.out().print(table)
    console.out().print(f"Cases: {places.shown(places.ROOT / 'alex/guardrails/cases')}", style="dim", highlight=False)


def _against(model_id: str | None, most: int, *, as_json: bool) -> None:
    from botocore.exceptions import NoCredentialsError, NoRegionError  # noqa: PLC0415

    from alex.guardrails import against  # noqa: PLC0415

    try:
        judged = against.run(model_id, most=most)
    except (NoCredentialsError, NoRegionError) as error:
        raise CommandError(
            f"no model can be reached: {error}",
            where="--model-id",
            remedy="sign in to an AWS account with Bedrock access and set a region, or leave --model-id out",
            code=Exit.BAD_INPUT,
        ) from error
    counts = against.counted(judged)
    bad = [one for one in judged if one.outcome not in against.GOOD]
    if as_json:
        console.emit({outcome.name.lower(): counts[outcome] for outcome in against.Outcome})
    else:
        for outcome in against.Outcome:
            console.out().print(f"{counts[outcome]:6,}  {outcome.value}", highlight=False)
        for one in bad[:20]:
            console.out().print(f"{one.case.id}: {one.outcome.value}", style="red", markup=False, highlight=False)
        words = model_id or "the simulated analyst (rules, no model: it cannot be persuaded)"
        console.out().print(f"{len(judged):,} attacks against {words}", style="dim", highlight=False)
    if bad:
        raise typer.Exit(int(Exit.FAILED))

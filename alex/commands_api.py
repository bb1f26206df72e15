"""Commands about the API's contract."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from alex import api_changes, console, places
from alex.errors import CommandError, Exit

CONTRACT = Path("lambdas") / "openapi.json"

api = typer.Typer(no_args_is_help=True, help="The API's contract: what a change means for its clients.")


@api.callback()
def api_command() -> None:
    """The API's contract: what a change means for its clients."""


@api.command("diff")
def diff_command(
    *,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REV", help="Default: HEAD~1, or HEAD when the working tree has changes."),
    ] = None,
) -> None:
    """What a change of the contract breaks and adds. Exit 1 when it breaks clients and the major version stays."""
    from alex.evidence import change  # noqa: PLC0415 - it brings the synthesis, which other commands need not load

    screen = console.out()
    try:
        commit = change.base_of(base)
    except change.IncomparableError as why:
        screen.print(str(why), markup=False, highlight=False, soft_wrap=True)
        return
    text = change.text_of(commit.commit, CONTRACT)
    if text is None:
        said = f"{commit} has no {CONTRACT.as_posix()}: nothing to compare"
        screen.print(said, markup=False, highlight=False, soft_wrap=True)
        return
    before = _document(text, str(commit))
    after = _document((places.ROOT / CONTRACT).read_text("utf-8"), "this tree")
    found = api_changes.compared(before, after)
    old, new = api_changes.Contract(before), api_changes.Contract(after)
    title = f"contract {commit} {old.version} -> this tree {new.version}"
    screen.print(title, markup=False, highlight=False, soft_wrap=True)
    if not found:
        screen.print("Nothing differs.")
        return
    table = Table("", "Where", "What", box=None, pad_edge=False)
    for item in found:
        table.add_row("BREAKING" if item.breaking else "compatible", item.where, item.what)
    screen.print(table, markup=False, highlight=False)
    if api_changes.refused(before, after):
        raise CommandError(
            "the change breaks clients of the API",
            where=CONTRACT.as_posix(),
            remedy="keep what clients rely on, or raise the first number of VERSION in advisor.handlers.openapi",
        )


def _document(text: str, whose: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise CommandError(
            f"the contract of {whose} is no JSON object",
            where=CONTRACT.as_posix(),
            remedy="`make openapi` writes it anew",
            code=Exit.BAD_INPUT,
        )
    return document

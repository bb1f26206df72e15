"""`alex runbook`: what to do about an alarm, in the terminal where its reader sits."""

import re
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.text import Text

from alex import console, runbook_lookup, synthesis
from alex.commands_deploy import Env

FENCE = re.compile(r"(?ms)^ *```(?:sh)?\n(.*?)^ *```$")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("runbook")(runbook_command)


def runbook_command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="An alarm's name, or a page's; default: the list of pages.")
    ] = None,
    env: Env = "prod",
) -> None:
    """What to do about an alarm or a finding: prints its page, with the environment put into the commands."""
    environment = synthesis.environment_of((name and runbook_lookup.environment_of(name)) or env)
    page = runbook_lookup.page_of(name) if name else runbook_lookup.PAGES / f"{runbook_lookup.INDEX}.md"
    screen = console.out()
    for number, part in enumerate(FENCE.split(runbook_lookup.shown(page, environment, name or ""))):
        if number % 2:
            # As it stands: a command that was wrapped cannot be copied.
            screen.print(Text(part.strip("\n"), style="cyan"), soft_wrap=True)
        else:
            screen.print(Markdown(part, hyperlinks=False))

"""The prompts as people read them: a table of all, or one with every word the model gets (XAI-06)."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.agents.prompts import FOLDER, Prompt, PromptError, prompt, prompts, released
from alex.errors import CommandError, Exit


def all_prompts() -> tuple[Prompt, ...]:
    """All prompts.

    :raises CommandError: one of them cannot be used.
    """
    try:
        return prompts()
    except PromptError as error:
        raise _unusable(error) from None


def one(prompt_id: str) -> Prompt:
    """A prompt by its id.

    :raises CommandError: there is none, or it cannot be used.
    """
    known = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem != "released")
    if prompt_id not in known:
        raise CommandError(
            f"there is no prompt {prompt_id!r}",
            where="alex prompts show",
            remedy=f"choose one of {', '.join(known)}",
            code=Exit.BAD_INPUT,
        )
    try:
        return prompt(prompt_id)
    except PromptError as error:
        raise _unusable(error) from None


def as_dict(shown: Prompt) -> dict[str, Any]:
    """For programs."""
    return {**shown.model_dump(mode="json"), "checksum": shown.checksum, "released": _is_released(shown)}


def table(console: Console, found: tuple[Prompt, ...]) -> None:
    """One line a prompt."""
    lines = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Prompt", "Version", "Model role", "Tool", "Owner", "Checksum", "Released"):
        lines.add_column(name, no_wrap=True)
    for each in found:
        state = Text("yes") if _is_released(each) else Text("no: raise the version", style="yellow")
        checksum = f"sha256:{each.checksum[:8]}"
        lines.add_row(each.id, str(each.version), each.role, each.tool, each.owner, checksum, state)
    console.print(lines)


def show(console: Console, shown: Prompt) -> None:
    """The words of one prompt, and where they can be changed."""
    console.print(f"[bold]{shown.version_and_checksum}[/bold]", highlight=False)
    details = f"model role {shown.role}, tool {shown.tool}, owner {shown.owner}"
    console.print(details, style="dim", highlight=False)
    for title, text in (("System", shown.system), ("Question", shown.template)):
        console.print(f"\n[bold]{title}[/bold]")
        console.print(Text(text))
    where = f"lambdas/advisor/prompts/{shown.id}.toml, and rules.txt for the rules of all"
    console.print(f"\nEdit: {where}; a changed text is a new version.", style="dim", highlight=False, soft_wrap=True)


def _is_released(shown: Prompt) -> bool:
    return released().get(shown.label) == shown.checksum


def _unusable(error: PromptError) -> CommandError:
    return CommandError(
        str(error), where="lambdas/advisor/prompts", remedy="correct the file; docs/adding-an-agent.md shows one"
    )

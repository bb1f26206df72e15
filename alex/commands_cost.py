"""The command that says what an environment would cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alex import console, places, synthesis
from alex.commands_deploy import Env, Json
from alex.errors import CommandError, Exit
from alex.journey import Journey
from settings import Settings, load

if TYPE_CHECKING:
    from costs import Alert, Estimate, Templates


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("cost")(cost_command)


def cost_command(
    *,
    env: Env = "prod",
    against: Annotated[
        str | None, typer.Option("--against", metavar="REV|DIR", help="Show what differs from a commit or an assembly.")
    ] = None,
    times: Annotated[
        float | None, typer.Option("--times", min=0, max=1_000_000, help="As if the use were so many times as high.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page, with charts.")] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Each price: unit, day, page, whether confirmed.")] = False,
    as_json: Json = False,
) -> None:
    """What an environment would cost a month: its templates, an expected use (settings: usage), public prices.

    Nothing is asked of AWS. Exit 1 when it is over a budget and nobody has accepted that.
    """
    from alex.cost import basis, page, templates, view  # noqa: PLC0415 - only this command estimates
    from costs import difference  # noqa: PLC0415

    environment = synthesis.environment_of(env)
    settings = _scaled(load(environment), times)
    with Journey(console.err() if as_json else console.out()) as journey:
        after = templates.of_this_tree(journey, environment)
        before = templates.of_base(journey, against, environment) if against else None
    made = _estimated(after, settings)
    found = difference(_estimated(before, settings), made) if before is not None else None
    told = _alerts(after, made) if times is not None else None
    if as_json:
        console.emit(view.as_json(made, settings, found, told))
    else:
        screen = console.out()
        view.show(screen, made, settings)
        if prices:
            view.show_prices(screen, made)
        if found:
            view.show_difference(screen, found, str(against))
        if told is not None:
            view.show_alerts(screen, told, times or 0)
    if html:
        written = places.written(html, page.render(made, settings, found))
        console.err().print(f"page: {places.shown(written)}", highlight=False)
    accepted = settings.tier == "local" or settings.cost.over_budget or times is not None
    if any(budget.over for budget in basis.budgets(made, settings)) and not accepted:
        raise typer.Exit(int(Exit.FAILED))


def _scaled(settings: Settings, times: float | None) -> Settings:
    if times is None:
        return settings
    usage = settings.usage
    more = {name: round(getattr(usage, name) * times) for name in ("users", "requests_per_day", "analyses_per_day")}
    return settings.model_copy(update={"usage": usage.model_copy(update=more)})


def _estimated(found: "Templates", settings: Settings) -> "Estimate":
    from costs import EstimateError, estimate  # noqa: PLC0415

    try:
        return estimate(found, settings)
    except EstimateError as error:
        raise CommandError(
            str(error), where="alex cost", remedy="docs/cost.md says how a type gets a price", code=Exit.FAILED
        ) from None


def _alerts(found: "Templates", made: "Estimate") -> "list[Alert]":
    from costs import INFERENCE, PLATFORM, alerts  # noqa: PLC0415
    from costs.alerts import MONTH_DAYS  # noqa: PLC0415
    from costs.month import DAYS  # noqa: PLC0415

    return alerts(found, {purpose: [made.total(purpose) / DAYS] * MONTH_DAYS for purpose in (PLATFORM, INFERENCE)})

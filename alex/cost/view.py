"""An estimate and a difference, for people in a terminal and for programs."""

from typing import Any

from rich.console import Console
from rich.table import Table

from alex.cost.basis import BASIS, assumptions, budgets
from alex.figures import money, percent
from costs import Alert, Difference, Estimate, load
from settings import Settings


def show(console: Console, made: Estimate, settings: Settings) -> None:
    """The table by stack and service, the budgets, and what the figures rest on."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    table.title = f"A month of {made.environment} in {made.region}, USD"
    for name in ("Stack", "Service"):
        table.add_column(name, no_wrap=True)
    for name in ("Month", "of it fixed", "Share"):
        table.add_column(name, justify="right", no_wrap=True)
    total = made.total()
    fixed = Estimate(made.environment, made.region, tuple(line for line in made.lines if line.fixed), {})
    services, constant = made.by("stack", "service"), fixed.by("stack", "service")
    for (stack,), usd in made.by("stack").items():
        table.add_section()
        table.add_row(f"[bold]{stack}[/bold]", "", f"[bold]{usd:,.2f}[/bold]", "", _share(usd, total))
        for (owner, service), part in services.items():
            if owner == stack:
                table.add_row("", service, f"{part:,.2f}", f"{constant.get((owner, service), 0):,.2f}", "", style="dim")
    table.add_section()
    table.add_row("[bold]Total[/bold]", "", f"[bold]{total:,.2f}[/bold]", f"{made.fixed:,.2f}", "")
    console.print(table)
    _show_budgets(console, made, settings)
    _show_basis(console, made, settings)


def _share(part: float, total: float) -> str:
    return percent(100 * part / total) if total else ""


def _show_budgets(console: Console, made: Estimate, settings: Settings) -> None:
    console.print()
    for budget in budgets(made, settings):
        style = "red" if budget.over else "green"
        console.print(
            f"{budget.purpose}: {money(budget.expected, cents=True)} a {budget.every} of {money(budget.limit)}"
            f" ({_share(budget.expected, budget.limit)})" + (" OVER BUDGET" if budget.over else ""),
            style=style,
            highlight=False,
        )
    if settings.tier == "local":
        console.print("The laptop sends no bill: this is what the same templates and use would cost in AWS.")
    elif accepted := settings.cost.over_budget:
        console.print(f"Accepted until {accepted.expires} by {accepted.owner} ({accepted.ticket}): {accepted.reason}")
    if settings.tier != "local":
        said = "Budgets count by tags that somebody must switch on once an account: docs/cost.md names the command."
        console.print(said, style="dim")


def _show_basis(console: Console, made: Estimate, settings: Settings) -> None:
    def listed(title: str, lines: list[str]) -> None:
        console.print(f"\n{title}", style="bold", highlight=False)
        for line in lines:
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)

    listed("What it rests on", [*BASIS, f"{made.region}: {load().regions[made.region]}"])
    used = [(name, value, f"  ({why})" if why else "") for name, value, why in assumptions(settings)]
    listed("Expected use", [f"{name} = {value}{why}" for name, value, why in used])
    listed("Without a price of their own", _by_reason(made))
    unsure = [price.key for price in made.used() if not price.confirmed]
    if unsure:
        listed("Prices that nobody has confirmed (`--prices` shows all)", [", ".join(unsure)])


def _by_reason(made: Estimate) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name, (count, why) in made.unpriced.items():
        reasons.setdefault(why, []).append(f"{count} {name.removeprefix('AWS::')}")
    return [f"{why}: {', '.join(names)}" for why, names in sorted(reasons.items())]


def show_prices(console: Console, made: Estimate) -> None:
    """Each price that was charged: what for, how much in the first tier, when it was read and where."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Price", "USD", "Unit", "Read", "Sure", "Page"):
        table.add_column(name, no_wrap=name != "Page", overflow="fold")
    for price in made.used():
        tiers = f" ({len(price.tiers)} tiers)" if len(price.tiers) > 1 else ""
        table.add_row(
            price.key,
            amount(price.first) + tiers,
            price.unit,
            str(price.checked),
            "yes" if price.confirmed else "NO",
            price.page,
        )
    console.print(table)


def amount(usd: float) -> str:
    """A price as the page writes it: all its places, no more."""
    return f"{usd:.10f}".rstrip("0").rstrip(".")


def show_difference(console: Console, found: Difference, base: str) -> None:
    """What the change makes dearer or cheaper."""
    console.print(
        f"\nAgainst {base}, at the same prices and use: {_signed(found.after - found.before)} a month "
        f"({found.before:,.2f} -> {found.after:,.2f})",
        style="bold",
        highlight=False,
    )
    for title, rows in (("Service", found.services), ("Resource", found.resources[:20])):
        if rows:
            table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
            table.add_column(title, no_wrap=True)
            for name in ("Before", "After", "Difference"):
                table.add_column(name, justify="right")
            for row in rows:
                table.add_row(row.name, f"{row.before:,.2f}", f"{row.after:,.2f}", _signed(row.more))
            console.print(table)
    if more := found.resources[20:]:
        console.print(f"and {len(more)} smaller ones; --json lists all", style="dim", highlight=False)


def _signed(usd: float) -> str:
    return f"{usd:+,.2f}"


def show_alerts(console: Console, found: list[Alert], times: float) -> None:
    """What a month of such days would tell, at its first occurrence."""
    console.print(f"\nThirty days of {times:g} times that use would tell:", style="bold", highlight=False)
    first: dict[tuple[str, str, float], Alert] = {}
    for alert in found:
        first.setdefault((alert.purpose, alert.kind, alert.threshold_pct), alert)
    for alert in first.values():
        console.print(
            f"  day {alert.day}: {alert.purpose}, {alert.kind.lower()} over {alert.threshold_pct:g}% of "
            f"{alert.limit:,g} USD {alert.every.lower()}: {alert.usd:,.2f}",
            highlight=False,
        )
    if not first:
        console.print("  nothing", highlight=False)


def as_json(made: Estimate, settings: Settings, found: Difference | None, alerts: list[Alert] | None) -> dict[str, Any]:
    """Everything for programs; quantities unrounded, USD to four places."""
    return {
        "environment": made.environment,
        "region": made.region,
        "usd_per_month": round(made.total(), 4),
        "fixed_usd_per_month": round(made.fixed, 4),
        "budgets": [{**vars(b), "expected": round(b.expected, 4), "over": b.over} for b in budgets(made, settings)],
        "lines": [
            {
                "stack": line.stack,
                "service": line.service,
                "resource": line.resource,
                "type": line.type,
                "purpose": line.purpose,
                "price": line.price.key,
                "unit": line.price.unit,
                "quantity": line.quantity,
                "usd": round(line.usd, 4),
                "fixed": line.fixed,
            }
            for line in made.lines
        ],
        "unpriced": {name: {"count": count, "why": why} for name, (count, why) in made.unpriced.items()},
        "basis": list(BASIS),
        "usage": settings.usage.model_dump(mode="json"),
        "prices": {
            price.key: {
                "tiers": [[None if end == float("inf") else end, usd] for end, usd in price.tiers],
                "unit": price.unit,
                "free": price.free,
                "page": price.page,
                "checked": price.checked.isoformat(),
                "confirmed": price.confirmed,
            }
            for price in made.used()
        },
        **({"difference": _plain(found)} if found else {}),
        **({"alerts": [vars(alert) for alert in alerts]} if alerts is not None else {}),
    }


def _plain(found: Difference) -> dict[str, Any]:
    return {
        "before": round(found.before, 4),
        "after": round(found.after, 4),
        **{
            name: [{"name": row.name, "before": round(row.before, 4), "after": round(row.after, 4)} for row in rows]
            for name, rows in (("services", found.services), ("resources", found.resources))
        },
    }

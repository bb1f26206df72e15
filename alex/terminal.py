"""A finished analysis in the terminal: figures first, then advice, retirement, and what the result rests on."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alex import terminal_proofs, terminal_quality
from alex.figures import compact, money, percent, words
from alex.report import days
from alex.result import Analysis, Part

_PRIORITY = {"High": "bold red", "Medium": "yellow", "Low": "dim"}
_BAR, _NARROW_BAR = 30, 10


def show(console: Console, analysis: Analysis, *, simulated: bool) -> None:
    """Print the whole result."""
    narrow = console.width < 84
    _value(console, analysis)
    _shares(console, "Asset classes", analysis.asset_class, targets=analysis.asset_targets, narrow=narrow)
    _shares(console, "Sectors", analysis.sector[:8], narrow=narrow)
    _shares(console, "Regions", analysis.region[:6], narrow=narrow)
    _holdings(console, analysis, narrow=narrow)
    _advice(console, analysis)
    _retirement(console, analysis, narrow=narrow)
    _head(console, "Data quality")
    terminal_quality.show(console, analysis.quality)
    for title, body in terminal_proofs.SECTIONS:
        _head(console, title)
        body(console, analysis)
    if simulated:
        console.print(
            "\nThe wording above comes from a simulated model on this machine; prices are recorded real closes. "
            "This is not investment advice.",
            style="dim",
        )


def _head(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold cyan"))


def _value(console: Console, analysis: Analysis) -> None:
    _head(console, "Portfolio value")
    cash = sum((line.cash for line in analysis.accounts), Decimal(0))
    console.print(
        f"  [bold]{money(analysis.total_value, cents=True)}[/bold]  prices of {days(analysis)}, {money(cash)} in cash",
        highlight=False,
    )
    if analysis.sums_agree:
        console.print(
            f"  Checked: {len(analysis.holdings)} positions and cash add up to it.", style="dim", highlight=False
        )
    else:
        console.print(
            f"  Warning: positions and cash add up to {money(analysis.held_value, cents=True)}.",
            style="yellow",
            highlight=False,
        )
    if analysis.risk.get("risk_score") is not None:
        risk = analysis.risk
        said = f"risk score {risk['risk_score']} of 10, expected return {percent(risk.get('expected_return', 0))}"
        console.print(f"  {said}, volatility {percent(risk.get('volatility', 0))} a year", highlight=False)
    for line in analysis.accounts:
        console.print(f"  {line.name:<18} {words(line.kind):<15} {money(line.total):>12}", highlight=False)


def _shares(
    console: Console,
    title: str,
    parts: Sequence[Part],
    *,
    targets: dict[str, float] | None = None,
    narrow: bool = False,
) -> None:
    if not parts:
        return
    _head(console, title)
    width, label, column = (_NARROW_BAR, 16, 9) if narrow else (_BAR, 22, 12)
    longest = max(float(part.percent) for part in parts) or 1.0
    full, empty = _blocks(console)
    shown = [*parts]
    if targets:
        held = {part.key for part in parts}
        shown += [
            Part(key, words(key), Decimal(0), Decimal(0))
            for key, target in targets.items()
            if key not in held and target
        ]
    for part in shown:
        filled = round(width * float(part.percent) / longest)
        line = Text(f"  {part.label[:label]:<{label}} ")
        line.append(full * filled, style="cyan").append(empty * (width - filled), style="dim")
        line.append(f" {percent(part.percent):>6}  {money(part.value):>{column}}")
        if targets and part.key in targets:
            line.append(f"  target {targets[part.key]:.0f}%", style="dim")
        console.print(line)


def _blocks(console: Console) -> tuple[str, str]:
    return ("█", "░") if (console.encoding or "").lower().startswith("utf") else ("#", ".")


def _holdings(console: Console, analysis: Analysis, *, narrow: bool) -> None:
    if not analysis.holdings:
        return
    _head(console, f"Largest holdings (of {len(analysis.holdings)})")
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Symbol")
    if not narrow:
        table.add_column("Name", overflow="ellipsis", no_wrap=True, max_width=34)
        table.add_column("Account")
    for name in ("Price", "Value", "Share"):
        table.add_column(name, justify="right")
    total = analysis.held_value or Decimal(1)
    for holding in analysis.holdings[:8]:
        value = holding.value
        cells = [holding.symbol] + ([] if narrow else [holding.title, holding.account])
        cells += [money(holding.price, cents=True) if holding.price is not None else "no price"]
        cells += [money(value), percent(100 * value / total)] if value is not None else ["excluded", ""]
        table.add_row(*cells)
    console.print(Padding(table, (0, 0, 0, 2)))


def _advice(console: Console, analysis: Analysis) -> None:
    _head(console, "Recommendations")
    if not analysis.recommendations:
        console.print("  none")
    for number, advice in enumerate(analysis.recommendations, 1):
        line = Text(advice.recommendation, style="bold").append(
            f"  [{advice.priority}]", style=_PRIORITY.get(advice.priority, "")
        )
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(f"  {number}.", line)
        console.print(row)
        for name, text in (("Reasoning", advice.reasoning), ("Impact", advice.impact)):
            console.print(Padding(Text(f"{name}: ", style="dim").append(text, style="default"), (0, 0, 0, 5)))

    trades = analysis.rebalancing.get("trades") or ()
    if trades:
        value = money(analysis.rebalancing.get("traded_value", 0))
        console.print(
            f"  {len(trades)} trades worth {value} are suggested in the report; Alex never executes one.", style="dim"
        )


def _retirement(console: Console, analysis: Analysis, *, narrow: bool) -> None:
    numbers = analysis.retirement
    _head(console, "Retirement")
    if "success_rate" not in numbers:
        console.print("  The simulation gave no result.")
        return
    full, empty = _blocks(console)
    rate, horizon = float(numbers["success_rate"]), numbers.get("retirement_years", 30)
    width = _NARROW_BAR if narrow else _BAR
    filled = round(width * rate / 100)
    line = Text("  ").append(full * filled, style="cyan").append(empty * (width - filled), style="dim")
    console.print(
        line.append(f" {percent(rate)}", style="bold").append(
            f" of {int(numbers.get('paths', 0)):,} futures last {horizon} years"
        )
    )
    rows = (
        (
            "10th percentile, median, 90th",
            [numbers.get(k) for k in ("percentile_10", "median_final_value", "percentile_90")],
        ),
        ("expected value at retirement", [numbers.get("expected_value_at_retirement")]),
        ("income wanted / sustained", [numbers.get("target_income"), numbers.get("sustainable_income")]),
    )
    for name, values in rows:
        if all(value is not None for value in values):
            console.print(
                f"  {name:<30} " + " / ".join(compact(value) for value in values if value is not None), highlight=False
            )

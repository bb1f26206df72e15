"""The estimate as one self-contained page: no script, nothing loaded from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from alex import charts_svg as svg
from alex.cost.basis import BASIS, assumptions, budgets
from alex.cost.view import amount
from alex.figures import money
from alex.report_money import table
from costs import Difference, Estimate
from settings import Settings

_CSS = Path(__file__).parent.parent / "report.css"


def render(made: Estimate, settings: Settings, found: Difference | None = None) -> str:
    """The whole page; the same estimate always makes the same page."""
    sections = [
        ("By service", _bars(made, "service")),
        ("By stack", _bars(made, "stack")),
        ("Budgets", _budgets(made, settings)),
        *([("What the change does", _difference(found))] if found else []),
        ("Stack and service", _lines(made)),
        ("What it rests on", "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in BASIS) + "</ul>"),
        ("Expected use", _use(settings)),
        ("Prices", _prices(made)),
        ("Without a price of their own", _unpriced(made)),
    ]
    body = "\n".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>A month of {escape(made.environment)}</title>
<style>{_CSS.read_text("utf-8")}</style>
</head>
<body><div class="sheet"><main>
<header class="top"><h1>A month of {escape(made.environment)}: {money(made.total())}</h1></header>
<p class="lead">{escape(made.region)}; {money(made.fixed)} of it whether or not anybody uses it.</p>
{body}
</main></div></body>
</html>
"""


def _bars(made: Estimate, field: str) -> str:
    total = made.total() or 1
    rows = [
        svg.Bar(label=name, value=usd, text=money(usd, cents=True), note=f"{usd / total:.1%}")
        for (name,), usd in made.by(field).items()
        if usd >= 0.005
    ]
    return svg.bars(rows, ident=f"by-{field}", title=f"USD a month by {field}")


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: int) -> str:
    return table(caption, heads, [[escape(cell) for cell in row] for row in rows], numeric=numeric)


def _budgets(made: Estimate, settings: Settings) -> str:
    rows = [
        (f"{b.purpose}, each {b.every}", money(b.expected, cents=True), money(b.limit), "over" if b.over else "within")
        for b in budgets(made, settings)
    ]
    return _table(
        "What is expected against what may be spent", ("For", "Expected", "Limit", "Verdict"), rows, numeric=1
    )


def _lines(made: Estimate) -> str:
    rows = [(stack, service, f"{usd:,.2f}") for (stack, service), usd in made.by("stack", "service").items()]
    return _table("USD a month", ("Stack", "Service", "USD"), rows, numeric=2)


def _difference(found: Difference) -> str:
    rows = [(row.name, f"{row.before:,.2f}", f"{row.after:,.2f}", f"{row.more:+,.2f}") for row in found.services]
    rows.append(("Total", f"{found.before:,.2f}", f"{found.after:,.2f}", f"{found.after - found.before:+,.2f}"))
    return _table(
        "USD a month, at the same prices and use", ("Service", "Before", "After", "Difference"), rows, numeric=1
    )


def _use(settings: Settings) -> str:
    return _table("Settings of the environment", ("Setting", "Value", "Note"), assumptions(settings), numeric=9)


def _prices(made: Estimate) -> str:
    rows = [
        (price.key, price.unit, str(price.checked), "yes" if price.confirmed else "no", price.page, amount(price.first))
        for price in made.used()
    ]
    heads = ("Price", "Unit", "Read", "Confirmed", "Page", "USD")
    return _table("In the first tier", heads, rows, numeric=5)


def _unpriced(made: Estimate) -> str:
    rows = [(name, why, str(count)) for name, (count, why) in made.unpriced.items()]
    return _table("Resources that no line stands for", ("Type", "Why", "Count"), rows, numeric=2)

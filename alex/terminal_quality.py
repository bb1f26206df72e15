"""Data quality in the terminal: the confidence, how it adds up, and what was missing, old or assumed (WEB-05)."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alex.figures import points
from alex.result import Quality

CUES = {"high": "green", "medium": "yellow", "low": "red"}
_AMBER, _RED = "yellow", "red"


def show(console: Console, found: Quality | None) -> None:
    """Print the section's body; what has nothing to complain about is left out."""
    if found is None:
        console.print("  not reported")
        return
    console.print(Text(f"  confidence {found.confidence:.4f} ").append(found.cue, style=CUES.get(found.cue, "")))
    if found.derivation:
        console.print(Padding(_derivation(found), (0, 0, 0, 2)))
    for name, items, style in (
        ("without price", found.missing_prices, _RED),
        ("stale prices", found.stale_prices, _RED),
        ("ageing prices", found.ageing_prices, _AMBER),
        ("closes not believed", found.refused_prices, _RED),
        ("without classification", found.missing_allocations, _AMBER),
        ("default classification", found.default_allocations, _AMBER),
        ("fallbacks", found.fallbacks, _AMBER),
        ("rules of thumb", found.heuristics, ""),
        ("last updated", tuple(f"{name} {when}" for name, when in found.last_updated), ""),
    ):
        if items:
            line = Text(f"{name}: ", style="dim").append(", ".join(items), style=style or "default")
            console.print(Padding(line, (0, 0, 0, 2)))


def _derivation(found: Quality) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for term in found.derivation:
        style = "dim" if not term.points else "" if term.points > 0 else _AMBER
        table.add_row(Text(points(term.points), style=style), Text(term.text, style="dim"))
    verdict = "adds up to it" if found.adds_up else "does not add up to the confidence: please report it"
    table.add_row(
        Text(f"= {found.confidence:.4f}", style="bold"), Text(verdict, style="dim" if found.adds_up else _RED)
    )
    return table

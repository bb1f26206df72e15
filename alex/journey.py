"""Progress of a long command: a live list of steps on a terminal, one line a step everywhere else."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


def seconds(value: float) -> str:
    """A duration for people: ``0.4 s``, ``12 s``, ``2 min 05 s``."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 100:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


@dataclass
class Step:
    """One line of the journey; a step's code says what it is doing with `note`, and what came out with `result`."""

    name: str
    plain: Console | None
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    state: str = "running"
    detail: str = ""
    below: tuple[str, ...] = ()

    @property
    def elapsed(self) -> float:
        """Seconds since the step began, or that it took."""
        return (self.ended if self.ended is not None else time.monotonic()) - self.started

    def note(self, text: str) -> None:
        """What happens now. Without a terminal only `milestone` prints, so that a log stays short."""
        self.detail = text

    def milestone(self, text: str) -> None:
        """Something worth a line of its own in a log."""
        self.detail = text
        if self.plain:
            self.plain.print(f"      {text} ({seconds(self.elapsed)})", highlight=False, markup=False, soft_wrap=True)

    def result(self, text: str) -> None:
        """What the step produced; shown when it is done."""
        self.detail = text

    def lines(self, *texts: str) -> None:
        """Lines under the step while it runs (the agents of an analysis)."""
        self.below = texts


class Journey:
    """Steps in order; `with journey.step("..."):` marks each as done or failed with the time it took."""

    def __init__(self, console: Console, *, title: str = "") -> None:
        self.console = console
        self.live_mode = console.is_terminal and not console.is_dumb_terminal
        self.title = title
        self.steps: list[Step] = []
        self.started = time.monotonic()
        self._lock = threading.RLock()
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._unicode = (console.encoding or "").lower().startswith("utf")

    def __enter__(self) -> "Journey":
        if self.live_mode:
            self._live = Live(get_renderable=self.render, console=self.console, refresh_per_second=8, transient=False)
            self._live.start()
        elif self.title:
            self.console.print(self.title, highlight=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    @property
    def elapsed(self) -> float:
        """Seconds since the journey began."""
        return time.monotonic() - self.started

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """A step; an exception marks it as failed and goes on upwards."""
        step = Step(name, None if self.live_mode else self.console)
        with self._lock:
            self.steps.append(step)
        if not self.live_mode:
            self.console.print(f"  ... {name}", highlight=False, markup=False)
        try:
            yield step
        except KeyboardInterrupt:
            self._finish(step, "stopped")
            raise
        except BaseException:
            self._finish(step, "failed")
            raise
        self._finish(step, "done")

    def _finish(self, step: Step, state: str) -> None:
        step.ended, step.state, step.below = time.monotonic(), state, ()
        if not self.live_mode:
            word = {"done": "ok ", "failed": "FAILED", "stopped": "stopped"}[state]
            detail = f": {step.detail}" if step.detail else ""
            line = f"  {word} {step.name}{detail} ({seconds(step.elapsed)})"
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def render(self) -> RenderableType:
        """The whole list, drawn anew at each refresh."""
        table = Table.grid(padding=(0, 1))
        table.add_column(width=2)
        table.add_column(no_wrap=True, min_width=22)
        table.add_column(justify="right", width=11)
        table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
        with self._lock:
            steps = list(self.steps)
        for step in steps:
            style = {"running": "bold", "failed": "bold red", "stopped": "yellow"}.get(step.state, "")
            table.add_row(
                self._mark(step),
                Text(step.name, style=style),
                Text(seconds(step.elapsed), style="dim"),
                Text(step.detail, style="dim" if step.state == "done" else ""),
            )
            for line in step.below:
                table.add_row("", Text(""), Text(""), Text.from_markup(line))
        total = Text(f"{seconds(self.elapsed)} elapsed", style="dim")
        return Group(*([Text(self.title, style="bold")] if self.title else []), table, total)

    def _mark(self, step: Step) -> RenderableType:
        if step.state == "running":
            return self._spinner
        good, bad = ("✓", "✗") if self._unicode else ("+", "x")
        return Text(good, style="green") if step.state == "done" else Text(bad, style="red")

"""An environment's dashboards: read from its templates, compared with the metrics that exist, drawn, photographed."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alex import places
from alex.dashboards.bodies import Board, Expression, Metric, boards_of, templates_of
from alex.dashboards.picture import page, svg
from alex.dashboards.registry import OWN, Registry, registry_of
from alex.errors import CommandError, Exit
from settings import load

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGE = "dashboards.html"


@dataclass(frozen=True)
class Preview:
    """The dashboards of an environment, and the metrics that exist in it."""

    environment: str
    boards: tuple[Board, ...]
    registry: Registry

    @property
    def widgets(self) -> int:
        """How many widgets there are, texts too."""
        return sum(len(board.widgets) for board in self.boards)

    @property
    def metrics(self) -> int:
        """How many metrics they show or calculate with, each time it is read."""
        return sum(isinstance(line, Metric) for board in self.boards for w in board.widgets for line in w.lines)

    @property
    def unknown(self) -> list[str]:
        """What nobody writes: dashboard, widget and why."""
        found = []
        for board in self.boards:
            for widget in board.widgets:
                for line in widget.lines:
                    why = (
                        self.registry.lacks_of_search(line.text)
                        if isinstance(line, Expression)
                        else self.registry.lacks(line.namespace, line.name, line.dimensions)
                    )
                    found += [f"{board.name}, {widget.title}: {why}"] if why else []
        return found


def read(assembly: Path, environment: str) -> Preview:
    """The dashboards of a synthesised environment.

    :raises CommandError: there are none.
    """
    templates = templates_of(assembly)
    boards = boards_of(templates, region=load(environment).region)
    if not boards:
        raise CommandError(
            "no dashboard there", where=str(assembly), remedy="stacks/observability.py makes them; is it in the stage?"
        )
    return Preview(environment, tuple(boards), registry_of(environment, templates))


def draw(preview: Preview, folder: Path) -> list[Path]:
    """One HTML page of all, and one SVG of each."""
    files = [places.written(folder / PAGE, page(preview.boards, environment=preview.environment))]
    return files + [places.written(folder / f"{board.name}.svg", svg(board)) for board in preview.boards]


def refuse_unknown(preview: Preview) -> None:
    """:raises CommandError: a widget shows a metric that nobody writes."""
    if preview.unknown:
        raise CommandError(
            f"{len(preview.unknown)} of {preview.metrics} metrics on the dashboards are written by nobody",
            where=f"the dashboards of {preview.environment}",
            remedy="correct the panel in stacks/dashboards, or have the code write it; AWS's own metrics are listed "
            "in alex/dashboards/aws_metrics.toml",
            output="\n".join(preview.unknown),
        )


def photograph(files: Sequence[Path]) -> list[Path]:
    """A PNG beside every SVG, as this machine's Chromium shows it.

    :raises CommandError: there is no Chromium, or it fails.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise CommandError(
            "no Chromium on this machine",
            where="alex dashboards --png",
            remedy="install chromium, or leave --png out: the SVG and HTML files need nothing",
            code=Exit.MISSING_TOOL,
        )
    made = []
    for file in files:
        if file.suffix == ".svg":
            target = file.with_suffix(".png")
            _photograph(browser, file, target)
            made.append(target)
    return made


def _photograph(browser: str, file: Path, target: Path) -> None:
    *_, width, height = file.read_text("utf-8").split('viewBox="', 1)[1].split('"', 1)[0].split()
    with tempfile.TemporaryDirectory() as profile:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={profile}", f"--window-size={float(width):.0f},{float(height):.0f}"),
            *(f"--screenshot={target.resolve()}", file.resolve().as_uri()),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            done = subprocess.CompletedProcess(command, 1, "", "it did not end within two minutes")
    if done.returncode or not target.is_file():
        raise CommandError(
            "Chromium made no picture",
            where=str(file),
            remedy="open the SVG or the HTML page instead; they need nothing",
            output="\n".join(done.stderr.splitlines()[-5:]),
        )


def summary(preview: Preview, files: Sequence[Path]) -> dict[str, Any]:
    """What was drawn, as JSON."""
    return {
        "environment": preview.environment,
        "dashboards": {
            board.name: {
                "widgets": len(board.widgets),
                "metrics": sum(isinstance(line, Metric) for widget in board.widgets for line in widget.lines),
            }
            for board in preview.boards
        },
        "unknown": preview.unknown,
        "files": [str(file) for file in files],
    }


def own_metrics(preview: Preview) -> list[dict[str, str]]:
    """Each metric of our own: its unit, who writes it, and on which dashboards it is."""
    prefix = f"alex-{preview.environment}-"
    shown: dict[str, set[str]] = {}
    for board in preview.boards:
        for widget in board.widgets:
            for line in widget.lines:
                if isinstance(line, Metric) and line.namespace == OWN and "Agent" in line.dimensions:
                    for each in preview.registry.own(line.name, line.dimensions):
                        shown.setdefault(each.where, set()).add(board.name.removeprefix(prefix))
    return [
        {
            "name": each.name,
            "unit": each.unit,
            "agent": ", ".join(sorted(each.agents)) if each.agents else "each",
            "functions": ", ".join(sorted(preview.registry.services(each))),
            "where": each.where,
            "shown": ", ".join(sorted(shown.get(each.where, ()))),
        }
        for each in preview.registry.written
    ]

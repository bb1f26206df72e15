"""All measurements in order, the table, and `.alex/bench.json`."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from alex import demo, local, places
from alex.bench import PARTS, functions, guardrails, job, platform, policy, retirement, synthesis, traces
from alex.bench.measure import Machine, Row, Say
from alex.errors import CommandError, Exit
from alex.journey import Journey
from local_cloud.cloud import LocalCloud

NEED_CLOUD = {"cold", "api", "analysis", "job"}


def run(console: Console, *, only: tuple[str, ...] = (), rounds: int = 3) -> dict[str, Any]:
    """Measure; deploys the local cloud when a part needs it and it does not run, and stops it again then.

    :raises CommandError: unknown part, or something that is measured does not work.
    """
    unknown = set(only) - set(PARTS)
    if unknown:
        raise CommandError(
            f"unknown part {', '.join(sorted(unknown))}",
            where="--only",
            remedy=f"choose of {', '.join(PARTS)}",
            code=Exit.BAD_INPUT,
        )
    wanted = [part for part in PARTS if not only or part in only]
    rows: list[Row] = []
    failed: dict[str, str] = {}
    with Journey(console, title="Measure on this machine") as journey:
        cloud, borrowed = _cloud(journey, console) if NEED_CLOUD & set(wanted) else (None, True)
        try:
            for part in wanted:
                try:
                    with journey.step(part) as step, local.guarded():
                        found = _measure(part, step.note, rounds, cloud)
                        step.result(f"{len(found)} figures")
                    rows += found
                except CommandError as error:  # the other parts' figures are worth having all the same
                    failed[part] = error.what
        finally:
            if cloud is not None and not borrowed:
                cloud.stop()
    answer = {
        "machine": asdict(Machine(cores=os.cpu_count() or 0)),
        "rounds": rounds,
        "rows": [row.as_json() for row in rows],
        "failed": failed,
    }
    places.written(places.BENCH, json.dumps(answer, indent=1) + "\n")
    return answer


def _cloud(journey: Journey, console: Console) -> tuple[LocalCloud, bool]:
    """A deployed local cloud, and whether it was there before."""
    cloud = local.cloud()
    with local.guarded():
        borrowed = cloud.status().running
    with demo.stopped_on_failure(cloud, console, keep=borrowed):
        demo.deploy(journey, cloud)
        local.set_provider_keys(cloud)
    return cloud, borrowed


def _measure(part: str, say: Say, rounds: int, cloud: LocalCloud | None) -> list[Row]:
    plain: dict[str, Callable[[], list[Row]]] = {
        "retirement": lambda: retirement.run_all(say, rounds),
        "guardrails": lambda: guardrails.run_all(say, rounds),
        "traces": lambda: traces.run_all(say, rounds),
        "bundles": lambda: functions.sizes(say),
        "synth": lambda: synthesis.run_all(say, rounds),
        "policy": lambda: policy.run_all(say, rounds),
    }
    if part in plain:
        return plain[part]()
    assert cloud is not None, "suite.run deploys it for these parts"
    deployed: dict[str, Callable[[], list[Row]]] = {
        "cold": lambda: functions.cold_starts(say, rounds, cloud),
        "api": lambda: platform.api_latency(say, cloud),
        "analysis": lambda: platform.analyses(say, rounds, cloud),
        "job": lambda: job.costs(say, cloud),
    }
    return deployed[part]()


def show(console: Console, found: dict[str, Any]) -> None:
    """The table for people."""
    machine = found["machine"]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Group", "What", "Value", "", "Note"):
        table.add_column(name, justify="right" if name == "Value" else "left", no_wrap=name != "Note")
    group = ""
    for row in found["rows"]:
        table.add_row(
            row["group"] if row["group"] != group else "", row["name"], shown(row["value"]), row["unit"], row["note"]
        )
        group = row["group"]
    console.print(table)
    for part, reason in found["failed"].items():
        console.print(f"{part} could not be measured: {reason}", style="red", highlight=False, markup=False)
    console.print(
        f"{machine['system']}, Python {machine['python']}, {machine['cores']} cores, {found['rounds']} rounds. "
        f"Medians. Other load changes times; ratios hold better. Samples: {places.shown(places.BENCH)}",
        style="dim",
        highlight=False,
    )


def shown(value: float) -> str:
    """Three significant digits, without an exponent: 0.31, 12.4, 1,380."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"

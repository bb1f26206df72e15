"""How long a synthesis of prod takes with and without the policy gate, in fresh processes, alternating."""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from alex import places, synthesis
from alex.bench.measure import Row, Say, median, timed
from alex.errors import CommandError
from alex.processes import run

GROUP = "synthesis"
# The application without its gate: the same stage, the same settings, nothing attached that judges it.
UNGATED = """
import stacks.node
from aws_cdk import App
from settings import load
from stacks.bundles import Bundles, Target
from stacks.stage import PlatformStage
app = App()
settings = load("prod")
target = Target(settings.functions.architecture, settings.functions.python)
PlatformStage(app, settings=settings, bundles=Bundles(target=target))
app.node.add_metadata("soc2:gate", [])  # the mark without the gate: the stage demands it
app.synth()
"""


def run_all(say: Say, rounds: int) -> list[Row]:
    """Median wall seconds of both, and their ratio; the built-in schema validation is off in both."""
    say("bundles for prod")
    synthesis.build_bundles(synthesis.target_of("prod"), say)
    times: dict[str, list[float]] = {"with the gate": [], "without the gate": []}
    programs = {"with the gate": ["app.py"], "without the gate": ["-c", UNGATED]}
    for number in range(rounds + 1):
        for name, program in programs.items():
            say(f"prod {name}, {number} of {rounds}")
            took = timed(lambda program=program, name=name: _synth(program, name))  # type: ignore[misc]
            if number:  # the first round warms the disk's and jsii's caches
                times[name].append(took)
    rows = [median(GROUP, f"prod, {name}", samples, "s") for name, samples in times.items()]
    ratio = rows[0].value / rows[1].value
    return [*rows, Row(GROUP, "the gate's cost", ratio, "x", note="with / without")]


def _synth(program: list[str], name: str) -> None:
    context = json.loads((places.ROOT / "cdk.json").read_text("utf-8"))["context"]
    output = Path(tempfile.mkdtemp(prefix="alex-bench-"))
    extra = {"CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": json.dumps({**context, "env": "prod"})}
    try:
        code, said = run(
            [sys.executable, *program], cwd=places.ROOT, env={**synthesis.synth_environment(validate=False), **extra}
        )
        if code or not (output / "manifest.json").exists():
            raise CommandError(
                f"prod cannot be synthesised {name}",
                where="alex bench",
                remedy="`alex synth -e prod` says why",
                output=said,
            )
    finally:
        shutil.rmtree(output, ignore_errors=True)

"""What our rule pack costs on production's templates, 1x, 4x and 16x, and its share of a synthesis."""

import statistics
import time
from pathlib import Path
from typing import Any

import soc2.rules  # noqa: F401 - registers the rules
from alex import places, synthesis
from alex.bench.measure import Row, Say, median, timed
from soc2.assembly import Assembly, read_templates
from soc2.judge import evaluate
from soc2.rule import RULES

GROUP = "policy"
SIZES = (1, 4, 16)


def run_all(say: Say, rounds: int) -> list[Row]:
    """Milliseconds of the SOC2 pack by size, how the time grows, and its share of prod's synthesis."""
    target = synthesis.target_of("prod")
    synthesis.build_bundles(target, say)
    say("a synthesis of prod")
    output = places.STATE / "bench" / "assembly"
    synth = timed(
        lambda: synthesis.synthesise("prod", output=output, target=target, force=True, validate=False) and None
    )
    templates = _templates(output)
    rows, middle = [], {}
    for size in SIZES:
        many = {f"{copy}-{name}": raw for copy in range(size) for name, raw in templates.items()}
        resources = sum(len(raw["Resources"]) for raw in many.values())
        samples = []
        for number in range(rounds + 2):
            say(f"{size}x, {number} of {rounds + 1}")
            samples.append(_judge(many))
        verdicts = len(evaluate(Assembly(many)))
        middle[size] = statistics.median(samples) / resources
        note = f"{len(RULES)} rules, {resources:,} resources, {verdicts:,} verdicts"
        rows.append(median(GROUP, f"SOC2 pack, {size}x", [1000 * s for s in samples], "ms", note=note))
    rows.append(
        Row(GROUP, "time a resource, 16x to 1x", middle[16] / middle[1], "x", note="1 is linear in the resources")
    )
    return [*rows, Row(GROUP, "SOC2 pack's share of a synth", 100 * rows[0].value / 1000 / synth, "%", note="of prod")]


def _judge(templates: dict[str, Any]) -> float:
    """CPU seconds of one evaluation, from parsed JSON to verdicts."""
    began = time.process_time()
    evaluate(Assembly(templates))
    return time.process_time() - began


def _templates(assembly: Path) -> dict[str, Any]:
    return read_templates({file.name: file for file in sorted(assembly.rglob("*.template.json"))})

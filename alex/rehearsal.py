"""A deployment tried on this machine: an environment's own templates into a local cloud of their own.

Decision: nothing of the environment's settings is changed. Only the functions' bundles are built for this machine,
because code for another processor cannot run here. So nobody can sign in (the issuers are the environment's own), and
nothing is analysed; what is proven is that every stack deploys, in its order and regions, with the real CDK command
line, that the schema's migrations run, and that the API answers and refuses a stranger.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console

from alex import demo, local, parity, places, synthesis
from alex.errors import CommandError
from alex.journey import Journey
from local_cloud.cloud import LocalCloud

LOOK = "`--keep` leaves the rehearsal's cloud running; its functions' logs are in the folder of the rehearsal"


@dataclass(frozen=True)
class Options:
    """What a person may choose."""

    port: int | None = None
    keep: bool = False


def run(screen: Console, environment: str, options: Options) -> None:
    """Deploy ``environment`` to a local cloud of its own, ask its API, show what was only recorded, and end it."""
    folder = places.STATE / "rehearsal" / environment
    cloud = local.cloud(state=folder / "cloud")
    with (
        Journey(screen, title=f"A rehearsal of {environment}, on this machine") as journey,
        demo.stopped_on_failure(cloud, screen, keep=options.keep),
    ):
        made = _synthesise(journey, environment, folder / "assembly")
        with journey.step("Start a local cloud of its own") as step, local.guarded():
            cloud.stop()
            shutil.rmtree(folder / "cloud", ignore_errors=True)
            step.result(str(cloud.start(port=options.port).endpoint))
        with (
            journey.step("Deploy every stack") as step,
            local.guarded("cdk deploy"),
            local.Watchdog(limit=local.STANDSTILL_SECONDS, listener=local.progress_of(step)) as watchdog,
        ):
            cloud.bootstrap(made.assembly, watchdog)
            cloud.deploy(made.assembly, watchdog)
            counts = parity.counts(cloud)
            said = ", ".join(f"{count} {level}" for level, count in counts.items())
            step.result(f"{made.stacks} stacks, {sum(counts.values())} resources: {said}")
        with journey.step("Ask the API") as step:
            step.result(_asked(cloud))
    parity.show(screen, cloud)
    if options.keep:
        screen.print(f"\nIt runs on {local.api_url(cloud)}", highlight=False)
        return
    cloud.stop()
    screen.print(
        f"\nThe rehearsal's cloud is stopped; its logs are in {places.shown(cloud.state.logs)}", highlight=False
    )


def _synthesise(journey: Journey, environment: str, output: Path) -> synthesis.Synthesis:
    target = synthesis.target_of("local")
    with journey.step("Build the function bundles") as step:
        step.result(f"{len(synthesis.build_bundles(target, step.milestone))} for {target}")
    with journey.step(f"Synthesise {environment}, policy gate on") as step:
        made = synthesis.synthesise(
            environment, output=output, target=target, on_line=lambda line: step.note(line.strip()[:100])
        )
        step.result(f"{made.stacks} templates, no open finding")
    return made


def _asked(cloud: LocalCloud) -> str:
    """Health says well, and a stranger is refused; anything else fails the rehearsal."""
    base, expected = local.api_url(cloud), {"/health": 200, "/api/user": 401}
    try:
        answers = {path: httpx.get(f"{base}{path}", timeout=30, trust_env=False).status_code for path in expected}
    except httpx.HTTPError as error:
        raise CommandError(f"the API does not answer: {error}", where=base, remedy=LOOK) from None
    if answers != expected:
        raise CommandError(f"the API answers {answers} instead of {expected}", where=base, remedy=LOOK)
    return "/health is well, a stranger is refused (401)"

"""From nothing to a finished analysis: each part is a command of its own, this one plays them in order.

It leaves the local cloud running when it succeeds, and nothing running when it fails or is interrupted: a half-deployed
cloud helps nobody, and its logs stay on disk.
"""

import json
import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from alex import (
    approval,
    follow,
    local,
    parity,
    places,
    portfolio,
    proofs,
    reading,
    report,
    result,
    synthesis,
    terminal,
)
from alex.client import Api
from alex.errors import CommandError
from alex.journey import Journey, Step, seconds
from local_cloud.cloud import LocalCloud


@dataclass(frozen=True)
class Options:
    """What a person may choose."""

    port: int | None = None
    keep: bool = False
    force: bool = False
    investor: portfolio.Portfolio = portfolio.DEMO


def run(console: Console, options: Options) -> result.Analysis:
    """The whole demonstration; prints the result and returns it."""
    with Journey(console, title="Alex: from clone to advice") as journey:
        with journey.step("Check tools and settings") as step:
            cloud = local.cloud()
            synthesis.environment_of("local")
            step.result("Node, CDK command line and the local cloud's environment are ready")
        with stopped_on_failure(cloud, console, keep=options.keep):
            deploy(journey, cloud, port=options.port, force=options.force)
            api = local.session(cloud, options.investor.user)
            with journey.step("Set the providers' keys") as step, local.guarded():
                step.result("put into their secrets" if local.set_provider_keys(cloud) else "already in their secrets")
            with journey.step("Sign in") as step:
                step.result(f"{api.get('/api/user')['user']['user_id']}, by the local token issuer")
            with journey.step("Load the demo portfolio") as step:
                step.result(str(portfolio.load(api, options.investor, progress=step.note)))
            with journey.step("Analyse") as step:
                job = analyse(api, step)
            before = []
            if job["status"] == "awaiting_approval" and options.investor.second_thoughts:
                with journey.step("Reject, as a senior adviser") as step:
                    ended = approval.decide(cloud, api, job, step, decision="reject")
                    before.append(approval.rejected(cloud, ended, job))
                with journey.step("Analyse again, with another target") as step:
                    api.put("/api/user", options.investor.profile | options.investor.second_thoughts)
                    job = analyse(api, step)
            waited = None
            if job["status"] == "awaiting_approval":
                with journey.step("Approve, as a senior adviser") as step:
                    waited, job = job, approval.decide(cloud, api, job, step, decision="approve")
            with journey.step("Gather audit and trace, write the report") as step:
                analysis = collect(api, job, proofs.gather(cloud, api, job, waited=waited, before=before))
                step.result(places.shown(write(analysis)))
        took = journey.elapsed
    terminal.show(console, analysis, simulated=True)
    closing(console, cloud, api, analysis, took, user=options.investor.user)
    return analysis


def deploy(journey: Journey, cloud: LocalCloud, *, port: int | None = None, force: bool = False) -> synthesis.Synthesis:
    """Bundles, local cloud, synthesis with the gate on, bootstrap, every stack; skips what is done already."""
    target = synthesis.target_of("local")
    with journey.step("Build the function bundles") as step:
        zips = synthesis.build_bundles(target, step.milestone)
        step.result(
            f"{len(zips)} bundles for {target}, {sum(path.stat().st_size for path in zips.values()) / 1e6:.0f} MB"
        )
    with journey.step("Start the local cloud") as step, local.guarded():
        before = cloud.status()
        status = cloud.start(port=port)
        again = (
            "was running" if before.running else "restarted (it was stale)" if before.state == "stale" else "started"
        )
        step.result(f"{again} on {status.endpoint}")
    with journey.step("Synthesise, policy gate on") as step, local.guarded():
        overlay = cloud.settings_overlay()
        made = synthesis.synthesise(
            "local",
            overlay=overlay,
            output=places.ASSEMBLY,
            target=target,
            force=force,
            on_line=lambda line: step.note(line.strip()[:100]),
        )
        step.result(
            f"{made.stacks} stacks, no open finding"
            if made.fresh
            else f"{made.stacks} stacks, unchanged since the last run"
        )
    with journey.step("Deploy every stack") as step, local.guarded("cdk deploy"):
        _deploy_stacks(cloud, made, step, force=force)
    return made


def _deploy_stacks(cloud: LocalCloud, made: synthesis.Synthesis, step: Step, *, force: bool) -> None:
    record = cloud.state.read()
    mark = f"{record.instance if record else ''} {made.inputs}"
    stamp = places.DEPLOYED_STAMP
    if not force and stamp.exists() and stamp.read_text("utf-8") == mark and cloud.outputs():
        step.result("unchanged since the last deployment")
        return
    stamp.unlink(missing_ok=True)
    step.note("bootstrap")
    with local.Watchdog(limit=local.STANDSTILL_SECONDS, listener=local.progress_of(step)) as watchdog:
        cloud.bootstrap(made.assembly, watchdog)
        cloud.deploy(made.assembly, watchdog)
    places.written(stamp, mark)
    counts = parity.counts(cloud)
    total = sum(counts.values())
    step.result(f"{total} resources: " + ", ".join(f"{count} {level}" for level, count in counts.items()))


def analyse(api: Api, step: Step) -> dict[str, Any]:
    """Start an analysis, or join the one that runs already, and follow it to its end."""
    job_id = follow.running(api)
    if job_id:
        step.milestone(f"joining job {job_id}, which is under way")
    else:
        job_id = follow.request(api)
        step.milestone(f"job {job_id} is queued")
    job = follow.follow(api, job_id, step)
    step.result(f"job {job_id} {job['status']}")
    return job


def collect(api: Api, job: dict[str, object], proved: dict[str, Any] | None = None) -> result.Analysis:
    """Everything about a finished job that is shown: the API's answers, and the proofs where they were gathered."""
    job_id, proved = str(job.get("id") or job.get("job_id")), proved or {}
    answers: dict[str, Any] = {
        "job": job,
        "user": api.get("/api/user")["user"],
        "accounts": api.portfolio(),
        "audit": proved.get("audit") or api.get(f"/api/jobs/{job_id}/audit"),
        "proofs": {name: proof for name, proof in proved.items() if name != "audit"},
    }
    places.written(places.RESULT, json.dumps(answers, indent=1, sort_keys=True) + "\n")
    return reading.read(**answers)


def write(analysis: result.Analysis, path: Path = places.REPORT) -> Path:
    """The HTML report."""
    return places.written(path, report.render(analysis, simulated=True))


def closing(
    console: Console,
    cloud: LocalCloud,
    api: Api,
    analysis: result.Analysis,
    took: float,
    *,
    user: str = portfolio.INVESTOR,
) -> None:
    """Where everything is, how to call the API, how to stop it."""
    console.print()
    console.print(f"[bold green]Done[/bold green] in {seconds(took)}.", highlight=False)
    other = "" if user == portfolio.INVESTOR else f" --user {user}"
    rows = (
        ("Report", places.shown(places.REPORT)),
        ("API's answers", places.shown(places.RESULT)),
        ("Templates", places.shown(places.ASSEMBLY)),
        ("Audit", f"alex audit verify {analysis.job_id} (or: audit show)"),
        ("Trace", "alex trace (the job's time, tokens, cost and decisions)"),
        ("Logs", "alex logs (lists them), alex logs planner"),
        ("Local cloud", f"{cloud.endpoint} (loopback only), alex status --parity shows what it enforces"),
        ("Call the API", f'curl -H "Authorization: Bearer $(alex token{other})" {api.url}/api/jobs/{analysis.job_id}'),
        ("Analyse again", f"alex analyze{other}"),
        ("Stop it", "alex down (or: make down)"),
    )
    own = places.shown(places.ROOT / ".venv" / "bin" / "alex")
    for name, text in rows:
        shown = text if _on_path() else text.replace("alex ", f"{shlex.quote(own)} ")
        console.print(f"  {name:<14} {shown}", highlight=False, markup=False, soft_wrap=True)


def _on_path() -> bool:
    own = places.ROOT / ".venv" / "bin"
    return any(
        Path(entry).resolve() == own.resolve() for entry in os.environ.get("PATH", "").split(os.pathsep) if entry
    )


class Stoppable(Protocol):
    """What can be stopped: the local cloud."""

    def stop(self) -> bool:
        """End it; whether there was anything to end."""
        ...


@contextmanager
def stopped_on_failure(cloud: Stoppable, console: Console, *, keep: bool = False) -> Iterator[None]:
    """Stop the local cloud when the body fails or is interrupted; a second Ctrl-C does not interrupt the stopping.

    A refusal leaves it alone: a wrong option or another command that works on it says nothing about the cloud.
    """
    try:
        yield
    except BaseException as failure:
        if not keep and not (isinstance(failure, CommandError) and failure.refused):
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                if cloud.stop():
                    console.print(
                        "  the local cloud is stopped; its logs are in " + places.shown(places.LOCAL / "logs"),
                        style="dim",
                    )
            except CommandError:
                raise
            except Exception as error:  # noqa: BLE001 - the first error is the one that matters
                console.print(f"  the local cloud could not be stopped: {error}; run `alex down`", style="yellow")
            finally:
                signal.signal(signal.SIGINT, before)
        raise

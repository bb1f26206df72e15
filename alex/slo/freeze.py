"""What `alex deploy` asks before it deploys: read the budgets, decide, record, tell; or refuse (CICD-12)."""

from collections.abc import Sequence

from rich.console import Console

from alex import places
from alex.errors import CommandError
from alex.slo import deployments, environment
from alex.slo.guard import Outcome, Reason, decide
from settings import load

_STYLES = {Outcome.ALLOWED: "green", Outcome.OVERRIDDEN: "bold yellow"}


def check(name: str, *, profile: str | None, reason: Reason | None, screen: Console) -> Outcome:
    """The outcome for a deployment to the environment ``name`` by whom ``profile`` (or the usual chain) stands for.

    :raises CommandError: the deployment is refused.
    """
    if load(name).slo.freeze_pct is None:
        return Outcome.NO_POLICY
    session, found = None, None
    try:
        session = environment.session_of(name, profile)
        if environment.deployed(session, name):
            found = environment.read(session, name)
    except CommandError as error:
        decision = decide(error, reason)
    else:
        decision = decide(found, reason)
    who = deployments.caller(session) if session else deployments.local_user()
    record = deployments.entry(name, decision, reason, found or (), who=who)
    file = deployments.keep(record)
    if decision.passes:
        said = f"error budget: {decision.outcome}, {decision.why}"
        screen.print(said, style=_STYLES.get(decision.outcome, "yellow"), markup=False, highlight=False, soft_wrap=True)
    missed = None if decision.outcome is Outcome.FIRST or session is None else deployments.tell(session, record)
    if reason or missed or not decision.passes:
        said = f"recorded in {places.shown(file)}" + (f"; not in the account's log ({missed})" if missed else "")
        screen.print(said, style="yellow" if missed else "dim", markup=False, highlight=False, soft_wrap=True)
    if not decision.passes:
        raise CommandError(
            f"this deployment is refused: {decision.why}",
            where=f"alex deploy -e {name}",
            remedy=decision.remedy,
            refused=True,
        )
    return decision.outcome


def profile_in(arguments: Sequence[str]) -> str | None:
    """The profile that ``cdk deploy`` is given, so that the guard reads as who deploys."""
    for index, word in enumerate(arguments):
        if word == "--profile" and index + 1 < len(arguments):
            return arguments[index + 1]
        if word.startswith("--profile="):
            return word.partition("=")[2]
    return None

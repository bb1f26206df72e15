"""What `alex deploy` asks before it deploys: read the budgets, decide, record, tell; or refuse (CICD-12)."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Console

from alex import places
from alex.errors import CommandError
from alex.slo import deployments, environment
from alex.slo.guard import Outcome, Reason, decide, reason_of
from settings import Settings, SettingsError, load

_STYLES = {Outcome.ALLOWED: "green", Outcome.OVERRIDDEN: "bold yellow"}


def check(settings: Settings, *, profile: str | None, reason: Reason | None, screen: Console) -> Outcome:
    """The outcome for a deployment of these settings by whom ``profile`` (or the usual chain) stands for.

    :raises CommandError: the deployment is refused.
    """
    if settings.slo.freeze_pct is None:
        return Outcome.NO_POLICY
    name, session, found = settings.name, None, None
    try:
        session = environment.session_of(settings, profile)
        if environment.deployed(session, name):
            found = environment.read(session, settings)
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


def check_cdk(arguments: Sequence[str], *, screen: Console) -> list[str]:
    """The same before `alex cdk deploy -c env=NAME`; returns what CDK shall see, without our ``--reason KIND TEXT``.

    :raises CommandError: the deployment is refused.
    """
    rest = list(arguments)
    if "deploy" not in rest:
        return rest
    given = None
    if "--reason" in rest:
        at = rest.index("--reason")
        kind, text = (*rest[at + 1 : at + 3], "", "")[:2]
        given = (kind, text)
        del rest[at : at + 3]
    contexts = [*values_of("-c", rest), *values_of("--context", rest)]
    context = dict(one.partition("=")[::2] for one in contexts)
    overlay = context.get("settings")
    try:
        settings = load(context.get("env"), Path(overlay) if overlay else None)
    except SettingsError:
        return rest  # CDK's own synthesis says what is wrong with them
    check(settings, profile=profile_in(rest), reason=reason_of(given), screen=screen)
    return rest


def profile_in(arguments: Sequence[str]) -> str | None:
    """The profile that CDK is given, so that the guard reads as who deploys."""
    return next(iter(values_of("--profile", arguments)), None)


def values_of(option: str, arguments: Sequence[str]) -> list[str]:
    """Every value of an option, however it is written."""
    apart = [value for word, value in pairwise(arguments) if word == option]
    return apart + [word.partition("=")[2] for word in arguments if word.startswith(f"{option}=")]

"""The loop of `alex watch`: poll, filter, print, wait."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from alex import local, places
from alex.agent_logs import cloudwatch, files
from alex.agent_logs.line import Line, shown
from alex.errors import CommandError, Exit
from alex.logs import function_of
from settings import load


class Logs(Protocol):
    """Where lines come from."""

    def poll(self) -> list[Line]:
        """What is new since the last call, in time order."""
        ...


@dataclass(frozen=True)
class Wish:
    """What a person asked for: functions by name (none: all there are), minutes back, a job, errors only.

    ``event`` has CloudWatch send only events of this type; files are read whole.
    """

    environment: str
    functions: tuple[str, ...]
    lookback_minutes: float = 10.0
    interval_seconds: float = 1.0
    region: str | None = None
    job: str | None = None
    errors: bool = False
    once: bool = False
    event: str = ""

    def wanted(self, line: Line) -> bool:
        """It passes the filters."""
        if line.is_noise or (self.errors and not line.is_error):
            return False
        return self.job is None or line.of_job(self.job)


def follow(console: Console, logs: Logs, wish: Wish, names: Sequence[str], *, wait: Callable[[float], Any]) -> int:
    """Print what passes until interrupted (or once); how many lines were printed."""
    printed = 0
    while True:
        for line in logs.poll():
            if wish.wanted(line):
                console.print(shown(line, names), soft_wrap=True)
                printed += 1
        if wish.once:
            return printed
        wait(wish.interval_seconds)


def opened(wish: Wish) -> tuple[Logs, tuple[str, ...]]:
    """The logs and the functions that are followed.

    :raises CommandError: nothing is deployed, no credentials, or no such function.
    """
    since = files.now() - timedelta(minutes=wish.lookback_minutes)
    return _of_files(wish, since) if wish.environment == "local" else _of_cloudwatch(wish, since)


def _of_files(wish: Wish, since: datetime) -> tuple[Logs, tuple[str, ...]]:
    if wish.region:
        raise CommandError(
            "the local cloud's logs are files and have no region",
            where="--region",
            remedy="leave it out, or name a deployed environment with -e",
            code=Exit.BAD_INPUT,
        )
    cloud = local.cloud(prepared=False)

    def of_functions() -> dict[Path, str]:
        named = {path: function_of(name).lower() for name, path in cloud.logs().items() if name.startswith("Alex-")}
        return {path: name for path, name in named.items() if not wish.functions or name in wish.functions}

    if not cloud.logs():
        raise CommandError(
            "the local cloud has no logs yet",
            where=places.shown(places.LOCAL / "logs"),
            remedy="`alex demo` makes some; a deployed environment's are followed with -e NAME",
            code=Exit.NOT_RUNNING,
        )
    # A function that has not run yet has no file: it is followed as soon as it has one.
    names = wish.functions or tuple(sorted(set(of_functions().values())))
    return files.FileLogs(of_functions, since=since, once=wish.once), names


def _of_cloudwatch(wish: Wish, since: datetime) -> tuple[Logs, tuple[str, ...]]:
    import boto3  # noqa: PLC0415 - a third of a second that the local cloud's logs do not need

    region = wish.region or load(wish.environment).region
    with cloudwatch.explained(wish.environment, region):
        session = boto3.Session(region_name=region)
        found = cloudwatch.groups(session.client("cloudformation"), wish.environment, region)
        names = wish.functions or tuple(sorted(found))
        if unknown := [name for name in names if name not in found]:
            raise CommandError(
                f"{wish.environment} has no function {', '.join(unknown)}",
                where=f"the log groups of its stacks in {region}",
                remedy=f"it has {', '.join(sorted(found)) or 'none'}",
                code=Exit.BAD_INPUT,
            )
        followed = {name: found[name] for name in names}
        return cloudwatch.CloudWatchLogs(session.client("logs"), followed, since=since, event=wish.event), names

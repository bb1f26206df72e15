"""The commands' way to the local cloud: its errors become messages with an exit code, its events a line of progress."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alex import places, synthesis
from alex.client import Api
from alex.errors import CommandError, Exit
from alex.journey import Step
from local_cloud.cloud import LocalCloud
from local_cloud.errors import (
    AlreadyRunningError,
    BrokenEnvironmentError,
    BusyError,
    DeployError,
    LocalCloudError,
    MarketDataError,
    NotRunningError,
    PortInUseError,
    StartError,
)
from local_cloud.events import Event

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

STANDSTILL_SECONDS = 240.0
PROVIDER_KEYS = {
    "PriceSecretArn": {"api_key": "recorded-prices"},
    "TracingSecretArn": {"public_key": "pk-lf-local", "secret_key": "sk-lf-local"},
}
"""By the stack's output that names the secret; the local cloud's own stand-ins accept them."""
_REMEDIES: tuple[tuple[type[LocalCloudError], str, Exit], ...] = (
    (NotRunningError, "`alex demo` or `alex deploy` starts and deploys it", Exit.NOT_RUNNING),
    (AlreadyRunningError, "`alex down` first, or leave out `--port`", Exit.BAD_INPUT),
    (PortInUseError, "choose a free port, for example `--port 4700`", Exit.FAILED),
    (BusyError, "wait for the other command, or end it", Exit.FAILED),
    (MarketDataError, "`alex doctor` shows what is missing; a package index must be reachable once", Exit.MISSING_TOOL),
    (BrokenEnvironmentError, "remove the folder .alex/ministack, then run `make tools`", Exit.MISSING_TOOL),
    (
        StartError,
        "`alex logs cloud` shows its log; `alex down`, then try again; `alex doctor` checks the machine",
        Exit.FAILED,
    ),
    (DeployError, "`alex logs cdk` has the whole output; `alex down` starts over", Exit.FAILED),
)


@contextmanager
def guarded(where: str = "the local cloud") -> Iterator[None]:
    """Turn the local cloud's refusals into command errors."""
    try:
        yield
    except LocalCloudError as error:
        said, _, rest = str(error).partition("\n")
        said = said.rstrip(":")
        refused = isinstance(error, AlreadyRunningError | BusyError)
        for kind, remedy, code in _REMEDIES:
            if isinstance(error, kind):
                raise CommandError(said, where=where, remedy=remedy, output=rest, code=code, refused=refused) from None
        raise CommandError(said, where=where, remedy="`alex doctor`", output=rest) from None


def cloud(*, prepared: bool = True, state: Path | None = None) -> LocalCloud:
    """The repository's local cloud.

    :param state: folder that keeps it, `places.LOCAL` if None; another one is another cloud.
    :param prepared: tools are needed (to start or deploy); looking and stopping work without them.
    :raises CommandError: a tool is missing.
    """
    state = state or places.LOCAL
    if not prepared:
        return LocalCloud(state=state)
    tools = synthesis.tools()
    return LocalCloud(
        state=state,
        python=tools.ministack_python,
        cdk=tools.cdk,
        node=tools.node,
        market=places.STATE / "market",
    )


def progress_of(step: Step) -> Callable[[Event], None]:
    """A listener that shows the events of a deployment in one line, stacks with resource counts."""
    done: set[str] = set()
    total = 0

    def show(event: Event) -> None:
        nonlocal total
        name = event.stack.rsplit("-", 1)[-1] if event.stack else ""
        if event.kind == "stack-done":
            done.add(event.stack)
            step.milestone(f"{name}: {event.status.lower()}")
            return
        if event.kind == "stack-started":
            total = event.total
        count = f"{len(done)} of {total} stacks, " if total else ""
        if event.kind == "resource":
            resources = f" {event.done}/{event.total}" if event.total else ""
            step.note(f"{count}{name}{resources}: {event.resource_type.removeprefix('AWS::')} {event.logical_id}")
        elif event.kind in {"stack-started", "asset", "bootstrap"}:
            doing = "publishing code" if event.kind == "asset" else "deploying"
            step.note(f"{count}{name}: {doing}" if name else event.text.strip()[:80])

    return show


class Watchdog:
    """Ends a wait that stands still: without an event for ``limit`` seconds the main thread is interrupted.

    CloudFormation may wait an hour for a resource that never answers; a person should read which one after minutes.
    """

    def __init__(self, *, limit: float, listener: Callable[[Event], None]) -> None:
        self.limit = limit
        self.last = "nothing yet"
        self._listener = listener
        self._fired = False
        self._timer: threading.Timer | None = None

    def __call__(self, event: Event) -> None:
        """An event came: show it and wait anew."""
        self.last = event.text.strip()
        self._arm()
        self._listener(event)

    def __enter__(self) -> "Watchdog":
        self._arm()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        if self._fired and kind is KeyboardInterrupt:
            raise CommandError(
                f"the deployment stood still for {self.limit:.0f} seconds and was ended",
                where=f"the last event: {self.last}",
                remedy="`alex logs cdk` shows what is missing, `alex logs` of a function why it did not answer",
            ) from None

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(self.limit, self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self) -> None:
        self._fired = True
        os.kill(os.getpid(), signal.SIGINT)


def api_url(local: LocalCloud) -> str:
    """Base address of the deployed API on this machine.

    :raises CommandError: nothing runs, or nothing is deployed.
    """
    with guarded():
        status = local.status()
        if not status.running:
            raise CommandError(
                f"the local cloud is {status.state}" + (f": {status.detail}" if status.detail else ""),
                where=places.shown(places.LOCAL),
                remedy="`alex demo` starts and deploys it",
                code=Exit.NOT_RUNNING,
            )
        return local.local_url(local.output("ApiUrl")).rstrip("/")


def session(local: LocalCloud, user: str, *, shape: str = "cognito", roles: tuple[str, ...] = ()) -> Api:
    """The API as ``user`` sees it, with tokens of the local issuer."""

    def mint() -> str:
        with guarded("the local token issuer"):
            return local.issue_token(user, shape=shape, roles=roles)

    return Api(api_url(local), token=mint)


def client(local: LocalCloud, service: str) -> Any:
    """A boto3 client of the local cloud that reads none of the person's AWS files, profiles or variables."""
    # Here, not above: it takes a third of a second, and few commands need it.
    import boto3  # noqa: PLC0415
    import botocore.session  # noqa: PLC0415

    nothing = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    with guarded():
        options = local.client_options()
    plain = botocore.session.Session(session_vars=nothing)
    session: Any = boto3.Session(botocore_session=plain)  # typed by literals of every service: useless for a name
    return session.client(service, **options)


def set_provider_keys(local: LocalCloud) -> bool:
    """Put other companies' keys into their secrets, as an operator does after deploying; whether any was new."""
    secrets: SecretsManagerClient = client(local, "secretsmanager")
    changed = False
    for output, keys in PROVIDER_KEYS.items():
        with guarded():
            arn = local.output(output)
        try:
            before = secrets.get_secret_value(SecretId=arn).get("SecretString", "")
        except secrets.exceptions.ResourceNotFoundException:
            before = ""
        wanted = json.dumps(keys)
        if before != wanted:
            secrets.put_secret_value(SecretId=arn, SecretString=wanted)
            changed = True
    return changed

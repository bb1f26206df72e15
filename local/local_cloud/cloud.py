"""Decision: one door. Whoever needs the local cloud needs this class, and nothing else of the package.

It never raises anything but `LocalCloudError`s for what a person can correct, keeps all its files in one state
directory, and leaves nothing running when a start fails or is interrupted. The cloud outlives the command that
started it; `stop` ends it by its process id, from any later command.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local_cloud import cdk, parity, process
from local_cloud.cdk import Cdk, Listener
from local_cloud.errors import AlreadyRunningError, NotRunningError
from local_cloud.market_data import ensure_wheel
from local_cloud.process import ACCOUNT, REGION
from local_cloud.state import Record, State, code_mark

AUDIENCE = "alex-local"
ROLES = ("investor", "advisor", "senior_advisor", "compliance", "operator", "data_scientist")
"""The product's roles; the local issuers' groups have the same names."""
_SHAPES = (("", "client_id", "cognito:groups"), ("/clerk", "azp", "roles"), ("/okta", "cid", "groups"))
"""Of each issuer: the end of its address, the claim of its audience, the claim of its groups."""


@dataclass(frozen=True)
class Status:
    """`running` is a cloud of this very code; `stale` one that is dead, mute, or of other code."""

    state: str
    port: int | None = None
    pid: int | None = None
    endpoint: str | None = None
    detail: str = ""

    @property
    def running(self) -> bool:
        """Whether the cloud can be used as it is."""
        return self.state == "running"


class LocalCloud:
    """The laptop's cloud in `state`, run by `python` (the emulator's environment), deployed to by `cdk`.

    `market` is the folder that keeps the market data. Only `start` needs `python` and `market`, only `bootstrap`
    and `deploy` need `cdk` and `node`.
    """

    def __init__(
        self,
        *,
        state: Path = Path(".alex/local"),
        python: Path = Path(".alex/ministack/venv/bin/python"),
        cdk: Path = Path(".alex/node_modules/aws-cdk/bin/cdk"),
        node: Path = Path("node"),
        market: Path = Path(".alex/market"),
    ) -> None:
        self.state = State(state)
        # Not resolved: an environment's interpreter is a link, and the link is what makes it the environment's.
        self._python, self._market = python.absolute(), market
        self._cdk = Cdk(program=cdk.absolute(), node=node.absolute())

    # -- life -------------------------------------------------------------------------------------------------

    def start(self, *, port: int | None = None) -> Status:
        """Start the cloud, or keep the running one; a stale one is ended first. Raises LocalCloudError."""
        wheel = ensure_wheel(self._market)
        with self.state.locked():
            status = self.status()
            if status.running:
                if port not in (None, status.port):
                    raise AlreadyRunningError(f"the local cloud already runs on port {status.port}")
                return status
            record = self.state.read()
            if record:
                process.end(self.state, record)
            fresh = Record(
                instance=secrets.token_hex(8),
                admin_key=secrets.token_urlsafe(32),
                port=process.choose_port(port),
                state=str(self.state.root),
                market_wheel=str(wheel),
                code=code_mark(),
            )
            process.launch(self.state, fresh, python=self._python)
        return self.status()

    def stop(self) -> bool:
        """End the cloud and everything it started; whether there was anything to end. Repeatable."""
        with self.state.locked():
            record = self.state.read()
            return process.end(self.state, record) if record else False

    def status(self) -> Status:
        """What is running, without changing anything."""
        record = self.state.read()
        if record is None:
            return Status("stopped")
        if not record.alive:
            return Status("stale", port=record.port, detail="its process has ended")
        said = process.health(record)
        if said is None:
            return Status("stale", port=record.port, pid=record.pid, detail="its process does not answer")
        if not said["database"]:
            return Status("stale", port=record.port, pid=record.pid, detail="its database has ended")
        if record.code != code_mark():
            return Status("stale", port=record.port, pid=record.pid, detail="it was started from other code")
        return Status("running", port=record.port, pid=record.pid, endpoint=f"http://127.0.0.1:{record.port}")

    # -- deployment -------------------------------------------------------------------------------------------

    def bootstrap(self, assembly: Path, on_event: Listener = lambda _event: None) -> None:
        """Prepare the account, in each region of the assembly. Harmless when repeated. Raises DeployError."""
        with self.state.locked():
            regions = cdk.regions_of(assembly)
            self._cdk.bootstrap(self.state, self.client_env(), on_event, regions=regions)

    def deploy(self, assembly: Path, on_event: Listener = lambda _event: None) -> dict[str, dict[str, str]]:
        """Deploy every stack of the assembly; return their outputs. Raises DeployError."""
        with self.state.locked():
            self._cdk.deploy(assembly, self.state, self.client_env(), on_event)
        return self.outputs()

    def outputs(self) -> dict[str, dict[str, str]]:
        """The outputs of the last deployment: stack to output id to value."""
        return cdk.read_outputs(self.state)

    def output(self, name: str) -> str:
        """One output by its id, whichever stack has it. Raises NotRunningError."""
        for outputs in self.outputs().values():
            if name in outputs:
                return outputs[name]
        raise NotRunningError(f"no deployed stack has the output {name}: deploy first")

    def parity(self) -> list[parity.Entry]:
        """For each deployed resource, what the local cloud does with it: enforced, emulated or recorded."""
        return parity.report(process.call(self._running(), "GET", "/_alex/resources")["resources"])

    # -- use --------------------------------------------------------------------------------------------------

    @property
    def endpoint(self) -> str:
        """The gateway's URL, without a trailing slash. Raises NotRunningError."""
        return f"http://127.0.0.1:{self._running().port}"

    def client_env(self) -> dict[str, str]:
        """The environment for AWS SDKs and tools that talk to this cloud; add it to an otherwise clean one."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client_options(self) -> dict[str, str]:
        """Keyword arguments for `boto3.client`, as the account's administrator."""
        return {
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def local_url(self, url: str) -> str:
        """A deployed API's URL (as its stack's output gives it) in the form that answers on this machine."""
        parts = urlsplit(url)
        api = (parts.hostname or "").split(".")[0]
        return f"{self.endpoint}/_aws/execute-api/{api}{parts.path}"

    def issue_token(
        self,
        subject: str,
        *,
        shape: str = "cognito",
        roles: Iterable[str] = (),
        ttl_seconds: int = 3600,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A signed access token in the shape of Cognito, Clerk or Okta; ``claims`` replace its own (None removes)."""
        body = {"sub": subject, "shape": shape, "roles": list(roles), "ttl": ttl_seconds, "claims": dict(claims or {})}
        return str(process.call(self._running(), "POST", "/_issuer/token", body)["access_token"])

    def rotate_issuer(self, *, withdraw_old: bool = False) -> str:
        """Sign with a new key from now on; return its id. The old key stays published unless withdrawn."""
        answer = process.call(self._running(), "POST", "/_issuer/rotate", {"withdraw_old": withdraw_old})
        return str(answer["kid"])

    def set_faults(self, *, bedrock: Iterable[Mapping[str, Any]] = (), database_resuming: int = 0) -> None:
        """Make the next calls fail: bedrock [{"tool", "fault", "times"}], database calls that find it resuming."""
        body = {"bedrock": [dict(fault) for fault in bedrock], "database": {"resuming": database_resuming}}
        process.call(self._running(), "POST", "/_alex/faults", body)

    def database_calls(self) -> int:
        """Calls of the Data API since the cloud started: the difference over a job is what the job asked for."""
        return int(process.call(self._running(), "GET", "/_alex/status")["database_calls"])

    def settings_overlay(self, path: Path | None = None) -> Path:
        """Write what the platform's settings must know about this cloud; return the file for `-c settings=`."""
        target = path or self.state.settings
        endpoint = self.endpoint
        overlay = {
            "auth": {
                "trusted_issuers": [
                    {
                        "issuer": f"{endpoint}/_issuer{suffix}",
                        "jwks_url": f"{endpoint}/_issuer/.well-known/jwks.json",
                        "audience": AUDIENCE,
                        "audience_claim": claim,
                        "user_claim": "sub",
                        "role_claim": role_claim,
                        "roles": {role: role for role in ROLES},
                    }
                    for suffix, claim, role_claim in _SHAPES
                ]
            },
            "prices": {"api_url": f"{endpoint}/_market"},
            "langfuse": {"host": f"{endpoint}/_otlp"},
        }
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(overlay, indent=2) + "\n")  # JSON is YAML
        return target

    def logs(self) -> dict[str, Path]:
        """The log files by name: each function's, and the cloud's own (cloud, postgres, cdk)."""
        return {file.stem: file for file in sorted(self.state.logs.glob("*.log"))}

    def traces(self) -> list[Path]:
        """What the functions traced, oldest first: one file a request, an OTLP `ExportTraceServiceRequest` each."""
        return sorted(self.state.traces.glob("*.pb"))

    def _running(self) -> Record:
        record = self.state.read()
        if record is None or not record.alive:
            raise NotRunningError("the local cloud does not run: start it first (`alex deploy` does)")
        return record


__all__ = ["ACCOUNT", "AUDIENCE", "REGION", "ROLES", "LocalCloud", "Status"]

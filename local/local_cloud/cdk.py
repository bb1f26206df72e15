"""Decision: the real CDK command line deploys, in a clean environment and a home of its own.

A home of its own, because CDK caches which account a key belongs to, and must not learn about the person's AWS
profiles; an empty directory for the bootstrap, because CDK would read a `cdk.json` there.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_cloud.errors import DeployError
from local_cloud.events import Event, parse
from local_cloud.process import ACCOUNT, REGION
from local_cloud.state import State

Listener = Callable[[Event], None]


def regions_of(assembly: Path) -> tuple[str, ...]:
    """The regions that an assembly's stacks are deployed to, this cloud's own for those that name none."""
    manifests = [json.loads(file.read_text("utf-8")) for file in assembly.rglob("manifest.json")]
    named = [
        artifact["environment"].rpartition("/")[2]
        for manifest in manifests
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    ]
    return tuple(sorted({REGION if region == "unknown-region" else region for region in named} | {REGION}))


@dataclass(frozen=True)
class Cdk:
    """The CDK command line: the program's path and the Node that runs it."""

    program: Path
    node: Path

    def bootstrap(
        self, state: State, environment: Mapping[str, str], listener: Listener, *, regions: Sequence[str] = (REGION,)
    ) -> None:
        """Prepare the account for deployments into ``regions`` (`cdk bootstrap`)."""
        empty = state.root / "tmp" / "empty"
        empty.mkdir(parents=True, exist_ok=True)
        arguments = ["bootstrap", *(f"aws://{ACCOUNT}/{region}" for region in regions)]
        self._run(arguments, cwd=empty, state=state, environment=environment, listener=listener)

    def deploy(self, assembly: Path, state: State, environment: Mapping[str, str], listener: Listener) -> None:
        """Deploy every stack of an assembly; the outputs are in the state directory then."""
        if not (assembly / "manifest.json").exists():
            raise DeployError(f"{assembly} is no synthesised assembly (it has no manifest.json): synthesise it first")
        arguments = ["deploy", "**", "--app", str(assembly.resolve()), "--require-approval", "never"]
        arguments += ["--outputs-file", str(state.outputs), "--progress", "events", "--method", "change-set"]
        self._run(arguments, cwd=state.root, state=state, environment=environment, listener=listener)

    def _run(
        self, arguments: list[str], *, cwd: Path, state: State, environment: Mapping[str, str], listener: Listener
    ) -> None:
        if not self.program.exists():
            raise DeployError(f"the CDK command line is missing ({self.program}): run `make tools`")
        log = state.logs / ("cdk.log" if arguments[0] == "deploy" else f"cdk-{arguments[0]}.log")
        command = [str(self.node), str(self.program.resolve()), *arguments]
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=self._environment(state, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        try:
            failures, tail = self._follow(process, log, listener)
        finally:
            # Also on Ctrl-C: nothing of the command is left running.
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()
        if process.returncode:
            reasons = tuple(dict.fromkeys(failures))
            detail = "\n".join(reasons or tail)
            raise DeployError(f"cdk {arguments[0]} failed:\n{detail}\nThe whole output is in {log}", reasons=reasons)

    @staticmethod
    def _follow(process: subprocess.Popen[str], log: Path, listener: Listener) -> tuple[list[str], list[str]]:
        failures: list[str] = []
        lines: list[str] = []
        with log.open("w", encoding="utf-8") as copy:
            for line in process.stdout or ():
                copy.write(line)
                event = parse(line)
                if event is None:
                    continue
                lines.append(event.text)
                if event.kind == "failure":
                    failures.append(event.text)
                listener(event)
        process.wait()
        return failures, lines[-8:]

    def _environment(self, state: State, environment: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{self.node.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(state.home),
            "TMPDIR": str(state.root / "tmp"),
            "LANG": "C.UTF-8",
            "CI": "true",
            "NO_COLOR": "1",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": REGION,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "true",
            **environment,
        }


def read_outputs(state: State) -> dict[str, dict[str, str]]:
    """The stacks' outputs of the last deployment: stack to output to value; empty before the first."""
    try:
        outputs: dict[str, dict[str, str]] = json.loads(state.outputs.read_text())
    except (OSError, ValueError):
        return {}
    return outputs

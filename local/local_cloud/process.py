"""Decision: the local cloud is one process group of its own: it outlives the command, and ends by process id.

Ending asks the process first (it ends PostgreSQL and the functions' workers), and kills the whole group three
seconds later. PostgreSQL's children leave the group, so a killed cloud's PostgreSQL is ended by its own id.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from local_cloud.errors import BrokenEnvironmentError, NotRunningError, PortInUseError, StartError
from local_cloud.server.postgres import OUTSIDE_PREFIX
from local_cloud.state import Record, State, command_line, process_started

DEFAULT_PORT = 4566
_PORTS_TRIED = 20
_START_SECONDS = 60.0
_STOP_SECONDS = 3.0
ACCOUNT, REGION = "000000000000", "us-east-1"
SERVER = Path(__file__).parent / "server" / "__main__.py"


def choose_port(wished: int | None) -> int:
    """The wished port, or the first free one from 4566 on. Raises PortInUseError."""
    if wished is not None:
        if not _free(wished):
            raise PortInUseError(
                f"port {wished} on 127.0.0.1 is used by another program: stop that program, or choose another port"
            )
        return wished
    for port in range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED):
        if _free(port):
            return port
    raise PortInUseError(f"ports {DEFAULT_PORT} to {DEFAULT_PORT + _PORTS_TRIED - 1} are all used: choose one yourself")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def launch(state: State, record: Record, *, python: Path) -> Record:
    """Start the process and wait until it answers; on any failure nothing is left running."""
    if not python.exists():
        raise BrokenEnvironmentError(f"the local cloud's environment is missing ({python})")
    state.write(record)
    log = state.logs / "cloud.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python), "-I", str(SERVER), str(state.record_file)],
            env=server_environment(state, record.port),
            cwd=state.root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = Record(**{**record.__dict__, "pid": process.pid, "process_started": process_started(process.pid)})
    try:
        state.write(started)
        _wait_until_ready(started, process, log)
    except BaseException:
        end(state, started)
        process.wait()
        raise
    # The process outlives this one on purpose; without this, Python warns that it was not waited for.
    process.returncode = 0
    return started


def server_environment(state: State, port: int) -> dict[str, str]:
    """The emulator's whole environment: nothing of the host's, loopback only, IAM enforced."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(state.home),
        "TMPDIR": str(state.root / "tmp"),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _wait_until_ready(record: Record, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _ended_early(process.returncode, log.read_text(errors="replace").splitlines())
        if health(record):
            return
        time.sleep(0.05)
    raise StartError(f"the local cloud did not answer on port {record.port} in {_START_SECONDS:.0f} s; see {log}")


def _ended_early(code: int, lines: list[str]) -> StartError:
    """What the log's last lines say, without the traceback: the log keeps it."""
    said = next((line for line in reversed(lines) if line.strip()), "its log is empty")
    if said.startswith(("ModuleNotFoundError", "ImportError")):
        return BrokenEnvironmentError(f"the local cloud's environment is damaged: {said.partition(': ')[2]}")
    start = max((n for n, line in enumerate(lines) if line.startswith("Traceback")), default=len(lines))
    # The error's own lines stand at the left edge below the frames; they may be several.
    error = [line for line in lines[start + 1 :] if line and not line.startswith(("  File ", "    "))]
    shown = "\n".join(error or lines[-8:])
    return StartError(f"the local cloud ended while it started (exit {code}):\n{shown}")


def health(record: Record) -> dict[str, Any] | None:
    """What the cloud says of itself (`database`: whether PostgreSQL lives); None when it is not this cloud."""
    try:
        status = call(record, "GET", "/_alex/status", timeout=5.0)
    except (NotRunningError, StartError):
        return None
    return status if isinstance(status, dict) and status.get("instance") == record.instance else None


def call(record: Record, method: str, path: str, body: Any = None, *, timeout: float = 30.0) -> Any:
    """One request to the cloud's own routes, as its administrator. Raises NotRunningError, StartError."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{record.port}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"x-alex-admin-key": record.admin_key, "content-type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            return json.loads(response.read())
    except urllib.error.HTTPError as error:
        raise StartError(f"the local cloud answered {error.code} to {path}: {_words(error)}") from None
    except (OSError, ValueError) as error:
        raise NotRunningError(f"the local cloud does not answer on port {record.port}: {error}") from None


def _words(error: urllib.error.HTTPError) -> str:
    """The message of an error's JSON body, or the body's beginning."""
    text = error.read().decode(errors="replace")[:500]
    try:
        said = json.loads(text)
        return str(said.get("error_description") or said["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return text


def end(state: State, record: Record) -> bool:
    """End a cloud and everything it started; return whether anything was running. Repeating it is harmless."""
    was_alive = record.alive
    if was_alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signal.SIGTERM)
        _wait_for_end(record, _STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(record.pid, signal.SIGKILL)
        _wait_for_end(record, _STOP_SECONDS)
    orphan = _end_postgres(state)
    state.forget()
    return was_alive or orphan


def _wait_for_end(record: Record, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while record.alive and time.monotonic() < deadline:
        time.sleep(0.02)


def _end_postgres(state: State) -> bool:
    """End a PostgreSQL that a killed cloud left behind, found by its own pid file and its program's name."""
    marker = state.root / "postgres-data"
    if not marker.exists():
        return False
    data = Path(marker.read_text())
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        pid = 0
    program = command_line(pid) if pid else ""
    left = "postgres" in program and str(data) in program
    if left:
        for how in (signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
            deadline = time.monotonic() + 1.0
            while process_started(pid) and time.monotonic() < deadline:
                time.sleep(0.02)
    if data.parent.name.startswith(OUTSIDE_PREFIX):
        shutil.rmtree(data.parent, ignore_errors=True)
    marker.unlink(missing_ok=True)
    return left

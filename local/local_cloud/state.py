"""Decision: all that the local cloud keeps is in one directory, and a file there says which process it is.

The file holds the process id with the process's start time (an id alone may be reused by another program), the
port, the admin key, and a mark of the code that was started; only its owner can read it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local_cloud.errors import BusyError

_PROC = Path("/proc/self")


@dataclass(frozen=True)
class Record:
    """What is known about the started cloud; also the server's settings file."""

    instance: str
    admin_key: str
    port: int
    state: str
    market_wheel: str | None
    code: str
    pid: int = 0
    process_started: str = ""

    @property
    def alive(self) -> bool:
        """Whether the very process that was started still runs."""
        return self.pid > 0 and process_started(self.pid) == self.process_started


class State:
    """The state directory and its files."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.logs = self.root / "logs"
        self.home = self.root / "home"
        self.traces = self.root / "traces"
        self.outputs = self.root / "outputs.json"
        self.settings = self.root / "settings.yaml"
        self.record_file = self.root / "cloud.json"

    def prepare(self) -> None:
        """Make the directories."""
        for directory in (self.root, self.logs, self.home, self.root / "tmp"):
            directory.mkdir(parents=True, exist_ok=True)

    def read(self) -> Record | None:
        """The record of the cloud that was started last, or None; an unreadable file counts as none."""
        try:
            return Record(**json.loads(self.record_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, record: Record) -> None:
        """Write the record, readable by its owner only, in one step."""
        partial = self.record_file.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(record), file, indent=1)
        partial.replace(self.record_file)

    def forget(self) -> None:
        """Remove the record of a stopped cloud, and its outputs."""
        for file in (self.record_file, self.outputs):
            file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that keeps two commands from changing one cloud. Raises BusyError at once."""
        self.prepare()
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                message = f"another command (process {holder}) is using {self.root}: wait until it ends"
                raise BusyError(message) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def process_started(pid: int) -> str:
    """When a process started, as an opaque mark; empty when there is no such process, or only its remains."""
    if not _PROC.exists():
        return _ps("lstart=", pid)
    try:
        fields = (_PROC.parent / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def command_line(pid: int) -> str:
    """A process's program and arguments; empty when there is no such process."""
    if not _PROC.exists():
        return _ps("args=", pid)
    try:
        return (_PROC.parent / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _ps(column: str, pid: int) -> str:
    """One column of a process where there is no /proc (macOS); a slim Linux image has no `ps`."""
    command = ["/bin/ps", "-ww", "-o", column, "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def code_mark() -> str:
    """A hash of the local cloud's own code: a cloud that was started from other code is stale."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]

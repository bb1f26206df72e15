"""Starting, finding and ending the cloud: nothing may be left running, and no stranger's process may be ended."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.errors import (
    AlreadyRunningError,
    BrokenEnvironmentError,
    BusyError,
    NotRunningError,
    PortInUseError,
)
from local_cloud.process import choose_port
from local_cloud.state import Record, command_line, process_started


@pytest.fixture
def own(cloud: LocalCloud, tmp_path: Path) -> Iterator[LocalCloud]:
    """A second cloud of its own, ended after the test."""
    door = LocalCloud(
        state=tmp_path / "state", python=cloud._python, cdk=cloud._cdk.program, node=cloud._cdk.node,
        market=cloud._market,
    )  # fmt: skip
    yield door
    door.stop()


def _processes_of(state: Path) -> list[str]:
    """The command lines that name the cloud's files: its own, PostgreSQL's, functions', but not the tests'."""
    marker = state / "postgres-data"
    places = [str(state), marker.read_text() if marker.exists() else str(state)]
    table = [command_line(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [line for line in table if any(place in line for place in places) and "LocalCloud as L" not in line]


def _until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_stopping_ends_every_process_and_can_be_repeated(own: LocalCloud) -> None:
    """`alex down` must free the port and the memory, whatever ran."""
    status = own.start()
    assert status.running
    assert own.start().pid == status.pid, "a running cloud is kept, not started again"
    assert len(_processes_of(own.state.root)) >= 2
    assert own.stop() is True
    assert _processes_of(own.state.root) == []
    assert own.stop() is False
    assert own.status().state == "stopped"


def test_a_killed_cloud_leaves_no_database_and_is_started_anew(own: LocalCloud) -> None:
    """After a crash or a reboot the next command must recover by itself."""
    first = own.start()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    assert _until(lambda: own.status().state == "stale")
    assert _until(lambda: not _processes_of(own.state.root)), "PostgreSQL must end with the cloud"
    second = own.start()
    assert second.running
    assert second.pid != first.pid


def test_a_cloud_whose_database_was_killed_is_replaced(own: LocalCloud) -> None:
    """The API of such a cloud answers 500 to everything; the next command must see that and recover."""
    first = own.start()
    data = Path((own.state.root / "postgres-data").read_text())
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert _until(lambda: own.status().state == "stale")
    assert own.status().detail == "its database has ended"
    second = own.start()
    assert second.running
    assert second.pid != first.pid


def test_a_cloud_whose_folder_is_removed_ends_itself(own: LocalCloud) -> None:
    """`rm -rf` of the repository must not leave a server that no command can find any more."""
    pid = own.start().pid
    assert pid is not None
    shutil.rmtree(own.state.root, ignore_errors=True)
    assert _until(lambda: not process_started(pid))
    assert _until(lambda: not _processes_of(own.state.root))


def test_an_environment_without_the_emulator_is_said_without_a_traceback(own: LocalCloud, tmp_path: Path) -> None:
    """A half-installed environment: which module is missing, and nothing left running."""
    without = LocalCloud(state=tmp_path / "without", python=Path(sys.executable), market=own._market)
    with pytest.raises(BrokenEnvironmentError, match="No module named") as refused:
        without.start()
    assert "Traceback" not in str(refused.value)
    assert without.status().state == "stopped"


def test_another_port_than_the_running_clouds_is_refused(own: LocalCloud) -> None:
    """The running cloud goes on; nothing is stopped for a wrong option."""
    status = own.start()
    assert status.port is not None
    with pytest.raises(AlreadyRunningError, match=f"already runs on port {status.port}"):
        own.start(port=status.port + 1000)
    assert own.status().pid == status.pid


def test_nothing_listens_beyond_loopback(own: LocalCloud) -> None:
    """Whoever reaches the gateway is the account's administrator: nobody on the network may."""
    pid = own.start().pid
    inodes = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    listening = [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]
    assert listening
    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def test_a_cloud_of_other_code_is_stale(own: LocalCloud) -> None:
    """After a pull, the old process must not answer for the new code."""
    status = own.start()
    record = own.state.read()
    own.state.write(Record(**{**record.__dict__, "code": "older"}))
    assert own.status().state == "stale"
    assert "other code" in own.status().detail
    assert own.start().pid != status.pid


def test_an_interrupted_start_leaves_nothing(own: LocalCloud) -> None:
    """Ctrl-C at any moment of the demo."""
    code = (
        "import sys; from pathlib import Path; from local_cloud.cloud import LocalCloud as L; "
        f"L(state=Path({str(own.state.root)!r}), python=Path({str(own._python)!r}), "
        f"market=Path({str(own._market.resolve())!r})).start()"
    )
    starting = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    assert _until(lambda: (record := own.state.read()) is not None and record.pid)
    starting.send_signal(signal.SIGINT)
    assert starting.wait(30) != 0
    assert _until(lambda: not _processes_of(own.state.root))
    assert own.status().state == "stopped"


def test_a_used_port_is_named(own: LocalCloud) -> None:
    """The person must learn which port, and what to do."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is used by another program"):
            own.start(port=port)
        assert choose_port(None) != port
    assert own.status().state == "stopped"


def test_two_commands_at_once_are_refused(own: LocalCloud) -> None:
    """Two deployments into one cloud would mix their stacks."""
    with own.state.locked(), pytest.raises(BusyError, match="another command"):
        own.stop()


def test_a_reused_process_id_is_not_taken_for_the_cloud(own: LocalCloud) -> None:
    """An id from before a reboot may belong to somebody's editor: it must not be ended."""
    own.state.prepare()
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        record = Record(
            instance="x", admin_key="x", port=1, state=str(own.state.root), market_wheel=None, code="x",
            pid=bystander.pid, process_started="at some other time",
        )  # fmt: skip
        own.state.write(record)
        assert own.status().state == "stale"
        own.stop()
        assert process_started(bystander.pid)
    finally:
        bystander.kill()
        bystander.wait()
        assert bystander.stdin is not None
        bystander.stdin.close()


def test_using_a_cloud_that_does_not_run_says_so(own: LocalCloud) -> None:
    """Each command works by itself, or says what it needs."""
    with pytest.raises(NotRunningError, match="start it first"):
        own.issue_token("user-1")


def test_the_record_with_the_admin_key_is_private(own: LocalCloud) -> None:
    """The key is the right to become any local user."""
    own.start()
    assert own.state.record_file.stat().st_mode & 0o077 == 0

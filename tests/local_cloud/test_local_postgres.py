"""PostgreSQL starts for root in a clone that nobody else can read, such as a home directory of mode 700."""

import os
import subprocess
from pathlib import Path

import pytest

from local_cloud.server import postgres


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server another user, who needs a copy")
def test_the_copied_programs_find_their_libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy at another depth would not start: the programs look for the wheel's libraries above themselves."""
    monkeypatch.setattr(postgres, "_others_can_reach", lambda _path: False)
    server = postgres.Postgres(state=tmp_path / "state")
    try:
        programs = server._programs()
        assert not programs.is_relative_to(postgres.wheel_folder())
        done = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=False)
        assert "PostgreSQL" in done.stdout, done.stderr
    finally:
        server.stop()

"""How evidence differs for a change, on the platform itself: a clone of the last commit against itself."""

from pathlib import Path
from typing import Any

import pytest

from alex import cli, places
from alex.errors import Exit
from tests.alex.small_platform import Repository

REAL = places.ROOT


def run(*arguments: Any) -> int:
    """Exit code of `alex evidence change` in this process."""
    return cli._run(["evidence", "change", *(str(argument) for argument in arguments)])


@pytest.mark.skipif(not (places.ROOT / ".git").exists(), reason="the sources came without their repository")
def test_the_real_platform_differs_in_nothing_from_itself(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another folder, another process and the export itself must not look like changes. From a clone: an unfinished
    working tree is not the question."""
    clone = tmp_path / "clone"
    repository.git("clone", "--quiet", str(REAL), str(clone))
    monkeypatch.setattr(places, "ROOT", clone)
    assert run("--base", "HEAD") == Exit.DONE
    said = capsys.readouterr().out
    assert "evidence of prod: HEAD (" in said
    assert said.endswith("\nNothing differs.\n"), said

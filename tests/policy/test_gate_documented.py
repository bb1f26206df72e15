"""What an auditor reads about the gate is what the gate does: the page, the list, the command (CONF-06)."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from soc2 import PACKS, SWITCHED_OFF

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "policy-gate.md").read_text("utf-8")


def test_the_page_lists_exactly_what_is_switched_off() -> None:
    """A page that lags behind the list would tell an auditor that a rule runs which does not."""
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in PAGE.splitlines() if "::" in row]
    listed = [row for row in rows if len(row) == 3]
    assert listed == [[f"`{rule.rule}`", rule.reason, rule.covered_by] for rule in SWITCHED_OFF]
    assert all(pack in PAGE for pack in PACKS)


def test_the_page_names_commands_and_tests_that_exist() -> None:
    """Who follows a page must arrive."""
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []
    assert "python -m soc2 .alex/prod/assembly" in PAGE


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command that the page names."""
    return subprocess.run(
        [sys.executable, "-m", "soc2", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_one_command_shows_every_exception_of_an_environment(assembly: Callable[[str], Any]) -> None:
    """CC8.1: a reviewer needs all exceptions with their reasons at once, without reading code."""
    made = assembly("prod")
    result = command(str(made.folder))
    assert result.returncode == 0, result.stderr
    for rule in SWITCHED_OFF:
        assert rule.rule in result.stdout
        assert rule.reason in result.stdout
    assert "Alex-prod/Data/Rotation/Role" in result.stdout
    assert "GetRandomPassword knows no resources" in result.stdout
    assert result.stderr == "", "reading evidence starts neither CDK nor Node"


def test_an_assembly_that_did_not_pass_has_no_exceptions_to_show(tmp_path: Path) -> None:
    """A missing file must not read as "no exceptions"."""
    result = command(str(tmp_path))
    assert result.returncode == 1
    assert "did not pass the gate" in result.stderr
    assert command().returncode == 1

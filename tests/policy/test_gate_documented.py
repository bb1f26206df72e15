"""What an auditor reads about the gate is what the gate does: the page, the list, the command (CONF-06)."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soc2 import PACKS, SWITCHED_OFF
from soc2.evidence import FILE, Evidence, write
from tests.policy.evidences import an_acknowledgement, an_evidence

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


def listed(folder: Path, evidence: Evidence) -> Path:
    """An assembly's folder with evidence alone."""
    write(evidence, folder / FILE)
    return folder


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


def test_what_mitigates_a_finding_is_a_clause_of_its_own(tmp_path: Path) -> None:
    """ "mitigated by the key is rotated" would be no English."""
    accepted = an_acknowledgement(treatment="mitigated", by="the key is rotated every year")
    said = command(str(listed(tmp_path, an_evidence(acknowledgements=(accepted,))))).stdout
    assert "mitigated: the key is rotated every year; platform until 2027-03-01, SEC-1" in said


def test_a_reader_of_the_exceptions_may_leave_early(tmp_path: Path) -> None:
    """`python -m soc2 ASSEMBLY | head` is how one looks at a long list."""
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [sys.executable, "-m", "soc2", str(listed(tmp_path, an_evidence()))]
    done = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{\n "packs": [,]}', "broken JSON at line 2, column 12"),
        (b"", "broken JSON at line 1"),
        (b"\xff", "no text in UTF-8"),
        (b"[]", "it is no object"),
        (b"{}", "it lacks provenance, and 5 more"),
        (
            b'{"schema_version": 0}',
            "written as version 0; this one reads 1: use the `alex` of its commit, or make it anew",
        ),
    ],
)
def test_evidence_that_cannot_be_read_is_explained_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    """In this project's words: what is wrong with the file, and no address of a library's manual."""
    (tmp_path / FILE).write_bytes(content)
    result = command(str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert words in result.stderr
    assert str(tmp_path / FILE) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "pydantic" not in result.stderr


def test_the_mutation_score_without_an_assembly_is_a_question_of_usage() -> None:
    """Whoever tries the command that the pages name must not meet a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.policy.rules.mutants"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m tests.policy.rules.mutants ASSEMBLY")

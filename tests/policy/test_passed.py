"""Only what the gate let pass is deployed, and no assembly that was edited, made by hand or has outlived an exception
(CONF-06)."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from soc2.evidence import FILE, read
from soc2.passed import why_not_passed


@pytest.fixture
def passed(assembly: Callable[[str], Any], tmp_path: Path) -> Path:
    """A copy of production's assembly."""
    return Path(shutil.copytree(assembly("prod").folder, tmp_path / "assembly"))


def test_what_passed_may_be_deployed(passed: Path) -> None:
    """Else nothing ever is."""
    assert why_not_passed(passed) == ""


def test_an_edited_template_may_not(passed: Path) -> None:
    """The gate has judged another one."""
    template = next(iter(sorted(passed.rglob("*.template.json"))))
    template.write_text(template.read_text("utf-8").replace("Enabled", "Suspended", 1) + " ", "utf-8")
    assert template.name in why_not_passed(passed)


def test_an_added_template_may_not(passed: Path) -> None:
    """Nobody has judged it."""
    next(iter(sorted(passed.rglob("*.template.json")))).with_name("New.template.json").write_text("{}", "utf-8")
    assert "New.template.json" in why_not_passed(passed)


def test_without_evidence_it_may_not(passed: Path) -> None:
    """A missing file is no pass."""
    (passed / FILE).write_text("{}", "utf-8")
    assert "not readable" in why_not_passed(passed)
    (passed / FILE).unlink()
    assert "is missing" in why_not_passed(passed)


def test_an_expired_exception_ends_it(passed: Path) -> None:
    """On its last day it holds; on the next, the same templates must be judged again."""
    last: date = min(ack.expires for ack in read(passed / FILE).acknowledgements)
    assert why_not_passed(passed, last) == ""
    assert f"ended on {last}" in why_not_passed(passed, last + timedelta(days=1))

"""Answers of the API as recorded from a run of the demo, and the analysis read from them."""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from alex import places, reading
from alex.result import Analysis
from tests.alex.small_platform import Repository

RECORDED = json.loads((Path(__file__).parent / "recorded" / "analysis.json").read_text("utf-8"))


def read(answers: dict[str, Any]) -> Analysis:
    """The analysis of some answers."""
    return reading.read(answers["job"], user=answers["user"], accounts=answers["accounts"], audit=answers["audit"])


@pytest.fixture
def answers() -> dict[str, Any]:
    """The recorded answers, to be changed by a test."""
    return copy.deepcopy(RECORDED)


@pytest.fixture
def analysis(answers: dict[str, Any]) -> Analysis:
    """The recorded analysis."""
    return read(answers)


@pytest.fixture(name="read")
def _read() -> Any:
    """Reads changed answers."""
    return read


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The repository that the command takes for the platform's."""
    made = Repository(tmp_path / "repository")
    monkeypatch.setattr(places, "ROOT", made.root)
    monkeypatch.setattr(places, "STATE", tmp_path / "state")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    return made

"""Answers of the API as recorded from a run of the demo, and the analysis read from them."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from alex import reading
from alex.result import Analysis

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

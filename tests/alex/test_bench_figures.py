"""Measurements: statistics that mean what they say, a runtime client that is really started, engines that agree."""

import subprocess
import sys
import sysconfig
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.assumptions import RetirementAssumptions
from advisor.domain.retirement import simulate
from alex.bench import functions, measure, retirement, suite
from alex.bench.runtime_api import RuntimeApi


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_quantile_is_the_smallest_sample_that_covers_its_share(samples: list[float], share: float) -> None:
    """A p99 that is below the slowest percent would flatter the platform."""
    value = measure.quantile(samples, share)
    assert value in samples
    assert sum(sample <= value for sample in samples) >= share * len(samples) - 1e-9
    assert sum(sample < value for sample in samples) < share * len(samples) + 1e-9


def test_loop_and_engine_simulate_the_same_thing() -> None:
    """A ratio of two programs that compute different things would be worthless: their rates agree within 5 sigma."""
    rules = RetirementAssumptions()
    engine = simulate(retirement.PLAN, seed=7, assumptions=rules).success_rate
    paths = 4000
    plain = retirement.loop(retirement.PLAN, rules, paths=paths, seed=7)
    spread = 100 * NormalDist(0, (0.25 / paths + 0.25 / rules.paths) ** 0.5).stdev
    assert plain == pytest.approx(engine, abs=5 * spread)


def start(tmp_path: Path, code: str) -> Any:
    """Start a function under AWS's runtime client against the emulated Runtime API."""
    (tmp_path / "mine.py").write_text(code, "utf-8")
    with RuntimeApi() as api:
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            functions.BOOT,
            str(tmp_path),
            sysconfig.get_path("purelib"),
            "mine.handler",
        ]
        environment = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_REGION": "us-east-1",
            "PATH": "/bin",
        }
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert api.ready.wait(30)
            return api.asked_at, api.failure
        finally:
            process.kill()
            process.wait()


def test_function_that_starts_asks_for_its_first_event(tmp_path: Path) -> None:
    """The cold start ends when the runtime client asks for work."""
    asked, failure = start(tmp_path, "def handler(event, context): return 1\n")
    assert asked > 0
    assert not failure


def test_function_that_cannot_start_is_a_failure_not_a_fast_start(tmp_path: Path) -> None:
    """An import error must not be measured as a very quick cold start."""
    asked, failure = start(tmp_path, "import nothing_like_this\n")
    assert not asked
    assert "nothing_like_this" in failure


@pytest.mark.parametrize(("value", "text"), [(0.3123, "0.31"), (12.44, "12.4"), (1380.2, "1,380"), (99.96, "100.0")])
def test_figures_have_three_digits(value: float, text: str) -> None:
    """More digits than the noise allows pretend a precision that is not there."""
    assert suite.shown(value) == text

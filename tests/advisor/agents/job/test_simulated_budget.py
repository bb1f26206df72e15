"""An analysis ends within its 180 seconds, in simulated time: agents run side by side, and nobody waits for nothing."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from advisor.domain.vocabulary import JobStatus

BUDGET_SECONDS = 180.0
SLOW = {"tagger": 60.0, "reporter": 100.0, "charter": 45.0, "retirement": 40.0}
"""Seconds of a slow day: a tagger with several rounds of questions, a report that uses its whole time-out. One after
the other they would take 245."""


class Clock:
    """Simulated seconds; those who run side by side move it together."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            return self.now

    def reach(self, moment: float) -> None:
        with self._lock:
            self.now = max(self.now, moment)


class SlowStaff:
    """The agents, each taking its simulated seconds. The specialists wait for each other, so that a planner that ran
    them one after the other would never get an answer."""

    def __init__(self, staff: Any, clock: Clock) -> None:
        self.staff, self.clock = staff, clock
        self.together = threading.Barrier(3)

    def call(self, agent: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        begun = self.clock()
        if agent != "tagger":
            self.together.wait(timeout=30)
        answer: Mapping[str, Any] = self.staff.call(agent, payload)
        self.clock.reach(begun + SLOW[agent])
        return answer


def test_a_slow_analysis_ends_within_three_minutes(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SYS-07, and defect 10 of the earlier system: it slept 10 seconds an agent to flush its telemetry."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = Clock()
    planner = replace(world.attempts.planner, agents=SlowStaff(world.staff, clock), clock=clock)
    replace(world.attempts, planner=planner, clock=clock).handle(world.job_id, delivery=_Once())
    assert world.job().status is JobStatus.COMPLETED
    took = [value / 1000 for name, _agent, value in world.office.told.metrics if name == "AnalysisDurationMs"]
    assert took == [SLOW["tagger"] + SLOW["reporter"]]
    assert took[0] <= BUDGET_SECONDS < sum(SLOW.values())
    assert slept == []


class _Once:
    receives = 1

    def return_after(self, seconds: float) -> None:
        """Stays where it is."""

"""Failures on demand: which tool's next answers are to fail, and how."""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

ANSWER_FAULTS = frozenset({"throttle", "rubbish", "timeout", "guardrail", "loop", "prose", "huge", "slow"})
"""Refused, another schema, no answer, blocked; another tool, text, 10 MB, and a right answer after 11 seconds."""

VERDICT_FAULTS = frozenset({"guardrail_output", "guardrail_away"})
"""The guardrail blocks an answer that was given, or cannot be asked about it; it does not know the answer's tool."""

FAULTS = ANSWER_FAULTS | VERDICT_FAULTS


class FaultPlan:
    """A list of planned failures, each for one tool (``*`` = any) and a number of times; safe between threads."""

    def __init__(self, faults: Iterable[tuple[str, str, int]] = ()) -> None:
        """``(tool, fault, times)``; raises ValueError naming the entry that is wrong."""
        self._lock = threading.Lock()
        self._left: list[list[Any]] = []
        for tool, fault, times in faults:
            if fault not in FAULTS:
                raise ValueError(f"fault {fault!r} for {tool!r}: known faults are {', '.join(sorted(FAULTS))}")
            if fault in VERDICT_FAULTS and tool != "*":
                raise ValueError(f"fault {fault!r} for {tool!r}: a verdict knows no tool, leave it out")
            if times < 1:
                raise ValueError(f"fault {fault!r} for {tool!r}: times is {times}, at least 1 is meant")
            self._left.append([tool, fault, times])

    @classmethod
    def from_dict(cls, plan: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> "FaultPlan":
        """One entry ``{"tool", "fault", "times"}`` or several; ``tool`` defaults to any, ``times`` to 1."""
        entries = [plan] if isinstance(plan, Mapping) else list(plan)
        if any(not isinstance(entry, Mapping) or "fault" not in entry for entry in entries):
            raise ValueError('a fault plan is {"tool": ..., "fault": ..., "times": ...} or a list of such entries')
        return cls((str(e.get("tool", "*")), str(e["fault"]), int(e.get("times", 1))) for e in entries)

    def take(self, tool: str, *, of: frozenset[str] = ANSWER_FAULTS) -> str | None:
        """The next planned fault ``of`` a kind for this tool, counted down; None when it is to be answered honestly."""
        with self._lock:
            for entry in self._left:
                if entry[0] in {tool, "*"} and entry[1] in of and entry[2] > 0:
                    entry[2] -= 1
                    return str(entry[1])
        return None

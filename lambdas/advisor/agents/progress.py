"""How far a job is, as its row tells everybody who waits for it."""

from dataclasses import dataclass, field
from uuid import UUID

from advisor.agents.compiling import PAYLOADS
from advisor.ports.store import JobStore

TAGGER = "tagger"
_STEPS = {"tagging": 5, "pricing": 20, "agents": 30, "compiling": 90, "approval": 95, "done": 100}
"""Percent done when a step begins; the agents share what lies between theirs and the next."""


@dataclass
class Progress:
    """Where a job stands, stored at each change."""

    jobs: JobStore
    job_id: UUID
    agents: dict[str, str] = field(default_factory=lambda: dict.fromkeys((TAGGER, *PAYLOADS), "pending"))
    step: str = "tagging"

    def at(self, step: str, **agents: str) -> None:
        """Store the step and the agents' states (running, completed, fallback, skipped)."""
        self.step = step
        self.agents.update(agents)
        percent = _STEPS[step]
        if step == "agents":
            finished = sum(self.agents[name] in {"completed", "fallback", "skipped"} for name in PAYLOADS)
            percent += (_STEPS["compiling"] - percent) * finished // len(PAYLOADS)
        self.jobs.record_progress(self.job_id, {"step": step, "progress_pct": percent, "agents": dict(self.agents)})

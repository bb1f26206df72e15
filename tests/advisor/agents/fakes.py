"""A usage meter and breakers in memory."""

import threading
from decimal import Decimal

from advisor.domain.breaker import Outcome
from advisor.domain.usage import JobUsage, Usage
from advisor.ports.usage import Permit, Reservation


class Purse:
    """A usage meter in memory: a job's budget (US dollars), what is committed of it, and what was settled."""

    def __init__(self, budget: str = "1000000") -> None:
        self.budget, self.committed = Decimal(budget), Decimal(0)
        self.settled: list[tuple[str, str, Usage]] = []
        self._lock = threading.Lock()

    def reserve(self, job_id: str, amount: Decimal) -> Reservation | None:
        with self._lock:
            if self.committed + amount > self.budget:
                return None
            self.committed += amount
        return Reservation("r", job_id, amount)

    def settle(self, reservation: Reservation, usage: Usage, *, agent: str, user_id: str) -> None:
        with self._lock:
            self.committed += usage.cost_usd - reservation.amount
            self.settled.append((agent, user_id, usage))

    def of_job(self, _job_id: str) -> JobUsage:
        agents = {agent for agent, _user, _usage in self.settled}
        return JobUsage({a: sum((u for agent, _, u in self.settled if agent == a), Usage()) for a in agents})


class Unbroken:
    """Breakers that let every call pass, and remember how calls ended; ``open_for`` names models that rest."""

    def __init__(self, *open_for: str) -> None:
        self.open_for = set(open_for)
        self.reports: list[tuple[str, Outcome | None]] = []

    def permit(self, model_id: str) -> Permit:
        return Permit(model_id not in self.open_for)

    def report(self, model_id: str, permit: Permit, outcome: Outcome | None) -> str | None:
        self.reports.append((model_id, outcome))
        return None

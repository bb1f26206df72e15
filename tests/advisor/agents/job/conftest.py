"""A whole job in process: real PostgreSQL, the agents' own handlers called as the planner calls their functions, the
simulated analyst as the model, and a price list as the market."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from advisor.adapters.environment import RetirementEnvironment, parse
from advisor.adapters.job_store import DataApiJobStore
from advisor.adapters.portfolio_store import DataApiPortfolioStore
from advisor.adapters.records import Records
from advisor.adapters.review_store import DataApiReviewStore
from advisor.agents.approval import Approvals
from advisor.agents.attempt import Attempts
from advisor.agents.planner import Planner
from advisor.agents.request import read_request
from advisor.domain.errors import UnavailableError
from advisor.domain.models import Job
from advisor.domain.review import ApprovalRules, Review
from advisor.handlers import charter, reporter, retirement, tagger
from advisor.handlers.specialist import Specialist
from advisor.ports.market import Price, PricesUnavailableError
from advisor.ports.work import AgentFailedError

DAY = date(2022, 12, 28)


class Shop:
    """A price provider with a price list; ``down`` makes it unavailable."""

    def __init__(self, prices: Mapping[str, str], *, as_of: date = DAY) -> None:
        self.prices, self.as_of, self.down, self.asked = dict(prices), as_of, False, 0

    def closes(self, symbols: Any, *, on: date) -> dict[str, Price]:
        self.asked += 1
        if self.down:
            raise PricesUnavailableError("planned by the test")
        return {s: Price(s, Decimal(self.prices[s]), self.as_of) for s in symbols if s in self.prices}


class Staff:
    """The agents in process, called as the planner calls their functions: JSON in, JSON out, the handlers' own code.

    ``broken`` names agents whose function raises.
    """

    def __init__(self, office: Any, database: Any) -> None:
        self.office = office
        self.broken: set[str] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._lock = threading.Lock()
        settings = {
            "ENVIRONMENT": "test", "POWERTOOLS_SERVICE_NAME": "agent", "DATABASE_CLUSTER_ARN": "c",
            "DATABASE_SECRET_ARN": "s", "DATABASE_NAME": "alex", "AUDIT_TABLE": "audit", "MONTE_CARLO_PATHS": "500",
            "USAGE_TABLE": "usage", "BREAKER_TABLE": "breaker", "JOB_BUDGET_USD": "2",
            "MODELS": json.dumps(
                [{"model_id": "simulated", "max_tokens": 16000, "max_request_bytes": 400000,
                  "max_answer_bytes": 1000000, "input_usd_per_mtok": "3", "output_usd_per_mtok": "15"}]
            ),
            "VALUATION_DATE": DAY.isoformat(),
        }  # fmt: skip
        self.wired: Any = Specialist(
            environment=parse(RetirementEnvironment, settings),
            desk=office.desk(),
            telemetry=office.told,
            jobs=DataApiJobStore(database),
            portfolios=DataApiPortfolioStore(database),
        )

    def call(self, agent: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        event = json.loads(json.dumps(payload))
        with self._lock:
            self.calls.append((agent, event))
        if agent in self.broken:
            raise AgentFailedError(agent, "Unhandled")
        runs = {"tagger": tagger, "reporter": reporter, "charter": charter, "retirement": retirement}
        answer: Mapping[str, Any] = json.loads(json.dumps(runs[agent].run(self.wired, read_request(event), event)))
        return answer


class Line:
    """The review workflow as the planner knows it: what was started, by job; ``down`` makes it unavailable."""

    def __init__(self) -> None:
        self.started: dict[UUID, tuple[Review, ...]] = {}
        self.down = False

    def start(self, job_id: UUID, reviews: Any) -> None:
        if self.down:
            raise UnavailableError()
        self.started.setdefault(job_id, tuple(reviews))

    def deliver(self, job_id: UUID) -> None:
        raise AssertionError("the planner delivers nothing")

    conclude = deliver


class Parcel:
    """A delivery that remembers when it is to come back (seconds)."""

    def __init__(self, receives: int = 1) -> None:
        self.receives = receives
        self.returns: list[float] = []

    def return_after(self, seconds: float) -> None:
        self.returns.append(seconds)


@dataclass
class World:
    """A user with a portfolio in PostgreSQL, the agents, the planner, and one requested analysis."""

    database: Any
    office: Any
    shop: Shop
    staff: Staff
    jobs: DataApiJobStore
    portfolios: DataApiPortfolioStore
    attempts: Attempts
    job_id: UUID
    line: Line

    def handle(self, parcel: Parcel | None = None, **options: Any) -> str:
        return self.attempts.handle(self.job_id, delivery=parcel or Parcel(), **options)

    def job(self) -> Job:
        job = self.jobs.get(self.job_id)
        assert job is not None
        return job


PRICES = {"AAPL": "126.04", "JPM": "132.46", "BND": "71.84", "AMD": "62.57", "BBY": "80.10", "MTUM": "145.20"}
HELD = {"AAPL": "10", "JPM": "20.5", "BND": "150", "AMD": "40", "BBY": "12", "MTUM": "25"}
"""AMD, BBY and MTUM are unknown to the reference data: the tagger's work."""
UNLIMITED = ApprovalRules(value_limit=Decimal(10**12), risk_limit=10, least_confidence=Decimal(0))
"""Nothing needs a person, so that jobs of other tests run to their end."""


@pytest.fixture
def make_world(database: Any, analyst: Callable[..., Any]) -> Callable[..., World]:
    """``held`` (symbol -> quantity), ``prices`` and ``faults`` of the model may be changed."""

    def build(
        *faults: Mapping[str, Any],
        held: Mapping[str, str] = HELD,
        prices: Mapping[str, str] = PRICES,
        cash: str = "5000",
        rules: ApprovalRules = UNLIMITED,
    ) -> World:
        records = Records(database)
        records.profile("alice")
        account = records.open_account(
            "alice", {"account_name": "IRA", "account_type": "roth_ira", "cash_balance": Decimal(cash)}
        )
        for symbol, quantity in held.items():
            records.hold(account.id, symbol, Decimal(quantity))
        jobs, portfolios = DataApiJobStore(database), DataApiPortfolioStore(database)
        office, shop = analyst(*faults), Shop(prices)
        staff = Staff(office, database)
        line = Line()
        approvals = Approvals(DataApiReviewStore(database), line, rules, office.told)
        planner = Planner(
            jobs=jobs, portfolios=portfolios, prices=shop, agents=staff, audit=office.audit, approvals=approvals,
            day=lambda: DAY,
            telemetry=office.told,
        )  # fmt: skip
        attempts = Attempts(jobs=jobs, planner=planner, max_receives=3, telemetry=office.told)
        request = {"analysis_type": "portfolio", "options": {}}
        started = jobs.start(user_id="alice", request=request, correlation_id="corr-1")
        return World(database, office, shop, staff, jobs, portfolios, attempts, started.job_id, line)

    return build


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()


@pytest.fixture
def parcel() -> Callable[..., Parcel]:
    return Parcel

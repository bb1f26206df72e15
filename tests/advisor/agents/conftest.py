"""What the agents' tests share: a scripted model, the simulated analyst behind the real adapter, an audit trail in
memory, telemetry that remembers, and a portfolio whose figures are easy to check by hand."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from botocore.exceptions import ClientError

from advisor.adapters.bedrock import BedrockModel
from advisor.adapters.managed_guardrail import Guardrail, OutputCheck
from advisor.adapters.model_chain import ModelChain
from advisor.adapters.patience import Patience
from advisor.agents.answering import Desk
from advisor.domain.audit import seal
from advisor.domain.audit_trail import START, Trail, stored_form
from advisor.domain.models import Account, AuditEntry, Instrument, Portfolio, Position, User
from advisor.domain.usage import Price
from advisor.domain.vocabulary import AllocationSource, InstrumentType, PriceSource
from advisor.ports.model import ModelAnswer, ModelError, Question
from local_cloud.analyst import AnalystError, FaultPlan, judge, respond
from tests.advisor.agents.fakes import Purse, Unbroken

DAY = date(2022, 12, 28)
NOW = datetime(2022, 12, 28, 21, 0, tzinfo=UTC)
SPACE = UUID(int=7)


class ScriptedModel:
    """Answers from a list: a mapping is the tool's input, an exception is raised. Remembers the questions."""

    model_id = "scripted-model"
    guardrail_version = None

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.questions: list[Question] = []

    def ask(self, question: Question) -> ModelAnswer:
        self.questions.append(question)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return ModelAnswer(
            value=answer, model_id=self.model_id, input_tokens=100, output_tokens=10, latency_seconds=0.5,
            stop_reason="tool_use", cost_usd=Decimal("0.001"),
        )  # fmt: skip


class AnalystClient:
    """A bedrock-runtime client that answers with the local cloud's analyst."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        self.plan = plan
        self.requests: list[dict[str, Any]] = []

    def converse(self, **request: Any) -> dict[str, Any]:
        sent = json.loads(json.dumps(request))
        self.requests.append(sent)
        try:
            return respond(sent.pop("modelId"), sent, fault=self.plan)
        except AnalystError as error:
            raise _told(error, "Converse") from error

    def apply_guardrail(self, **request: Any) -> dict[str, Any]:
        try:
            return judge(request, fault=self.plan)
        except AnalystError as error:
            raise _told(error, "ApplyGuardrail") from error


def _told(error: AnalystError, operation: str) -> ClientError:
    fault: Any = {"Error": {"Code": error.code, "Message": str(error)}}
    return ClientError(fault, operation)


class MemoryAudit:
    """The audit trail in memory, chained like the real one."""

    def __init__(self) -> None:
        self.stored: list[AuditEntry] = []
        self._lock = threading.Lock()

    def append(self, entry: AuditEntry) -> AuditEntry:
        with self._lock:
            last = [one for one in self.stored if one.job_id == entry.job_id][-1:]
            self.stored.append(seal(entry, last[0] if last else None))
            return self.stored[-1]

    def append_unless(self, entry: AuditEntry, done: Callable[[Sequence[AuditEntry]], bool]) -> AuditEntry | None:
        return None if done(self.entries(entry.job_id)) else self.append(entry)

    def entries(self, job_id: str) -> list[AuditEntry]:
        return [one for one in self.stored if one.job_id == job_id]

    def trail(self, job_id: str) -> Trail:
        found = self.entries(job_id)
        links = {one.prev_hash or START: one.entry_hash or "" for one in found}
        return Trail(job_id, tuple(map(stored_form, found)), links)


class Told:
    """Telemetry that remembers: ``events`` as (name, agent, details), ``metrics`` as (name, agent, value)."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        self.metrics: list[tuple[str, str, float]] = []

    def about(self, **_about: Any) -> None:
        pass

    def event(self, event_type: str, *, agent: str, warning: bool = False, **details: Any) -> None:
        json.dumps(details, default=str)
        self.events.append((event_type, agent, details))

    def metric(self, name: str, value: float, *, agent: str, unit: str = "Count") -> None:
        self.metrics.append((name, agent, value))

    def names(self) -> list[str]:
        return [name for name, _agent, _details in self.events]

    def details(self, name: str) -> list[dict[str, Any]]:
        return [details for event, _agent, details in self.events if event == name]


@dataclass
class Office:
    """A desk with everything it talks to."""

    model: Any
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    told: Told = field(default_factory=Told)

    def desk(self, **options: Any) -> Desk:
        return Desk(model=self.model, audit=self.audit, telemetry=self.told, now=lambda: NOW, **options)


@pytest.fixture
def scripted() -> Callable[..., Office]:
    """An office whose model follows a script."""
    return lambda *script: Office(ScriptedModel(*script))


@pytest.fixture
def analyst() -> Callable[..., Office]:
    """An office whose model is the real Converse adapter over the simulated analyst; takes a fault plan's entries."""

    def build(*faults: Mapping[str, Any]) -> Office:
        client: Any = AnalystClient(FaultPlan.from_dict(list(faults)))
        patience, guardrail = Patience(sleep=lambda _seconds: None), Guardrail("gr1", "7")
        check = OutputCheck(client, guardrail, Decimal("0.15"), patience=patience)
        model = BedrockModel(client, "simulated", Price(Decimal(3), Decimal(15)), guardrail=guardrail, check=check)
        return Office(ModelChain((model,), meter=Purse(), breakers=Unbroken(), patience=patience))

    return build


@pytest.fixture
def model_error() -> Callable[[str], ModelError]:
    return lambda reason: ModelError("planned by the test", retryable=reason == "throttled", reason=reason)


def instrument(symbol: str, price: str | None, kind: str = "etf", **maps: dict[str, float]) -> Instrument:
    classified = AllocationSource.SEED if maps else AllocationSource.DEFAULT
    return Instrument(
        symbol=symbol,
        name=f"{symbol} Fund",
        instrument_type=InstrumentType(kind),
        current_price=None if price is None else Decimal(price),
        price_as_of=None if price is None else DAY,
        price_source=PriceSource.NONE if price is None else PriceSource.PROVIDER,
        allocation_asset_class=maps.get("classes"),
        allocation_regions=maps.get("regions"),
        allocation_sectors=maps.get("sectors"),
        allocation_source=classified,
    )


STOCKS = instrument(
    "VTI", "100", classes={"equity": 100.0}, regions={"north_america": 100.0},
    sectors={"technology": 60.0, "healthcare": 40.0},
)  # fmt: skip
BONDS = instrument(
    "BND", "50", kind="bond_fund", classes={"fixed_income": 100.0}, regions={"north_america": 100.0},
    sectors={"treasury": 100.0},
)  # fmt: skip


@pytest.fixture
def make_portfolio() -> Callable[..., Portfolio]:
    """60,000 USD of stocks, 30,000 of bonds, 10,000 cash: 60/30/10 of 100,000; ``user`` changes the user's fields."""

    def build(*held: tuple[Instrument, str], cash: str = "10000", **user: Any) -> Portfolio:
        holdings = held or ((STOCKS, "600"), (BONDS, "600"))
        account_id = uuid5(SPACE, "account")
        positions = tuple(
            Position(
                id=uuid5(SPACE, one.symbol), account_id=account_id, symbol=one.symbol, quantity=Decimal(quantity),
                as_of_date=DAY, instrument=one,
            )
            for one, quantity in holdings
        )  # fmt: skip
        fields = {"user_id": "user-1", "years_until_retirement": 20, "current_age": 45} | user
        account = Account(
            id=account_id, user_id="user-1", account_name="Brokerage", cash_balance=Decimal(cash), positions=positions
        )
        return Portfolio(user=User(**fields), accounts=(account,))

    return build


@pytest.fixture
def portfolio(make_portfolio: Callable[..., Portfolio]) -> Portfolio:
    return make_portfolio()

"""What models cost and how they are, shared by all functions in DynamoDB (COST-05, LLM-07)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from advisor.adapters.breaker_table import DynamoBreakers
from advisor.adapters.usage_table import DynamoUsageMeter
from advisor.domain.breaker import Outcome, Rules
from advisor.domain.pseudonyms import user_hash
from advisor.domain.usage import Price, Usage
from advisor.ports.usage import MeterUnavailableError, Permit
from tests.advisor.dynamodb import Atomic

NOW = 1_790_000_000.0  # 2026-09
BAD, GOOD = Outcome(failed=True), Outcome(failed=False, latency=1.0)


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
        )
        yield Atomic(client)


def meter(client: Any, budget: str = "1") -> DynamoUsageMeter:
    return DynamoUsageMeter(client, "t", budget=Decimal(budget), clock=lambda: NOW)


def item(client: Any, subject: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get_item(TableName="t", Key={"subject": {"S": subject}}).get("Item", {})
    return found


COST = Usage(1, 100, 20, 1.5, Decimal("0.25"), 9)


def test_a_call_is_counted_for_its_agent_its_job_and_its_user(client: Any) -> None:
    """COST-05: what a user's analyses cost in a month can be told without reading every job."""
    table = meter(client)
    for agent in ("reporter", "reporter", "charter"):
        reservation = table.reserve("j", Decimal("0.3"))
        assert reservation is not None
        table.settle(reservation, COST, agent=agent, user_id="user-1")
    used = table.of_job("j")
    assert used.by_agent["reporter"] == Usage(2, 200, 40, 3.0, Decimal("0.50"), 18)
    assert used.total.cost_usd == Decimal("0.75")
    month = item(client, f"user#{user_hash('user-1')}#2026-09")
    assert (month["calls"]["N"], month["cost_usd"]["N"]) == ("3", "0.75")
    assert int(month["expires_at"]["N"]) > NOW + 365 * 86400
    shown = used.as_dict(budget_usd=Decimal(1), simulated=True)
    assert (shown["calls"], shown["cost_usd"], shown["simulated"]) == (3, 0.75, True)
    assert "user-1" not in str(client.scan(TableName="t"))


def test_what_is_not_used_of_a_reservation_is_free_again(client: Any) -> None:
    """COST-05: the worst case of one call must not stop the next when it cost a tenth."""
    table = meter(client)
    first = table.reserve("j", Decimal("0.9"))
    assert first is not None
    assert table.reserve("j", Decimal("0.2")) is None
    table.settle(first, Usage(1, 0, 0, 0, Decimal("0.1")), agent="a", user_id="u")
    assert table.reserve("j", Decimal("0.9")) is not None
    assert table.reserve("other", Decimal("1.000001")) is None


def test_an_answer_that_got_lost_counts_nothing_twice(client: Any) -> None:
    """COST-05: botocore repeats an update whose answer it did not get; a budget freed twice could be overspent."""

    class Repeating:
        def update_item(self, **arguments: Any) -> Any:
            client.update_item(**arguments)
            return client.update_item(**arguments)

    table = meter(client)
    repeated = DynamoUsageMeter(Repeating(), "t", budget=Decimal(1), clock=lambda: NOW)  # type: ignore[arg-type]
    reservation = repeated.reserve("j", Decimal("0.9"))
    assert reservation is not None
    assert item(client, "job#j")["committed"]["N"] == "0.9"
    repeated.settle(reservation, COST, agent="a", user_id="u")
    assert item(client, "job#j")["committed"]["N"] == "0.25"
    assert table.of_job("j").total == COST


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1)), min_size=1, max_size=16))
def test_parallel_agents_never_spend_more_than_the_jobs_budget(client: Any, calls: list[tuple[int, float]]) -> None:
    """COST-05: four agents that look at the same moment must not each see room for themselves."""
    table, job, seen = meter(client), uuid4(), []

    def ask(call: tuple[int, float]) -> Decimal:
        worst = Decimal(call[0]) / 100
        reservation = table.reserve(str(job), worst)
        if reservation is None:
            return Decimal(0)
        seen.append(Decimal(item(client, f"job#{job}")["committed"]["N"]))
        cost = (worst * Decimal(repr(call[1]))).quantize(Decimal("0.000001"))
        table.settle(reservation, Usage(1, 1, 1, 0.1, cost), agent="a", user_id="u")
        return cost

    with ThreadPoolExecutor(max_workers=6) as pool:
        spent = sum(pool.map(ask, calls), Decimal(0))
    assert spent <= 1
    assert all(committed <= 1 for committed in seen)
    assert table.of_job(str(job)).total.cost_usd == spent
    assert Decimal(item(client, f"job#{job}").get("committed", {"N": "0"})["N"]) == spent


@given(st.text(max_size=200), st.integers(0, 20_000), st.floats(0.01, 30), st.floats(0.01, 100))
def test_the_worst_case_is_never_too_low(text: str, answered: int, price_in: float, price_out: float) -> None:
    """COST-05: the budget is as good as this bound: no tokenizer makes more tokens than bytes."""
    price = Price(Decimal(repr(price_in)), Decimal(repr(price_out)))
    size = len(text.encode())
    worst = price.worst(request_bytes=size, max_tokens=20_000)
    assert price.of(input_tokens=size, output_tokens=answered) <= worst


class Away:
    """A table that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def refuse(**_arguments: Any) -> Any:
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "m"}}, name)

        return refuse


def test_without_the_table_nothing_is_spent_and_every_model_may_be_asked() -> None:
    """COST-05, LLM-07: an unknown budget is an empty one, an unknown breaker a closed one; both say so."""
    table = DynamoUsageMeter(Away(), "t", budget=Decimal(1))  # type: ignore[arg-type]
    with pytest.raises(MeterUnavailableError, match="InternalServerError"):
        table.reserve("j", Decimal("0.1"))
    breakers = DynamoBreakers(Away(), "t")  # type: ignore[arg-type]
    assert breakers.permit("m") == Permit(True, blind=True)
    assert breakers.report("m", Permit(True), BAD) is None


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


def test_functions_share_a_breaker(client: Any) -> None:
    """LLM-07: what one function learned of a model stops the others, and only for that model."""
    clock = Clock()
    one, other = (DynamoBreakers(client, "t", clock=clock, sleep=lambda _s: None) for _ in range(2))
    changes = [one.report("m", one.permit("m"), BAD) for _ in range(20)]
    assert changes == [None] * 19 + ["opened"]
    assert other.permit("m") == Permit(False)
    assert other.permit("n").allowed
    clock.now += 30
    trial = other.permit("m")
    assert (trial.allowed, trial.probe) == (True, clock.now)
    assert one.permit("m").allowed is False
    assert other.report("m", trial, GOOD) == "closed"
    assert one.permit("m") == Permit(True)


def test_of_many_callers_one_gets_the_try(client: Any) -> None:
    """LLM-07: a half-open breaker that lets ten through tramples an endpoint that is just coming back."""
    clock = Clock()
    breakers = DynamoBreakers(client, "t", Rules(min_calls=1), clock=clock, sleep=lambda _s: None)
    assert breakers.report("m", Permit(True), BAD) == "opened"
    clock.now += 31
    with ThreadPoolExecutor(max_workers=8) as pool:
        permits = list(pool.map(lambda _n: breakers.permit("m"), range(16)))
    assert sum(permit.allowed for permit in permits) == 1


class Overtaken:
    """The client of a caller whom another overtakes ``times`` times, between reading and writing."""

    def __init__(self, client: Any, other: DynamoBreakers, times: int) -> None:
        self._client, self._other, self._times = client, other, times

    def get_item(self, **request: Any) -> Any:
        return self._client.get_item(**request)

    def put_item(self, **request: Any) -> Any:
        if self._times:
            self._times -= 1
            self._other.report("m", Permit(True), GOOD)
        return self._client.put_item(**request)


def test_reports_of_parallel_callers_are_all_counted(client: Any) -> None:
    """LLM-07: a report that overwrites another would make an outage look half as bad."""
    other = DynamoBreakers(client, "t", Rules(min_calls=1000), clock=lambda: NOW)
    slow: Any = Overtaken(client, other, times=3)
    breakers = DynamoBreakers(slow, "t", Rules(min_calls=1000), clock=lambda: NOW, sleep=lambda _s: None)
    breakers.report("m", Permit(True), GOOD)
    assert '"calls": 4' in item(client, "model#m")["breaker"]["S"]

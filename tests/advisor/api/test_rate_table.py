"""The per-user limit's memory: exact under simultaneous requests (API-03)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from advisor.adapters.rate_table import KEEP_SECONDS, RateTable, RateTableError
from tests.advisor.dynamodb import Atomic


@pytest.fixture
def client(aws: dict[str, str]) -> Any:
    return Atomic(boto3.client("dynamodb", region_name="us-east-1"))


def test_a_burst_is_granted_once_and_time_gives_back(client: Any, aws: dict[str, str]) -> None:
    """Rate and burst as set, to the token."""
    now = 1_000.0
    table = RateTable(table=aws["RATE_TABLE"], rate=2, burst=5, client=client, clock=lambda: now)
    assert [table.take("ann").allowed for _ in range(6)] == [True] * 5 + [False]
    assert table.take("ann").retry_after == 1
    now += 1.0
    assert [table.take("ann").allowed for _ in range(3)] == [True, True, False]
    now += 3600.0
    assert [table.take("ann").allowed for _ in range(6)] == [True] * 5 + [False]


def test_users_have_buckets_of_their_own_that_expire(client: Any, aws: dict[str, str]) -> None:
    """One user's eagerness is not another's problem; old buckets are removed by the table."""
    table = RateTable(table=aws["RATE_TABLE"], rate=1, burst=1, client=client, clock=lambda: 50.0)
    assert table.take("ann").allowed
    assert not table.take("ann").allowed
    assert table.take("bob").allowed
    item = client.get_item(TableName=aws["RATE_TABLE"], Key={"subject": {"S": "ann"}})["Item"]
    assert item["expires_at"] == {"N": str(50 + KEEP_SECONDS)}


def test_simultaneous_requests_never_share_a_token(client: Any, aws: dict[str, str]) -> None:
    """Reading and writing are two calls: the condition on the write makes them one."""
    table = RateTable(table=aws["RATE_TABLE"], rate=1, burst=10, client=client, clock=lambda: 50.0)
    with ThreadPoolExecutor(8) as pool:
        granted = sum(decision.allowed for decision in pool.map(lambda _: table.take("ann"), range(40)))
    assert granted <= 10
    assert granted >= 1


def test_a_request_that_is_always_overtaken_is_over_the_limit(client: Any, aws: dict[str, str]) -> None:
    """The number of tries is bounded."""

    class Overtaken:
        def get_item(self, **request: Any) -> Any:
            return client.get_item(**request)

        def put_item(self, **_request: Any) -> Any:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}, "PutItem")

    decision = RateTable(table=aws["RATE_TABLE"], rate=1, burst=10, client=Overtaken()).take("ann")
    assert (decision.allowed, decision.retry_after) == (False, 1)


def test_a_missing_table_is_told_apart_from_a_limit(client: Any) -> None:
    """The caller decides what an outage means."""
    with pytest.raises(RateTableError):
        RateTable(table="nowhere", rate=1, burst=1, client=client).take("ann")

"""The API's function as API Gateway calls it: proxy events in, answers out, over real PostgreSQL and in-process AWS."""

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import ApiEnvironment, parse
from advisor.handlers import api as api_function
from advisor.handlers.api import services as wiring

ORIGIN = "https://app.example.com"
REGION = "us-east-1"


@dataclass(frozen=True)
class Answered:
    """An HTTP answer; headers by lower-case name."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def reasons(self) -> dict[str, str]:
        """Reason by field of a refused request."""
        return {detail["field"]: detail["reason"] for detail in self.json["error"].get("details", [])}


@dataclass
class Api:
    """Calls the handler; ``services`` may be replaced piece by piece with ``swap``."""

    services: wiring.Services
    queue_url: str
    rds_data: Any
    database: DataApi
    log: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        handler = self.services.telemetry.logger.registered_handler
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(self.log)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str | None = "alice",
        roles: str = "",
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        **event: Any,
    ) -> Answered:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        authorizer = {"user_id": user, "principalId": user, "roles": roles} if user else None
        answer = api_function.handler(
            {
                "resource": "/{proxy+}",
                "path": path,
                "httpMethod": method,
                "headers": headers or {},
                "multiValueHeaders": {},
                "queryStringParameters": query,
                "multiValueQueryStringParameters": None,
                "body": text,
                "isBase64Encoded": False,
                "requestContext": {"requestId": "req-1", "stage": "api", "authorizer": authorizer, "path": path},
                **event,
            },
            None,
        )
        found = {name.lower(): values[-1] for name, values in answer["multiValueHeaders"].items()}
        return Answered(answer["statusCode"], found, answer["body"])

    def swap(self, **pieces: Any) -> None:
        """Replace services, for faults."""
        from dataclasses import replace

        self.services = replace(self.services, **pieces)
        wiring.install(self.services)

    def logged(self) -> str:
        """What was written to the log since the last look."""
        text = self.log.getvalue()
        self.log.truncate(0)
        self.log.seek(0)
        return text

    def messages(self) -> list[dict[str, Any]]:
        """What the queue holds."""
        client = boto3.client("sqs", region_name=REGION)
        found = client.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]


def api_environment(**changes: str) -> ApiEnvironment:
    """An environment like the stacks'."""
    return parse(
        ApiEnvironment,
        {
            "ENVIRONMENT": "test",
            "POWERTOOLS_SERVICE_NAME": "api",
            "DATABASE_CLUSTER_ARN": "arn:aws:rds:us-east-1:000000000000:cluster:c",
            "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:s",
            "DATABASE_NAME": "alex",
            "DECISION_FUNCTION": "arn:aws:lambda:us-east-1:000000000000:function:decision",
            "USER_RATE_PER_SECOND": "10",
            "USER_RATE_BURST": "200",
            "ALLOWED_ORIGIN": ORIGIN,
            "MAX_BODY_BYTES": "262144",
            "PRICE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:price",
            "VALUATION_DATE": "2022-12-28",
            "TEST_DATA": "true",
        }
        | changes,
    )


@pytest.fixture(scope="module")
def in_process_aws() -> Iterator[None]:
    """One emulation for a module: making it costs more than a test; what tests put into it has its own names."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        }.items():
            environment.setenv(name, value)
        with mock_aws():
            yield


def _table(client: Any, name: str, *keys: str) -> None:
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def aws(in_process_aws: None) -> dict[str, str]:
    """A queue and the tables of one test, as environment variables."""
    suffix = uuid.uuid4().hex
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    _table(dynamodb, f"rate-{suffix}", "subject")
    _table(dynamodb, f"audit-{suffix}", "job_id", "entry_id")
    queue_url = boto3.client("sqs", region_name=REGION).create_queue(QueueName=f"analysis-{suffix}")["QueueUrl"]
    boto3.client("s3", region_name=REGION).create_bucket(Bucket=f"archive-{suffix}", ObjectLockEnabledForBucket=True)
    return {
        "ANALYSIS_QUEUE_URL": queue_url, "RATE_TABLE": f"rate-{suffix}", "AUDIT_TABLE": f"audit-{suffix}",
        "AUDIT_ARCHIVE": f"archive-{suffix}",
    }  # fmt: skip


@pytest.fixture
def make_api(aws: dict[str, str], rds_data: Any, database: DataApi) -> Iterator[Callable[..., Api]]:
    """Builds the API with changed environment variables."""

    def make(**changes: str) -> Api:
        made = wiring.build(api_environment(**aws, **changes), rds_data=rds_data)
        wiring.install(made)
        return Api(made, aws["ANALYSIS_QUEUE_URL"], rds_data, database)

    yield make
    wiring.install(None)


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """The API; alice and bob have profiles."""
    made = make_api()
    for user in ("alice", "bob"):
        made("GET", "/api/user", user=user)
    return made

"""CloudWatch's answers about objectives, as the wire carries them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from alex.slo.budget import Slice

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(days=30)


@pytest.fixture
def minutes() -> Callable[..., list[Slice]]:
    """Thirty days of minutes with 60 requests each; ``outage`` of them fail, from ``at`` on (minutes)."""

    def made(*, outage: int = 0, at: int = 20_000, good: int = 0) -> list[Slice]:
        failing = range(at, at + outage)
        return [Slice(START + timedelta(minutes=m), 1, good if m in failing else 60, 60) for m in range(30 * 24 * 60)]

    return made


class Account:
    """A session whose clients answer what a test has laid ready, in order; anything else fails the test."""

    region_name = "us-east-1"

    def __init__(self) -> None:
        self._clients = {
            name: boto3.client(
                name,
                self.region_name,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            for name in ("cloudformation", "cloudwatch", "logs", "sts")
        }
        self.stubs = {name: Stubber(client) for name, client in self._clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def client(self, name: str) -> Any:
        return self._clients[name]

    def deployed(self) -> None:
        stack = {"StackName": "Alex-prod-Api", "StackStatus": "UPDATE_COMPLETE", "CreationTime": START}
        self.stubs["cloudformation"].add_response(
            "describe_stacks", {"Stacks": [stack]}, {"StackName": "Alex-prod-Api"}
        )

    def absent(self) -> None:
        self.stubs["cloudformation"].add_client_error(
            "describe_stacks", "ValidationError", "Stack with id Alex-prod-Api does not exist"
        )

    def measures(self, *pages: dict[str, Iterable[tuple[datetime, float]]]) -> None:
        """One GetMetricData, in pages of values by id."""
        for number, page in enumerate(pages, start=1):
            results = [
                {"Id": key, "Timestamps": [at for at, _ in values], "Values": [value for _, value in values]}
                for key, points in page.items()
                for values in [list(points)]
            ]
            answer: dict[str, Any] = {"MetricDataResults": results}
            if number < len(pages):
                answer["NextToken"] = f"page-{number}"
            self.stubs["cloudwatch"].add_response("get_metric_data", answer)

    def measures_availability(self, *, failed_minutes: int) -> None:
        """Availability with an outage of so many minutes (whole fives), then latency and quality without events."""
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        periods = [now - timedelta(minutes=5 * n) for n in range(1, 2000)]
        bad = failed_minutes // 5
        self.measures(
            {
                "all_events": [(at, 300.0) for at in periods],
                "bad_events": [(at, 300.0 if n < bad else 0.0) for n, at in enumerate(periods)],
            }
        )
        self.measures({"all_events": [], "bad_events": []})
        self.measures({"all_events": [], "bad_events": []})

    def answered(self) -> None:
        """Everything that was laid ready was asked for."""
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account that the commands see."""
    made = Account()
    monkeypatch.setattr("alex.slo.environment.session_of", lambda *_a, **_k: made)
    return made

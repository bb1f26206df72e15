"""`alex watch` on a deployed environment: groups come from its stacks, events once each, refusals in words (OBS-33)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from alex import cli
from alex.agent_logs import cloudwatch
from alex.errors import CommandError, Exit

REGION = "eu-west-1"
NOW = datetime.now(UTC).replace(microsecond=0)


class Stacks:
    """CloudFormation's answers about tagged stacks, and their log groups in CloudWatch Logs (moto)."""

    def __init__(self) -> None:
        self.client = boto3.client("cloudformation", REGION)
        self.stacks: list[tuple[str, str, dict[str, str]]] = []

    def deploy(self, name: str, environment: str, *functions: str) -> None:
        """A stack with log groups whose ids are as CDK makes them, and one that is no function's."""
        groups = {f"{function}Logs1A2B3C4D": f"{name}-{function}Logs-{len(self.stacks)}" for function in functions}
        groups["FlowLog"] = f"{name}-FlowLog"
        for group in groups.values():
            boto3.client("logs", REGION).create_log_group(logGroupName=group)
        self.stacks.append((name, environment, groups))

    def answering(self) -> Stubber:
        """A stub that answers one search for the groups of each environment that is asked for."""
        stub = Stubber(self.client)
        listed = [
            {
                "StackName": name,
                "StackStatus": "CREATE_COMPLETE",
                "CreationTime": NOW,
                "Tags": [{"Key": "Project", "Value": "alex"}, {"Key": "Environment", "Value": environment}],
            }
            for name, environment, _ in self.stacks
        ]
        stub.add_response("describe_stacks", {"Stacks": listed})
        return stub

    def found(self, environment: str) -> dict[str, str]:
        """The groups that the product finds."""
        with self.answering() as stub:
            self.expect(stub, environment)
            return cloudwatch.groups(self.client, environment, REGION)

    def expect(self, stub: Stubber, environment: str) -> None:
        """It asks for the resources of this environment's stacks and of no other."""
        for name, of, groups in self.stacks:
            if of == environment:
                resources = [
                    {
                        "LogicalResourceId": logical,
                        "PhysicalResourceId": group,
                        "ResourceType": "AWS::Logs::LogGroup",
                        "LastUpdatedTimestamp": NOW,
                        "ResourceStatus": "CREATE_COMPLETE",
                    }
                    for logical, group in groups.items()
                ]
                stub.add_response("list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": name})


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stacks]:
    """An account in memory."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield Stacks()


def write(group: str, *events: tuple[datetime, str], stream: str = "s") -> None:
    logs = boto3.client("logs", REGION)
    if not logs.describe_log_streams(logGroupName=group)["logStreams"]:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": int(at.timestamp() * 1000), "message": text} for at, text in events],
    )


def test_groups_are_found_among_the_environments_own_stacks(stacks: Stacks) -> None:
    """OBS-33: a guessed name would follow another environment, or nothing after a function was replaced."""
    stacks.deploy("Alex-prod-Agents", "prod", "Planner", "Tagger")
    stacks.deploy("Alex-prod-Api", "prod", "Api")
    stacks.deploy("Alex-prod-dr-Agents", "prod-dr", "Planner")
    assert stacks.found("prod") == {
        "planner": "Alex-prod-Agents-PlannerLogs-0",
        "tagger": "Alex-prod-Agents-TaggerLogs-0",
        "api": "Alex-prod-Api-ApiLogs-1",
    }
    assert stacks.found("prod-dr") == {"planner": "Alex-prod-dr-Agents-PlannerLogs-2"}


def test_an_environment_that_is_not_there_says_what_to_do(stacks: Stacks) -> None:
    """OBS-33: an operator with the wrong profile must learn it from the message."""
    with pytest.raises(CommandError, match="staging is not deployed here") as refused:
        stacks.found("staging")
    assert "AWS_PROFILE" in refused.value.remedy
    assert refused.value.code is Exit.NOT_RUNNING


def test_events_of_all_groups_come_once_and_in_order(stacks: Stacks) -> None:
    """OBS-33: overlapping looks (events arrive late) must neither repeat a line nor lose one."""
    stacks.deploy("Alex-prod-Agents", "prod", "Planner", "Tagger")
    groups = stacks.found("prod")
    at = NOW - timedelta(seconds=60)
    write(groups["planner"], (at - timedelta(hours=1), "too old"), (at, "one"), (at + timedelta(seconds=2), "three"))
    write(groups["tagger"], (at + timedelta(seconds=1), '{"level": "ERROR", "message": "two"}'))
    logs = cloudwatch.CloudWatchLogs(boto3.client("logs", REGION), groups, since=at - timedelta(minutes=10))
    assert [line.text for line in logs.poll()] == ["one", '{"level": "ERROR", "message": "two"}', "three"]
    assert logs.poll() == []
    write(groups["planner"], (at + timedelta(seconds=1), "late"), (at + timedelta(seconds=3), "four"))
    assert [(line.source, line.text) for line in logs.poll()] == [("planner", "late"), ("planner", "four")]


def test_the_command_follows_a_deployed_environment(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS-33: what an operator types, from the environment's name to the lines."""
    stacks.deploy("Alex-dev-Agents", "dev", "Planner", "Tagger", "Reporter", "Charter", "Retirement")
    entry = {"timestamp": NOW.isoformat(), "level": "INFO", "message": "PLANNER_STARTED", "job_id": "j-1"}
    write(stacks.found("dev")["planner"], (NOW, json.dumps(entry)))
    real = boto3.Session.client
    monkeypatch.setattr(
        boto3.Session,
        "client",
        lambda session, name, *a, **k: stacks.client if name == "cloudformation" else real(session, name, *a, **k),
    )
    command = ["watch", "-e", "dev", "--region", REGION, "--once"]
    with stacks.answering() as stub:
        stacks.expect(stub, "dev")
        answer = CliRunner().invoke(cli.app, [*command, "--job", "j-1"])
    assert answer.exit_code == 0, answer.output
    assert "planner" in answer.output
    assert "PLANNER_STARTED" in answer.output
    with stacks.answering() as stub:
        stacks.expect(stub, "dev")
        missing = CliRunner().invoke(cli.app, [*command, "--function", "nobody"])
    assert isinstance(missing.exception, CommandError)
    assert "nobody" in missing.exception.what
    assert "planner" in missing.exception.remedy


def test_without_credentials_the_message_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS-33: the first thing that goes wrong on a new machine, and no traceback helps."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    answer = CliRunner().invoke(cli.app, ["watch", "-e", "prod", "--once"])
    assert isinstance(answer.exception, CommandError)
    assert answer.exception.what == "there are no AWS credentials"
    assert "AWS_PROFILE" in answer.exception.remedy


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("AccessDeniedException", "logs:FilterLogEvents"), ("ExpiredTokenException", "sign in again")],
)
def test_a_refusal_of_aws_names_the_right_that_is_missing(code: str, remedy: str) -> None:
    """OBS-33: an operator without the right must know which one to ask for."""
    client = boto3.client("logs", REGION, aws_access_key_id="test", aws_secret_access_key="test")
    logs = cloudwatch.CloudWatchLogs(client, {"planner": "group"}, since=NOW)
    with Stubber(client) as stubbed:
        stubbed.add_client_error("filter_log_events", code)
        with pytest.raises(CommandError, match=code) as refused, cloudwatch.explained("prod", REGION):
            logs.poll()
    assert remedy in refused.value.remedy


def test_pages_are_followed_to_the_end() -> None:
    """OBS-33: AWS cuts an answer at 10,000 events or 1 MB, and may give an empty page before more."""
    client = boto3.client("logs", REGION, aws_access_key_id="test", aws_secret_access_key="test")
    at = int(NOW.timestamp() * 1000)

    def page(*numbers: int, token: str | None) -> dict[str, Any]:
        events = [{"eventId": str(n), "timestamp": at + n, "message": f"line {n}"} for n in numbers]
        return {"events": events} | ({"nextToken": token} if token else {})

    with Stubber(client) as stubbed:
        expected = {"logGroupName": "group", "startTime": at}
        stubbed.add_response("filter_log_events", page(1, token="a"), expected)
        stubbed.add_response("filter_log_events", page(token="b"), expected | {"nextToken": "a"})
        stubbed.add_response("filter_log_events", page(2, token=None), expected | {"nextToken": "b"})
        found = cloudwatch.CloudWatchLogs(client, {"planner": "group"}, since=NOW).poll()
    assert [line.text for line in found] == ["line 1", "line 2"]

"""`alex deploy -e prod` with budgets in every state: who is stopped, who passes, and what is written down (CICD-12)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alex import cli, commands_deploy, console, places
from alex.errors import CommandError, Exit
from alex.slo import environment, freeze
from alex.slo.environment import measured
from alex.slo.guard import Kind, Outcome, Reason, decide, reason_of
from settings import load

END_ARN = "arn:aws:sts::123456789012:assumed-role/release/person"
WHY = Reason(Kind.RELIABILITY, "mends the outage of the morning")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The environments that `cdk deploy` was run for; records go to a folder of the test."""
    done: list[str] = []
    monkeypatch.setattr(places, "STATE", tmp_path)
    monkeypatch.setattr(commands_deploy, "_deploy_to_aws", lambda name, _extra: done.append(name))
    return done


def records(tmp_path: Path) -> list[dict[str, Any]]:
    path = tmp_path / "evidence" / "prod" / "deployments.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def deploy(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--plain", "deploy", *arguments])
    return int(ended.value.code or 0)


def logged(account: Any) -> None:
    """The account takes one record."""
    account.stubs["sts"].add_response("get_caller_identity", {"Arn": END_ARN})
    account.stubs["logs"].add_response("create_log_stream", {})
    account.stubs["logs"].add_response("put_log_events", {})


def test_an_exhausted_budget_stops_a_feature(
    account: Any, deployed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CICD-12, OPS-08: after 3.6 hours of outage nothing new goes out, and the message says what may."""
    account.deployed()
    account.measures_availability(failed_minutes=220)
    logged(account)
    assert deploy("-e", "prod") == Exit.FAILED
    assert deployed == []
    said = capsys.readouterr().err
    assert "the error budget is exhausted (availability: 220.0 of 216.0 minutes in 30 days)" in said
    assert '--reason reliability|emergency "why"' in said
    (record,) = records(tmp_path)
    assert (record["outcome"], record["who"], record["reason"]) == ("refused", END_ARN, None)
    account.answered()


@pytest.mark.parametrize("kind", ["reliability", "emergency"])
def test_what_cannot_wait_passes_and_is_recorded(
    account: Any, deployed: list[str], tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """CICD-12: an override without who, when and why would make the freeze a habit to step over."""
    account.deployed()
    account.measures_availability(failed_minutes=220)
    account.stubs["sts"].add_response("get_caller_identity", {"Arn": END_ARN})
    account.stubs["logs"].add_client_error("create_log_stream", "ResourceAlreadyExistsException")
    sent: list[dict[str, Any]] = []
    account.client("logs").meta.events.register(
        "provide-client-params.cloudwatch-logs.PutLogEvents", lambda params, **_: sent.append(params)
    )
    account.stubs["logs"].add_response("put_log_events", {})
    assert deploy("-e", "prod", "--reason", kind, "restores logins  after INC-123") == Exit.DONE
    assert deployed == ["prod"]
    (record,) = records(tmp_path)
    assert record["outcome"] == "overridden"
    assert record["reason"] == {"kind": kind, "text": "restores logins after INC-123"}
    assert record["who"] == END_ARN
    assert record["at"].endswith("+00:00")
    assert record["budgets"]["availability"] == {"minutes": 216, "spent": 220}
    (event,) = sent
    assert event["logGroupName"] == "/alex/prod/deployments"
    assert json.loads(event["logEvents"][0]["message"]) == record
    assert "overridden" in capsys.readouterr().out
    account.answered()


def test_with_budget_left_it_passes(account: Any, deployed: list[str], tmp_path: Path) -> None:
    """CICD-12: 210 of 216 minutes are spent: the objective of 99.9 % is missed, features still go out."""
    account.deployed()
    account.measures_availability(failed_minutes=210)
    logged(account)
    assert deploy("-e", "prod") == Exit.DONE
    assert deployed == ["prod"]
    assert records(tmp_path)[0]["why"].startswith("availability 6.0 of 216.0 minutes left")


def test_the_first_deployment_passes_and_says_why(
    account: Any, deployed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CICD-12: nobody could ever begin otherwise; and silence would look like a budget that was read."""
    account.absent()
    account.stubs["sts"].add_response("get_caller_identity", {"Arn": END_ARN})
    assert deploy("-e", "prod") == Exit.DONE
    assert deployed == ["prod"]
    assert "first deployment, it is not deployed yet" in capsys.readouterr().out
    assert records(tmp_path)[0]["outcome"] == "first deployment"
    account.answered()


def test_a_state_that_cannot_be_read_stops_it(
    account: Any, deployed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CICD-12: a role without the right to read would else be the way around the freeze."""
    account.deployed()
    account.stubs["cloudwatch"].add_client_error("get_metric_data", "AccessDenied")
    logged(account)
    assert deploy("-e", "prod") == Exit.FAILED
    assert deployed == []
    said = capsys.readouterr().err
    assert "cannot be read: AWS refused GetMetricData: AccessDenied" in said
    assert "the role needs cloudformation:DescribeStacks, cloudwatch:GetMetricData" in said
    assert records(tmp_path)[0]["outcome"] == "refused"


def test_an_emergency_passes_when_nothing_can_be_read(
    account: Any, deployed: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CICD-12: CloudWatch is down and so are we: the file has the record, and the missing one is told."""
    account.stubs["cloudformation"].add_client_error("describe_stacks", "ServiceUnavailable")
    account.stubs["sts"].add_client_error("get_caller_identity", "AccessDenied")
    account.stubs["logs"].add_client_error("create_log_stream", "ServiceUnavailableException")
    assert deploy("-e", "prod", "--reason", "emergency", "the region loses its API") == Exit.DONE
    assert deployed == ["prod"]
    (record,) = records(tmp_path)
    assert record["outcome"] == "overridden"
    assert "of this machine" in record["who"]
    assert "not in the account's log (/alex/prod/deployments: ServiceUnavailableException)" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["dev", "staging"])
def test_other_environments_are_never_frozen(name: str, deployed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """OPS-08: reliability work needs somewhere to go; without a policy nothing is even read."""
    monkeypatch.setattr(environment, "session_of", lambda *_: pytest.fail("asked AWS"))
    assert freeze.check(load(name), profile=None, reason=None, screen=console.out()) is Outcome.NO_POLICY
    assert deploy("-e", name) == Exit.DONE
    assert deployed == [name]


def test_the_cdk_command_is_no_way_around(
    account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CICD-12: who deploys with an overlay types `alex cdk deploy`; the freeze holds there, too."""
    monkeypatch.setattr(places, "STATE", tmp_path)
    ran: list[list[str]] = []

    def cdk(arguments: list[Any], **_options: Any) -> tuple[int, str]:
        ran.append([str(one) for one in arguments[2:]])
        return 0, ""

    monkeypatch.setattr(commands_deploy, "run", cdk)
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("region: us-east-1\n")
    command = ["--plain", "cdk", "deploy", "-c", "env=prod", "--context", f"settings={overlay}", "Alex-prod/**"]

    def typed(*more: str) -> int:
        account.deployed()
        account.measures_availability(failed_minutes=220)
        logged(account)
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, *more])
        return int(ended.value.code or 0)

    assert typed() == Exit.FAILED
    assert ran == []
    assert typed("--reason", "emergency", "restores logins after INC-123") == Exit.DONE
    assert ran == [command[2:]]
    assert freeze.check_cdk(["diff", "-c", "env=prod"], screen=console.out()) == ["diff", "-c", "env=prod"]
    account.answered()


@pytest.mark.parametrize(
    "given", [("urgent", "we need it at once"), ("emergency", "now"), ("emergency", "   "), ("", "three good words")]
)
def test_a_reason_must_say_something(given: tuple[str, str]) -> None:
    """CICD-12: an auditor reads the reason later."""
    with pytest.raises(CommandError) as refused:
        reason_of(given)
    assert refused.value.code is Exit.BAD_INPUT


def test_the_local_cloud_takes_no_reason(deployed: list[str]) -> None:
    """A reason that changes nothing would be believed to do something."""
    assert deploy("-e", "local", "--reason", "emergency", "just to try it") == Exit.BAD_INPUT


def test_the_guard_reads_as_who_deploys() -> None:
    """CICD-12: the budget of another account would say nothing about this one."""
    assert freeze.profile_in(["--require-approval", "never", "--profile", "audit"]) == "audit"
    assert freeze.profile_in(["--profile=audit"]) == "audit"
    assert freeze.profile_in(["--profile"]) is None
    assert freeze.profile_in([]) is None


def test_quality_freezes_too_and_latency_does_not(minutes: Callable[..., Any]) -> None:
    """EVAL-07, OPS-08: 3.6 hours of degraded quality stop features; slow answers alone do not."""
    settings = load("prod")
    fine, gone = minutes(), minutes(outage=216)
    until = fine[-1].at.replace(hour=0, minute=0, day=1, month=12)

    def outcome(**slices: Any) -> Outcome:
        return decide(measured(settings, slices, until), None).outcome

    assert outcome(availability=fine, quality=gone) is Outcome.REFUSED
    assert outcome(availability=fine, latency=gone) is Outcome.ALLOWED
    assert outcome(availability=fine) is Outcome.ALLOWED
    assert outcome() is Outcome.NO_EVENTS
    assert decide(measured(settings, {"quality": gone}, until), WHY).outcome is Outcome.OVERRIDDEN

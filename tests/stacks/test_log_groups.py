"""Every log group of every template: kept, masked and archived as its class says (SYS-15)."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load
from settings.model import Settings

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)
GROUP, SUBSCRIPTION, STREAM = (
    "AWS::Logs::LogGroup",
    "AWS::Logs::SubscriptionFilter",
    "AWS::KinesisFirehose::DeliveryStream",
)
CLASSES = {
    "NetworkFlowLogs": "flow",
    "LogDeliveryErrors": "delivery",
    "EvidenceErrors": "delivery",
    "TrailLog": "audit",
    "PersonalDataLog": "audit",
    "GatewayAccessLog": "access",
    "GatewayExecutionLog": "access",
    "GatewayWebAclLogs": "access",
    "WebAclLogs": "access",
}
"""Begin of a logical id -> class; every other log group is an application's."""
ALONE = ("Compliance", "Edge")
"""Stacks that refer to no other one: no archive of ours, so never a shorter time; findings are counted only."""


def _days(settings: Settings) -> dict[str, int]:
    every = dict.fromkeys(("audit", "application", "access", "delivery"), settings.logs.hot_retention_days)
    return {**every, "flow": settings.network.flow_log_days}


def _class(where: str, group: dict[str, Any]) -> str:
    """The class that the group's tag says, which must be the expected one."""
    [said] = [tag["Value"] for tag in group["Tags"] if tag["Key"] == "LogClass"]
    name = where.split("/")[1]
    expected = [log_class for begin, log_class in CLASSES.items() if name.startswith(begin)]
    assert said == (expected[0] if expected else "application"), where
    return str(said)


@ALL_ENVIRONMENTS
def test_every_log_group_is_kept_as_long_as_its_class(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-26: an auditor asks for a day seven years ago; a developer's account must not pay for it."""
    made, days = assembly(environment), _days(load(environment))
    groups = made.of_type(GROUP)
    assert {_class(where, group) for where, group in groups.items()} >= set(CLASSES.values()) - {"delivery", "audit"}
    for where, group in groups.items():
        assert group["RetentionInDays"] == days[_class(where, group)], where
    if environment.startswith("prod"):
        assert set(days.values()) == {2557}


def test_application_logs_expire_sooner_once_the_archive_is_proven(
    cdk_context: Any, stub_bundles: Any, tmp_path: Path
) -> None:
    """OBS-26: seven years hot and archived are paid for twice; what audits ask for stays at hand all the same."""
    made = _synthesise("logs: {archive_proven: true, access_days: 180}", cdk_context, stub_bundles, tmp_path)
    found = _kept(made, lambda stack: stack not in ALONE)
    assert found == {"application": {90}, "delivery": {90}, "access": {180}, "audit": {2557}, "flow": {2557}}
    alone = _kept(made, lambda stack: stack in ALONE)
    assert set().union(*alone.values()) == {2557}, f"out of the archive's reach, so nothing is left of them: {alone}"


def _kept(made: dict[str, dict[str, Any]], wanted: Callable[[str], bool]) -> dict[str, set[int]]:
    """Days of each class in the ``wanted`` stacks."""
    found: dict[str, set[int]] = {}
    for stack, template in made.items():
        for name, resource in template["Resources"].items():
            if resource["Type"] == GROUP and wanted(stack):
                group = resource["Properties"]
                found.setdefault(_class(f"{stack}/{name}", group), set()).add(group["RetentionInDays"])
    return found


@ALL_ENVIRONMENTS
def test_personal_data_is_masked_where_users_words_may_get(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-01: an error's text may quote what an investor typed; whoever reads the log must not read that.

    AWS takes a policy only if both statements name the same identifiers, masks nothing in log groups of the class
    INFREQUENT_ACCESS, and the trail must name people.
    """
    from aws_cdk import aws_logs as logs

    known = {getattr(logs.DataIdentifier, name).name for name in dir(logs.DataIdentifier) if name.isupper()}
    for where, group in assembly(environment).of_type(GROUP).items():
        assert "LogGroupClass" not in group, where
        if _class(where, group) not in {"application", "access"}:
            assert "DataProtectionPolicy" not in group, where
            continue
        policy = group["DataProtectionPolicy"]
        audit, mask = policy["Statement"]
        assert policy["Version"] == "2021-06-01"
        assert audit["DataIdentifier"] == mask["DataIdentifier"]
        assert mask["Operation"] == {"Deidentify": {"MaskConfig": {}}}
        told = audit["Operation"]["Audit"]["FindingsDestination"]
        assert where.startswith(ALONE) or "PersonalDataLog" in str(told["CloudWatchLogs"]["LogGroup"]), where
        names = {json.dumps(identifier).rsplit("/", 1)[1].split('"')[0] for identifier in mask["DataIdentifier"]}
        assert names <= known, names - known
        assert {"EmailAddress", "PhoneNumber-US", "Ssn-US", "CreditCardNumber", "BankAccountNumber-US"} <= names
        assert {"Address", "AwsSecretKey"} <= names
        assert not {"IpAddress", "Name"} & names, "attacks are followed by address; agents have names"


@ALL_ENVIRONMENTS
def test_nobody_is_granted_to_look_behind_the_masks(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-01: with logs:Unmask, or logs:* that holds it, the masks would be paint."""
    made = assembly(environment)
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::Logs::ResourcePolicy")
    granted = json.dumps([properties for kind in kinds for properties in made.of_type(kind).values()])
    assert '"logs:PutLogEvents"' in granted
    for action in ('"logs:*"', '"logs:Unmask"', '"logs:Un*"', '"*:*"', '"Action": "*"', '"Action": ["*"]'):
        assert action not in granted


@ALL_ENVIRONMENTS
def test_every_log_group_has_its_way_into_the_archive(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-29: a log that is in one account and region only is gone with it; and no log group feeds on itself.

    CloudTrail, the network's flows and the audit table bring their own copies; local and dev archive nothing.
    """
    made, years = assembly(environment), load(environment).logs.archive_years
    subscribed: dict[str, list[dict[str, Any]]] = {}
    for where, subscription in made.of_type(SUBSCRIPTION).items():
        stack = where.split("/")[0]
        subscribed.setdefault(f"{stack}/{subscription['LogGroupName']['Ref']}", []).append(subscription)
    expected = {
        where
        for where, group in made.of_type(GROUP).items()
        if _class(where, group) in {"audit", "application", "access"} and not where.startswith(ALONE)
    }
    assert set(subscribed) == (expected if years else set())
    assert len(expected) >= 18
    for where, [subscription] in subscribed.items():
        assert subscription["FilterPattern"] == "", where
        assert "LogDeliveryStream" in str(subscription["DestinationArn"]), where
        assert "LogDeliveryWriter" in str(subscription["RoleArn"]), where
    flows = [log for log in made.of_type("AWS::EC2::FlowLog").values() if log["LogDestinationType"] == "s3"]
    assert ["LogArchive" in str(log["LogDestination"]) for log in flows] == [True]
    for trail in made.of_type("AWS::CloudTrail::Trail").values():
        assert "Archive" in str(trail["S3BucketName"])


@ALL_ENVIRONMENTS
def test_services_that_would_make_a_log_group_find_ours(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-26: what a service makes by itself keeps everything for ever, unmasked, under the service's own key."""
    made = assembly(environment)
    names = [json.dumps(group.get("LogGroupName", "")) for group in made.of_type(GROUP).values()]
    for where, cluster in made.of_type("AWS::RDS::DBCluster").items():
        for export in cluster["EnableCloudwatchLogsExports"]:
            assert f'"/aws/rds/cluster/{cluster["DBClusterIdentifier"]}/{export}"' in names, where
    for where, stage in made.of_type("AWS::ApiGateway::Stage").items():
        assert {setting["LoggingLevel"] for setting in stage["MethodSettings"]} <= {"INFO", "ERROR"}
        api, word = stage["RestApiId"]["Ref"], stage["StageName"]
        assert any(f'{{"Ref": "{api}"}}, "/{word}"' in name and "Execution-Logs_" in name for name in names), where
    for where, function in made.of_type("AWS::Lambda::Function").items():
        assert "Ref" in function["LoggingConfig"]["LogGroup"], where
    for where, machine in made.of_type("AWS::StepFunctions::StateMachine").items():
        [destination] = machine["LoggingConfiguration"]["Destinations"]
        assert "Fn::GetAtt" in destination["CloudWatchLogsLogGroup"]["LogGroupArn"], where


def test_a_log_archive_account_gets_everything_in_place_of_our_own(
    cdk_context: Any, stub_bundles: Any, tmp_path: Path
) -> None:
    """OBS-29: one destination for all accounts, the audit stack's trail too; no stream of ours beside it."""
    central = "arn:aws:logs:us-east-1:111122223333:destination:organisation"
    overlay = f"logs: {{central_destination: '{central}', archive_proven: true}}"
    made = _synthesise(overlay, cdk_context, stub_bundles, tmp_path)
    assert _kept(made, lambda stack: stack == "Edge") == {"access": {90}}
    resources = [(stack, r) for stack, template in made.items() for r in template["Resources"].values()]
    # The audit baseline's own stream carries events of findings, and no logs.
    assert [stack for stack, r in resources if r["Type"] == STREAM] == ["Compliance"]
    subscriptions = [(stack, r["Properties"]) for stack, r in resources if r["Type"] == SUBSCRIPTION]
    assert {subscription["DestinationArn"] for _, subscription in subscriptions} == {central}
    assert not [subscription for _, subscription in subscriptions if "RoleArn" in subscription]
    assert {"Compliance", "Edge"} <= {stack for stack, _ in subscriptions}
    assert len(subscriptions) >= 19


def _synthesise(overlay: str, context: Any, bundles: Any, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Templates of production with ``overlay`` laid over its settings, by the stack's short name; without the gate."""
    from aws_cdk import App

    from soc2.attached import MARK
    from stacks.stage import PlatformStage

    file = tmp_path / "overlay.yaml"
    file.write_text(overlay)
    app = App(outdir=str(tmp_path / "out"), context=context)
    app.node.add_metadata(MARK, [])
    stage = PlatformStage(app, settings=load("prod", file), bundles=bundles)
    stacks = stage.synth().stacks
    return {stack.stack_name.rsplit("-", 1)[1]: stack.template for stack in stacks}

"""A work queue loses nothing, and says so when it is stuck."""

from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from hardened import Alerts, AlertTopic
from hardened.queues import WorkQueue, grant_send


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """A queue, a producer and a consumer."""
    stack = Stack(App(), "Bench")
    key = kms.Key(stack, "Key")
    alerts = Alerts(
        critical=AlertTopic(stack, "Critical", master_key=key, display_name="critical"),
        warning=AlertTopic(stack, "Warning", master_key=key, display_name="warning"),
    )
    queue = WorkQueue(
        stack, "Work", name="alex-test-work", visibility_s=5400, max_receives=3, alarm_age_s=300, alerts=alerts
    )
    consumer = lambda_.Function(
        stack,
        "Consumer",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        timeout=Duration.seconds(900),
    )
    queue.feed(consumer, concurrency=10)
    sender = iam.Role(stack, "Sender", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    grant_send(sqs.Queue(stack, "Encrypted", encryption_master_key=key), sender)
    return dict(Template.from_stack(stack).to_json()["Resources"])


def only(resources: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    (found,) = [r for logical, r in resources.items() if r["Type"] == kind and logical.startswith(name)]
    return dict(found["Properties"])


def test_a_message_that_keeps_failing_is_kept_for_a_person(resources: dict[str, Any]) -> None:
    """AGENT-02: after three receives it waits for two weeks, and a critical alarm is raised at the first."""
    queue = only(resources, "AWS::SQS::Queue", "WorkQueue")
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3
    dead = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert resources[dead]["Properties"]["MessageRetentionPeriod"] == 14 * 86400
    alarm = only(resources, "AWS::CloudWatch::Alarm", "WorkDeadLettersNotEmpty")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [dead, "QueueName"]}}]
    assert alarm["AlarmActions"][0]["Ref"].startswith("Critical")


def test_a_stuck_queue_raises_an_alarm(resources: dict[str, Any]) -> None:
    """OBS-10."""
    alarm = only(resources, "AWS::CloudWatch::Alarm", "WorkAge")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateAgeOfOldestMessage", 300)


def test_visibility_and_a_failing_message_takes_no_other_along(resources: dict[str, Any]) -> None:
    """AGENT-01: one message an invocation, reported one by one, and never more than the reservation."""
    assert only(resources, "AWS::SQS::Queue", "WorkQueue")["VisibilityTimeout"] == 5400
    feed = only(resources, "AWS::Lambda::EventSourceMapping", "WorkFeed")
    assert feed["BatchSize"] == 1
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert feed["ScalingConfig"] == {"MaximumConcurrency": 10}


def test_the_consumer_may_consume_and_not_send(resources: dict[str, Any]) -> None:
    statements = only(resources, "AWS::IAM::Policy", "ConsumerServiceRole")["PolicyDocument"]["Statement"]
    (consume,) = statements
    assert consume["Action"] == [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    ]
    assert consume["Resource"]["Fn::GetAtt"][0].startswith("WorkQueue")


def test_the_sender_may_send_with_the_queues_key_and_not_receive(resources: dict[str, Any]) -> None:
    send, key = only(resources, "AWS::IAM::Policy", "Sender")["PolicyDocument"]["Statement"]
    assert send["Action"] == "sqs:SendMessage"
    assert key["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]
    assert key["Resource"]["Fn::GetAtt"][0].startswith("Key")

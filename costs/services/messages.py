"""Queues, topics, delivery streams."""

from collections.abc import Iterator

from costs.month import Month, Use, measures
from costs.resource import Resource

HANDLING = 3
"""Requests for one message: sent, received, deleted."""


@measures("AWS::SQS::Queue")
def queue(found: Resource, month: Month) -> Iterator[Use]:
    """Every queue as busy as the busiest, dead letters too."""
    messages = month.usage.queue_messages_per_analysis * month.analyses
    yield Use("sqs.fifo_request" if found.get("FifoQueue") else "sqs.request", messages * HANDLING)


@measures("AWS::SNS::Topic")
def topic(_found: Resource, month: Month) -> Iterator[Use]:
    """What is published; deliveries to queues and functions are free."""
    yield Use("sns.publish", month.usage.alerts)


@measures("AWS::SNS::Subscription")
def subscription(found: Resource, month: Month) -> Iterator[Use]:
    """E-mails."""
    if str(found.get("Protocol", default="")).startswith("email"):
        yield Use("sns.email", month.usage.alerts)


@measures("AWS::KinesisFirehose::DeliveryStream")
def delivery(_found: Resource, month: Month) -> Iterator[Use]:
    """Every log group of the templates, delivered once more."""
    groups = len(list(month.deployment.of_type("AWS::Logs::LogGroup")))
    yield Use("firehose.ingested", groups * month.usage.log_gb_per_group)

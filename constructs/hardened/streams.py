"""A table's changes, handed to a function so that none gets lost.

Lambda reads the stream in order. A batch that fails is tried again and halved, so that one bad record holds up nothing
else for long; what fails for good is named in a dead-letter queue that raises an alarm at its first message. The
table itself still has the item.
"""

from datetime import date

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.alarms import FIVE_MINUTES, alarm
from hardened.functions import Function
from hardened.grants import allow, use_key
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts, Severity

READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
BATCH = 25
RETRIES = 100
"""With Lambda's growing pauses this outlasts hours of an outage of what the function writes to."""
GIVE_UP_AFTER = Duration.hours(12)
"""Half of what a stream keeps, so that those behind a failing record still have time."""
BEHIND = Duration.minutes(15)


class TableFeed(Construct):
    """Hands each change of a table to a function, from the first on."""

    def __init__(
        self, scope: Construct, id: str, *, table: dynamodb.TableV2, consumer: Function, alerts: Alerts
    ) -> None:
        """Make the mapping; the table needs a stream (``dynamo_stream``)."""
        super().__init__(scope, id)
        stream = table.table_stream_arn
        if stream is None:
            raise ValueError(f"{table.node.path} has no stream: give it dynamo_stream")
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", name=consumer.name, alerts=alerts)
        acknowledge(
            self.dead_letters.queue,
            rule="AwsSolutions::AwsSolutions-SQS3",
            reason="It is the stream mapping's on-failure destination, a dead-letter queue that the rule does not "
            "recognise; its messages wait for a person, whom the alarm on the first one calls.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-6",
            false_positive=True,
        )
        self.dead_letters.grant_send(consumer)
        allow(consumer, actions=READ_STREAM, resources=(stream,))
        _let_list(consumer)
        use_key(consumer, table.encryption_key, "kms:Decrypt")
        mapping = lambda_.EventSourceMapping(
            self,
            "Feed",
            target=consumer.function,
            event_source_arn=stream,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=BATCH,
            bisect_batch_on_error=True,
            retry_attempts=RETRIES,
            max_record_age=GIVE_UP_AFTER,
        )
        # Not through the property: its grant would add kms:ReEncrypt* on the queue's key.
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=self.dead_letters.queue.queue_arn)
        )
        alarm(
            self,
            "Behind",
            name=f"{consumer.name}-behind",
            metric=consumer.function.metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum"),
            threshold=BEHIND.to_milliseconds(),
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="stream-behind",
            description=f"{consumer.name} is more than {BEHIND.to_minutes():.0f} minutes behind its table: it fails, "
            "or what it writes to does. See its log before the stream's 24 hours are over. [XAI-05]",
        )


def _let_list(consumer: Function) -> None:
    """Lambda lists the streams before it reads one, and AWS grants that on * only."""
    allow(consumer, actions=("dynamodb:ListStreams",), resources=("*",))
    acknowledge(
        consumer.role,
        rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
        reason="dynamodb:ListStreams has no resource to be limited to; it tells names of streams and reads nothing of "
        "them.",
        owner="platform",
        expires=date(2027, 6, 30),
        ticket="RISK-24",
        false_positive=True,
    )

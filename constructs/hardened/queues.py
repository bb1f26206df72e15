"""Work queues that lose nothing: encrypted, TLS-only, with a dead-letter queue that raises an alarm at the first
message.

The key, `enforce_ssl` and removal policy come from the app's defaults; what a default cannot express stands here: the
redrive, how long messages wait for a person, and the alarms (AGENT-01, AGENT-02, OBS-10).
"""

from datetime import date

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.alarms import FIVE_MINUTES, alarm
from hardened.grants import allow, use_key
from hardened.topics import Alerts, Severity

RETENTION = Duration.days(14)  # the longest SQS allows: what failed must wait for a person

CONSUME = ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")


class DeadLetterQueue(Construct):
    """Where messages go that could not be processed; any message there is an alarm (AGENT-02)."""

    def __init__(self, scope: Construct, id: str, *, name: str, alerts: Alerts) -> None:
        super().__init__(scope, id)
        self.queue = sqs.Queue(self, "Queue", retention_period=RETENTION)
        acknowledge(
            self.queue,
            rule="Serverless::Serverless-SQSRedrivePolicy",
            reason="This queue is where a redrive policy leads; its messages wait for a person, whom the alarm on the "
            "first one calls.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-6",
            false_positive=True,
        )
        self.alarm = alarm(
            self,
            "NotEmpty",
            name=f"{name}-dead-letters",
            metric=self.queue.metric_approximate_number_of_messages_visible(period=FIVE_MINUTES, statistic="Maximum"),
            threshold=0,
            alerts=alerts,
            severity=Severity.CRITICAL,
            runbook="dead-letters",
            description=f"{name}: messages failed for good and wait in the dead-letter queue for up to 14 days. "
            "Find the cause in the consumer's log, then follow the runbook for a poisoned queue. [AGENT-02, OBS-10]",
        )

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages here."""
        grant_send(self.queue, grantee)


class WorkQueue(Construct):
    """A standard queue for work: at least once, no order; the consumer is idempotent (AGENT-01)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        visibility_s: int,
        max_receives: int,
        alarm_age_s: int,
        alerts: Alerts,
    ) -> None:
        """Make the queue.

        :param name: what people call it, for alarms, for example ``alex-prod-analysis``.
        :param visibility_s: seconds a received message stays hidden; longer than its consumer may run.
        :param max_receives: how often a message is tried before it goes to the dead-letter queue.
        :param alarm_age_s: seconds the oldest message may wait before an alarm.
        """
        super().__init__(scope, id)
        self.name = name
        self.feeding: lambda_.EventSourceMapping | None = None
        self.dead_letters = DeadLetterQueue(self, "DeadLetters", name=name, alerts=alerts)
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=Duration.seconds(visibility_s),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters.queue, max_receive_count=max_receives),
        )
        self.age_alarm = alarm(
            self,
            "Age",
            name=f"{name}-age",
            metric=self.queue.metric_approximate_age_of_oldest_message(period=FIVE_MINUTES, statistic="Maximum"),
            threshold=alarm_age_s,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="queue-age",
            description=f"{name}: a message has waited for more than {alarm_age_s} s; the consumer is too slow, "
            "throttled, or failing. [OBS-10]",
        )

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages into the queue."""
        grant_send(self.queue, grantee)

    def feed(self, consumer: lambda_.Function, *, concurrency: int | None = None) -> None:
        """Hand each message to ``consumer`` by itself: a failing one takes no other with it and is retried alone.

        :param concurrency: at most so many at once (2 or more), so that SQS stops asking instead of being throttled.
        """
        allow(consumer, actions=CONSUME, resources=(self.queue.queue_arn,))
        use_key(consumer, self.queue.encryption_master_key, "kms:Decrypt")
        self.feeding = mapping = lambda_.EventSourceMapping(
            self,
            "Feed",
            target=consumer,
            event_source_arn=self.queue.queue_arn,
            batch_size=1,
            report_batch_item_failures=True,
            max_concurrency=max(2, concurrency) if concurrency else None,
        )
        acknowledge(
            mapping,
            rule="Serverless::Serverless-LambdaEventSourceMappingDestination",
            reason="Lambda allows a failure destination for streams only; for a queue the redrive policy leads failed "
            "messages to the dead-letter queue, whose first message raises a critical alarm.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-13",
            false_positive=True,
        )


def grant_send(queue: sqs.IQueue, grantee: iam.IGrantable) -> None:
    """Sending to an encrypted queue needs a data key, and SQS asks to decrypt it to check it."""
    allow(grantee, actions=("sqs:SendMessage",), resources=(queue.queue_arn,))
    use_key(grantee, queue.encryption_master_key, "kms:GenerateDataKey", "kms:Decrypt")

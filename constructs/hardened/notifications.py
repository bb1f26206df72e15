"""Who hears of an alert (OBS-17)."""

from datetime import date

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from hardened.acknowledge import acknowledge
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts


def notify(topic: sns.Topic, email: str | None, *, name: str, alerts: Alerts) -> None:
    """Send every alert of ``topic`` to ``email``; what cannot be delivered waits in a queue that raises an alarm.

    :param email: None when the settings name nobody: an exception from the rule, which the report shows.
    :param alerts: who hears that something could not be delivered.
    :param name: what people call the topic, for the alarm, for example ``alex-prod-critical``.
    """
    if email is None:
        acknowledge(
            topic,
            rule="SOC2::SOC2-ALARM-TOPIC",
            reason="The environment's settings name no address (alarms.email): the repository holds nobody's, and the "
            "first step of a deployment is to set it, or to subscribe an on-call service to this topic by hand.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-20",
        )
        return
    undelivered = DeadLetterQueue(topic, "Undelivered", name=f"{name}-alerts", alerts=alerts)
    acknowledge(
        undelivered.queue,
        rule="AwsSolutions::AwsSolutions-SQS3",
        reason="This queue is itself where undelivered alerts end, as a subscription's dead-letter queue, which the "
        "rule does not look for; one more behind it would have no end.",
        owner="security",
        expires=date(2027, 6, 30),
        ticket="RISK-6",
        false_positive=True,
    )
    topic.add_subscription(subscriptions.EmailSubscription(email, dead_letter_queue=undelivered.queue))

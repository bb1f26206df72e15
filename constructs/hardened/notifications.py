"""Who hears of an alert (OBS-17, SEC-21)."""

from collections.abc import Sequence
from datetime import date

from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from hardened.acknowledge import acknowledge
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts


def notify(topic: sns.Topic, subscribers: Sequence[str], *, name: str, alerts: Alerts, setting: str) -> None:
    """Send every alert of ``topic`` to ``subscribers``; what cannot be delivered waits in a queue with an alarm.

    :param subscribers: e-mail addresses and https addresses; empty when the settings name nobody: an exception from
        the rule, which the report shows.
    :param alerts: who hears that something could not be delivered.
    :param name: what people call the topic, for the alarm, for example ``alex-prod-critical``.
    :param setting: where the settings name the subscribers.
    """
    if not subscribers:
        acknowledge(
            topic,
            rule="SOC2::SOC2-ALARM-TOPIC",
            reason=f"The environment's settings name nobody ({setting}): the repository holds nobody's address, and "
            "the first step of a deployment is to set it, or to subscribe an on-call service to this topic by hand.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-20",
        )
        return
    # No incident covers it: whoever is woken must not be hidden by what the message was about.
    undelivered = DeadLetterQueue(topic, "Undelivered", name=f"{name}-alerts", alerts=alerts.within(None))
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
    for address in subscribers:
        topic.add_subscription(
            subscriptions.UrlSubscription(
                address, protocol=sns.SubscriptionProtocol.HTTPS, dead_letter_queue=undelivered.queue
            )
            if address.startswith("https://")
            else subscriptions.EmailSubscription(address, dead_letter_queue=undelivered.queue)
        )

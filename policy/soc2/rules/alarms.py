"""Whether somebody is woken when a function, a queue, a database or an API fails (OBS-08, OBS-10 to OBS-12, OBS-17).

Decision: an alarm counts when a metric of it, alone or inside an expression or an anomaly band, is of the resource by
its dimension. The dimension must be the name that the service publishes: an alarm on a queue's URL or a function's ARN
looks right in a review and never fires.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.dead_letters import FUNCTION, QUEUE, either, is_dead_letter_queue, linked_where
from soc2.rules.detection import routed
from soc2.rules.recovery import CLUSTER, INSTANCE, standalone
from soc2.template import Resource
from soc2.values import Undecided, every, is_true, items, known, references_of, shown, some

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
TOPIC = "AWS::SNS::Topic"


@dataclass(frozen=True)
class Signal:
    """Metrics of which one is enough.

    :param dimension: names the resource; also the property that does, where a template gives it a name.
    :param attribute: the one that returns this name; empty when ``Ref`` does.
    """

    namespace: str
    metrics: tuple[str, ...]
    dimension: str
    attribute: str = ""


ERRORS = Signal("AWS/Lambda", ("Errors",), "FunctionName")
LETTERS = Signal("AWS/SQS", ("ApproximateNumberOfMessagesVisible",), "QueueName", "QueueName")
AGE = Signal("AWS/SQS", ("ApproximateAgeOfOldestMessage",), "QueueName", "QueueName")
LOAD = ("CPUUtilization", "DatabaseConnections", "ACUUtilization", "ServerlessDatabaseCapacity", "FreeableMemory")
CLUSTER_LOAD = Signal("AWS/RDS", LOAD, "DBClusterIdentifier")
INSTANCE_LOAD = Signal("AWS/RDS", LOAD, "DBInstanceIdentifier")


def alarmed(resource: Resource, signal: Signal) -> bool:
    """Whether an alarm watches a metric of the signal for this resource."""

    def watches(alarm: Resource) -> bool:
        return some(lambda metric: _is_of(metric, resource, signal), _metrics(alarm))

    return some(
        lambda name: linked_where(resource, ALARM, (name,), watches, signal.dimension), ("Dimensions", "Metrics")
    )


def _metrics(alarm: Resource) -> Iterator[tuple[Any, Any, list[Any]]]:
    """(namespace, name, dimensions) of each metric that the alarm looks at."""
    yield alarm.get("Namespace"), alarm.get("MetricName"), items(alarm.get("Dimensions"))
    for query in items(alarm.get("Metrics")):
        metric = query.get("MetricStat", {}).get("Metric", {})
        yield metric.get("Namespace"), metric.get("MetricName"), items(metric.get("Dimensions"))


def _is_of(metric: tuple[Any, Any, list[Any]], resource: Resource, signal: Signal) -> bool:
    namespace, name, dimensions = metric
    return (
        namespace == signal.namespace
        and name in signal.metrics
        and some(
            lambda one: one.get("Name") == signal.dimension and _is_name(one.get("Value"), resource, signal), dimensions
        )
    )


def _is_name(value: Any, resource: Resource, signal: Signal) -> bool:
    if references_of(known(value)):
        names = f"${{{resource.logical_id}{'.' if signal.attribute else ''}{signal.attribute}}}"
        # What Fn::Select takes out of an ARN is its name in practice, and in CDK's imports always.
        return resource.key in references_of(value) and (value == names or value.startswith("part of "))
    return bool(value) and value == resource.get(signal.dimension)


@rule(
    "SOC2-ALARM-FUNCTION",
    "An alarm tells of a function's errors",
    on=FUNCTION,
    criteria=("CC7.2", "A1.1"),
    severity=Severity.MEDIUM,
    fix="add an alarm on Errors of AWS/Lambda with the dimension FunctionName (CDK: function.metric_errors()"
    ".create_alarm(...))",
    requirements=("OBS-08",),
)
def function_alarm(function: Resource) -> Findings:
    """Of each one: the provider of a custom resource, which CDK adds by itself, fails as silently as any other."""
    if not alarmed(function, ERRORS):
        yield Broken("no alarm watches its Errors")


@rule(
    "SOC2-ALARM-QUEUE",
    "An alarm tells of dead letters, and of messages that wait too long",
    on=QUEUE,
    criteria=("CC7.2", "A1.1", "PI1.3"),
    severity=Severity.MEDIUM,
    fix="add an alarm with QueueName on ApproximateNumberOfMessagesVisible of a dead-letter queue, or on "
    "ApproximateAgeOfOldestMessage of any other one (CDK: queue.metric_...().create_alarm(...))",
    requirements=("AGENT-02", "OBS-10"),
)
def queue_alarm(queue: Resource) -> Findings:
    """The age of the oldest message tells of dead letters as well: there is none while the queue is empty."""
    if alarmed(queue, AGE):
        return
    if not is_dead_letter_queue(queue):
        yield Broken("no alarm watches the age of its oldest message")
    elif not alarmed(queue, LETTERS):
        yield Broken("no alarm watches the number of its dead letters")


@rule(
    "SOC2-ALARM-DATABASE",
    "An alarm tells when a database reaches its limits",
    on=(CLUSTER, INSTANCE),
    criteria=("CC7.2", "A1.1"),
    severity=Severity.MEDIUM,
    fix="add an alarm on CPUUtilization, DatabaseConnections or ACUUtilization with DBClusterIdentifier (CDK: "
    "cluster.metric_cpu_utilization().create_alarm(...))",
    requirements=("OBS-12",),
)
def database_alarm(database: Resource) -> Findings:
    """An alarm on any instance of a cluster counts for the cluster."""
    standalone(database)
    if database.type == INSTANCE:
        watched = alarmed(database, INSTANCE_LOAD)
    else:
        watched = either(
            lambda: alarmed(database, CLUSTER_LOAD),
            lambda: some(lambda one: alarmed(one, INSTANCE_LOAD), database.linked(INSTANCE, "DBClusterIdentifier")),
        )
    if not watched:
        yield Broken("no alarm watches its processor, memory, connections or capacity")


@rule(
    "SOC2-ALARM-API",
    "An alarm tells when an API answers with server errors",
    on="AWS::ApiGateway::Stage",
    criteria=("CC7.2", "A1.1"),
    severity=Severity.MEDIUM,
    fix="add an alarm on 5XXError of AWS/ApiGateway with ApiName and Stage (CDK: api.metric_server_error()"
    ".create_alarm(...))",
    requirements=("OBS-11",),
)
def api_alarm(stage: Resource) -> Findings:
    """Without the dimension Stage it watches all stages of the API, which include this one."""
    api = stage.assembly.target(stage.get("RestApiId"), "AWS::ApiGateway::RestApi")
    if api is None:
        raise Undecided("its API, whose name the metric carries, is not in the given templates")
    name = api.get("Name", default=api.get("Body", "info", "title"))

    def is_of_stage(metric: tuple[Any, Any, list[Any]]) -> bool:
        namespace, metric_name, dimensions = metric
        if namespace != "AWS/ApiGateway" or metric_name != "5XXError":
            return False
        named = some(lambda one: one.get("Name") == "ApiName" and one.get("Value") == name, dimensions)
        return named and every(lambda one: one.get("Name") != "Stage" or _is_stage(one.get("Value"), stage), dimensions)

    if not some(lambda alarm: some(is_of_stage, _metrics(alarm)), stage.assembly.possible(ALARM)):
        yield Broken(f"no alarm watches 5XXError of {shown(known(name))}")


def _is_stage(value: Any, stage: Resource) -> bool:
    if references_of(known(value)):
        return stage.key in references_of(value)
    return bool(value == stage.get("StageName"))


@rule(
    "SOC2-ALARM-ACTION",
    "Alarms do something when they go off",
    on=(ALARM, COMPOSITE),
    criteria=("CC2.2", "CC7.2", "CC7.3"),
    severity=Severity.MEDIUM,
    fix="set AlarmActions, and leave ActionsEnabled on (CDK: alarm.add_alarm_action(SnsAction(topic)))",
    requirements=("OBS-17",),
)
def alarm_action(alarm: Resource) -> Findings:
    """One that a composite alarm or a deployment watches acts through it; an EventBridge rule acts for all of them."""
    actions = bool(items(alarm.get("AlarmActions")))
    if is_true(alarm.get("ActionsEnabled", default=True)) and actions:
        return
    if not either(
        lambda: some(lambda parent: _is_child(alarm, parent), alarm.assembly.possible(COMPOSITE)),
        lambda: some(lambda _: True, alarm.linked("AWS::CodeDeploy::DeploymentGroup", "AlarmConfiguration", "Alarms")),
        lambda: routed(alarm.assembly, "aws.cloudwatch", "CloudWatch Alarm State Change"),
    ):
        found = "ActionsEnabled is off" if actions else "there are no AlarmActions"
        yield Broken(found, at="ActionsEnabled" if actions else "AlarmActions")


def _is_child(alarm: Resource, parent: Resource) -> bool:
    expression, name = known(parent.get("AlarmRule", default="")), alarm.get("AlarmName")
    if parent is alarm:
        return False
    return alarm.key in references_of(expression) or (bool(name) and str(name) in str(expression))


@rule(
    "SOC2-ALARM-TOPIC",
    "Somebody is subscribed to the topics of alarms",
    on=TOPIC,
    criteria=("CC2.2", "CC7.3", "CC7.4"),
    severity=Severity.LOW,
    fix="add an AWS::SNS::Subscription (CDK: topic.add_subscription(EmailSubscription(...)))",
    requirements=("OBS-17",),
)
def topic_subscribed(topic: Resource) -> Findings:
    """Whoever subscribed by hand is in no template, and an auditor has to take it on trust."""
    kinds = (ALARM, COMPOSITE)
    if not some(lambda kind: some(lambda _: True, topic.linked(kind, "AlarmActions")), kinds):
        raise NotApplicable("no alarm sends to it")
    if not either(
        lambda: bool(items(topic.get("Subscription"))),
        lambda: some(lambda _: True, topic.linked("AWS::SNS::Subscription", "TopicArn")),
    ):
        yield Broken("no template subscribes anybody", at="Subscription")

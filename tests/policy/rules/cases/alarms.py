"""Alarms, and what they watch."""

from typing import Any

from tests.policy.rules.casework import Case, both, put, without

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
TOPIC = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}


def named(name: str, of_type: str, **properties: Any) -> dict[str, Any]:
    """A template's resources with one."""
    return {name: {"Type": of_type, "Properties": properties}}


def alarm(name: str, namespace: str, metric: str, **dimensions: Any) -> dict[str, Any]:
    """An alarm on one metric."""
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return named(name, ALARM, Namespace=namespace, MetricName=metric, Dimensions=pairs)


def anomaly(name: str, namespace: str, metric: str, **dimensions: Any) -> dict[str, Any]:
    """An alarm on a metric that leaves its usual range."""
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    watched = {"Namespace": namespace, "MetricName": metric, "Dimensions": pairs}
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"}
    return named(name, ALARM, Metrics=[band, {"Id": "m", "MetricStat": {"Metric": watched, "Stat": "Sum"}}])


JOB = named("Job", "AWS::Lambda::Function")
QUEUES = named("Letters", "AWS::SQS::Queue") | named(
    "Work", "AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]}}
)
AGE = alarm("Age", "AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName={"Fn::GetAtt": ["Work", "QueueName"]})
DATABASES = (
    named("Cluster", "AWS::RDS::DBCluster", DBClusterIdentifier="orders")
    | named("Writer", "AWS::RDS::DBInstance", DBClusterIdentifier="orders")
    | named("Single", "AWS::RDS::DBInstance")
)
API = named("Api", "AWS::ApiGateway::RestApi", Name="orders") | named(
    "Stage", "AWS::ApiGateway::Stage", RestApiId={"Ref": "Api"}, StageName="live"
)

CASES = [
    Case(
        "SOC2-ALARM-FUNCTION",
        passing=JOB | anomaly("Errors", "AWS/Lambda", "Errors", FunctionName={"Ref": "Job"}),
        failing=JOB
        | alarm("Slow", "AWS/Lambda", "Duration", FunctionName={"Ref": "Job"})
        | alarm("Mistaken", "AWS/Lambda", "Errors", FunctionName={"Fn::GetAtt": ["Job", "Arn"]}),
        breaks=without(ALARM),
    ),
    Case(
        "SOC2-ALARM-QUEUE",
        passing=QUEUES
        | AGE
        | alarm(
            "Dead",
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            QueueName={"Fn::GetAtt": ["Letters", "QueueName"]},
        ),
        failing=QUEUES
        | AGE
        | alarm("Mistaken", "AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName={"Ref": "Letters"}),
        breaks=without(ALARM),
    ),
    Case(
        "SOC2-ALARM-DATABASE",
        passing=DATABASES
        | alarm("Cpu", "AWS/RDS", "CPUUtilization", DBClusterIdentifier="orders")
        | alarm("SingleCpu", "AWS/RDS", "CPUUtilization", DBInstanceIdentifier={"Ref": "Single"}),
        failing=DATABASES | alarm("Cpu", "AWS/RDS", "CPUUtilization", DBClusterIdentifier="invoices"),
        breaks=without(ALARM),
    ),
    Case(
        "SOC2-ALARM-API",
        passing=API | alarm("Failed", "AWS/ApiGateway", "5XXError", ApiName="orders", Stage={"Ref": "Stage"}),
        failing=API | alarm("Failed", "AWS/ApiGateway", "5XXError", ApiName="orders", Stage="test"),
        breaks=without(ALARM),
    ),
    Case(
        "SOC2-ALARM-ACTION",
        passing=named("Child", ALARM, AlarmName="child")
        | named("Parent", COMPOSITE, AlarmRule='ALARM("child")', AlarmActions=[{"Ref": "Topic"}])
        | TOPIC,
        failing=named("Mute", ALARM, ActionsEnabled=False, AlarmActions=[{"Ref": "Topic"}]) | TOPIC,
        # What a composite alarm acts for may be silent itself.
        breaks=both(put("AlarmActions", value=[]), without(COMPOSITE)),
    ),
    Case(
        "SOC2-ALARM-TOPIC",
        passing=TOPIC
        | named("Alarm", ALARM, AlarmActions=[{"Ref": "Topic"}])
        | named("Person", "AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="email"),
        failing=TOPIC | named("Alarm", ALARM, AlarmActions=[{"Ref": "Topic"}]),
    ),
]

"""Dead letters, backups, replicas, protection from deletion."""

from typing import Any

from tests.policy.rules.casework import Case, Mutation, Templates, drop, put, without

QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"
TABLE = "AWS::DynamoDB::Table"
GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"
RETAINED = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}


def named(name: str, of_type: str, **properties: Any) -> dict[str, Any]:
    """A template's resources with one."""
    return {name: {"Type": of_type, "Properties": properties}}


def arn(name: str) -> dict[str, Any]:
    """The ARN of a resource of the template."""
    return {"Fn::GetAtt": [name, "Arn"]}


def work_queue(**policy: Any) -> dict[str, Any]:
    """A queue and the queue of its dead letters."""
    return named("Work", QUEUE, RedrivePolicy={"maxReceiveCount": 3, **policy}) | named(
        "Letters", QUEUE, MessageRetentionPeriod=1209600
    )


def schedule(**target: Any) -> dict[str, Any]:
    """A rule that invokes the function ``Job`` every hour."""
    targets = [{"Id": "Target0", "Arn": arn("Job"), **target}]
    return named("Hourly", "AWS::Events::Rule", ScheduleExpression="rate(1 hour)", Targets=targets)


def table(**replica: Any) -> dict[str, Any]:
    """A table of one region in each of CloudFormation's notations."""
    return named("Table", TABLE, **replica) | named(
        "Global", GLOBAL_TABLE, Replicas=[{"Region": "us-east-1", **replica}]
    )


def selection(**selected: Any) -> dict[str, Any]:
    """Tables with and without a name, and what a backup plan selects."""
    tags = [{"Key": "Backup", "Value": "daily"}]
    return (
        named("Named", TABLE, TableName="orders", Tags=tags)
        | named("Tagged", GLOBAL_TABLE, Replicas=[{"Region": "us-east-1", "Tags": tags}])
        | named("Selection", "AWS::Backup::BackupSelection", BackupPlanId="plan", BackupSelection=selected)
    )


def database(instances: int) -> dict[str, Any]:
    """A cluster with so many instances."""
    found = named("Cluster", CLUSTER, Engine="aurora-postgresql")
    for index in range(instances):
        found |= named(f"Instance{index}", INSTANCE, DBClusterIdentifier={"Ref": "Cluster"})
    return found


def policies(**attributes: str) -> Mutation:
    """Set what CloudFormation does with the resource at the end."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        templates[stack]["Resources"][logical_id].update(attributes)

    return mutation


def lose_letters(templates: Templates, stack: str, logical_id: str) -> None:
    """Nothing anywhere keeps what it could not process or deliver."""
    without("AWS::Lambda::EventInvokeConfig")(templates, stack, logical_id)
    for template in templates.values():
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {})
            targets = properties.get("Targets", []) if resource["Type"] == "AWS::Events::Rule" else []
            for keeper in (properties, *targets):
                keeper.pop("DeadLetterConfig", None)
                keeper.pop("RedrivePolicy", None)
            if resource["Type"] == "AWS::Lambda::EventSourceMapping":
                properties.pop("DestinationConfig", None)


def on_table(replica: str, *path: str, value: Any) -> Mutation:
    """Set a property of the first replica."""
    return put("Replicas", 0, replica, *path, value=value)


BY_TAG = [{"ConditionType": "STRINGEQUALS", "ConditionKey": "Backup", "ConditionValue": "daily"}]
NOT_DAILY = {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/Backup", "ConditionValue": "daily"}]}
RECOVERABLE = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
LETTERS = {"Arn": arn("Letters")}

CASES = [
    Case(
        "SOC2-SQS-DLQ",
        passing=work_queue(deadLetterTargetArn=arn("Letters")),
        failing=work_queue(),
        breaks=lose_letters,
    ),
    Case(
        "SOC2-SQS-RETENTION",
        passing=work_queue(deadLetterTargetArn=arn("Letters")),
        failing=named("Letters", QUEUE, QueueName="letters")
        | named("Work", QUEUE, RedrivePolicy={"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:letters"}),
        breaks=put("MessageRetentionPeriod", value=345600),
    ),
    Case(
        "SOC2-LAMBDA-DLQ",
        passing=named("Job", FUNCTION) | schedule(DeadLetterConfig=LETTERS) | named("Letters", QUEUE),
        failing=named("Job", FUNCTION) | schedule(Input="{}"),
        breaks=lose_letters,
    ),
    Case(
        "SOC2-EVENTS-DLQ",
        passing=named("Job", FUNCTION) | schedule(DeadLetterConfig=LETTERS) | named("Letters", QUEUE),
        failing=named("Job", FUNCTION) | schedule(),
        breaks=drop("Targets", 0, "DeadLetterConfig"),
    ),
    Case(
        "SOC2-BACKUP-PLAN",
        passing=selection(ListOfTags=BY_TAG, Resources=["arn:aws:dynamodb:*:*:table/orders"]),
        failing=selection(Resources=["*"], Conditions=NOT_DAILY, NotResources=[]),
        breaks=without("AWS::Backup::BackupSelection"),
    ),
    Case(
        "SOC2-BACKUP-LOCK",
        passing=named("Vault", "AWS::Backup::BackupVault", LockConfiguration={"MinRetentionDays": 7}),
        failing=named("Vault", "AWS::Backup::BackupVault", BackupVaultName="vault"),
        breaks=drop("LockConfiguration"),
    ),
    Case(
        "SOC2-BACKUP-RULE",
        passing=named(
            "Plan",
            "AWS::Backup::BackupPlan",
            BackupPlan={"BackupPlanRule": [{"Lifecycle": {"DeleteAfterDays": 7}}, {"RuleName": "for ever"}]},
        ),
        failing=named(
            "Plan",
            "AWS::Backup::BackupPlan",
            BackupPlan={"BackupPlanRule": [{"Lifecycle": {"DeleteAfterDays": 7}}]},
        ),
        breaks=put("BackupPlan", "BackupPlanRule", value=[{"Lifecycle": {"DeleteAfterDays": 7}}]),
    ),
    Case(
        "SOC2-DDB-PITR",
        passing=table(**RECOVERABLE),
        failing=table(),
        breaks=on_table("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled", value=False),
    ),
    Case(
        "SOC2-DDB-DELETION",
        passing=table(DeletionProtectionEnabled=True),
        failing=table(DeletionProtectionEnabled=False),
        breaks=on_table("DeletionProtectionEnabled", value=False),
    ),
    Case(
        "SOC2-RDS-BACKUP",
        passing=named("Cluster", CLUSTER, BackupRetentionPeriod=7),
        failing=named("Instance", INSTANCE, BackupRetentionPeriod=6),
        breaks=put("BackupRetentionPeriod", value=1),
    ),
    Case(
        "SOC2-RDS-DELETION",
        passing=named("Cluster", CLUSTER, DeletionProtection=True),
        failing=named("Cluster", CLUSTER),
        breaks=put("DeletionProtection", value=False),
    ),
    Case(
        "SOC2-RDS-MULTIAZ",
        passing=database(2) | named("Single", INSTANCE, MultiAZ=True),
        failing=database(1),
        breaks=without(INSTANCE),
    ),
    Case(
        "SOC2-STATEFUL-RETAIN",
        passing={"Table": {"Type": TABLE, "Properties": {}, **RETAINED}},
        failing={"Cluster": {"Type": CLUSTER, "Properties": {}}},
        breaks=policies(UpdateReplacePolicy="Delete"),
    ),
]

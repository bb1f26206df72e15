"""Secrets: where they are kept, how long they live, and where they must not be written."""

from typing import Any

from tests.policy.rules.casework import Case, Templates, drop, put, without

SECRET = {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {}}}}
RESOLVED = {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password::}}"}
ROTATION = {"Fn::Sub": "arn:${AWS::Partition}:lambda:eu-west-1:${AWS::AccountId}:function:rotation"}


def schedule(expression: str) -> dict[str, Any]:
    """Rotation of that secret through its attachment to a database."""
    attachment = {"SecretId": {"Ref": "Secret"}, "TargetId": "database", "TargetType": "AWS::RDS::DBCluster"}
    rotation = {
        "SecretId": {"Ref": "Attachment"},
        "RotationLambdaARN": ROTATION,
        "RotationRules": {"ScheduleExpression": expression},
    }
    return {
        "Attachment": {"Type": "AWS::SecretsManager::SecretTargetAttachment", "Properties": attachment},
        "Schedule": {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": rotation},
    }


def environments(value: Any, kind: str) -> dict[str, Any]:
    """A function, a task and a build project with the same variable."""
    container = {"Name": "main", "Image": "main", "Environment": [{"Name": "API_TOKEN", "Value": value}]}
    variable = {"Name": "API_TOKEN", "Value": value, "Type": kind}
    return {
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"DB_PASSWORD": value, "MAX_TOKENS": "4096"}}},
        },
        "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [container]}},
        "Project": {
            "Type": "AWS::CodeBuild::Project",
            "Properties": {"Environment": {"EnvironmentVariables": [variable]}},
        },
    }


def cluster(**properties: Any) -> dict[str, Any]:
    """A database cluster."""
    return {"Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql", **properties}}}


def parameter(name: str, value: Any) -> dict[str, Any]:
    """A parameter of the parameter store."""
    properties = {"Name": name, "Type": "String", "Value": value}
    return {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": properties}}


def nested(value: Any) -> dict[str, Any]:
    """A nested stack that takes a password."""
    properties = {"TemplateURL": "https://bucket.example/child.json", "Parameters": {"DbPassword": value}}
    return {"Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}


def written_password(templates: Templates, stack: str, logical_id: str) -> None:
    """A literal where the resource takes a secret."""
    resource = templates[stack]["Resources"][logical_id]
    name = "SecretString" if resource["Type"] == "AWS::SecretsManager::Secret" else "MasterUserPassword"
    resource["Properties"][name] = "correct horse"


def shown_password(templates: Templates, stack: str, _logical_id: str) -> None:
    """A parameter that takes a password in the open."""
    template = templates[stack or next(iter(templates))]
    template.setdefault("Parameters", {})["DbPassword"] = {"Type": "String"}


def shown(templates: Templates, stack: str, logical_id: str) -> None:
    """An output of a hidden parameter; or a configuration parameter that holds what a secret holds."""
    if logical_id:
        value = "{{resolve:secretsmanager:db:SecretString:password}}"
        templates[stack]["Resources"][logical_id]["Properties"]["Value"] = value
        return
    template = templates[stack or next(iter(templates))]
    template.setdefault("Parameters", {})["DbPassword"] = {"Type": "String", "NoEcho": True}
    template.setdefault("Outputs", {})["Password"] = {"Value": {"Fn::Sub": "postgres://admin:${DbPassword}@db"}}


CASES = [
    Case(
        "SOC2-SECRET-ROTATED",
        passing=SECRET | schedule("rate(30 days)"),
        failing=SECRET | schedule("rate(31 days)"),
        breaks=without("AWS::SecretsManager::RotationSchedule"),
    ),
    Case(
        "SOC2-SECRET-ENV",
        passing=SECRET | environments({"Ref": "Secret"}, "PLAINTEXT"),
        failing=SECRET | environments("correct horse battery staple", "PLAINTEXT"),
        breaks=put("Environment", "Variables", "SETTING", value="AKIA" + 16 * "A"),
    ),
    Case(
        "SOC2-SECRET-LITERAL",
        passing=SECRET | cluster(MasterUserPassword=RESOLVED),
        failing=cluster(MasterUserPassword="correct horse"),
        breaks=written_password,
    ),
    Case(
        "SOC2-PARAMETER-NOECHO",
        passing=SECRET | nested(RESOLVED),
        failing=nested("correct horse"),
        breaks=shown_password,
    ),
    Case(
        "SOC2-OUTPUT-SECRET",
        passing=SECRET | parameter("/app/secret", {"Ref": "Secret"}),
        failing=SECRET | parameter("/app/password", RESOLVED),
        breaks=shown,
    ),
    Case(
        "SOC2-SSM-SECURE",
        passing=SECRET | parameter("/app/secret", {"Ref": "Secret"}),
        failing=parameter("/app/api_key", "correct horse"),
    ),
    Case(
        "SOC2-RDS-MANAGED-SECRET",
        passing=SECRET | cluster(MasterUserPassword=RESOLVED),
        failing=cluster(MasterUserPassword="correct horse"),
        breaks=drop("MasterUserPassword"),
    ),
]

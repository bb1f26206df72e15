"""Functions, containers, machines and databases: supported, patched, bounded and logged."""

from typing import Any

from soc2.runtimes import RUNTIMES
from tests.policy.rules.casework import Case, Templates, drop, put


def one(of_type: str, **properties: Any) -> dict[str, Any]:
    """A template's resources with one resource."""
    return {"Resource": {"Type": of_type, "Properties": properties}}


def cluster(**properties: Any) -> dict[str, Any]:
    """A database cluster, and an instance that stands alone."""
    alone = {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", **properties}}
    return one("AWS::RDS::DBCluster", Engine="aurora-postgresql", **properties) | {"Alone": alone}


def launched(**options: str) -> dict[str, Any]:
    """A launch template and its predecessor with options of the metadata service."""
    template = one("AWS::EC2::LaunchTemplate", LaunchTemplateData={"MetadataOptions": options})
    before = {"Type": "AWS::AutoScaling::LaunchConfiguration", "Properties": {"MetadataOptions": options}}
    return template | {"Before": before}


def task(privileged: bool) -> dict[str, Any]:
    """A task with two containers."""
    containers = [{"Name": "main", "Image": "main"}, {"Name": "side", "Image": "side", "Privileged": privileged}]
    return one("AWS::ECS::TaskDefinition", ContainerDefinitions=containers)


def passwords_only(templates: Templates, stack: str, logical_id: str) -> None:
    """Leave the password as the only way in."""
    properties = templates[stack]["Resources"][logical_id]["Properties"]
    properties.update(EnableIAMDatabaseAuthentication=False, EnableHttpEndpoint=False)


FUNCTION = "AWS::Lambda::Function"
REPOSITORY = "AWS::ECR::Repository"
MACHINE = "AWS::StepFunctions::StateMachine"
LOGS = [{"CloudWatchLogsLogGroup": {"LogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:machine:*"}}]

CASES = [
    # The newest in the table: when even that has ended, the table is out of date, and this test says so.
    Case(
        "SOC2-LAMBDA-RUNTIME",
        passing=one(FUNCTION, Runtime=max(RUNTIMES, key=RUNTIMES.__getitem__)),
        failing=one(FUNCTION, Runtime="nodejs12.x"),
        breaks=put("Runtime", value="python3.8"),
    ),
    Case(
        "SOC2-LAMBDA-LIMITS",
        passing=one(FUNCTION, Timeout=30, MemorySize=512),
        failing=one(FUNCTION, Timeout=30),
        breaks=drop("Timeout"),
    ),
    Case(
        "SOC2-ECR-SCAN",
        passing=one(REPOSITORY, ImageScanningConfiguration={"ScanOnPush": True}),
        failing=one(REPOSITORY, ImageScanningConfiguration={"ScanOnPush": False})
        | {
            "Registry": {
                "Type": "AWS::ECR::RegistryScanningConfiguration",
                "Properties": {
                    "ScanType": "BASIC",
                    "Rules": [{"ScanFrequency": "SCAN_ON_PUSH", "RepositoryFilters": [{"Filter": "other"}]}],
                },
            }
        },
    ),
    Case(
        "SOC2-ECR-IMMUTABLE",
        passing=one(REPOSITORY, ImageTagMutability="IMMUTABLE"),
        failing=one(REPOSITORY, ImageTagMutability="MUTABLE"),
    ),
    Case("SOC2-ECS-PRIVILEGED", passing=task(privileged=False), failing=task(privileged=True)),
    Case("SOC2-EC2-IMDS", passing=launched(HttpTokens="required"), failing=launched(HttpTokens="optional")),
    Case(
        "SOC2-RDS-UPGRADE",
        passing=cluster(),
        failing=cluster(AutoMinorVersionUpgrade=False),
        breaks=put("AutoMinorVersionUpgrade", value=False),
    ),
    Case(
        "SOC2-RDS-IAM",
        passing=cluster(EnableIAMDatabaseAuthentication=True),
        failing=cluster(EnableIAMDatabaseAuthentication=False),
        breaks=passwords_only,
    ),
    Case(
        "SOC2-RDS-LOGS",
        passing=cluster(EnableCloudwatchLogsExports=["postgresql"]),
        failing=cluster(EnableCloudwatchLogsExports=["upgrade"]),
        breaks=drop("EnableCloudwatchLogsExports"),
    ),
    Case(
        "SOC2-SFN-LOGS",
        passing=one(MACHINE, LoggingConfiguration={"Level": "ERROR", "Destinations": LOGS}),
        failing=one(MACHINE, LoggingConfiguration={"Level": "OFF", "Destinations": LOGS}),
    ),
]

"""Functions, containers, machines and databases: supported, patched, bounded and logged (CC7.1, CC8.1)."""

from datetime import UTC, datetime

from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.runtimes import RUNTIMES
from soc2.template import Resource
from soc2.values import Undecided, is_true, items, shown, some

DATABASES = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
LOGS = {
    "aurora-mysql": ("error", "audit", "instance"),
    "aurora-postgresql": ("postgresql",),
    "db2": ("diag.log",),
    "mariadb": ("error", "audit"),
    "mysql": ("error", "audit"),
    "oracle": ("alert", "audit"),
    "postgres": ("postgresql",),
    "sqlserver": ("error",),
}
"""The logs of each engine of which one must be kept; names of engines are prefixes (``oracle-ee``)."""


@rule(
    "SOC2-LAMBDA-RUNTIME",
    "Functions run on runtimes that AWS still patches",
    on="AWS::Lambda::Function",
    criteria=("CC7.1", "CC6.8"),
    severity=Severity.HIGH,
    fix="set Runtime to a supported one (CDK: lambda_.Runtime.PYTHON_3_13)",
    requirements=("OPS-06",),
)
def runtime(function: Resource) -> Findings:
    if function.get("PackageType", default="Zip") == "Image" or function.get("Code", "ImageUri"):
        raise NotApplicable("a container image brings its own runtime")
    found = function.get("Runtime")
    if found not in RUNTIMES:
        raise Undecided(f"when {shown(found)} ends is not in the rule's table")
    if RUNTIMES[found] <= datetime.now(UTC).date():
        yield Broken(f"{found} has had no patches since {RUNTIMES[found]}", at="Runtime")


@rule(
    "SOC2-LAMBDA-LIMITS",
    "Functions state how long they run and how much memory they take",
    on="AWS::Lambda::Function",
    criteria=("A1.1", "PI1.3"),
    severity=Severity.LOW,
    fix="set Timeout and MemorySize (CDK: timeout, memory_size)",
    requirements=("COMP-01",),
)
def limits(function: Resource) -> Findings:
    for name in ("Timeout", "MemorySize"):
        if not function.get(name):
            yield Broken(f"{name} is left to the default", at=name, detail=name)


@rule(
    "SOC2-ECR-SCAN",
    "Container images are scanned for vulnerabilities",
    on="AWS::ECR::Repository",
    criteria=("CC7.1", "CC6.8"),
    severity=Severity.MEDIUM,
    fix="set ImageScanningConfiguration.ScanOnPush (CDK: image_scan_on_push=True), or scan the whole registry with "
    "AWS::ECR::RegistryScanningConfiguration",
    requirements=("ML-10",),
)
def scanned(repository: Resource) -> Findings:
    registry = "AWS::ECR::RegistryScanningConfiguration"
    if where := repository.assembly.profile.elsewhere.get(registry):
        raise NotApplicable(f"the registry's scans are configured in {where}")
    on_push = repository.get("ImageScanningConfiguration", "ScanOnPush")
    if some(_scans_everything, repository.assembly.possible(registry)) or is_true(on_push):
        return
    yield Broken(f"ScanOnPush is {shown(on_push)}", at="ImageScanningConfiguration.ScanOnPush")


def _scans_everything(registry: Resource) -> bool:
    """Whether some rule scans every repository, on push or continuously."""
    return some(
        lambda found: (
            found.get("ScanFrequency") in ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")
            and some(lambda chosen: chosen.get("Filter") == "*", items(found.get("RepositoryFilters")))
        ),
        items(registry.get("Rules")),
    )


@rule(
    "SOC2-ECR-IMMUTABLE",
    "A container image's tag never comes to mean another image",
    on="AWS::ECR::Repository",
    criteria=("CC8.1", "CC6.8"),
    severity=Severity.MEDIUM,
    fix="set ImageTagMutability to IMMUTABLE (CDK: image_tag_mutability=TagMutability.IMMUTABLE)",
    requirements=("ML-10",),
)
def immutable(repository: Resource) -> Findings:
    found = repository.get("ImageTagMutability", default="MUTABLE")
    if found not in ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"):
        yield Broken(f"ImageTagMutability is {shown(found)}", at="ImageTagMutability")


@rule(
    "SOC2-ECS-PRIVILEGED",
    "No container has its host's privileges",
    on="AWS::ECS::TaskDefinition",
    criteria=("CC6.1", "CC6.8"),
    severity=Severity.HIGH,
    fix="leave ContainerDefinitions.Privileged off (CDK: privileged=False)",
    requirements=("COMP-01",),
)
def privileged(task: Resource) -> Findings:
    if some(lambda container: is_true(container.get("Privileged")), items(task.get("ContainerDefinitions"))):
        yield Broken("a container is privileged", at="ContainerDefinitions")


@rule(
    "SOC2-EC2-IMDS",
    "Machines give their credentials to sessions of the metadata service only (IMDSv2)",
    on=("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"),
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.HIGH,
    fix="set MetadataOptions.HttpTokens to required (CDK: require_imdsv2=True)",
    requirements=("COMP-01",),
)
def metadata(template: Resource) -> Findings:
    inside = ("LaunchTemplateData",) if template.type == "AWS::EC2::LaunchTemplate" else ()
    if template.get(*inside, "MetadataOptions", "HttpEndpoint", default="enabled") == "disabled":
        raise NotApplicable("its metadata service is off")
    tokens = template.get(*inside, "MetadataOptions", "HttpTokens", default="optional")
    if tokens != "required":
        yield Broken(f"HttpTokens is {shown(tokens)}", at=".".join((*inside, "MetadataOptions", "HttpTokens")))


@rule(
    "SOC2-RDS-UPGRADE",
    "Databases take minor upgrades by themselves",
    on=DATABASES,
    criteria=("CC7.1",),
    severity=Severity.MEDIUM,
    fix="leave AutoMinorVersionUpgrade on (CDK: auto_minor_version_upgrade=True)",
    requirements=("OPS-06",),
)
def upgraded(database: Resource) -> Findings:
    # On unless it is switched off.
    if not is_true(database.get("AutoMinorVersionUpgrade", default=True)):
        yield Broken("AutoMinorVersionUpgrade is off", at="AutoMinorVersionUpgrade")


def _engine(database: Resource) -> str:
    """Its engine, of a cluster or of an instance that stands alone.

    :raises NotApplicable: it belongs to a cluster.
    """
    if database.type == "AWS::RDS::DBInstance" and database.get("DBClusterIdentifier"):
        raise NotApplicable("its cluster answers for it")
    return str(database.get("Engine", default=""))


@rule(
    "SOC2-RDS-IAM",
    "Databases are entered with roles, not with a shared password",
    on=DATABASES,
    criteria=("CC6.1", "CC6.2"),
    severity=Severity.MEDIUM,
    fix="set EnableIAMDatabaseAuthentication (CDK: iam_authentication=True) or use the Data API (EnableHttpEndpoint)",
    requirements=("IAM-07",),
)
def roles(database: Resource) -> Findings:
    if _engine(database).startswith(("oracle", "sqlserver", "db2", "custom")):
        raise NotApplicable("the engine knows no IAM authentication")
    ways = ("EnableIAMDatabaseAuthentication", "EnableHttpEndpoint")
    if not some(lambda way: is_true(database.get(way)), ways):
        yield Broken("neither EnableIAMDatabaseAuthentication nor EnableHttpEndpoint is on", at=ways[0])


@rule(
    "SOC2-RDS-LOGS",
    "Databases send their logs to CloudWatch",
    on=DATABASES,
    criteria=("CC7.2",),
    severity=Severity.MEDIUM,
    fix="set EnableCloudwatchLogsExports to the engine's log (CDK: cloudwatch_logs_exports=['postgresql'])",
    requirements=("OBS-29",),
)
def database_logs(database: Resource) -> Findings:
    engine = _engine(database)
    wanted = next((logs for prefix, logs in LOGS.items() if engine.startswith(prefix)), None)
    exports = items(database.get("EnableCloudwatchLogsExports"))
    if wanted is None:
        raise Undecided(f"which logs the engine {shown(engine)} has is not in the rule's table")
    if database.get("EngineMode") == "serverless":
        raise NotApplicable("Aurora Serverless v1 sends the logs that its parameters switch on by itself")
    if not some(lambda export: export in wanted, exports):
        yield Broken(f"none of {', '.join(wanted)} is exported", at="EnableCloudwatchLogsExports")


@rule(
    "SOC2-SFN-LOGS",
    "State machines log their executions",
    on="AWS::StepFunctions::StateMachine",
    criteria=("CC7.2",),
    severity=Severity.MEDIUM,
    fix="set LoggingConfiguration with a level and a log group (CDK: logs=LogOptions(...))",
    requirements=("OBS-29",),
)
def state_machine_logs(machine: Resource) -> Findings:
    level = machine.get("LoggingConfiguration", "Level", default="OFF")
    if level == "OFF" or not machine.get("LoggingConfiguration", "Destinations"):
        yield Broken(f"its log level is {shown(level)}, or its logs go nowhere", at="LoggingConfiguration")

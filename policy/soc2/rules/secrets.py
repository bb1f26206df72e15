"""Secrets: where they are kept, how long they live, and where they must not be written (SEC-13 to SEC-17).

Decision: what a secret looks like is in `soc2.credentials`; no message quotes a value.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from soc2.assembly import Assembly
from soc2.credentials import PASSWORDS, SECRET, is_fetched, is_written_secret, names_secret, revealed
from soc2.reading import each, values_at
from soc2.resolve import resolve
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import APPLICATION, Resource
from soc2.values import Undecided, is_true, items, number, some, walk

ROTATION_DAYS = {True: 30, False: 90}
"""Longest time between two rotations, in production and elsewhere (SEC-15)."""


@rule(
    "SOC2-SECRET-ROTATED",
    "Secrets change on a schedule",
    on=SECRET,
    criteria=("CC6.1", "CC6.2"),
    severity=Severity.HIGH,
    fix="add an AWS::SecretsManager::RotationSchedule of at most 30 days in production, 90 elsewhere "
    "(CDK: secret.add_rotation_schedule)",
    requirements=("SEC-15",),
)
def rotated(secret: Resource) -> Findings:
    longest = ROTATION_DAYS[secret.assembly.profile.production]
    if not some(lambda schedules: some(lambda found: _waits(found) <= longest, schedules), _schedules(secret)):
        yield Broken(f"no rotation schedule changes it every {longest} days or sooner")


def _schedules(secret: Resource) -> Iterator[Iterable[Resource]]:
    """Schedules that name the secret, then those that name its attachment to a database, which stands for it."""
    schedule = "AWS::SecretsManager::RotationSchedule"
    yield secret.linked(schedule, "SecretId")
    for attachment in secret.linked("AWS::SecretsManager::SecretTargetAttachment", "SecretId"):
        yield attachment.linked(schedule, "SecretId")


def _waits(schedule: Resource) -> float:
    """Days between two rotations, at most."""
    if not (schedule.get("RotationLambdaARN") or schedule.get("HostedRotationLambda")):
        return float("inf")
    if days := schedule.get("RotationRules", "AutomaticallyAfterDays"):
        return number(days)
    expression = str(schedule.get("RotationRules", "ScheduleExpression", default=""))
    if not expression:
        return float("inf")
    if rate := re.fullmatch(r"rate\((\d+) (hour|day)s?\)", expression):
        return int(rate[1]) / (24 if rate[2] == "hour" else 1)
    if cron := re.fullmatch(r"cron\(\S+ \S+ (\S+) \* (\S+) \S+\)", expression):
        day, weekday = cron.groups()
        if weekday in ("?", "*") and day not in ("?", "*"):
            return 31
        return 35 if set(weekday) & set("#L") else 7
    raise Undecided(f"how often {expression} comes round is not read from the template")


@rule(
    "SOC2-SECRET-ENV",
    "Environment variables hold no secrets",
    on=("AWS::Lambda::Function", "AWS::ECS::TaskDefinition", "AWS::CodeBuild::Project"),
    criteria=("CC6.1", "C1.1"),
    severity=Severity.CRITICAL,
    fix="pass the secret's ARN and read it at run time, or use ECS `Secrets` and CodeBuild type SECRETS_MANAGER "
    "(CDK: secret.secret_arn, ecs.Secret.from_secrets_manager)",
    requirements=("SEC-13", "SEC-14"),
)
def environment(resource: Resource) -> Findings:
    yield from each(lambda entry: _variable(resource, *entry), _variables(resource))


def _variables(resource: Resource) -> Iterator[tuple[Any, Any, Any]]:
    """(name, value, type) of each variable; only CodeBuild's have types, of which some fetch the secret themselves."""
    if resource.type == "AWS::Lambda::Function":
        for name, value in resource.get("Environment", "Variables", default={}).items():
            yield name, value, None
    elif resource.type == "AWS::ECS::TaskDefinition":
        for container in items(resource.get("ContainerDefinitions")):
            for entry in items(container.get("Environment")):
                yield entry.get("Name"), entry.get("Value"), None
    else:
        for entry in items(resource.get("Environment", "EnvironmentVariables")):
            yield entry.get("Name"), entry.get("Value"), entry.get("Type")


def _variable(resource: Resource, name: Any, value: Any, kind: Any) -> Broken | None:
    name, assembly = str(name), resource.assembly
    what = revealed(value, assembly) or ("a literal secret" if is_written_secret(name, value, assembly) else "")
    if not what or (kind or "PLAINTEXT") != "PLAINTEXT":
        return None
    return Broken(f"{name} holds {what}", at="Environment", detail=name)


@rule(
    "SOC2-SECRET-LITERAL",
    "No secret or password is written in a template",
    on=tuple(PASSWORDS),
    criteria=("CC6.1", "C1.1"),
    severity=Severity.CRITICAL,
    fix="let Secrets Manager generate it and refer to it with {{resolve:secretsmanager:...}} "
    "(CDK: Credentials.from_generated_secret, secret.secret_value_from_json)",
    requirements=("SEC-14",),
)
def literal(resource: Resource) -> Findings:
    yield from each(lambda path: _password(resource, path), PASSWORDS[resource.type])


def _password(resource: Resource, path: str) -> Broken | None:
    if some(lambda value: bool(value) and _is_plain(value, resource.assembly), values_at(resource, path)):
        return Broken(f"{path} is plain text", at=path, detail=path)
    return None


def _is_plain(value: Any, assembly: Assembly) -> bool:
    empty = re.fullmatch(r"[\s{}\[\]]*", str(value))
    return not empty and not is_fetched(value, assembly)


@rule(
    "SOC2-PARAMETER-NOECHO",
    "Parameters that take a secret hide it and have no default",
    on=(APPLICATION, "AWS::CloudFormation::Stack"),
    criteria=("CC6.1", "C1.1"),
    severity=Severity.HIGH,
    fix="set NoEcho and remove Default, or take the ARN of a secret instead (CDK: CfnParameter(no_echo=True))",
    requirements=("SEC-14",),
)
def parameters(subject: Assembly | Resource) -> Findings:
    if isinstance(subject, Resource):
        yield from _passed(subject)
        return
    declared = [(stack.name, *entry) for stack in subject.stacks.values() for entry in stack.parameters.items()]
    secret = [entry for entry in declared if names_secret(entry[1]) and entry[2].get("Type", "String") == "String"]
    for stack, name, parameter in secret:
        if not is_true(parameter.get("NoEcho")):
            yield Broken(f"the parameter {name} shows its value: NoEcho is not on", detail=f"{stack}.{name}")
        elif parameter.get("Default"):
            yield Broken(f"the parameter {name} has a default", detail=f"{stack}.{name}")


def _passed(nested: Resource) -> Findings:
    """What a nested stack is given: a literal there is as readable as a default."""

    def check(name: str) -> Broken | None:
        if is_written_secret(name, nested.get("Parameters", name), nested.assembly):
            return Broken(f"the nested stack's parameter {name} is plain text", "Parameters", name)
        return None

    yield from each(check, filter(names_secret, nested.names("Parameters")))


@rule(
    "SOC2-OUTPUT-SECRET",
    "Outputs and configuration parameters publish no secret",
    on=(APPLICATION, "AWS::SSM::Parameter"),
    criteria=("CC6.1", "C1.1"),
    severity=Severity.CRITICAL,
    fix="publish the secret's ARN (CDK: secret.secret_arn) and let the reader fetch the value",
    requirements=("SEC-14",),
)
def outputs(subject: Assembly | Resource) -> Findings:
    if isinstance(subject, Resource):
        if what := revealed(subject.get("Value"), subject.assembly):
            yield Broken(f"Value holds {what}", at="Value")
        return
    yield from each(lambda entry: _output(subject, *entry), _outputs(subject))


def _outputs(assembly: Assembly) -> Iterator[tuple[str, str, Any]]:
    for stack in assembly.stacks.values():
        for name, declared in (stack.raw.get("Outputs") or {}).items():
            yield stack.name, name, declared.get("Value")


def _output(assembly: Assembly, stack_name: str, name: str, raw: Any) -> Broken | None:
    stack = assembly.stacks[stack_name]
    named = list(_named(raw))
    hidden = next((found for found in named if is_true(_declared(stack.parameters, found).get("NoEcho"))), None)
    if hidden is None and [raw] == [{"Ref": found} for found in named if found in stack.parameters]:
        return None  # a parameter that everybody sees anyway
    what = f"the hidden parameter {hidden}" if hidden else revealed(resolve(raw, stack), assembly)
    return Broken(f"the output {name} shows {what}", detail=f"{stack_name}.{name}") if what else None


def _named(raw: Any) -> Iterator[str]:
    """What ``Ref`` and ``Fn::Sub`` name in an output."""
    for _, value in walk(raw):
        if isinstance(value, dict) and isinstance(value.get("Ref"), str):
            yield value["Ref"]
        elif isinstance(value, str):
            yield from re.findall(r"\$\{(\w+)\}", value)


def _declared(declared: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = declared.get(name)
    return found if isinstance(found, Mapping) else {}


@rule(
    "SOC2-SSM-SECURE",
    "No secret is kept in a parameter that CloudFormation makes, which is never encrypted",
    on="AWS::SSM::Parameter",
    criteria=("CC6.1", "C1.1"),
    severity=Severity.HIGH,
    fix="keep it in AWS::SecretsManager::Secret: CloudFormation cannot make a SecureString",
    requirements=("SEC-14", "SEC-17"),
)
def parameter_store(parameter: Resource) -> Findings:
    name = str(parameter.get("Name") or parameter.logical_id).rsplit("/", maxsplit=1)[-1]
    if is_written_secret(name, parameter.get("Value"), parameter.assembly):
        yield Broken("its name tells of a secret, and its value is plain text", at="Value")


@rule(
    "SOC2-RDS-MANAGED-SECRET",
    "Database passwords are kept in Secrets Manager",
    on=("AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::DocDB::DBCluster"),
    criteria=("CC6.1",),
    severity=Severity.HIGH,
    fix="set ManageMasterUserPassword, or MasterUserPassword to {{resolve:secretsmanager:...}} "
    "(CDK: Credentials.from_generated_secret)",
    requirements=("SEC-14",),
)
def database_password(database: Resource) -> Findings:
    if database.type == "AWS::RDS::DBInstance" and database.get("DBClusterIdentifier"):
        raise NotApplicable("its cluster has the password")
    sources = ("ReplicationSourceIdentifier", "SourceDBClusterIdentifier", "SourceDBInstanceIdentifier")
    snapshots = ("SnapshotIdentifier", "DBSnapshotIdentifier", "DBClusterSnapshotIdentifier")
    if some(lambda name: bool(database.get(name)), (*sources, *snapshots)):
        raise NotApplicable("it is a copy and has the password of its source")
    managed = is_true(database.get("ManageMasterUserPassword"))
    if not managed and "{{resolve:secretsmanager:" not in str(database.get("MasterUserPassword", default="")):
        yield Broken("MasterUserPassword does not come from Secrets Manager", at="MasterUserPassword")

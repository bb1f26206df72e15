"""Encryption on the way: nothing speaks plaintext, or TLS older than 1.2 (NET-07, NET-11, SEC-06).

Decision: where a service would take both, it has to refuse plaintext; that its clients happen to use TLS is not enough.
"""

import re
from typing import Any

from soc2.key_policies import applies_to, conditions, principals, statements
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, every, is_true, items, references_of, shown, some

CRITERIA = ("CC6.7", "C1.1")
FORCED_SINCE: dict[str, tuple[str, tuple[int, ...] | None]] = {
    "aurora-postgresql": ("rds.force_ssl", (17, 0)),
    "postgres": ("rds.force_ssl", (15, 0)),
    "aurora-mysql": ("require_secure_transport", (8, 4)),
    "mysql": ("require_secure_transport", None),
    "mariadb": ("require_secure_transport", (11, 8)),
    "sqlserver": ("rds.force_ssl", None),
}
"""Engine -> the parameter that refuses plaintext, and the first version whose default does."""


@rule(
    "SOC2-RDS-TLS",
    "Databases refuse connections without TLS",
    on=("AWS::RDS::DBCluster", "AWS::RDS::DBInstance"),
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set rds.force_ssl=1 (PostgreSQL) or require_secure_transport=ON (MySQL) in the parameter group (CDK: "
    "ParameterGroup(parameters=...))",
    requirements=("SEC-12", "DATA-01"),
)
def database(db: Resource) -> Findings:
    cluster = db.type == "AWS::RDS::DBCluster"
    if not cluster and db.get("DBClusterIdentifier"):
        raise NotApplicable("its cluster's parameters decide, which are judged there")
    engine = str(db.get("Engine", default="")).lower()
    kind = "sqlserver" if engine.startswith("sqlserver-") else engine
    if not engine:
        raise Undecided("the engine is that of the original")
    if kind not in FORCED_SINCE:
        raise NotApplicable(f"no parameter makes {engine} refuse plaintext")
    parameter, since = FORCED_SINCE[kind]
    property_name = "DBClusterParameterGroupName" if cluster else "DBParameterGroupName"
    named = db.get(property_name)
    group = db.assembly.target(named, "AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup")
    value = group.get("Parameters", parameter, default="") if group else ""
    if value != "":
        if str(value).lower() not in ("1", "on", "true"):
            yield Broken(f"{parameter} is {shown(value)}", at=property_name)
    elif not _by_default(since, _version(db, named, group)):
        yield Broken(f"{parameter} is not set, and off by default in this version", at=property_name)


def _version(db: Resource, named: Any, group: Resource | None) -> str:
    """The version that decides the parameters' defaults: of the group's family, ``postgres16``, or else the engine's.

    :raises Undecided: the group is in none of the templates.
    """
    family = str(group.get("Family", default="") if group else named or "")
    if family and not group and not family.startswith("default."):
        raise Undecided(f"what the parameter group {family} sets is in none of the templates")
    return re.sub(r"^[a-z.-]+", "", family) or str(db.get("EngineVersion", default=""))


def _by_default(since: tuple[int, ...] | None, version: str) -> bool:
    if since is None:
        return False
    numbers = re.match(r"(\d+)(?:\.(\d+))?", version)
    if not numbers:
        raise Undecided("the engine's version is chosen at deployment, and with it the default")
    return (int(numbers[1]), int(numbers[2] or 0)) >= since


def _denies_plaintext(statement: Any, action: str, resource: Resource) -> bool:
    """Whether a statement denies this action on the resource to everybody without TLS, with no other condition."""
    return (
        statement.get("Effect") == "Deny"
        and some(lambda who: who == "*", principals(statement))
        and applies_to(statement, action)
        and some(lambda named: _covers(named, resource), items(statement.get("Resource", "*")))
        and len(conditions(statement)) == 1
        and every(_is_plaintext, conditions(statement))
    )


def _is_plaintext(condition: tuple[str, str, Any]) -> bool:
    operator, key, value = condition
    wanted = operator in ("bool", "boolifexists") and key == "aws:securetransport"
    return wanted and every(lambda item: str(item).lower() == "false", items(value))


def _covers(named: Any, resource: Resource) -> bool:
    if named == "*" or resource.key in references_of(named):
        return True
    if references_of(named):
        return False
    if "*" in named:
        raise Undecided(f"whether {shown(named)} is {resource.logical_id}")
    name = resource.get("QueueName", default=resource.get("TopicName"))
    return bool(name) and named.endswith(f":{name}")


def _one_denies(document: list[Any], action: str, resource: Resource) -> bool:
    return some(lambda statement: _denies_plaintext(statement, action, resource), document)


def _policy_denies(resource: Resource, action: str, attached: tuple[tuple[str, str], ...]) -> bool:
    def denies(policy: Resource) -> bool:
        return _one_denies(statements(policy.get("PolicyDocument")), action, resource)

    return some(lambda by: some(denies, resource.linked(by[0], by[1])), attached)


@rule(
    "SOC2-SQS-TLS",
    "Queue policies deny requests without TLS",
    on="AWS::SQS::Queue",
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="deny sqs:* to everybody when aws:SecureTransport is false, in a QueuePolicy (CDK: enforce_ssl=True)",
    requirements=("AGENT-01", "AGENT-02"),
)
def queue(subject: Resource) -> Findings:
    policies = (("AWS::SQS::QueuePolicy", "Queues"), ("AWS::SQS::QueueInlinePolicy", "Queue"))
    for action in ("sqs:SendMessage", "sqs:ReceiveMessage"):
        if not _policy_denies(subject, action, policies):
            yield Broken(f"no queue policy denies {action} without TLS")


@rule(
    "SOC2-SNS-TLS",
    "Topic policies deny publishing without TLS",
    on="AWS::SNS::Topic",
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="deny sns:Publish to everybody when aws:SecureTransport is false, in a TopicPolicy (CDK: enforce_ssl=True)",
    requirements=("SEC-21",),
)
def topic(subject: Resource) -> Findings:
    policies = (("AWS::SNS::TopicPolicy", "Topics"), ("AWS::SNS::TopicInlinePolicy", "TopicArn"))
    if not _policy_denies(subject, "sns:Publish", policies):
        yield Broken("no topic policy denies sns:Publish without TLS")


@rule(
    "SOC2-EFS-TLS",
    "File systems are mounted with TLS only",
    on=("AWS::EFS::FileSystem", "AWS::ECS::TaskDefinition"),
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="deny elasticfilesystem:* to everybody when aws:SecureTransport is false in FileSystemPolicy, and set "
    "EFSVolumeConfiguration.TransitEncryption to ENABLED (CDK: file_system_policy, transit_encryption)",
    requirements=("SEC-12",),
)
def file_system(subject: Resource) -> Findings:
    if subject.type == "AWS::ECS::TaskDefinition":
        yield from _mounts(subject)
        return
    document = statements(subject.get("FileSystemPolicy"))
    for action in ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"):
        if not _one_denies(document, action, subject):
            yield Broken(f"no statement denies {action} without TLS", at="FileSystemPolicy")


def _mounts(task: Resource) -> Findings:
    mounted = [v for v in items(task.get("Volumes")) if v.get("EFSVolumeConfiguration")]
    if not mounted:
        raise NotApplicable("it mounts no network file system")
    for volume in mounted:
        encryption = volume["EFSVolumeConfiguration"].get("TransitEncryption")
        if encryption != "ENABLED":
            name = shown(volume.get("Name"))
            yield Broken(f"TransitEncryption of {name} is {shown(encryption)}", at="Volumes", detail=name)


@rule(
    "SOC2-CACHE-TLS",
    "Caches accept TLS connections only",
    on=("AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::CacheCluster"),
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set TransitEncryptionEnabled, and TransitEncryptionMode to required (CDK: CfnReplicationGroup)",
    requirements=("RAG-12",),
)
def cache(subject: Resource) -> Findings:
    enabled = subject.get("TransitEncryptionEnabled")
    if not is_true(enabled):
        yield Broken(f"TransitEncryptionEnabled is {shown(enabled)}", at="TransitEncryptionEnabled")
    elif subject.get("TransitEncryptionMode") == "preferred":
        yield Broken("TransitEncryptionMode is preferred, which accepts plaintext too", at="TransitEncryptionMode")


@rule(
    "SOC2-SEARCH-TLS",
    "Search domains speak TLS only, to clients and between nodes",
    on=("AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"),
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set DomainEndpointOptions.EnforceHTTPS with TLSSecurityPolicy Policy-Min-TLS-1-2-..., and "
    "NodeToNodeEncryptionOptions.Enabled (CDK: enforce_https, tls_security_policy, node_to_node_encryption)",
    requirements=("RAG-03",),
)
def search(domain: Resource) -> Findings:
    yield from each(
        lambda path: _off(domain, path),
        (("DomainEndpointOptions", "EnforceHTTPS"), ("NodeToNodeEncryptionOptions", "Enabled")),
    )
    policy = domain.get("DomainEndpointOptions", "TLSSecurityPolicy")
    if policy == "Policy-Min-TLS-1-0-2019-07":
        yield Broken("TLSSecurityPolicy accepts TLS 1.0", at="DomainEndpointOptions", detail="version")


def _off(domain: Resource, path: tuple[str, str]) -> Findings:
    value = domain.get(*path)
    if not is_true(value):
        yield Broken(f"{'.'.join(path)} is {shown(value)}", at=".".join(path), detail=path[0])

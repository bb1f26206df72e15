"""Encryption at rest: every store names a key of the customer (SEC-06, SEC-08, SEC-09, SEC-11 to SEC-14).

Decision: a key that AWS manages does not count, because its policy, its rotation and its deletion are out of the
customer's hands. A literal key id, ARN or alias counts, as another application may own the key; only ``alias/aws/...``
and silence do not. Services differ in little but the names of their properties, so each is a row of `STORES`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from soc2.log_buckets import receives_access_logs, receives_balancer_logs
from soc2.reading import RESTORED_FROM, each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, Unknown, is_true, items, known, references_of, shown, some

KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::KMS::Alias")
CRITERIA = ("CC6.1", "C1.1")

_LOCAL_DISKS = re.compile(r"^ml\.([a-z]+\d[a-z]*d[a-z]*|g[5-9]\w*|gr\d\w*|p[5-9]\w*|trn\d\w*)\.")
"""Instances whose disks encrypt by themselves: SageMaker refuses a key for them."""


def without_customer_key(value: Any, store: Resource) -> str:
    """Why ``value`` names no key of the customer, in words; empty when it does.

    :raises Undecided: which key it will be is decided at deployment.
    """
    if not known(value):
        return "names no key, so AWS manages it"
    if references_of(value):
        if store.assembly.target(value, *KEYS) is None:
            raise Undecided(f"which key {shown(value)} is, is known after deployment only")
        return ""
    if not isinstance(value, str) or "{{resolve:" in value:
        raise Undecided(f"which key {shown(value)} is, is decided at deployment")
    return f"is {shown(value)}, which AWS manages" if "alias/aws/" in value else ""


def _used(function: Resource) -> None:
    if not function.get("Environment", "Variables"):
        raise NotApplicable("it has no environment variables")


def _alone(database: Resource) -> None:
    if database.type == "AWS::RDS::DBInstance" and database.get("DBClusterIdentifier"):
        raise NotApplicable("its storage is its cluster's, which is judged itself")


def _with_insights(database: Resource) -> None:
    cluster = database.type == "AWS::RDS::DBCluster"
    if not is_true(database.get("PerformanceInsightsEnabled" if cluster else "EnablePerformanceInsights")):
        raise NotApplicable("it records no performance insights")


def _written_directly(stream: Resource) -> None:
    if stream.get("DeliveryStreamType", default="DirectPut") != "DirectPut":
        raise NotApplicable("it keeps nothing itself: its source is a store of its own")


def _logs(bucket: Resource) -> None:
    if receives_access_logs(bucket) or receives_balancer_logs(bucket):
        raise NotApplicable("access logs are delivered only to buckets with keys that S3 manages")


def _copied(store: Resource) -> None:
    for name in RESTORED_FROM[store.type]:
        original = store.get(name)
        if original:
            if store.assembly.target(original, store.type):
                raise NotApplicable(f"it takes over the key of {shown(original)}, which is judged itself")
            raise Undecided(f"it takes over the encryption of {shown(original)}")


def _local_disks(config: Resource) -> None:
    variants = items(config.get("ProductionVariants")) if config.type == "AWS::SageMaker::EndpointConfig" else []
    if some(lambda variant: bool(_LOCAL_DISKS.match(variant.get("InstanceType") or "")), variants):
        raise NotApplicable("SageMaker takes no key for instances whose own disks are encrypted")


@dataclass(frozen=True)
class Store:
    """A service that keeps data, and where its resources name their key.

    :param what: its resources, as the subject of a sentence.
    :param types: resource types, without ``AWS::``.
    :param key: property that names the key, a single one or one for each type; ``[].`` goes into each item of a list.
    :param cdk: CDK's word for the key.
    :param mode: property that must have one of ``modes`` (in lower case), or the key is not used.
    :param concerns: raises `NotApplicable` for resources that keep nothing.
    :param excuse: raises for broken resources that cannot, or need not, name a key.
    """

    name: str
    what: str
    types: tuple[str, ...]
    key: str | tuple[str, ...]
    cdk: str
    requirements: tuple[str, ...] = ()
    mode: str = ""
    modes: tuple[str, ...] = ("true",)
    concerns: Callable[[Resource], None] | None = None
    excuse: Callable[[Resource], None] | None = None

    def path(self, of_type: str) -> str:
        """Where resources of that type name their key."""
        return self.key if isinstance(self.key, str) else self.key[self.types.index(of_type.removeprefix("AWS::"))]


S3_DEFAULT = "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault."
# fmt: off
STORES = (
    Store("S3", "Buckets", ("S3::Bucket",), S3_DEFAULT + "KMSMasterKeyID", "encryption_key", ("SEC-09",),
          S3_DEFAULT + "SSEAlgorithm", ("aws:kms", "aws:kms:dsse"), excuse=_logs),
    Store("SQS", "Queues", ("SQS::Queue",), "KmsMasterKeyId", "encryption_master_key"),
    Store("SNS", "Topics", ("SNS::Topic",), "KmsMasterKeyId", "master_key", ("SEC-21",)),
    Store("DDB", "Tables", ("DynamoDB::Table", "DynamoDB::GlobalTable"),
          ("SSESpecification.KMSMasterKeyId", "Replicas[].SSESpecification.KMSMasterKeyId"), "encryption_key",
          ("SEC-11",), "SSESpecification.SSEEnabled"),
    Store("RDS", "Databases", ("RDS::DBCluster", "RDS::DBInstance"), "KmsKeyId", "storage_encryption_key",
          ("SEC-12",), "StorageEncrypted", concerns=_alone, excuse=_copied),
    Store("RDS-INSIGHTS", "Performance insights of databases", ("RDS::DBCluster", "RDS::DBInstance"),
          ("PerformanceInsightsKmsKeyId", "PerformanceInsightsKMSKeyId"), "performance_insight_encryption_key",
          ("SEC-12",), concerns=_with_insights),
    Store("LOGS", "Log groups", ("Logs::LogGroup",), "KmsKeyId", "encryption_key"),
    Store("KINESIS", "Data streams", ("Kinesis::Stream",), "StreamEncryption.KeyId", "encryption_key",
          mode="StreamEncryption.EncryptionType", modes=("kms",)),
    Store("FIREHOSE", "Delivery streams", ("KinesisFirehose::DeliveryStream",),
          "DeliveryStreamEncryptionConfigurationInput.KeyARN", "encryption",
          mode="DeliveryStreamEncryptionConfigurationInput.KeyType", modes=("customer_managed_cmk",),
          concerns=_written_directly),
    Store("BACKUP", "Backup vaults", ("Backup::BackupVault",), "EncryptionKeyArn", "encryption_key", ("DR-02",)),
    Store("TRAIL", "Trails", ("CloudTrail::Trail",), "KMSKeyId", "encryption_key", ("COMP-02",)),
    Store("EFS", "File systems", ("EFS::FileSystem",), "KmsKeyId", "kms_key", mode="Encrypted"),
    Store("EBS", "Volumes", ("EC2::Volume",), "KmsKeyId", "encryption_key", ("SEC-08",), "Encrypted", excuse=_copied),
    Store("SEARCH", "Search domains", ("OpenSearchService::Domain", "Elasticsearch::Domain"),
          "EncryptionAtRestOptions.KmsKeyId", "encryption_at_rest", ("RAG-03",), "EncryptionAtRestOptions.Enabled"),
    Store("CACHE", "Cache replication groups", ("ElastiCache::ReplicationGroup",), "KmsKeyId", "kms_key_id",
          mode="AtRestEncryptionEnabled"),
    Store("LAMBDA", "Environment variables of functions", ("Lambda::Function",), "KmsKeyArn", "environment_encryption",
          ("SEC-13",), concerns=_used),
    Store("ECR", "Image repositories", ("ECR::Repository",), "EncryptionConfiguration.KmsKey", "encryption_key",
          ("ML-10",), "EncryptionConfiguration.EncryptionType", ("kms", "kms_dsse")),
    Store("SFN", "State machines", ("StepFunctions::StateMachine", "StepFunctions::Activity"),
          "EncryptionConfiguration.KmsKeyId", "encryption_configuration", ("AGENT-14",),
          "EncryptionConfiguration.Type", ("customer_managed_kms_key",)),
    Store("EVENTS", "Event buses and archives", ("Events::EventBus", "Events::Archive"), "KmsKeyIdentifier", "kms_key"),
    Store("SAGEMAKER", "Notebooks and model endpoints", ("SageMaker::NotebookInstance", "SageMaker::EndpointConfig"),
          "KmsKeyId", "kms_key_id", ("ML-05",), excuse=_local_disks),
)
# fmt: on


def _found(resource: Resource, path: str) -> list[Any]:
    """Values at ``path``; nothing at all is a list of None, so that it is judged."""
    before, _, after = path.partition("[].")
    value = resource.get(*before.split("."))
    if not after:
        return [value]
    entries = items(value) or [None]
    for step in after.split("."):
        entries = [entry if isinstance(entry, Unknown) else (entry or {}).get(step) for entry in entries]
    return entries


def _key_of(resource: Resource, store: Store) -> Findings:
    if store.concerns:
        store.concerns(resource)
    path = store.path(resource.type)

    def mode(value: Any) -> Findings:
        if str(value).lower() not in store.modes:
            yield Broken(f"{store.mode} is {shown(value)}", at=store.mode)

    def key(value: Any) -> Findings:
        if reason := without_customer_key(value, resource):
            yield Broken(f"{path} {reason}", at=path)

    found = list(each(mode, _found(resource, store.mode))) if store.mode else []
    found = found or list(each(key, _found(resource, path)))
    if found and store.excuse:
        store.excuse(resource)
    yield from found


def _declare(store: Store) -> None:
    keys = (store.key,) if isinstance(store.key, str) else store.key

    @rule(
        f"SOC2-{store.name}-KEY",
        f"{store.what} are encrypted with a customer-managed key",
        on=[f"AWS::{name}" for name in store.types],
        criteria=CRITERIA,
        severity=Severity.HIGH,
        fix=f"set {' or '.join(keys)} to the key of the data's domain (CDK: {store.cdk})",
        requirements=("SEC-06", *store.requirements),
    )
    def names_its_key(resource: Resource) -> Findings:
        yield from _key_of(resource, store)


for _row in STORES:
    _declare(_row)


@rule(
    "SOC2-SECRET-KEY",
    "Secrets are encrypted with a customer-managed key in every region",
    on="AWS::SecretsManager::Secret",
    criteria=CRITERIA,
    severity=Severity.HIGH,
    fix="set KmsKeyId, in ReplicaRegions too (CDK: encryption_key)",
    requirements=("SEC-06", "SEC-14"),
)
def secret_key(secret: Resource) -> Findings:
    def key(path: str) -> Findings:
        for value in _found(secret, path):
            if reason := without_customer_key(value, secret):
                yield Broken(f"{path} {reason}", at=path)

    replicas = ["ReplicaRegions[].KmsKeyId"] if secret.get("ReplicaRegions") else []
    yield from each(key, ["KmsKeyId", *replicas])


@rule(
    "SOC2-API-CACHE-ENCRYPTED",
    "Cached responses of APIs are encrypted",
    on="AWS::ApiGateway::Stage",
    criteria=CRITERIA,
    severity=Severity.MEDIUM,
    fix="set CacheDataEncrypted beside CachingEnabled in MethodSettings (CDK: cache_data_encrypted=True)",
    requirements=("SEC-06",),
)
def api_cache(stage: Resource) -> Findings:
    cached = [setting for setting in items(stage.get("MethodSettings")) if is_true(setting.get("CachingEnabled"))]
    if not cached:
        raise NotApplicable("it caches no responses")
    for setting in cached:
        encrypted = setting.get("CacheDataEncrypted")
        if not is_true(encrypted):
            route = f"{setting.get('HttpMethod', '*')} {setting.get('ResourcePath', '/*')}"
            yield Broken(f"{route}: CacheDataEncrypted is {shown(encrypted)}", at="MethodSettings", detail=route)

"""Who owns and pays for a resource, and how sensitive its data is: tags that access and audits rely on (LAKE-03).

Decision: the tag's name and words are constants and not settings, so that evidence of two applications can be compared.
A key counts as sensitive as the most sensitive data under it (whoever may use the key may read that), so the key's own
tag must not promise less; and audit records have a key of their own, so that no right to an application's data is a
right to the evidence about it.
"""

from collections.abc import Iterator
from typing import Any

from soc2.reading import GLOBAL_TABLE, each, tag_sets, tag_value, values_at
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, items, shown, some

CLASSIFICATION = "DataClassification"
"""The tag that says how sensitive the data is."""

AUDIT_RECORD = "audit-record"
"""Evidence: read by few, changed by nobody."""

CLASSES = ("internal", "confidential", "client-data", AUDIT_RECORD)
"""The tag's words, the more sensitive later."""

KEY_OF = {
    "AWS::DocDB::DBCluster": "KmsKeyId",
    "AWS::DynamoDB::Table": "SSESpecification.KMSMasterKeyId",
    "AWS::EFS::FileSystem": "KmsKeyId",
    "AWS::ElastiCache::ReplicationGroup": "KmsKeyId",
    "AWS::Kinesis::Stream": "StreamEncryption.KeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::Neptune::DBCluster": "KmsKeyId",
    "AWS::OpenSearchService::Domain": "EncryptionAtRestOptions.KmsKeyId",
    "AWS::RDS::DBCluster": "KmsKeyId",
    "AWS::RDS::DBInstance": "KmsKeyId",
    "AWS::Redshift::Cluster": "KmsKeyId",
    "AWS::S3::Bucket": (
        "BucketEncryption.ServerSideEncryptionConfiguration.*.ServerSideEncryptionByDefault.KMSMasterKeyID"
    ),
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
}
"""Where each type of store names its key; see `soc2.reading.values_at`. Backup vaults are no stores of a class: they
hold copies of every class."""

STORES = (*KEY_OF, GLOBAL_TABLE)
"""Types that hold data at rest."""

BILLED = (
    *STORES,
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::AutoScaling::AutoScalingGroup",
    "AWS::Backup::BackupVault",
    "AWS::CloudFront::Distribution",
    "AWS::CloudTrail::Trail",
    "AWS::CodeBuild::Project",
    "AWS::Cognito::UserPool",
    "AWS::EC2::EIP",
    "AWS::EC2::Instance",
    "AWS::EC2::NatGateway",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::ECR::Repository",
    "AWS::ECS::Cluster",
    "AWS::ECS::Service",
    "AWS::EKS::Cluster",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::SageMaker::Endpoint",
    "AWS::StepFunctions::StateMachine",
    "AWS::WAFv2::WebACL",
)
"""Types that hold data or cost money, and can carry tags."""


def classes(resource: Resource) -> list[Any]:
    """How sensitive its data is: what its tag says, once for each set of tags that it has."""
    return [tag_value(tags, CLASSIFICATION) for tags in tag_sets(resource)]


@rule(
    "SOC2-TAGS",
    "Resources say which project and environment they belong to, and who answers and pays for them",
    on=BILLED,
    criteria=("CC1.3", "CC5.3", "CC6.1"),
    severity=Severity.LOW,
    fix="add the tags that the profile requires (CDK: Tags.of(app).add)",
    requirements=("COST-02",),
)
def tagged(resource: Resource) -> Findings:
    required = resource.assembly.profile.required_tags
    if not required:
        raise NotApplicable("the profile requires no tags")
    sets = tag_sets(resource)

    def check(name: str) -> Broken | None:
        missing = some(lambda tags: not tag_value(tags, name), sets)
        return Broken(f"no tag {name}", at="Tags", detail=name) if missing else None

    yield from each(check, required)


@rule(
    "SOC2-CLASS-TAG",
    "Stores say how sensitive their data is",
    on=STORES,
    criteria=("C1.1", "CC6.1"),
    severity=Severity.MEDIUM,
    fix=f"tag it {CLASSIFICATION} with one of {', '.join(CLASSES)} (CDK: Tags.of(scope).add)",
    requirements=("LAKE-03",),
)
def classified(store: Resource) -> Findings:
    def check(found: Any) -> Broken | None:
        if found in CLASSES:
            return None
        return Broken(f"the tag {CLASSIFICATION} is {shown(found)}", at="Tags")

    yield from each(check, classes(store))


@rule(
    "SOC2-CLASS-KEY",
    "Keys are classified like the most sensitive data under them, and audit records have keys of their own",
    on=STORES,
    criteria=("C1.1", "CC6.1", "CC6.3"),
    severity=Severity.MEDIUM,
    fix=f"tag the key {CLASSIFICATION} like its most sensitive store, and give audit records another key "
    "(CDK: Tags.of(key).add)",
    requirements=("SEC-06", "LAKE-14"),
)
def key_classified(store: Resource) -> Findings:
    pairs = [(found, key) for found, key in _keys(store) if found is not None and key is not None]
    if not pairs:
        raise NotApplicable("it has no class, or no key of the customer's")
    yield from each(lambda pair: _misclassified(*pair), pairs)


def _keys(store: Resource) -> Iterator[tuple[Any, Any]]:
    """(class, class of the key) of each part of a store; None where there is none.

    :raises Undecided: the template leaves the class or the key open.
    """
    if store.type == GLOBAL_TABLE:
        for replica in items(store.get("Replicas")):
            key = (replica.get("SSESpecification") or {}).get("KMSMasterKeyId")
            yield _word(tag_value(replica.get("Tags"), CLASSIFICATION)), _key_class(store, key)
        return
    (found,) = classes(store)
    for key in values_at(store, KEY_OF[store.type]):
        yield _word(found), _key_class(store, key)


def _word(found: Any) -> str | None:
    return str(found) if found in CLASSES else None  # anything else is for the rule on the tag itself


def _key_class(store: Resource, key: Any) -> str | None:
    """What the key's tag says: empty when it says nothing; None when it is no key of the customer's."""
    if not key or "alias/aws/" in str(key):
        return None
    assembly = store.assembly
    alias = assembly.target(key, "AWS::KMS::Alias")
    named = assembly.target(alias.get("TargetKeyId") if alias else key, "AWS::KMS::Key", "AWS::KMS::ReplicaKey")
    if named is None:
        raise Undecided(f"the key {shown(key)} is in no template that was given")
    return str(classes(named)[0] or "")


def _misclassified(found: str, key: str) -> Broken | None:
    if key not in CLASSES:
        return Broken(f"it holds {found}, and its key has no tag {CLASSIFICATION}")
    if AUDIT_RECORD in (found, key) and found != key:
        return Broken(f"it holds {found}, and its key is for {key}")
    if CLASSES.index(key) < CLASSES.index(found):
        return Broken(f"it holds {found}, and its key is for {key} only")
    return None

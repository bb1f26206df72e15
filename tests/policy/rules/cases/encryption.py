"""Encryption at rest: each store with a key of the template's, and with one that AWS manages."""

from typing import Any

from tests.policy.rules.casework import Case, Mutation, drop, put

KEY: dict[str, Any] = {"Key": {"Type": "AWS::KMS::Key", "Properties": {}}}
OWN = {"Fn::GetAtt": ["Key", "Arn"]}


def store(of_type: str, **properties: Any) -> dict[str, Any]:
    """A template's resources with one store, and a key."""
    return KEY | {"Store": {"Type": f"AWS::{of_type}", "Properties": properties}}


def keyed(name: str, of_type: str, prop: str, breaks: Mutation | None = None, **others: Any) -> Case:
    """A store whose property ``prop`` names the template's key, and one that names AWS's own key instead."""
    return Case(
        f"SOC2-{name}-KEY",
        passing=store(of_type, **{prop: OWN}, **others),
        failing=store(of_type, **{prop: "alias/aws/service"}, **others),
        breaks=breaks,
    )


def bucket(algorithm: str, **key: Any) -> dict[str, Any]:
    """A bucket with default encryption."""
    default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **key}}
    return store("S3::Bucket", BucketEncryption={"ServerSideEncryptionConfiguration": [default]})


def table(key: Any) -> dict[str, Any]:
    """A global table whose second replica has ``key``."""
    replicas = [
        {"Region": region, "SSESpecification": {"KMSMasterKeyId": named}}
        for region, named in (("us-east-1", OWN), ("us-west-2", key))
    ]
    return store("DynamoDB::GlobalTable", SSESpecification={"SSEEnabled": True, "SSEType": "KMS"}, Replicas=replicas)


def stage(encrypted: bool) -> dict[str, Any]:
    """A stage that caches one method."""
    plain = {"HttpMethod": "*", "ResourcePath": "/*", "CachingEnabled": False}
    cached = {"HttpMethod": "GET", "ResourcePath": "/prices", "CachingEnabled": True, "CacheDataEncrypted": encrypted}
    return store("ApiGateway::Stage", MethodSettings=[plain, cached])


CASES = [
    Case(
        "SOC2-S3-KEY",
        passing=bucket("aws:kms", KMSMasterKeyID=OWN),
        failing=bucket("AES256"),
        breaks=drop("BucketEncryption"),
    ),
    keyed("SQS", "SQS::Queue", "KmsMasterKeyId", put("KmsMasterKeyId", value="alias/aws/sqs")),
    keyed("SNS", "SNS::Topic", "KmsMasterKeyId", drop("KmsMasterKeyId")),
    Case(
        "SOC2-DDB-KEY",
        passing=table("arn:aws:kms:us-west-2:111122223333:key/1a2b"),
        failing=table(""),
        breaks=drop("SSESpecification"),
    ),
    keyed("RDS", "RDS::DBCluster", "KmsKeyId", put("StorageEncrypted", value=False), StorageEncrypted=True),
    keyed(
        "RDS-INSIGHTS",
        "RDS::DBInstance",
        "PerformanceInsightsKMSKeyId",
        drop("PerformanceInsightsKMSKeyId"),
        EnablePerformanceInsights=True,
    ),
    keyed("LOGS", "Logs::LogGroup", "KmsKeyId", drop("KmsKeyId")),
    Case(
        "SOC2-KINESIS-KEY",
        passing=store("Kinesis::Stream", StreamEncryption={"EncryptionType": "KMS", "KeyId": OWN}),
        failing=store("Kinesis::Stream", StreamEncryption={"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}),
    ),
    Case(
        "SOC2-FIREHOSE-KEY",
        passing=store(
            "KinesisFirehose::DeliveryStream",
            DeliveryStreamType="DirectPut",
            DeliveryStreamEncryptionConfigurationInput={"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": OWN},
        ),
        failing=store(
            "KinesisFirehose::DeliveryStream",
            DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
        ),
    ),
    keyed("BACKUP", "Backup::BackupVault", "EncryptionKeyArn", drop("EncryptionKeyArn")),
    keyed("TRAIL", "CloudTrail::Trail", "KMSKeyId", drop("KMSKeyId")),
    keyed("EFS", "EFS::FileSystem", "KmsKeyId", Encrypted=True),
    keyed("EBS", "EC2::Volume", "KmsKeyId", Encrypted="true"),
    Case(
        "SOC2-SEARCH-KEY",
        passing=store("OpenSearchService::Domain", EncryptionAtRestOptions={"Enabled": True, "KmsKeyId": OWN}),
        failing=store("OpenSearchService::Domain", EncryptionAtRestOptions={"Enabled": True}),
    ),
    keyed("CACHE", "ElastiCache::ReplicationGroup", "KmsKeyId", AtRestEncryptionEnabled=True),
    keyed("LAMBDA", "Lambda::Function", "KmsKeyArn", drop("KmsKeyArn"), Environment={"Variables": {"MODE": "x"}}),
    Case(
        "SOC2-ECR-KEY",
        passing=store("ECR::Repository", EncryptionConfiguration={"EncryptionType": "KMS", "KmsKey": OWN}),
        failing=store("ECR::Repository", EncryptionConfiguration={"EncryptionType": "AES256"}),
    ),
    Case(
        "SOC2-SFN-KEY",
        passing=store(
            "StepFunctions::StateMachine",
            EncryptionConfiguration={"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": OWN},
        ),
        failing=store("StepFunctions::StateMachine", EncryptionConfiguration={"Type": "AWS_OWNED_KEY"}),
    ),
    keyed("EVENTS", "Events::EventBus", "KmsKeyIdentifier"),
    Case(
        "SOC2-SAGEMAKER-KEY",
        passing=store("SageMaker::EndpointConfig", KmsKeyId=OWN, ProductionVariants=[{"InstanceType": "ml.m5.large"}]),
        failing=store("SageMaker::EndpointConfig", ProductionVariants=[{"InstanceType": "ml.m5.large"}]),
    ),
    Case(
        "SOC2-SECRET-KEY",
        passing=store(
            "SecretsManager::Secret",
            KmsKeyId=OWN,
            ReplicaRegions=[{"Region": "us-west-2", "KmsKeyId": "alias/secrets"}],
        ),
        failing=store("SecretsManager::Secret", KmsKeyId=OWN, ReplicaRegions=[{"Region": "us-west-2"}]),
        breaks=drop("KmsKeyId"),
    ),
    Case(
        "SOC2-API-CACHE-ENCRYPTED",
        passing=stage(encrypted=True),
        failing=stage(encrypted=False),
        breaks=put("MethodSettings", value=[{"HttpMethod": "*", "ResourcePath": "/*", "CachingEnabled": True}]),
    ),
]

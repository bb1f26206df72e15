"""Secure defaults for plain L2 constructs, injected into every stack of a stage (CONF-05, SEC-09 to SEC-15).

Decision: `Bucket(self, "X")` in any stack is already encrypted with the right customer key, private, TLS-only,
versioned, logged and kept. A value that the author passes wins, and the policy gate judges the result. Property names
below are the JavaScript ones, because injection happens on that side of jsii.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsii
from aws_cdk import Annotations, Duration, IPropertyInjector, PropertyInjectors, RemovalPolicy, Stage
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from hardened.keys import Keys
from hardened.log_groups import LogPolicy

Props = dict[str, Any]

SUPERSEDED_DAYS = 90
"""How long a bucket without lifecycle rules of its own keeps versions that were overwritten or deleted."""


def kept_after_creation(policy: RemovalPolicy) -> RemovalPolicy:
    """``policy`` for what has a fixed name: kept when its stack goes, but not when the stack's creation fails.

    What a failed first deployment left behind would make the second one fail, because the name is taken.
    """
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if policy == RemovalPolicy.RETAIN else policy


@jsii.implements(IPropertyInjector)
class Default:
    """Adds ``defaults(given, path)`` to what the author of a construct gave; the author's values win."""

    def __init__(self, unique_id: str, defaults: Callable[[Props, str], Props]) -> None:
        self._unique_id = unique_id
        self._defaults = defaults

    @property
    def construct_unique_id(self) -> str:
        """Which class of construct it applies to."""
        return self._unique_id

    def inject(self, original_props: Mapping[str, Any] | None, *, id: str, scope: Construct) -> Props:
        """The construct's properties with the defaults filled in."""
        given = dict(original_props or {})
        path = "/".join(part for part in (*scope.node.path.split("/")[1:], id) if part)
        return {**self._defaults(given, path), **given}


@dataclass(frozen=True)
class SecureDefaults:
    """What plain constructs of a stage get.

    :param access_logs: bucket that receives the server access logs; its own policy must admit S3's log service. None
        where no bucket is made: the policy gate finds one without access logs.
    :param log_policy: how long log groups keep their events, by class, and what else they get.
    :param removal_policy: what happens to stateful resources when they leave the template.
    :param deletion_protection: tables refuse to be deleted.
    """

    keys: Keys
    access_logs: s3.IBucket | None
    log_policy: LogPolicy
    removal_policy: RemovalPolicy
    deletion_protection: bool

    def attach(self, scope: IConstruct) -> None:
        """Apply to everything below ``scope`` that is created from now on."""
        injectors = [
            Default(s3.Bucket.PROPERTY_INJECTION_ID, self._bucket),
            Default(dynamodb.TableV2.PROPERTY_INJECTION_ID, self._table_v2),
            Default(dynamodb.Table.PROPERTY_INJECTION_ID, self._table),
            Default(sqs.Queue.PROPERTY_INJECTION_ID, self._queue),
            Default(sns.Topic.PROPERTY_INJECTION_ID, self._topic),
            Default(logs.LogGroup.PROPERTY_INJECTION_ID, self._log_group),
            Default(secretsmanager.Secret.PROPERTY_INJECTION_ID, self._secret),
            Default(lambda_.Function.PROPERTY_INJECTION_ID, self._function),
        ]
        PropertyInjectors.of(scope).add(*injectors)
        self.log_policy.attach(scope)
        if Stage.is_stage(scope):
            # The access-log bucket's own policy already admits S3's log service for the whole account.
            Annotations.of(scope).acknowledge_warning("@aws-cdk/aws-s3:accessLogsPolicyNotAdded")

    def _bucket(self, given: Props, path: str) -> Props:
        encryption: Props = {}
        if given.get("encryption", s3.BucketEncryption.KMS) == s3.BucketEncryption.KMS:
            encryption = {
                "encryption": s3.BucketEncryption.KMS,
                "encryptionKey": self.keys.data,
                "bucketKeyEnabled": True,
            }
        # Who names a prefix has arranged for access logs, or for none, as their target must (`AccessLogBucket`).
        logging: Props = {"serverAccessLogsBucket": self.access_logs, "serverAccessLogsPrefix": f"{path}/"}
        return {
            **encryption,
            **({} if "serverAccessLogsPrefix" in given or not self.access_logs else logging),
            "blockPublicAccess": s3.BlockPublicAccess.BLOCK_ALL,
            "objectOwnership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "enforceSSL": True,
            "minimumTLSVersion": 1.2,
            "versioned": True,
            "lifecycleRules": [s3.LifecycleRule(noncurrent_version_expiration=Duration.days(SUPERSEDED_DAYS))],
            "removalPolicy": self.removal_policy,
        }

    def _table_v2(self, _given: Props, _path: str) -> Props:
        return {
            "encryption": dynamodb.TableEncryptionV2.customer_managed_key(self.keys.data),
            "pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": True},
            "deletionProtection": self.deletion_protection,
            "removalPolicy": self.removal_policy,
        }

    def _table(self, given: Props, _path: str) -> Props:
        encryption: Props = {}
        if (
            given.get("encryption", dynamodb.TableEncryption.CUSTOMER_MANAGED)
            == dynamodb.TableEncryption.CUSTOMER_MANAGED
        ):
            encryption = {"encryption": dynamodb.TableEncryption.CUSTOMER_MANAGED, "encryptionKey": self.keys.data}
        return {
            **encryption,
            "pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": True},
            "deletionProtection": self.deletion_protection,
            "removalPolicy": self.removal_policy,
        }

    def _queue(self, given: Props, _path: str) -> Props:
        encryption: Props = {}
        if given.get("encryption", sqs.QueueEncryption.KMS) == sqs.QueueEncryption.KMS:
            encryption = {"encryption": sqs.QueueEncryption.KMS, "encryptionMasterKey": self.keys.messaging}
        return {**encryption, "enforceSSL": True}

    def _topic(self, _given: Props, _path: str) -> Props:
        return {"masterKey": self.keys.messaging, "enforceSSL": True}

    def _log_group(self, _given: Props, _path: str) -> Props:
        return {
            "encryptionKey": self.keys.logs,
            "retention": self.log_policy.default_retention,
            "removalPolicy": kept_after_creation(self.removal_policy),
        }

    def _secret(self, _given: Props, _path: str) -> Props:
        return {"encryptionKey": self.keys.secrets, "removalPolicy": self.removal_policy}

    def _function(self, _given: Props, _path: str) -> Props:
        return {"tracing": lambda_.Tracing.ACTIVE, "environmentEncryption": self.keys.secrets}

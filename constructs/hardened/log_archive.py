"""The way of every log group into the write-once archive: one encrypted delivery stream for an environment (OBS-29).

Decisions:
- Firehose unpacks what CloudWatch Logs sends and sorts it by log group and day, so that one group's day can be fetched
  from Glacier alone: ``cloudwatch/groups/<log group>/<yyyy/mm/dd>/``. A generated log group's name begins with its
  stack's. Each line is one batch as CloudWatch Logs wrote it: owner, log group, stream, events with their times.
- What cannot be sorted is kept under ``cloudwatch/errors/``, and Firehose tries for a day when the bucket refuses.
- Three alarms: late, failing, and silent; the last hears also when CloudWatch Logs can no longer write.
"""

from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.buckets import ArchiveBucket
from hardened.grants import allow, for_this_account, use_key
from hardened.log_groups import LogClass, LogDestination, of_class
from hardened.topics import Alerts, Severity

FOLDER = "cloudwatch"
STREAM = "S3Delivery"
BUFFER_S = 300
BUFFER_MB = 64  # the least that Firehose takes when it sorts
BY_GROUP = '{group: (if (.logGroup // "") == "" then "control" else (.logGroup | ltrimstr("/")) end)}'
"""For jq 1.6. CloudWatch Logs' own test records name no log group."""
PARTS = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")


class LogDelivery(Construct):
    """Takes what log groups send and delivers it to the archive; give ``.destination`` to a `LogPolicy`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        archive: ArchiveBucket,
        key: kms.IKey,
        late_minutes: int,
        alerts: Alerts,
    ) -> None:
        """Make the stream.

        :param name: the stream's, for example ``alex-prod-log-archive``: log groups of other accounts could name it.
        :param key: encrypts what waits in the stream, and the archive's objects.
        :param late_minutes: an event that waits longer than this raises an alarm.
        """
        super().__init__(scope, construct_id)
        self._name, self._archive, self._key = name, archive, key
        self.errors = of_class(
            logs.LogGroup(self, "Errors", log_group_name=f"/aws/kinesisfirehose/{name}"), LogClass.DELIVERY
        )
        told = logs.CfnLogStream(self, "Told", log_group_name=self.errors.log_group_name, log_stream_name=STREAM)
        self.role = self._firehose_role()
        self.stream = self._stream()
        self.stream.add_resource_dependency(told)
        self.stream.node.add_dependency(self.role)
        self.destination = LogDestination(arn=self.stream.attr_arn, writer=self._writer())
        self._alarms(late_minutes, alerts)

    def _firehose_role(self) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=for_this_account("firehose.amazonaws.com"))
        allow(
            role,
            actions=("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            resources=(self._archive.bucket_arn,),
        )
        self._archive.let_write(role, folder=FOLDER, actions=PARTS)
        use_key(role, self._key, "kms:Decrypt", "kms:GenerateDataKey")
        allow(role, actions=("logs:PutLogEvents",), resources=(self.errors.log_group_arn,))
        return role

    def _writer(self) -> iam.Role:
        """What CloudWatch Logs assumes for this account's log groups of this region."""
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
        trust = iam.ServicePrincipal("logs.amazonaws.com", conditions={"ArnLike": {"aws:SourceArn": groups}})
        writer = iam.Role(self, "Writer", assumed_by=trust)
        allow(writer, actions=("firehose:PutRecord", "firehose:PutRecordBatch"), resources=(self.stream.attr_arn,))
        return writer

    def _stream(self) -> firehose.CfnDeliveryStream:
        made = firehose.CfnDeliveryStream
        return made(
            self,
            "Stream",
            delivery_stream_name=self._name,
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=made.DeliveryStreamEncryptionConfigurationInputProperty(
                key_type="CUSTOMER_MANAGED_CMK", key_arn=self._key.key_arn
            ),
            extended_s3_destination_configuration=made.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=self._archive.bucket_arn,
                role_arn=self.role.role_arn,
                prefix=f"{FOLDER}/groups/!{{partitionKeyFromQuery:group}}/!{{timestamp:yyyy/MM/dd}}/",
                error_output_prefix=f"{FOLDER}/errors/!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd}}/",
                compression_format="GZIP",
                buffering_hints=made.BufferingHintsProperty(interval_in_seconds=BUFFER_S, size_in_m_bs=BUFFER_MB),
                dynamic_partitioning_configuration=made.DynamicPartitioningConfigurationProperty(enabled=True),
                encryption_configuration=made.EncryptionConfigurationProperty(
                    kms_encryption_config=made.KMSEncryptionConfigProperty(awskms_key_arn=self._key.key_arn)
                ),
                cloud_watch_logging_options=made.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=self.errors.log_group_name, log_stream_name=STREAM
                ),
                processing_configuration=made.ProcessingConfigurationProperty(
                    enabled=True,
                    processors=[
                        _processor("Decompression", CompressionFormat="GZIP"),
                        _processor("MetadataExtraction", MetadataExtractionQuery=BY_GROUP, JsonParsingEngine="JQ-1.6"),
                        _processor("AppendDelimiterToRecord", Delimiter="\\n"),
                    ],
                ),
            ),
        )

    def _alarms(self, late_minutes: int, alerts: Alerts) -> None:
        def watch(construct_id: str, word: str, metric: str, statistic: str, text: str, **how: Any) -> None:
            period = how.pop("period", FIVE_MINUTES)
            alarm(
                self,
                construct_id,
                name=f"{self._name}-{word}",
                metric=cw.Metric(
                    namespace="AWS/Firehose",
                    metric_name=metric,
                    dimensions_map={"DeliveryStreamName": self._name},
                    statistic=statistic,
                    period=period,
                ),
                alerts=alerts,
                severity=Severity.CRITICAL,
                runbook="log-archive-delivery",
                description=f"{text} What waits is lost after a day: see {self.errors_name} and the stream's role and "
                "key. [OBS-29]",
                **how,
            )

        watch(
            "Late",
            "late",
            "DeliveryToS3.DataFreshness",
            "Maximum",
            f"Log events wait for the archive for more than {late_minutes} minutes.",
            threshold=late_minutes * 60,
        )
        watch(
            "Failing",
            "failing",
            "DeliveryToS3.Success",
            "Average",
            "The archive refused log events for 15 minutes.",
            threshold=1,
            below=True,
            periods=3,
        )
        watch(
            "Silent",
            "silent",
            "IncomingRecords",
            "Sum",
            "No log group has sent anything to the archive for an hour; scheduled functions always log.",
            threshold=1,
            below=True,
            period=Duration.hours(1),
            missing=cw.TreatMissingData.BREACHING,
        )

    @property
    def errors_name(self) -> str:
        """Name of the log group of Firehose's errors."""
        return f"/aws/kinesisfirehose/{self._name}"


def _processor(kind: str, **parameters: str) -> firehose.CfnDeliveryStream.ProcessorProperty:
    return firehose.CfnDeliveryStream.ProcessorProperty(
        type=kind,
        parameters=[
            firehose.CfnDeliveryStream.ProcessorParameterProperty(parameter_name=name, parameter_value=value)
            for name, value in parameters.items()
        ],
    )

"""Events as evidence: collected for some minutes, then written to the locked archive (COMP-05, COMP-16)."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.buckets import ArchiveBucket
from hardened.grants import allow, for_this_account, use_key
from hardened.log_groups import LogClass, of_class
from hardened.topics import Alerts, Severity

COLLECT_FOR = Duration.minutes(5)
TOO_LATE = Duration.minutes(30)
WRITE = ("s3:AbortMultipartUpload", "s3:PutObject")
LOOK = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")


class EvidenceStream(Construct):
    """A delivery stream into ``folder`` of ``archive``, one event a line, by day.

    :param name: what people call it, for the alarm, for example ``alex-prod-compliance``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        archive: ArchiveBucket,
        folder: str,
        key: kms.IKey,
        alerts: Alerts,
    ) -> None:
        super().__init__(scope, construct_id)
        self.folder = folder
        self._role = iam.Role(self, "Role", assumed_by=for_this_account("firehose.amazonaws.com"))
        log = of_class(logs.LogGroup(self, "Errors"), LogClass.DELIVERY)
        self._let(archive, key, log)
        stream = logs.LogStream(self, "ErrorStream", log_group=log)
        destination = firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=archive.bucket_arn,
            role_arn=self._role.role_arn,
            prefix=f"{folder}/events/!{{timestamp:yyyy/MM/dd}}/",
            error_output_prefix=f"{folder}/errors/!{{firehose:error-output-type}}/!{{timestamp:yyyy/MM/dd}}/",
            compression_format="GZIP",
            buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                interval_in_seconds=COLLECT_FOR.to_seconds(), size_in_m_bs=5
            ),
            encryption_configuration=firehose.CfnDeliveryStream.EncryptionConfigurationProperty(
                kms_encryption_config=firehose.CfnDeliveryStream.KMSEncryptionConfigProperty(awskms_key_arn=key.key_arn)
            ),
            cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=log.log_group_name, log_stream_name=stream.log_stream_name
            ),
            # EventBridge writes no line ends.
            processing_configuration=firehose.CfnDeliveryStream.ProcessingConfigurationProperty(
                enabled=True,
                processors=[
                    firehose.CfnDeliveryStream.ProcessorProperty(
                        type="AppendDelimiterToRecord",
                        parameters=[
                            firehose.CfnDeliveryStream.ProcessorParameterProperty(
                                parameter_name="Delimiter", parameter_value="\\n"
                            )
                        ],
                    )
                ],
            ),
        )
        self.stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_type="DirectPut",
            extended_s3_destination_configuration=destination,
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="CUSTOMER_MANAGED_CMK", key_arn=key.key_arn
                )
            ),
        )
        self.stream.node.add_dependency(self._role)
        self._watch(name, alerts)

    def _let(self, archive: ArchiveBucket, key: kms.IKey, log: logs.LogGroup) -> None:
        archive.let_write(self._role, folder=self.folder, actions=WRITE)
        allow(self._role, actions=LOOK, resources=(archive.bucket_arn,))
        allow(self._role, actions=("logs:PutLogEvents",), resources=(log.log_group_arn,))
        use_key(self._role, key, "kms:Decrypt", "kms:GenerateDataKey")

    def _watch(self, name: str, alerts: Alerts) -> None:
        alarm(
            self,
            "Late",
            name=f"{name}-evidence-late",
            metric=cw.Metric(
                namespace="AWS/Firehose",
                metric_name="DeliveryToS3.DataFreshness",
                dimensions_map={"DeliveryStreamName": self.stream.ref},
                statistic="Maximum",
                period=FIVE_MINUTES,
            ),
            threshold=TOO_LATE.to_seconds(),
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="evidence-late",
            description=f"{name}: events have waited more than {TOO_LATE.to_minutes():.0f} minutes for the archive; "
            "they are lost after a day. See the stream's log group. [COMP-05]",
        )

    @property
    def arn(self) -> str:
        """The stream's."""
        return self.stream.attr_arn

"""Aurora PostgreSQL Serverless v2 behind the Data API (DATA-01 to DATA-05, SEC-12, IAM-07).

Decision: functions reach the database through the Data API with IAM and hold no connection; its security group admits
password rotation only. The cluster's identifier is derived from its path, because the name of the log group that
PostgreSQL writes to contains it, and the group must exist first to be encrypted and to expire.
"""

from dataclasses import dataclass
from datetime import date

from aws_cdk import Aws, Duration, Names, RemovalPolicy
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.grants import allow, for_this_account, use_key
from hardened.network import DATABASE_PORT, Network
from hardened.service_roles import service_role

ENGINE = rds.AuroraPostgresEngineVersion.VER_16_8
INSIGHTS_FROM_ACU = 2
SLOW_STATEMENT_MS = 500
DATA_API_ACTIONS = (
    "rds-data:BatchExecuteStatement",
    "rds-data:BeginTransaction",
    "rds-data:CommitTransaction",
    "rds-data:ExecuteStatement",
    "rds-data:RollbackTransaction",
)


@dataclass(frozen=True, kw_only=True)
class DatabaseSize:
    """Capacity in ACU, readers, and how the readers grow.

    :param auto_pause_seconds: idle seconds after which it pauses; None: never. Needs ``min_acu`` 0.
    :param reader_cpu_pct: add a reader when the readers' average CPU is above it.
    :param reader_connections: or when their average number of connections is.
    """

    min_acu: float
    max_acu: float
    auto_pause_seconds: int | None
    readers: int
    readers_max: int
    reader_cpu_pct: float
    reader_connections: int


@dataclass(frozen=True, kw_only=True)
class Protection:
    """What keeps the data: days of backups, refusal of deletion, and what happens when it leaves the template."""

    backup_days: int
    deletion_protection: bool
    removal_policy: RemovalPolicy


class Database(Construct):
    """The system of record. ``cluster_arn``, ``secret`` and ``name`` are what a client of the Data API needs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        network: Network,
        size: DatabaseSize,
        protection: Protection,
        data_key: kms.IKey,
        secrets_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self._protection = protection
        self._data_key = data_key
        self.credentials = rds.DatabaseSecret(
            self, "Credentials", username="alex_admin", dbname=name, encryption_key=secrets_key
        )
        self.cluster = self._cluster(network, size)
        self.secret: secretsmanager.ISecret = self.cluster.secret or self.credentials
        self.cluster_arn = self.cluster.cluster_arn
        # Where a tried restore goes: next to the original; otherwise AWS would take the account's default VPC.
        resource = self.cluster.node.default_child
        assert isinstance(resource, rds.CfnDBCluster)
        self.restored_into: dict[str, str | list[str]] = {
            "dbSubnetGroupName": resource.db_subnet_group_name or "",
            "vpcSecurityGroupIds": [network.database_security_group.security_group_id],
        }
        if size.readers_max > size.readers:
            self._scale_readers(size)
        self._acknowledge()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a function that uses the Data API."""
        return {
            "DATABASE_CLUSTER_ARN": self.cluster_arn,
            "DATABASE_SECRET_ARN": self.secret.secret_arn,
            "DATABASE_NAME": self.name,
        }

    def grant_data_api(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` run statements on this cluster, with this cluster's secret, and nothing else (IAM-07)."""
        allow(grantee, actions=DATA_API_ACTIONS, resources=(self.cluster_arn,))
        allow(grantee, actions=("secretsmanager:GetSecretValue",), resources=(self.secret.secret_arn,))
        use_key(grantee, self.credentials.encryption_key, "kms:Decrypt")

    def _cluster(self, network: Network, size: DatabaseSize) -> rds.DatabaseCluster:
        engine = rds.DatabaseClusterEngine.aurora_postgres(version=ENGINE)
        identifier = Names.unique_resource_name(self, max_length=50, separator="-").lower()
        log_group = logs.LogGroup(self, "Log", log_group_name=f"/aws/rds/cluster/{identifier}/postgresql")
        cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=engine,
            cluster_identifier=identifier,
            credentials=rds.Credentials.from_secret(self.credentials),
            default_database_name=self.name,
            port=DATABASE_PORT,
            enable_data_api=True,
            iam_authentication=True,
            storage_encrypted=True,
            storage_encryption_key=self._data_key,
            writer=self._instance("Writer", size),
            readers=[self._instance(f"Reader{n}", size, scale_with_writer=True) for n in range(1, size.readers + 1)],
            serverless_v2_min_capacity=size.min_acu,
            serverless_v2_max_capacity=size.max_acu,
            serverless_v2_auto_pause_duration=Duration.seconds(size.auto_pause_seconds)
            if size.auto_pause_seconds
            else None,
            vpc=network.vpc,
            vpc_subnets=network.database,
            security_groups=[network.database_security_group],
            backup=rds.BackupProps(
                retention=Duration.days(self._protection.backup_days), preferred_window="04:00-05:00"
            ),
            preferred_maintenance_window="sun:06:00-sun:07:00",
            cloudwatch_logs_exports=["postgresql"],
            monitoring_interval=Duration.seconds(60),
            monitoring_role=service_role(
                self,
                "Monitoring",
                service=for_this_account("monitoring.rds.amazonaws.com"),
                policy="service-role/AmazonRDSEnhancedMonitoringRole",
                because="Enhanced monitoring writes to log groups that RDS names, so AWS keeps the policy.",
            ),
            parameter_group=self._parameters(engine),
            deletion_protection=self._protection.deletion_protection,
            removal_policy=self._protection.removal_policy,
        )
        cluster.node.add_dependency(log_group)
        return cluster

    def _instance(
        self, construct_id: str, size: DatabaseSize, *, scale_with_writer: bool | None = None
    ) -> rds.IClusterInstance:
        insights = size.min_acu >= INSIGHTS_FROM_ACU
        return rds.ClusterInstance.serverless_v2(
            construct_id,
            scale_with_writer=scale_with_writer,
            auto_minor_version_upgrade=True,
            publicly_accessible=False,
            enable_performance_insights=insights,
            performance_insight_encryption_key=self._data_key if insights else None,
        )

    def _parameters(self, engine: rds.IClusterEngine) -> rds.ParameterGroup:
        return rds.ParameterGroup(
            self,
            "Parameters",
            engine=engine,
            description="Alex: TLS only, slow statements logged",
            parameters={"rds.force_ssl": "1", "log_min_duration_statement": str(SLOW_STATEMENT_MS)},
        )

    def _scale_readers(self, size: DatabaseSize) -> None:
        linked = (
            f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/aws-service-role/rds.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_RDSCluster"
        )
        readers = scaling.ScalableTarget(
            self,
            "Readers",
            # The service-linked role, which the registration creates where it is missing: CDK would make a role of its
            # own without a single permission, and no reader would ever be added.
            role=iam.Role.from_role_arn(self, "ReadersRole", linked, mutable=False),
            service_namespace=scaling.ServiceNamespace.RDS,
            scalable_dimension="rds:cluster:ReadReplicaCount",
            resource_id=f"cluster:{self.cluster.cluster_identifier}",
            min_capacity=size.readers,
            max_capacity=size.readers_max,
        )
        readers.node.add_dependency(self.cluster)
        readers.scale_to_track_metric(
            "Cpu",
            predefined_metric=scaling.PredefinedMetric.RDS_READER_AVERAGE_CPU_UTILIZATION,
            target_value=size.reader_cpu_pct,
        )
        readers.scale_to_track_metric(
            "Connections",
            predefined_metric=scaling.PredefinedMetric.RDS_READER_AVERAGE_DATABASE_CONNECTIONS,
            target_value=size.reader_connections,
        )

    def _acknowledge(self) -> None:
        instances = [
            child
            for child in self.cluster.node.children
            if child.node.id == "Writer" or child.node.id.startswith("Reader")
        ]
        for instance in instances:
            acknowledge(
                instance,
                rule="NIST.800.53.R5::NIST.800.53.R5-RDSInBackupPlan",
                reason="Aurora keeps its storage in the cluster, which is in the stack's backup plan; an instance "
                "holds no data.",
                owner="platform",
                expires=date(2027, 6, 30),
                ticket="RISK-10",
                false_positive=True,
            )
        if self._protection.deletion_protection:
            return
        acknowledge(
            self.cluster,
            rule=(
                "AwsSolutions::AwsSolutions-RDS10",
                "NIST.800.53.R5::NIST.800.53.R5-RDSInstanceDeletionProtectionEnabled",
            ),
            reason="A throw-away environment by setting (aurora.deletion_protection); production's settings refuse it.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-11",
        )

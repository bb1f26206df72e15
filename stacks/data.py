"""Everything that holds portfolios and decisions: database, tables, results, and their backups (SYS-04, SYS-15)."""

from dataclasses import replace
from pathlib import Path

from aws_cdk import CfnOutput
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened import (
    Classification,
    Database,
    DatabaseSize,
    Keys,
    Migrations,
    Network,
    Protection,
    Rotation,
)
from hardened.functions import Function, FunctionDefaults, Program, Size
from hardened.topics import Domain
from settings import Settings
from stacks.audit_archive import keep_for_good
from stacks.backups import back_up
from stacks.base import PlatformStack, removal_policy
from stacks.bundles import Bundles

MIGRATIONS = Path(__file__).resolve().parent.parent / "lambdas" / "advisor" / "migrations"
MIGRATIONS_TIMEOUT_S = 600


class DataStack(PlatformStack):
    """The stateful resources, apart from everything that can be rebuilt."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        keys: Keys,
        network: Network,
        access_logs: s3.IBucket,
        functions: FunctionDefaults,
        bundles: Bundles,
    ) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Alex: data", holds=Classification.CLIENT_DATA
        )
        self._settings, self._keys = settings, keys
        self.database = self._database(network)
        self.functions = {
            "Migrations": self._migrate(functions, bundles),
            "Rotation": self._rotate(functions, bundles, network),
        }
        self.audit_table = self._table(
            "Audit",
            "job_id",
            sort="entry_id",
            encryption=dynamodb.TableEncryptionV2.customer_managed_key(keys.audit),
            stream=dynamodb.StreamViewType.NEW_IMAGE,
        )
        self.audit_archive, self.functions["Archiver"] = keep_for_good(
            self,
            self.audit_table,
            settings=settings,
            key=keys.audit,
            access_logs=access_logs,
            functions=functions.within(Domain.PLATFORM),
            code=bundles.code("api"),
        )
        self.rate_table = self._table("Rate", "subject", expires="expires_at")
        self.token_table = self._table("TaskTokens", "review_id", expires="expires_at")
        self.idempotency_table = self._table("Idempotency", "id", expires="expiration")
        self.usage_table = self._table("Usage", "subject", expires="expires_at")
        self.breaker_table = self._table("Breaker", "subject", expires="expires_at")
        self.results = s3.Bucket(self, "Results")
        # All of them: what a rate or a breaker remembers is worth nothing after a minute and costs next to nothing, and
        # a list without exceptions is checked more easily. The usage table holds what users have spent.
        self.vault = back_up(
            self,
            settings=settings,
            key=keys.audit,
            database=self.database,
            audit_tables=(self.audit_table,),
            client_tables=(
                self.breaker_table,
                self.idempotency_table,
                self.rate_table,
                self.token_table,
                self.usage_table,
            ),
        )
        self._outputs()

    def _database(self, network: Network) -> Database:
        chosen = self._settings.aurora
        return Database(
            self,
            "Database",
            name=chosen.database_name,
            network=network,
            size=DatabaseSize(
                min_acu=chosen.min_acu,
                max_acu=chosen.max_acu,
                auto_pause_seconds=chosen.auto_pause_seconds,
                readers=chosen.readers,
                readers_max=chosen.readers_max,
                reader_cpu_pct=chosen.reader_cpu_pct,
                reader_connections=chosen.reader_connections,
            ),
            protection=Protection(
                backup_days=chosen.backup_days,
                deletion_protection=chosen.deletion_protection,
                removal_policy=removal_policy(self._settings),
            ),
            data_key=self._keys.data,
            secrets_key=self._keys.secrets,
        )

    def _migrate(self, functions: FunctionDefaults, bundles: Bundles) -> Function:
        function = Function(
            self,
            "Migrations",
            defaults=functions,
            program=Program(
                code=bundles.code("data"),
                handler="advisor.handlers.migrations.handler",
                environment=self.database.environment,
            ),
            size=Size(memory_mb=512, timeout_s=MIGRATIONS_TIMEOUT_S),
        )
        Migrations(
            self,
            "Schema",
            database=self.database,
            function=function,
            folder=MIGRATIONS,
            timeout_s=MIGRATIONS_TIMEOUT_S + 60,
        )
        return function

    def _rotate(self, functions: FunctionDefaults, bundles: Bundles, network: Network) -> Function:
        function = Function(
            self,
            "Rotation",
            defaults=replace(functions, network=network.database_client_placement()),
            program=Program(code=bundles.code("data"), handler="advisor.handlers.rotation.handler"),
            size=Size(memory_mb=512, timeout_s=60),
        )
        Rotation(
            self,
            "PasswordRotation",
            secret=self.database.secret,
            key=self._keys.secrets,
            function=function,
            days=self._settings.secrets.rotation_days,
        )
        return function

    def _table(
        self,
        construct_id: str,
        partition: str,
        *,
        sort: str | None = None,
        expires: str | None = None,
        encryption: dynamodb.TableEncryptionV2 | None = None,
        stream: dynamodb.StreamViewType | None = None,
    ) -> dynamodb.TableV2:
        text = dynamodb.AttributeType.STRING
        return dynamodb.TableV2(
            self,
            construct_id,
            partition_key=dynamodb.Attribute(name=partition, type=text),
            sort_key=dynamodb.Attribute(name=sort, type=text) if sort else None,
            time_to_live_attribute=expires,
            dynamo_stream=stream,
            encryption=encryption or dynamodb.TableEncryptionV2.customer_managed_key(self._keys.data),
        )

    def _outputs(self) -> None:
        CfnOutput(self, "ClusterArn", value=self.database.cluster_arn)
        CfnOutput(self, "DatabaseSecretArn", value=self.database.secret.secret_arn)
        CfnOutput(self, "DatabaseName", value=self.database.name)
        CfnOutput(self, "AuditTableName", value=self.audit_table.table_name)
        CfnOutput(self, "AuditArchiveName", value=self.audit_archive.bucket_name)

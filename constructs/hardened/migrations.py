"""Schema migrations as part of a deployment (DATA-08).

Decision: one custom resource, whose function answers CloudFormation itself; its property is a hash of the SQL files, so
that a deployment runs migrations when, and only when, they changed. A failed migration fails the deployment.
"""

import hashlib
from pathlib import Path

from aws_cdk import CustomResource, Duration
from constructs import Construct

from hardened.database import Database
from hardened.functions import Function

RESOURCE_TYPE = "Custom::Migrations"


class Migrations(Construct):
    """Runs ``function`` against ``database`` whenever a file in ``folder`` changes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: Database,
        function: Function,
        folder: Path,
        timeout_s: int,
    ) -> None:
        super().__init__(scope, construct_id)
        database.grant_data_api(function)
        self.resource = CustomResource(
            self,
            "Schema",
            resource_type=RESOURCE_TYPE,
            service_token=function.function.function_arn,
            service_timeout=Duration.seconds(timeout_s),
            properties={"Migrations": migrations_hash(folder)},
        )
        # The function needs its grants and a writer before its first statement.
        self.resource.node.add_dependency(database.cluster, function.role)


def migrations_hash(folder: Path) -> str:
    """SHA-256 over names and contents of the SQL files in ``folder``.

    :raises ValueError: there is no SQL file, so a typing error in the folder cannot pass as "nothing to migrate".
    """
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise ValueError(f"no migrations (*.sql) in {folder}")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()

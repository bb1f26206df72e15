"""Rotates the database's password in Secrets Manager's four steps (SEC-15); every step may be repeated.

Decisions: one user (the Data API reads the current secret at each call, and retries the login while the two steps in
the middle overlap); the new secret differs from the old one in its password alone, so a forged pending version cannot
lead this function to another server; the password becomes current only after a real login with it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from advisor.adapters.database_login import LoginRefusedError, Transport, answers, change_own_password, login
from advisor.adapters.environment import RotationEnvironment, load

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
PASSWORD_LENGTH = 32
AVOIDED = "/@\"'\\:?#% "
"""Characters that connection addresses and shells treat specially."""

logger = Logger(service="rotation")


class RotationError(Exception):
    """The rotation cannot go on; the message says why and what to do."""


@dataclass(frozen=True)
class Rotation:
    """The rotation of one secret to the version ``token``."""

    client: "SecretsManagerClient"
    secret_id: str
    token: str
    transport: Transport

    def create_secret(self) -> None:
        """Put a pending version with a new password, unless there is one."""
        current = self._read(CURRENT)
        try:
            self._read(PENDING, self.token)
        except self.client.exceptions.ResourceNotFoundException:
            made = self.client.get_random_password(PasswordLength=PASSWORD_LENGTH, ExcludeCharacters=AVOIDED)
            pending = {**current, "password": made["RandomPassword"]}
            self.client.put_secret_value(
                SecretId=self.secret_id,
                ClientRequestToken=self.token,
                SecretString=json.dumps(pending),
                VersionStages=[PENDING],
            )

    def set_secret(self) -> None:
        """Give the pending password to the database; raises RotationError when no known password opens it."""
        current, pending = self._read(CURRENT), self._read(PENDING, self.token)
        if {**current, "password": ""} != {**pending, "password": ""}:
            raise RotationError(
                "the pending secret differs in more than its password; cancel the rotation and start anew"
            )
        if self._opens(pending):
            return
        for known in (current, self._previous()):
            if known is None or {**known, "password": ""} != {**current, "password": ""}:
                continue
            try:
                with login(known, self.transport) as connection:
                    change_own_password(connection, pending["username"], pending["password"])
                return
            except LoginRefusedError:
                continue
        raise RotationError("neither the current nor the previous password opens the database; restore the secret")

    def test_secret(self) -> None:
        """Log in with the pending password; raises RotationError when that fails."""
        if not self._opens(self._read(PENDING, self.token)):
            raise RotationError("the database refuses the pending password; run the rotation again")

    def finish_secret(self) -> None:
        """Make the pending version current."""
        stages = self._stages()
        holder = next((version for version, names in stages.items() if CURRENT in names), None)
        if holder == self.token:
            return
        move: dict[str, str] = {"RemoveFromVersionId": holder} if holder else {}
        self.client.update_secret_version_stage(
            SecretId=self.secret_id, VersionStage=CURRENT, MoveToVersionId=self.token, **move
        )

    def check(self) -> bool:
        """True when there is something to do; raises RotationError for a version that is not being rotated to."""
        names = self._stages().get(self.token)
        if names is None:
            raise RotationError("the secret has no such version; start the rotation through Secrets Manager")
        if CURRENT in names:
            return False
        if PENDING not in names:
            raise RotationError("the version is not pending; start the rotation through Secrets Manager")
        return True

    def _stages(self) -> dict[str, list[str]]:
        return self.client.describe_secret(SecretId=self.secret_id).get("VersionIdsToStages", {})

    def _read(self, stage: str, version: str | None = None) -> dict[str, Any]:
        chosen: dict[str, str] = {"VersionId": version} if version else {}
        found = self.client.get_secret_value(SecretId=self.secret_id, VersionStage=stage, **chosen)
        secret: dict[str, Any] = json.loads(found["SecretString"])
        missing = {"username", "password", "host"} - set(secret)
        if missing:
            raise RotationError(f"the secret lacks {', '.join(sorted(missing))}; attach it to its cluster")
        return secret

    def _previous(self) -> dict[str, Any] | None:
        try:
            return self._read(PREVIOUS)
        except self.client.exceptions.ResourceNotFoundException:
            return None

    def _opens(self, secret: Mapping[str, Any]) -> bool:
        try:
            with login(secret, self.transport) as connection:
                return answers(connection)
        except LoginRefusedError:
            return False


def handler(event: Mapping[str, Any], _context: Any) -> None:
    """AWS Lambda entry point: {"Step", "SecretId", "ClientRequestToken"}; raises, and Secrets Manager tries again."""
    env = load(RotationEnvironment)
    rotation = Rotation(
        client=boto3.client("secretsmanager"),
        secret_id=str(event["SecretId"]),
        token=str(event["ClientRequestToken"]),
        transport=Transport(tls=env.database_tls, ca_file=env.database_ca_file),
    )
    steps = {
        "createSecret": rotation.create_secret,
        "setSecret": rotation.set_secret,
        "testSecret": rotation.test_secret,
        "finishSecret": rotation.finish_secret,
    }
    step = steps.get(str(event.get("Step")))
    if step is None:
        raise RotationError(f"unknown step; known: {', '.join(steps)}")
    if not rotation.check():
        return
    step()
    if step == rotation.finish_secret:
        logger.info("SECRET_ROTATED", extra={"event_type": "SECRET_ROTATED", "details": {"secret": rotation.secret_id}})

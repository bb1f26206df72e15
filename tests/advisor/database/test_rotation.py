"""Rotation of the database's password, with PostgreSQL itself as the judge of which password is right (SEC-15)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import psycopg
import pytest
from moto import mock_aws
from psycopg import sql

from advisor.adapters import environment
from advisor.handlers import rotation

if TYPE_CHECKING:
    from tests.advisor.conftest import Postgres

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


@dataclass
class Vault:
    """A secret of a real login, and a version that is being rotated to."""

    client: Any
    arn: str
    token: str
    login: dict[str, Any]

    def step(self, name: str) -> None:
        rotation.handler({"Step": name, "SecretId": self.arn, "ClientRequestToken": self.token}, None)

    def read(self, stage: str) -> dict[str, Any]:
        text = self.client.get_secret_value(SecretId=self.arn, VersionStage=stage)["SecretString"]
        login: dict[str, Any] = json.loads(text)
        return login

    def opens(self, password: str) -> bool:
        """PostgreSQL accepts the password over TCP."""
        chosen = {name: self.login[name] for name in ("host", "port", "dbname")}
        try:
            psycopg.connect(user=self.login["username"], password=password, **chosen).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture
def vault(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    name = f"rotated_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'the-first'").format(sql.Identifier(name)))
    for variable, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "ENVIRONMENT": "test",
        "POWERTOOLS_SERVICE_NAME": "rotation",
        "DATABASE_TLS": "off",
    }.items():
        monkeypatch.setenv(variable, value)
    environment.forget()
    login = {
        "engine": "postgres",
        "host": "127.0.0.1",
        "port": postgres.port,
        "username": name,
        "password": "the-first",
        "dbname": "postgres",
    }
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="us-east-1")
        arn = client.create_secret(Name="database", SecretString=json.dumps(login))["ARN"]
        token = str(uuid.uuid4())
        # Secrets Manager itself makes the pending version before the first step.
        monkeypatch.setattr(rotation.Rotation, "_stages", with_pending(rotation.Rotation._stages, token))
        yield Vault(client, arn, token, login)
    environment.forget()
    postgres.execute("DROP ROLE {}", name)


def with_pending(stages: Any, token: str) -> Any:
    """The service lists the version being rotated to as pending before it has a value; moto does not."""

    def listed(self: rotation.Rotation) -> dict[str, list[str]]:
        return {token: [rotation.PENDING], **stages(self)}

    return listed


def test_after_four_steps_the_new_password_opens_the_database_and_the_old_one_does_not(vault: Vault) -> None:
    """The whole of it, judged by PostgreSQL."""
    for name in STEPS:
        vault.step(name)
    current = vault.read("AWSCURRENT")
    assert current["password"] != "the-first"
    assert {**current, "password": "the-first"} == vault.login
    assert vault.opens(current["password"])
    assert not vault.opens("the-first")
    assert vault.read("AWSPREVIOUS")["password"] == "the-first"


def test_every_step_may_be_repeated(vault: Vault) -> None:
    """Secrets Manager retries: a repeated step must not make a second password."""
    for name in STEPS:
        vault.step(name)
        pending = vault.read("AWSPENDING")["password"] if name != "finishSecret" else None
        vault.step(name)
        if pending:
            assert vault.read("AWSPENDING")["password"] == pending
    assert vault.opens(vault.read("AWSCURRENT")["password"])


def test_a_rotation_that_died_after_setting_the_password_recovers(vault: Vault) -> None:
    """The database knows the new password, the secret still the old one: the next run goes on from there."""
    vault.step("createSecret")
    vault.step("setSecret")
    vault.step("setSecret")
    vault.step("testSecret")
    vault.step("finishSecret")
    assert vault.opens(vault.read("AWSCURRENT")["password"])


def test_the_test_step_fails_while_the_database_has_the_old_password(vault: Vault) -> None:
    """A secret must never become current before it has opened the database."""
    vault.step("createSecret")
    with pytest.raises(rotation.RotationError, match="refuses the pending password"):
        vault.step("testSecret")
    assert vault.read("AWSCURRENT")["password"] == "the-first"


@pytest.mark.parametrize("change", [{"host": "evil.example.com"}, {"username": "postgres"}])
def test_a_pending_secret_cannot_lead_to_another_server_or_user(vault: Vault, change: dict[str, str]) -> None:
    """Who may write the secret must not thereby direct this function's logins."""
    vault.client.put_secret_value(
        SecretId=vault.arn,
        ClientRequestToken=vault.token,
        SecretString=json.dumps({**vault.login, "password": "x", **change}),
        VersionStages=["AWSPENDING"],
    )
    with pytest.raises(rotation.RotationError, match="differs in more than its password"):
        vault.step("setSecret")


def test_when_no_known_password_opens_the_database_the_error_says_what_to_do(vault: Vault, postgres: Postgres) -> None:
    """Somebody changed it by hand: nothing is guessed."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD 'by hand'").format(sql.Identifier(vault.login["username"])))
    vault.step("createSecret")
    with pytest.raises(rotation.RotationError, match="restore the secret"):
        vault.step("setSecret")
    assert vault.opens("by hand")


def test_the_new_password_is_in_no_statement_of_the_server(vault: Vault, postgres: Postgres) -> None:
    """Statement logs are read by many; the server sees a verifier only."""
    name = vault.login["username"]
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} SET log_statement = 'all'").format(sql.Identifier(name)))
    vault.step("createSecret")
    vault.step("setSecret")
    password = vault.read("AWSPENDING")["password"]
    logged = (postgres.folder / "data" / "log").read_text()
    assert f"ALTER ROLE {name} PASSWORD" in logged.replace('"', "")
    assert password not in logged
    assert vault.opens(password)


@pytest.mark.parametrize(("step", "token"), [("nonsense", None), ("setSecret", "11111111-1111-4111-8111-111111111111")])
def test_a_call_that_secrets_manager_would_not_make_is_refused(vault: Vault, step: str, token: str | None) -> None:
    """An unknown step, or a version that is not being rotated to."""
    with pytest.raises(rotation.RotationError):
        rotation.handler({"Step": step, "SecretId": vault.arn, "ClientRequestToken": token or vault.token}, None)

"""Logging in to PostgreSQL with a user and a password, for the rotation alone (all others use the Data API).

The new password never travels or lands in a server log as text: what is sent is its SCRAM-SHA-256 verifier, computed
here, which is what PostgreSQL stores anyway.
"""

import base64
import hashlib
import hmac
import secrets
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pg8000.native  # type: ignore[import-untyped]

from advisor.domain.errors import UnavailableError

ITERATIONS = 4096
TIMEOUT_SECONDS = 10
REFUSED = frozenset({"28P01", "28000"})


class LoginRefusedError(Exception):
    """The server does not accept this user and password."""


@dataclass(frozen=True)
class Transport:
    """How to reach the server: ``verify``, ``require`` or ``off``, and the authority's file for ``verify``."""

    tls: str = "require"
    ca_file: str | None = None

    def context(self) -> ssl.SSLContext | None:
        """What pg8000 takes; ``require`` encrypts without checking the certificate (the RDS authority is private)."""
        if self.tls == "off":
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.tls == "require":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def verifier(password: str, *, salt: bytes | None = None) -> str:
    """PostgreSQL's stored form of a password (RFC 5803)."""
    chosen = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), chosen, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (chosen, stored, server)]
    return f"SCRAM-SHA-256${ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


@contextmanager
def login(secret: Mapping[str, Any], transport: Transport) -> Iterator[pg8000.native.Connection]:
    """A connection with a secret's user and password; raises LoginRefusedError, UnavailableError."""
    try:
        connection = pg8000.native.Connection(
            user=secret["username"],
            password=secret["password"],
            host=secret["host"],
            port=int(secret.get("port", 5432)),
            database=secret.get("dbname") or "postgres",
            ssl_context=transport.context(),
            timeout=TIMEOUT_SECONDS,
        )
    except pg8000.exceptions.DatabaseError as error:
        fault = error.args[0] if error.args else {}
        if isinstance(fault, dict) and fault.get("C") in REFUSED:
            raise LoginRefusedError("the server refuses this user and password") from None
        raise UnavailableError() from error
    except (pg8000.exceptions.InterfaceError, OSError) as error:
        raise UnavailableError() from error
    try:
        yield connection
    finally:
        connection.close()


def change_own_password(connection: pg8000.native.Connection, user: str, password: str) -> None:
    """Set the password of the user who is logged in."""
    name = pg8000.native.identifier(user)
    connection.run(f"ALTER ROLE {name} PASSWORD {pg8000.native.literal(verifier(password))}")


def answers(connection: pg8000.native.Connection) -> bool:
    """The server runs a statement for this login."""
    return bool(connection.run("SELECT 1") == [[1]])

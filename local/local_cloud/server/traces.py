"""Decision: traces stay on this machine, as they came, in files that a reader decodes.

Stands in for Langfuse's OTLP ingestion: the same path below its root, Basic authentication with one pair of keys, 401
otherwise. The emulator's environment has no OpenTelemetry, so a request's protobuf is stored unread; only that it is
gzip, or plain, is looked at. The newest files are kept.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import time
import uuid
import zlib
from pathlib import Path
from typing import Any

INGESTION = "/api/public/otel/v1/traces"
KEYS = ("pk-lf-local", "sk-lf-local")
KEPT_FILES = 2000
MAX_BYTES = 8_000_000


class Traces:
    """The ingestion; `folder` takes one file a request, named so that they sort by time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answer(self, method: str, path: str, fields: dict[str, str], body: bytes) -> tuple[int, Any]:
        """One request (`path` below the root, header `fields` in lower case) as (HTTP status, JSON body)."""
        if _pair(fields.get("authorization", "")) != KEYS:
            return 401, {"error": "Unauthorized", "message": f"the local cloud knows the public key {KEYS[0]} only"}
        if method == "GET" and path == "/api/public/health":
            return 200, {"status": "OK"}
        if (method, path) != ("POST", INGESTION):
            return 404, {"error": "NotFound", "message": f"traces are posted to {INGESTION}"}
        return self._take(fields, body)

    def _take(self, fields: dict[str, str], body: bytes) -> tuple[int, Any]:
        if not fields.get("content-type", "").startswith("application/x-protobuf"):
            return 415, {"error": "UnsupportedMediaType", "message": "application/x-protobuf is read here"}
        try:
            plain = _inflated(body) if fields.get("content-encoding") == "gzip" else body
        except (OSError, EOFError, zlib.error):
            return 400, {"error": "BadRequest", "message": "the body is not gzip"}
        except ValueError as error:
            return 413, {"error": "TooLarge", "message": str(error)}
        self._store(plain)
        return 200, {}

    def _store(self, body: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.pb"
        partial = target.with_suffix(".partial")
        partial.write_bytes(body)
        partial.replace(target)
        for old in sorted(self._folder.glob("*.pb"))[:-KEPT_FILES]:
            old.unlink(missing_ok=True)


def _inflated(body: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        plain = file.read(MAX_BYTES + 1)
    if len(plain) > MAX_BYTES:
        raise ValueError(f"the body is larger than {MAX_BYTES} bytes")
    return plain


def _pair(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    try:
        public, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (public, secret) if scheme == "Basic" and colon else None

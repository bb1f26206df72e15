"""The detached signature of a file of evidence: its format, what is signed, and what makes it refuse.

Decisions: the file's bytes are digested as they are, and what is signed is a statement of that digest with the key and
the time, so that none of them can be exchanged. A signature file has exactly one spelling: any other is refused, so
that no byte of it can change unseen. Cryptography stays outside this package: `Signer` has the shape of a key
management service, which signs digests and never shows its key, and `Verify` checks one signature.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from pydantic import ValidationError

from soc2.evidence import Record

SUFFIX = ".sig"
ALGORITHM: Literal["ECDSA_SHA_256"] = "ECDSA_SHA_256"
_PURPOSE = "soc2 evidence signature, version 1"


@dataclass(frozen=True)
class PublicKey:
    """A public key: ``der`` is its SubjectPublicKeyInfo, as a key management service hands it out."""

    key_id: str
    der: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key, in hexadecimal: what people compare and pin."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True)
class Signature:
    """What a key answers: a DER-encoded ECDSA signature over P-256."""

    algorithm: str
    value: bytes


class Signer(Protocol):
    """A private key that is somewhere else."""

    def sign(self, message_digest: bytes) -> Signature:
        """Sign a SHA-256 digest."""

    def public_key(self) -> PublicKey:
        """The key that verifies what `sign` makes."""


Verify = Callable[[bytes, bytes, bytes], bool]
"""Whether (public key DER, digest, signature) fit. It must refuse a second spelling of a valid signature."""


class SignatureFile(Record):
    """What stands beside the evidence. Bytes are Base64; ``digest`` is the evidence's SHA-256 in hexadecimal."""

    schema_version: Literal[1] = 1
    algorithm: Literal["ECDSA_SHA_256"] = ALGORITHM
    key_id: str
    public_key: str
    digest: str
    signed_at: datetime
    signature: str

    def statement(self) -> bytes:
        """The SHA-256 of everything but the signature: this is what the key signs."""
        said = {"purpose": _PURPOSE, **self.model_dump(mode="json", exclude={"signature"})}
        return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).digest()

    def text(self) -> str:
        """Its only spelling."""
        return self.model_dump_json(indent=1) + "\n"

    @property
    def key(self) -> PublicKey:
        """The public key that it carries."""
        return PublicKey(self.key_id, base64.b64decode(self.public_key))


class Fault(StrEnum):
    """Why a signature is refused."""

    MISSING = "the signature is missing"
    MALFORMED = "the signature file is damaged or was changed"
    UNEXPECTED_KEY = "another key signed it"
    FORGED = "the signature does not fit: the signature file was changed after signing"
    SIGNER = "the signer answered with a signature that does not fit its own public key"
    CHANGED = "the evidence was changed after signing"


class RefusedError(Exception):
    """The evidence cannot be trusted; ``fault`` says what is wrong, the text also with which file."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


def beside(evidence: Path) -> Path:
    """Where the signature of a file is."""
    return evidence.with_name(evidence.name + SUFFIX)


def sign(evidence: Path, signer: Signer, verify: Verify, *, now: datetime | None = None) -> SignatureFile:
    """Sign the file and write the signature beside it.

    :raises RefusedError: the signer's answer does not fit its own public key; nothing is written.
    """
    key = signer.public_key()
    draft = SignatureFile(
        key_id=key.key_id,
        public_key=_text(key.der),
        digest=hashlib.sha256(evidence.read_bytes()).hexdigest(),
        signed_at=(now or datetime.now(UTC)).astimezone(UTC),
        signature="",
    )
    answer = signer.sign(draft.statement())
    if answer.algorithm != ALGORITHM or not verify(key.der, draft.statement(), answer.value):
        raise RefusedError(Fault.SIGNER, key.key_id)
    signed = draft.model_copy(update={"signature": _text(answer.value)})
    beside(evidence).write_text(signed.text(), "utf-8", newline="\n")
    return signed


def check(evidence: Path, verify: Verify, *, pinned: str | None = None) -> SignatureFile:
    """The signature of the file, if everything about it is in order.

    :param pinned: fingerprint of the only key that may have signed. Without it the check shows that evidence and
        signature belong together, and not who signed: whoever changes both can sign with a key of their own.
    :raises RefusedError: something is not in order.
    """
    content = evidence.read_bytes()
    found = _read(beside(evidence))
    key = found.key
    if pinned is not None and key.fingerprint != pinned:
        raise RefusedError(Fault.UNEXPECTED_KEY, f"expected {pinned}, found {key.fingerprint} ({key.key_id})")
    if not verify(key.der, found.statement(), base64.b64decode(found.signature)):
        raise RefusedError(Fault.FORGED, str(beside(evidence)))
    actual = hashlib.sha256(content).hexdigest()
    if actual != found.digest:
        raise RefusedError(Fault.CHANGED, f"{evidence} has SHA-256 {actual}, signed was {found.digest}")
    return found


def _read(file: Path) -> SignatureFile:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise RefusedError(Fault.MISSING, f"there is no {file}") from None
    try:
        found = SignatureFile.model_validate_json(raw)
        spelled = all(_text(base64.b64decode(text)) == text for text in (found.public_key, found.signature))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RefusedError(Fault.MALFORMED, f"{file}: {where + ': ' if where else ''}{first['msg']}") from None
    except (binascii.Error, ValueError) as error:
        raise RefusedError(Fault.MALFORMED, f"{file}: {error}") from None
    if not spelled or found.text().encode() != raw:
        raise RefusedError(Fault.MALFORMED, f"{file}: not written the way signatures are written")
    return found


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")

"""Keys that sign evidence: one on this machine, or one in AWS KMS that never leaves it. ECDSA over P-256, SHA-256.

Decision: of the two signatures (r, s) and (r, n - s) that fit, only the one with the smaller s counts. KMS answers
either; without the rule a signature could be exchanged for its twin and still fit.
"""

import binascii
import os
import re
import stat
import uuid
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from alex import places
from soc2.signing import ALGORITHM, PublicKey, Signature

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group (SEC 2, 2.4.2)
_DIGEST = ec.ECDSA(Prehashed(hashes.SHA256()))
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_ANEW = "move it away: the next signing makes a new key, whose fingerprint those who verify must get"


class UnusableKeyError(Exception):
    """A key that cannot be used; the text says which and why, ``remedy`` what to do about it."""

    def __init__(self, said: str, remedy: str = "name another key") -> None:
        super().__init__(said)
        self.remedy = remedy


class KmsClient(Protocol):
    """What is used of boto3's KMS client."""

    def sign(self, **arguments: Any) -> Any:
        """KMS's operation Sign."""

    def get_public_key(self, **arguments: Any) -> Any:
        """KMS's operation GetPublicKey."""


class LocalSigner:
    """A key in a file that only its owner can read; made at its first use, with the public key beside it."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or places.STATE / "keys" / "evidence.pem"
        self._key = _load(self.file) if self.file.exists() else _make(self.file)
        public = _pem(self._key.public_key())
        if not public_file(self.file).exists() or public_file(self.file).read_text("ascii") != public:
            _whole(public_file(self.file), public)

    def sign(self, message_digest: bytes) -> Signature:
        """Sign a SHA-256 digest."""
        return Signature(ALGORITHM, normal(self._key.sign(message_digest, _DIGEST)))

    def public_key(self) -> PublicKey:
        """The key's public half; it is called by the start of its fingerprint, since a file's name says nothing."""
        der = _der(self._key.public_key())
        return PublicKey(f"local:{PublicKey('', der).fingerprint[:16]}", der)


class KmsSigner:
    """An asymmetric key of AWS KMS (ECC_NIST_P256, SIGN_VERIFY): who signed is in CloudTrail, the key stays there."""

    def __init__(self, client: KmsClient, key_id: str) -> None:
        self._client = client
        self._key_id = key_id

    def sign(self, message_digest: bytes) -> Signature:
        """Sign a SHA-256 digest."""
        answer = self._client.sign(
            KeyId=self._key_id, Message=message_digest, MessageType="DIGEST", SigningAlgorithm=ALGORITHM
        )
        return Signature(str(answer["SigningAlgorithm"]), normal(bytes(answer["Signature"])))

    def public_key(self) -> PublicKey:
        """The key's public half, under the name by which KMS answers.

        :raises UnusableKeyError: the key is of another kind.
        """
        answer = self._client.get_public_key(KeyId=self._key_id)
        der = bytes(answer["PublicKey"])
        if ALGORITHM not in answer.get("SigningAlgorithms", ()) or _loaded(der) is None:
            raise UnusableKeyError(f"the KMS key {self._key_id} is no ECC_NIST_P256 key for SIGN_VERIFY")
        return PublicKey(str(answer["KeyId"]), der)


def verify(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether the signature of the digest fits the key, in its only spelling."""
    key = _loaded(public_key)
    try:
        if key is None or normal(signature) != signature:
            return False
        key.verify(signature, digest, _DIGEST)
    except (InvalidSignature, ValueError):
        return False
    return True


def normal(signature: bytes) -> bytes:
    """The signature with the smaller s, in DER.

    :raises ValueError: it is no DER-encoded ECDSA signature.
    """
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _ORDER - s))


def fingerprint_of(key: str) -> str:
    """The fingerprint that ``key`` pins: a file with a public key (PEM or DER), or the fingerprint itself.

    :raises UnusableKeyError: it is neither.
    """
    bare = key.lower().removeprefix("sha256:").replace(":", "")
    if _FINGERPRINT.fullmatch(bare):
        return bare
    try:
        raw = Path(key).read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise UnusableKeyError(f"{key} is neither a fingerprint (64 hexadecimal digits) nor a file: {reason}") from None
    if b"PRIVATE KEY" in raw:
        raise UnusableKeyError(f"{key} is a private key: name the public one, and let nobody have this one")
    try:
        der = _der(serialization.load_pem_public_key(raw)) if b"-----BEGIN" in raw else raw
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise UnusableKeyError(f"{key} holds no public key: {error}") from None
    if _loaded(der) is None:
        raise UnusableKeyError(f"{key} holds no public key of ECDSA P-256")
    return PublicKey("", der).fingerprint


def public_file(private: Path) -> Path:
    """Where the public half of a local key is, for those who verify."""
    return private.with_suffix(".public.pem")


def _loaded(der: bytes) -> ec.EllipticCurvePublicKey | None:
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) and _der(key) == der
    return key if fits and isinstance(key, ec.EllipticCurvePublicKey) else None


def _der(key: Any) -> bytes:
    found: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found


def _pem(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _load(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            remedy = f"`chmod 600 {file}` if nobody has read it; otherwise {_ANEW}"
            raise UnusableKeyError(f"{file} can be read by others", remedy)
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        reason, remedy = error.strerror or error, "make it a file that you can read, or leave the signature: --no-sign"
        raise UnusableKeyError(f"{file} cannot be read: {reason}", remedy) from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKeyError(f"{file} holds no private key without a password", _ANEW) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UnusableKeyError(f"{file} holds a key that is not ECDSA P-256", _ANEW)
    return key


def _whole(file: Path, text: str) -> None:
    """Write it whole or not at all, also when two commands do so at once."""
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    draft.write_text(text, "ascii")
    draft.replace(file)


def _make(file: Path) -> ec.EllipticCurvePrivateKey:
    """A new key, or the one that another process made meanwhile: the file appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(pem)
        os.link(draft, file)
    except FileExistsError:
        return _load(file)
    finally:
        draft.unlink()
    return key

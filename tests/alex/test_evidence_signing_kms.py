"""Evidence signed by a key that never leaves AWS KMS (COMP-09): what KMS answers, a local check must accept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from alex.evidence import signing
from alex.evidence.signing import KmsSigner, UnusableKeyError
from soc2.signing import Fault, RefusedError, beside, check, sign


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A key management service in memory.

    Moto signs every message as if it were raw: it does not implement `MessageType=DIGEST`. Here its elliptic keys sign
    what they are given as a digest, as KMS documents it, and the request must have said so.
    """
    import boto3
    from moto import mock_aws
    from moto.kms.utils import ECDSAPrivateKey

    def sign_digest(key: Any, message: bytes, signing_algorithm: str) -> bytes:
        assert signing_algorithm == "ECDSA_SHA_256"
        made: bytes = key.private_key.sign(message, ec.ECDSA(Prehashed(hashes.SHA256())))
        return made

    def says_digest(params: dict[str, Any], **_: Any) -> None:
        assert params["MessageType"] == "DIGEST"

    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign_digest)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.client("kms", region_name="eu-west-1")
        client.meta.events.register("provide-client-params.kms.Sign", says_digest)
        yield client


def test_a_key_in_kms_signs_what_a_local_check_accepts(kms: Any, tmp_path: Path) -> None:
    """The auditor verifies without an AWS account. Many times: KMS answers with the greater s half of the time."""
    key_id = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/evidence", TargetKeyId=key_id)
    signer = KmsSigner(kms, "alias/evidence")
    file = tmp_path / "evidence.json"
    for number in range(12):
        file.write_bytes(f"evidence {number}".encode())
        sign(file, signer, signing.verify)
        found = check(file, signing.verify, pinned=signer.public_key().fingerprint)
        assert key_id in found.key_id
        file.write_bytes(b"changed")
        with pytest.raises(RefusedError) as refused:
            check(file, signing.verify)
        assert refused.value.fault == Fault.CHANGED


def test_a_kms_key_of_another_kind_is_refused(kms: Any) -> None:
    """A key on another curve would make signatures that no check accepts."""
    for spec in ("ECC_NIST_P384", "RSA_2048"):
        key_id = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        with pytest.raises(UnusableKeyError, match="ECC_NIST_P256"):
            KmsSigner(kms, key_id).public_key()


def test_a_key_that_digests_once_more_signs_nothing(kms: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for KMS that ignores `MessageType` makes signatures that nobody could verify later."""
    from moto.kms.utils import ECDSAPrivateKey

    def sign_raw(key: Any, message: bytes, signing_algorithm: str) -> bytes:
        made: bytes = key.private_key.sign(message, ec.ECDSA(hashes.SHA256()))
        return made

    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign_raw)
    key_id = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    file = tmp_path / "evidence.json"
    file.write_bytes(b"evidence")
    with pytest.raises(RefusedError) as refused:
        sign(file, KmsSigner(kms, key_id), signing.verify)
    assert refused.value.fault == Fault.SIGNER
    assert not beside(file).exists()

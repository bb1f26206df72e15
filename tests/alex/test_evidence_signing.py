"""Signed evidence is exactly what was signed, by whom it says, or it is refused with the reason (COMP-09).

An auditor relies on a file that somebody mailed: one byte that changes unseen makes all of it worthless.
"""

import base64
import json
import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from alex.evidence import signing
from alex.evidence.signing import LocalSigner, UnusableKeyError, fingerprint_of, public_file
from soc2.signing import Fault, PublicKey, RefusedError, Signature, SignatureFile, beside, check, sign

CONTENT = b'{"schema_version": 1, "results": []}\n'
NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LocalSigner:
    """A key of the tests' own."""
    return LocalSigner(tmp_path_factory.mktemp("keys") / "evidence.pem")


@pytest.fixture(scope="module")
def signed(signer: LocalSigner, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Signed evidence; with arguments, its bytes or its signature's are others."""
    folder = tmp_path_factory.mktemp("signed")
    file = folder / "evidence.json"
    file.write_bytes(CONTENT)
    sign(file, signer, signing.verify, now=NOW)
    signature = beside(file).read_bytes()

    def make(content: bytes = CONTENT, other: bytes | None = None) -> Path:
        file.write_bytes(content)
        beside(file).write_bytes(signature if other is None else other)
        return file

    return make


def fault(file: Path, pinned: str | None = None) -> Fault:
    """Why the evidence is refused; it must be."""
    with pytest.raises(RefusedError) as refused:
        check(file, signing.verify, pinned=pinned)
    assert str(refused.value).startswith(refused.value.fault)
    return refused.value.fault


def test_what_was_signed_is_in_order(signed: Callable[..., Path], signer: LocalSigner) -> None:
    """With the key pinned and without."""
    key = signer.public_key()
    for pinned in (None, key.fingerprint):
        found = check(signed(), signing.verify, pinned=pinned)
        assert (found.key, found.signed_at) == (key, NOW)


@given(st.data())
def test_any_changed_bit_is_refused(signed: Callable[..., Path], data: st.DataObject) -> None:
    """Of the evidence, or of the signature file: of its time, key, digest, spelling and white space too."""
    file = signed()
    target = data.draw(st.sampled_from([file, beside(file)]))
    raw = bytearray(target.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    target.write_bytes(raw)
    assert fault(file) == Fault.CHANGED if target == file else fault(file) in (Fault.MALFORMED, Fault.FORGED)


@given(st.data())
def test_any_other_spelling_is_refused(signed: Callable[..., Path], data: st.DataObject) -> None:
    """A byte that is put in, left out or exchanged, for example a blank, is a change like any other."""
    file = signed()
    raw = beside(file).read_bytes()
    at, length = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 3))
    other = raw[:at] + data.draw(st.binary(max_size=2) | st.sampled_from([b" ", b"\n", b"\t"])) + raw[at + length :]
    file = signed(other=other)
    if other == raw:
        check(file, signing.verify)
    else:
        assert fault(file) in (Fault.MALFORMED, Fault.FORGED)


def respelled(signed: Callable[..., Path], **changes: Any) -> Path:
    """The signature file, well written, with other values."""
    found = SignatureFile.model_validate_json(beside(signed()).read_bytes())
    return signed(other=found.model_copy(update=changes).text().encode())


def test_every_field_is_under_the_signature(signed: Callable[..., Path]) -> None:
    """A well-written signature file with an earlier time or another key's name must not pass."""
    assert fault(respelled(signed, signed_at=NOW.replace(year=2025))) == Fault.FORGED
    assert fault(respelled(signed, key_id="arn:aws:kms:eu-west-1:1:key/trusted")) == Fault.FORGED
    assert fault(respelled(signed, digest="0" * 64)) == Fault.FORGED
    covered = {"signed_at", "key_id", "digest", "public_key", "schema_version", "algorithm", "signature"}
    assert set(SignatureFile.model_fields) == covered


def test_the_twin_of_a_signature_is_refused(signed: Callable[..., Path]) -> None:
    """(r, n - s) fits the same digest: with it the file would change and still verify."""
    value = base64.b64decode(json.loads(beside(signed()).read_bytes())["signature"])
    r, s = decode_dss_signature(value)
    twin = base64.b64encode(encode_dss_signature(r, signing._ORDER - s)).decode()
    assert fault(respelled(signed, signature=twin)) == Fault.FORGED


def test_another_key_is_refused_when_one_is_pinned(signed: Callable[..., Path], tmp_path: Path) -> None:
    """Whoever changes the evidence can sign it anew with a key of their own: only pinning shows it."""
    stranger = LocalSigner(tmp_path / "stranger.pem")
    file = signed(b"changed")
    expected = SignatureFile.model_validate_json(beside(file).read_bytes()).key.fingerprint
    sign(file, stranger, signing.verify, now=NOW)
    check(file, signing.verify)
    assert fault(file, expected) == Fault.UNEXPECTED_KEY


def test_a_missing_or_foreign_signature_says_so(signed: Callable[..., Path]) -> None:
    """Missing, damaged and forged lead an auditor to different people."""
    file = signed()
    beside(file).unlink()
    assert fault(file) == Fault.MISSING
    for nonsense in (b"", b"{}", b"\xff\xfe", b"[]", b"-----BEGIN PGP SIGNATURE-----", b'{"public_key": "\xc3\xa9"}'):
        assert fault(signed(other=nonsense)) == Fault.MALFORMED
    assert fault(respelled(signed, public_key="AAAA")) == Fault.FORGED
    assert fault(respelled(signed, public_key="no base64")) == Fault.MALFORMED


def test_a_signer_that_answers_nonsense_signs_nothing(signer: LocalSigner, tmp_path: Path) -> None:
    """Better no signature than one that the auditor refuses half a year later."""

    class Broken:
        def sign(self, message_digest: bytes) -> Signature:
            return signer.sign(bytes(32))

        def public_key(self) -> PublicKey:
            return signer.public_key()

    file = tmp_path / "evidence.json"
    file.write_bytes(CONTENT)
    with pytest.raises(RefusedError) as refused:
        sign(file, Broken(), signing.verify)
    assert refused.value.fault == Fault.SIGNER
    assert not beside(file).exists()


def test_a_local_key_is_its_owners_alone(tmp_path: Path) -> None:
    """A key that others can read signs in everybody's name."""
    file = tmp_path / "keys" / "evidence.pem"
    before = os.umask(0)
    try:
        key = LocalSigner(file).public_key()
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert LocalSigner(file).public_key() == key
    assert fingerprint_of(str(public_file(file))) == key.fingerprint
    assert sorted(path.name for path in file.parent.iterdir()) == ["evidence.pem", "evidence.public.pem"]
    file.chmod(0o640)
    with pytest.raises(UnusableKeyError, match="read by others"):
        LocalSigner(file)


def test_two_commands_at_once_make_one_key(tmp_path: Path) -> None:
    """Two keys, of which one is lost, would leave evidence that nobody can pin."""
    made: list[str] = []
    workers = [
        threading.Thread(target=lambda: made.append(LocalSigner(tmp_path / "key.pem").public_key().fingerprint))
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_unusable_keys_are_refused_with_the_reason(tmp_path: Path, signer: LocalSigner) -> None:
    """A wrong file in the place of a key must not end in a traceback."""
    file = tmp_path / "key.pem"
    kinds = (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048))
    pems = [
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for key in kinds
    ]
    for content in (b"", b"nonsense", *pems):
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(UnusableKeyError):
            LocalSigner(file)
        with pytest.raises(UnusableKeyError):
            fingerprint_of(str(file))
    for name in ("missing.pem", "abc123", "", str(tmp_path), str(signer.file)):
        with pytest.raises(UnusableKeyError):
            fingerprint_of(name)
    fingerprint = signer.public_key().fingerprint
    pairs = ":".join(fingerprint[index : index + 2] for index in range(0, 64, 2)).upper()
    assert fingerprint_of(pairs) == fingerprint_of(f"sha256:{fingerprint}") == fingerprint

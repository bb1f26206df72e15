"""A bucket that loses its key closes the gate: the secure default is checked in the template, not believed (SYS-01)."""

import re
from pathlib import Path
from typing import Any

import pytest

from soc2 import SWITCHED_OFF, GateError, Profile, synthesise
from tests.policy.gated import ELSEWHERE


def bucket_of(throwaway: Any) -> Any:
    """A plain bucket, as any stack of the platform would write it."""
    from aws_cdk import aws_s3 as s3

    return s3.Bucket(throwaway, "Plain").node.default_child


def test_a_plain_bucket_passes_as_the_defaults_make_it(throwaway: Any) -> None:
    """Else the next test would die of something else."""
    bucket_of(throwaway)
    synthesise(throwaway.node.root, profile=Profile(elsewhere=ELSEWHERE), switched_off=SWITCHED_OFF)


def test_a_bucket_without_its_key_closes_the_gate(throwaway: Any) -> None:
    """SEC-06, CONF-06: whoever takes the customer's key off one bucket is stopped, and told which one it is."""
    bucket_of(throwaway).bucket_encryption = None
    with pytest.raises(GateError) as error:
        synthesise(throwaway.node.root, profile=Profile(elsewhere=ELSEWHERE), switched_off=SWITCHED_OFF)
    assert "SOC2-S3-KEY" in str(error.value)
    assert "S3DefaultEncryptionKMS" in str(error.value)
    assert "Throwaway/Plain" in str(error.value)


def test_no_stack_writes_past_the_rules() -> None:
    """Rules see the constructs' own properties: what a raw override adds or deletes would pass them unseen."""
    root = Path(__file__).resolve().parents[2]
    sources = [root / "app.py", *(path for room in ("stacks", "constructs") for path in (root / room).rglob("*.py"))]
    overriding = [
        str(path.relative_to(root)) for path in sources if re.search(r"\.add_\w*override\(", path.read_text())
    ]
    assert overriding == []

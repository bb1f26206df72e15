"""Audit hashes are stable and tampering is noticed (XAI-04, B.6; SYS-09)."""

import hashlib
import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.audit import canonical, canonical_json, decision, digest, seal, verify_chain
from advisor.domain.models import AuditEntry

D = Decimal
NOW = datetime(2022, 12, 28, 12, 0, tzinfo=UTC)
SIMPLE = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


def test_the_form_is_the_documented_one() -> None:
    """Another program can recompute the hash from the written rule alone."""
    value = {"b": D("1.50"), "a": [date(2022, 12, 28), UUID(int=1)], "t": NOW}
    text = '{"a":["2022-12-28","00000000-0000-0000-0000-000000000001"],"b":"1.5","t":"2022-12-28T12:00:00+00:00"}'
    assert canonical_json(value) == text
    assert digest(value) == hashlib.sha256(text.encode()).hexdigest()


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=6), st.randoms())
def test_hash_is_stable_under_key_order(value: dict[str, Any], rng: random.Random) -> None:
    """The same input hashes the same whatever order a database or a parser returns its keys in."""
    keys = list(value)
    rng.shuffle(keys)
    assert digest({key: value[key] for key in keys}) == digest(value)
    assert json.loads(canonical_json(value)) == canonical(value)


@given(VALUES, VALUES)
def test_hash_changes_with_any_value(left: Any, right: Any) -> None:
    """Different canonical texts have different hashes, equal ones equal hashes."""
    assert (digest(left) == digest(right)) == (canonical_json(left) == canonical_json(right))
    assert digest({"x": left}) != digest({"y": left})
    assert digest([left]) != digest([left, left])


def test_equal_amounts_hash_equally_and_times_are_utc() -> None:
    """A trailing zero added by a database, or another time zone, is no change."""
    assert digest(D("10.00")) == digest(D("1E+1")) == digest(D(10))
    assert digest(D("0.00")) == digest(D("-0"))
    assert digest(D("10.01")) != digest(D("10.00"))
    assert digest(NOW) == digest(NOW.astimezone(timezone(timedelta(hours=5))))


def test_models_enums_dataclasses_and_sets_have_a_form(build: Any) -> None:
    """Whatever the agents hand over as input can be hashed."""

    class Word(StrEnum):
        A = "a"

    @dataclass(frozen=True)
    class Pair:
        left: int
        right: Decimal

    assert canonical({Word.A: {3, 1, 2}, "p": Pair(1, D("2.0"))}) == {"a": [1, 2, 3], "p": {"left": 1, "right": "2"}}
    assert digest(build.worked()) == digest(build.worked())


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (object(), TypeError),
        (b"raw", TypeError),
        ({1: "x"}, TypeError),
        (float("nan"), ValueError),
        (D("Infinity"), ValueError),
        (datetime(2022, 1, 1), ValueError),  # noqa: DTZ001
        ({UUID(int=1): 1, str(UUID(int=1)): 2}, ValueError),
    ],
)
def test_what_has_no_form_is_refused(value: Any, error: type[Exception]) -> None:
    """An ambiguous input (a naive time, defect 13) is refused instead of hashed by chance."""
    with pytest.raises(error):
        canonical(value)


def entry(number: int, job: str = "job-1") -> AuditEntry:
    return decision(
        timestamp=NOW + timedelta(seconds=number),
        agent="reporter",
        job_id=job,
        user_id="user-1",
        model="model-1",
        input={"secret prompt": number},
        output={"content": "x" * number},
        duration_ms=number,
        verdict="PASS",
        prompt_version="v1",
        tokens={"in": 10, "out": number},
        cost_usd=D("0.00120"),
    )


def chain(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(length):
        entries.append(seal(entry(number), entries[-1] if entries else None))
    return entries


def test_an_entry_holds_no_content() -> None:
    """The trail can be shown to an auditor without leaking prompts, answers or who the user is."""
    made = entry(3)
    text = made.model_dump_json()
    assert "secret" not in text
    assert "user-1" not in text
    assert made.output_summary == {"type": "dict", "size_bytes": len(b'{"content":"xxx"}')}
    assert made.input_hash == digest({"secret prompt": 3})
    assert made.timestamp.tzinfo is UTC


def test_an_untouched_chain_holds_also_after_storage() -> None:
    """Entries read back from the stored JSON verify, trailing zeros of the cost included."""
    entries = chain(4)
    read = [AuditEntry.model_validate_json(canonical_json(e)) for e in entries]
    assert verify_chain(read, head=entries[-1].entry_hash).ok
    assert verify_chain([]).ok
    assert entries[0].prev_hash is None


@given(
    st.integers(0, 3),
    st.sampled_from(["model", "duration_ms", "compliance_check", "prev_hash", "entry_hash", "tokens"]),
)
def test_any_change_breaks_the_chain(index: int, field: str) -> None:
    """A record altered after the fact is found, at its place."""
    entries = chain(4)
    other: dict[str, Any] = {"duration_ms": 99, "tokens": {"in": 1}}
    entries[index] = entries[index].model_copy(update={field: other.get(field, "f" * 64)})
    report = verify_chain(entries)
    assert not report.ok
    assert report.broken_at == index
    assert report.reason


def test_removed_reordered_and_foreign_entries_are_found() -> None:
    """Deleting the embarrassing entry does not go unnoticed, at the end neither when the head is known."""
    entries = chain(4)
    assert verify_chain(entries[1:]).broken_at == 0
    assert verify_chain([entries[0], *entries[2:]]).broken_at == 1
    assert verify_chain([entries[1], entries[0]]).broken_at == 0
    assert verify_chain(entries[:3]).ok
    cut = verify_chain(entries[:3], head=entries[3].entry_hash)
    assert (cut.ok, cut.broken_at, cut.reason) == (False, 3, "entries are missing at the end")
    resealed = [*entries[:2], seal(entry(2).model_copy(update={"model": "forged"}), entries[1]), entries[3]]
    assert verify_chain(resealed).broken_at == 3
    foreign = seal(entry(9, "job-2"), None)
    assert verify_chain([entries[0], foreign]).broken_at == 1


def test_sealing_refuses_a_wrong_predecessor() -> None:
    """A chain cannot be continued from an unsealed entry or from another job's."""
    with pytest.raises(ValueError, match="sealed one of the same job"):
        seal(entry(1), entry(0))
    with pytest.raises(ValueError, match="sealed one of the same job"):
        seal(entry(1), seal(entry(0, "job-2"), None))

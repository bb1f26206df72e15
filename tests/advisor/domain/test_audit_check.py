"""Whatever is done to a stored trail is found, and told where (XAI-04, COMP-16; SYS-09)."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.audit import canonical_json, decision, seal
from advisor.domain.audit_check import Checked, check
from advisor.domain.audit_trail import (
    START,
    Archived,
    Seal,
    Stored,
    Trail,
    archive_key,
    exported,
    loaded,
    stored_form,
)
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind

NOW = datetime(2022, 12, 28, 12, 0, tzinfo=UTC)
KINDS = (EntryKind.DECISION, EntryKind.MODEL_ANSWER, EntryKind.MODEL_ANSWER, EntryKind.QUALITY, EntryKind.CLOSING)


def entries_of(job: str = "job-1", length: int = len(KINDS)) -> list[AuditEntry]:
    """A run's entries, closed."""
    made: list[AuditEntry] = []
    kinds = [*KINDS[:1] * max(0, length - len(KINDS)), *KINDS]
    for number, kind in enumerate(kinds):
        entry = decision(
            timestamp=NOW + timedelta(seconds=number), agent="reporter", job_id=job, user_id="user-1", model="m",
            input={"n": number}, output={"content": "x" * number}, duration_ms=number, verdict="PASS",
            prompt_version="v1", tokens={"in": 10, "out": number}, cost_usd=Decimal("0.0012"), kind=kind,
            decision=f"d{number}", explanation="because",
        )  # fmt: skip
        made.append(seal(entry, made[-1] if made else None))
    return made


def trail_of(entries: list[AuditEntry], job: str = "job-1") -> Trail:
    """As the table holds them."""
    links = {entry.prev_hash or START: entry.entry_hash or "" for entry in entries}
    return Trail(job, tuple(stored_form(entry) for entry in entries), links)


def archive_of(entries: list[AuditEntry]) -> list[Archived]:
    return [Archived(archive_key(entry), canonical_json(entry.model_dump())) for entry in entries]


Told = list[tuple[str, int | None]]


def told(found: Checked) -> Told:
    return [(fault.what, fault.position) for fault in found.faults]


def test_an_untouched_trail_is_whole_by_every_witness() -> None:
    """XAI-04: a false alarm would teach people to ignore it; also after a journey through a file."""
    entries = entries_of()
    last = entries[-1]
    trail, archive = loaded(json.dumps(exported(trail_of(entries), archive_of(entries))))
    found = check(trail, archive, seal=Seal(4, last.entry_hash or ""))
    assert found.faults == ()
    assert (found.ok, found.chain_ok, found.archive) == (True, True, "agrees")
    assert [one.sequence for one in found.entries] == [1, 2, 3, 4, 5]
    assert last.output_summary | {"entries": 4, "head": entries[-2].entry_hash} == last.output_summary


def _field(text: str, name: str, value: Any) -> str:
    return canonical_json(json.loads(text) | {name: value})


_VALUES: dict[str, Any] = {
    "duration_ms": 99, "tokens": {"in": 1}, "cost_usd": "7", "rules": ["numbers"], "sequence": 9, "kind": "review",
    "output_summary": {"type": "list"}, "timestamp": "2020-01-01T00:00:00+00:00", "unknown_field": 1,
}  # fmt: skip
FIELDS = sorted({*AuditEntry.model_fields, "unknown_field"})


@given(st.integers(0, 4), st.sampled_from(FIELDS))
def test_a_changed_field_is_found_and_named(index: int, name: str) -> None:
    """XAI-04: no field of any entry can be rewritten; the archive says what stood there before."""
    entries = entries_of()
    trail = trail_of(entries)
    stored = list(trail.stored)
    text = _field(stored[index].text, name, _VALUES.get(name, "f" * 64))
    stored[index] = replace(stored[index], text=text)
    changed = replace(trail, stored=tuple(stored))
    assert not check(changed).ok
    found = check(changed, archive_of(entries))
    assert any(fault.position == index + 1 for fault in found.faults), found.faults
    if name in {"model", "cost_usd", "explanation"}:
        assert any(f"{name} was" in fault.reason for fault in found.faults)


@given(st.integers(0, 4), st.sampled_from(["agent", "timestamp", "entry_hash", "key"]), st.text(min_size=1, max_size=9))
def test_what_stands_beside_an_entry_cannot_be_changed_either(index: int, name: str, value: str) -> None:
    """XAI-05: queries by agent and date read the attributes; an entry filed under another name would not be found."""
    trail = trail_of(entries_of())
    stored = list(trail.stored)
    one = stored[index]
    stored[index] = (
        replace(one, key=value) if name == "key" else replace(one, attributes={**one.attributes, name: value})
    )
    assert ("changed", index + 1) in told(check(replace(trail, stored=tuple(stored))))


@given(st.sets(st.integers(0, 4), min_size=1, max_size=4))
def test_removed_entries_are_found_at_their_place(gone: set[int]) -> None:
    """XAI-04: also the last ones: their links are still there."""
    trail = trail_of(entries_of())
    left = tuple(one for index, one in enumerate(trail.stored) if index not in gone)
    found = check(replace(trail, stored=left))
    assert {place for what, place in told(found) if what == "removed"} == {index + 1 for index in gone}


@given(st.integers(1, 5))
def test_an_end_that_is_removed_with_its_links_is_found(many: int) -> None:
    """COMP-16: whoever may write the links too cannot make a shorter trail look complete: its closing entry is gone,
    the job's row still names it, and the archive still has it."""
    entries = entries_of()
    last = entries[-1]
    short = trail_of(entries[:-many])
    assert ("not closed", None) in told(check(short))
    assert ("removed", 5) in told(check(short, seal=Seal(4, last.entry_hash or "")))
    missing = {place for what, place in told(check(short, archive_of(entries))) if what == "removed"}
    assert missing == set(range(6 - many, 6))


@given(st.integers(1, 3))
def test_an_entry_cut_out_with_its_links_mended_is_found(index: int) -> None:
    """XAI-04: the entry behind it still names the one that is gone."""
    entries = entries_of()
    left = [entry for place, entry in enumerate(entries) if place != index]
    trail = trail_of(left)
    links = {START: left[0].entry_hash or ""} | {
        before.entry_hash or "": after.entry_hash or "" for before, after in itertools.pairwise(left)
    }
    assert ("removed", index + 1) in told(check(replace(trail, links=links)))


@given(st.permutations(range(5)))
def test_another_order_is_found(order: list[int]) -> None:
    """XAI-04: what came first is part of why."""
    trail = trail_of(entries_of())
    found = check(replace(trail, stored=tuple(trail.stored[index] for index in order)))
    assert found.ok == (order == sorted(order))


def test_swapped_keys_are_found() -> None:
    """XAI-04: the order in the table is the order of the keys, so that is what somebody would swap."""
    trail = trail_of(entries_of())
    one, two = trail.stored[1], trail.stored[2]
    swapped = (trail.stored[0], Stored(one.key, two.text, two.attributes), Stored(two.key, one.text, one.attributes))
    found = check(replace(trail, stored=(*swapped, *trail.stored[3:])))
    assert {place for what, place in told(found) if what == "changed"} >= {2, 3}


@given(st.integers(0, 5))
def test_another_jobs_entry_is_found(index: int) -> None:
    """XAI-04: a good decision cannot be borrowed."""
    trail, foreign = trail_of(entries_of()), trail_of(entries_of("job-2"), "job-2")
    stored = (*trail.stored[:index], foreign.stored[0], *trail.stored[index:])
    found = check(replace(trail, stored=stored))
    assert any(what == "added" for what, _place in told(found))


@given(st.integers(0, 4), st.sampled_from(["redirected", "removed"]))
def test_edited_links_are_found(index: int, how: str) -> None:
    """XAI-04: the links are a witness only as long as nobody can quietly bend them."""
    trail = trail_of(entries_of())
    name = list(trail.links)[index]
    links = dict(trail.links)
    if how == "removed":
        del links[name]
    else:
        links[name] = "0" * 64
    assert not check(replace(trail, links=links)).ok


def test_a_whole_chain_written_anew_is_found_by_the_archive_and_the_jobs_row() -> None:
    """COMP-16: with write access to the table all of its witnesses can be forged at once; not what lies elsewhere."""
    entries = entries_of()
    forged: list[AuditEntry] = []
    for number, entry in enumerate(entries):
        new = entry.model_copy(update={"cost_usd": Decimal(9)} if number == 1 else {})
        forged.append(seal(new, forged[-1] if forged else None))
    trail = trail_of(forged)
    assert check(trail).ok
    found = check(trail, archive_of(entries))
    assert found.archive == "differs"
    assert found.faults[0].position == 2
    assert 'cost_usd was "0.0012", is "9"' in found.faults[0].reason
    assert not check(trail, seal=Seal(4, entries[-1].entry_hash or "")).ok


Bend = Callable[[list[Archived]], list[Archived]]


@pytest.mark.parametrize(
    ("bend", "what"),
    [
        (lambda kept: [replace(kept[0], hidden=True), *kept[1:]], "archive"),
        (lambda kept: [replace(kept[0], versions=2), *kept[1:]], "archive"),
        (lambda kept: [replace(kept[0], text="{}"), *kept[1:]], "archive"),
        (lambda kept: [replace(kept[0], text=kept[1].text), *kept[1:]], "archive"),
        (lambda kept: kept[1:], "not archived"),
    ],
)
def test_an_archive_that_differs_is_told_apart_from_a_changed_table(bend: Bend, what: str) -> None:
    """COMP-16: an entry not archived yet, or an object hidden by a delete marker, is another matter than forgery."""
    entries = entries_of()
    found = check(trail_of(entries), bend(archive_of(entries)))
    assert (what, 1) in told(found)
    assert found.archive == "differs"


def test_a_run_under_way_is_not_accused() -> None:
    """WEB-11: a trail that is still growing has no closing entry."""
    growing = trail_of(entries_of()[:2])
    assert check(growing, closed=False).ok
    assert not check(growing).ok
    assert told(check(Trail("job-1", (), {}))) == [("not closed", None)]


def test_entries_from_before_the_new_fields_keep_their_hash() -> None:
    """XAI-04: trails stored by an earlier release still verify."""
    old = {
        "agent": "reporter", "compliance_check": "PASS", "cost_usd": "0.0012", "duration_ms": 3,
        "guardrail_version": None, "input_hash": "a" * 64, "job_id": "job-1", "model": "m",
        "output_summary": {"size_bytes": 5, "type": "dict"}, "prev_hash": None, "prompt_version": "v1",
        "timestamp": "2022-12-28T12:00:00+00:00", "tokens": {"in": 1}, "trace_id": None, "user_id_hash": "b" * 64,
    }  # fmt: skip
    known = "22aa5b5e26efaa469d4cfd8d4c2554c5f440adac56f5a380375142b748a26193"
    entry = AuditEntry.model_validate(old | {"entry_hash": known})
    assert check(trail_of([entry]), closed=False).chain_ok

"""What was changed, removed, added or reordered in a job's trail, and where (XAI-04, COMP-16).

Five witnesses, each of which must be altered for a change to stay unseen: every entry's own hash, the chain, the links
kept apart from it, the closing entry (and its seal in the job's row), and the archive that nobody can overwrite. What
two witnesses say of the same place is one finding, told by the more exact one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from advisor.domain.audit import canonical_json, entry_hash
from advisor.domain.audit_trail import START, Archived, Seal, Stored, Trail, stored_form
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind

What = Literal["changed", "removed", "added", "reordered", "links", "archive", "not archived", "not closed"]


@dataclass(frozen=True)
class Fault:
    """``position`` is the place in the chain, counted from 1; None when it concerns the trail as a whole."""

    what: What
    position: int | None
    reason: str


@dataclass(frozen=True)
class Checked:
    """The verdict; ``archive`` is None when no archive was asked. ``entries`` are those that can be read."""

    entries: tuple[AuditEntry, ...]
    faults: tuple[Fault, ...]
    archive: Literal["agrees", "differs"] | None

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.faults

    @property
    def chain_ok(self) -> bool:
        """The table's own witnesses agree, whatever the archive says."""
        return all(fault.what in {"archive", "not archived"} for fault in self.faults)


class _Check:
    """One comparison; findings by place and kind, of which the first, the more exact one, is kept."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.order = _followed(trail.links)
        self.faults: dict[tuple[int | None, str], Fault] = {}
        self.entries: list[AuditEntry] = []
        self.stored: dict[str, Stored] = {}
        self._read()

    def add(self, what: What, position: int | None, reason: str) -> None:
        self.faults.setdefault((position, what), Fault(what, position, reason))

    def told(self, position: int) -> bool:
        """Something has been said about this place already."""
        return any(place == position for place, _what in self.faults)

    def place(self, entry: AuditEntry, index: int) -> int:
        """Where it belongs: as the links say, else as it says itself, else as it stands."""
        if entry.entry_hash in self.order:
            return self.order.index(entry.entry_hash) + 1
        return entry.sequence or index + 1

    def _read(self) -> None:
        for index, stored in enumerate(self.trail.stored):
            try:
                entry = AuditEntry.model_validate_json(stored.text)
            except ValidationError as error:
                fields = ", ".join(sorted({".".join(map(str, one["loc"])) or "text" for one in error.errors()}))
                self.add("changed", index + 1, f"it cannot be read as an entry (at fault: {fields})")
                continue
            if entry.job_id != self.trail.job_id:
                self.add("added", index + 1, f"it belongs to job {entry.job_id}")
                continue
            position = self.place(entry, index)
            if entry.entry_hash != entry_hash(entry):
                self.add("changed", position, "its content does not match its hash")
            if stored_form(entry) != stored:
                self.add("changed", position, "what stands beside it in the table (key, agent, time, hash) differs")
            if (entry.entry_hash or "") in self.stored:
                self.add("added", position, "it stands in the table twice")
                continue
            self.stored[entry.entry_hash or ""] = stored
            self.entries.append(entry)

    def against_archive(self, archive: Sequence[Archived]) -> None:
        """The archive was written when the entries were: where it differs, the table was changed."""
        here = {entry.sequence: entry for entry in self.entries if entry.entry_hash not in {a.hash for a in archive}}
        for kept in sorted(archive, key=lambda one: one.sequence):
            self._look_at(kept)
            if kept.hash in self.stored:
                if kept.text not in {None, self.stored[kept.hash].text}:
                    self._differs(kept, self.stored[kept.hash].text)
            elif kept.sequence in here:
                self._differs(kept, self.stored[here.pop(kept.sequence).entry_hash or ""].text)
            else:
                self.add("removed", kept.sequence, f"the archive has it: {_named(kept)}")
        for position, entry in here.items():
            self.add("not archived", position, f"the archive does not have {entry.agent}'s entry (yet)")

    def _differs(self, kept: Archived, now: str) -> None:
        """More exact than what the entry's own hash told."""
        what: What = "changed"
        self.faults[kept.sequence, what] = Fault(what, kept.sequence, _difference(kept.text, now))

    def _look_at(self, kept: Archived) -> None:
        if kept.hidden:
            self.add("archive", kept.sequence, "somebody laid a delete marker over its object; the content is kept")
        if kept.versions > 1:
            self.add("archive", kept.sequence, f"its object was written {kept.versions} times; the first one counts")
        if kept.text is None:
            return
        try:
            entry = AuditEntry.model_validate_json(kept.text)
        except ValidationError:
            self.add("archive", kept.sequence, "its object holds no entry")
            return
        if (entry.entry_hash, entry.sequence, entry.job_id) != (entry_hash(entry), kept.sequence, self.trail.job_id):
            self.add("archive", kept.sequence, "its object's content does not match its name or its hash")
        elif entry.entry_hash != kept.hash:
            self.add("archive", kept.sequence, "its object holds another entry than its name says")

    def against_links(self) -> None:
        """The links give every hash its place."""
        if len(self.order) < len(self.trail.links):
            self.add("links", None, f"{len(self.trail.links) - len(self.order)} links hang on nothing")
        unknown = {self.place(one, i): one for i, one in enumerate(self.entries) if one.entry_hash not in self.order}
        for position, missing in enumerate(self.order, start=1):
            if missing in self.stored or self.told(position):
                continue
            if position in unknown:
                self.add("changed", position, f"an entry with the hash {missing[:12]} stood here")
            else:
                self.add("removed", position, f"a link leads to the hash {missing[:12]}, which is not in the table")
        for position in unknown:
            if not self.told(position):
                self.add("added", position, "no link leads to it")

    def along_chain(self) -> None:
        """Each entry names the one before it."""
        before: AuditEntry | None = None
        for index, entry in enumerate(self.entries):
            position, last = self.place(entry, index), before.sequence if before else 0
            if entry.prev_hash != (before.entry_hash if before else None):
                if entry.sequence > last + 1:
                    gap = f"entries {last + 1} to {entry.sequence - 1}"
                    if not any(self.told(place) for place in range(last + 1, entry.sequence)):
                        self.add("removed", last + 1, f"{gap} are missing before {entry.agent}'s")
                elif entry.sequence <= last:
                    self.add("reordered", position, f"it stands behind entry {last}")
                if not self.told(position) and not (position > 1 and self.told(position - 1)):
                    self.add("changed", position, "it does not follow the one before it")
            elif entry.sequence != last + 1 and entry.sequence:
                self.add("changed", position, f"it says it is number {entry.sequence}")
            before = entry

    def closing(self, *, seal: Seal | None, closed: bool | None) -> None:
        """The closing entry says how many lie before it; the job's row says which it is."""
        closings = [entry for entry in self.entries if entry.kind is EntryKind.CLOSING]
        for one in closings:
            summary = one.output_summary
            if (summary.get("entries"), summary.get("head")) != (one.sequence - 1, one.prev_hash):
                self.add("changed", one.sequence, "it closes another chain than the one before it")
        due = not _waits(self.entries) if closed is None else closed
        if due and (not closings or self.entries[-1] is not closings[-1]):
            why = "no closing entry stands at its end: a run or a review is not over, or its end was removed"
            self.add("not closed", None, why)
        named = {(one.sequence - 1, one.entry_hash) for one in closings}
        if seal is not None and (seal.entries, seal.hash) not in named:
            self.add("removed", seal.entries + 1, f"the job's row names a closing entry {seal.hash[:12]}")


def check(
    trail: Trail, archive: Sequence[Archived] | None = None, *, seal: Seal | None = None, closed: bool | None = None
) -> Checked:
    """Compare the trail with itself and with the archive.

    ``closed``: the job is over, so a closing entry is due at the end; None: as the trail itself says, which waits
    while a review is open.
    """
    comparison = _Check(trail)
    agrees: Literal["agrees", "differs"] | None = None
    if archive is not None:
        before = len(comparison.faults)
        comparison.against_archive(archive)
        agrees = "agrees" if len(comparison.faults) == before else "differs"
    comparison.against_links()
    comparison.along_chain()
    comparison.closing(seal=seal, closed=closed)
    faults = sorted(comparison.faults.values(), key=lambda one: (one.position is None, one.position or 0, one.what))
    return Checked(tuple(comparison.entries), tuple(faults), agrees)


def _waits(entries: Sequence[AuditEntry]) -> bool:
    """A review was asked for and has not ended."""
    told = [(one.output_summary.get("review_id"), one.output_summary.get("transition")) for one in entries]
    ended = {review for review, transition in told if transition != "requested"}
    return any(transition == "requested" and review not in ended for review, transition in told)


def _followed(links: Mapping[str, str]) -> list[str]:
    """Hashes in the order of their links; each link once, so that not even a ring somebody forged goes on for ever."""
    left, order = dict(links), list[str]()
    following = left.pop(START, None)
    while following is not None and following not in order:
        order.append(following)
        following = left.pop(following, None)
    return order


def _difference(archived: str | None, now: str) -> str:
    """Which fields differ from the archived text, and how."""
    if archived is None:
        return "the archive has another entry at this place"
    try:
        before, after = json.loads(archived), json.loads(now)
    except ValueError:
        return "the archive has another text at this place"
    fields = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    telling = [name for name in fields if name not in {"entry_hash", "prev_hash"}] or fields
    shown = [f"{name} was {_short(before.get(name))}, is {_short(after.get(name))}" for name in sorted(telling)]
    return "; ".join(shown)


def _short(value: Any) -> str:
    text = canonical_json(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _named(kept: Archived) -> str:
    try:
        entry = json.loads(kept.text or "{}")
        return f"{entry['agent']}'s {entry.get('decision') or entry['kind']} of {entry['timestamp']}"
    except (ValueError, KeyError):
        return kept.key

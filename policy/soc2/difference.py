"""What differs between two evidences, as an auditor asks between two reviews and CI asks of a change.

Decisions: a verdict counts by how much it assures: *compliant* and *not applicable* assure most, then *acknowledged*
(known and accepted), *undecided*, *non-compliant*. A finding of a new resource or rule counts as worse, and one of a
removed resource or rule as better, because the two lists must explain why the totals moved. `soc2.comparison` makes
one.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from soc2.evidence import AcknowledgementRecord, Record, ResultRecord
from soc2.matching import stable
from soc2.rule import Severity


class VerdictMove(Record):
    """A verdict before and after, None where there was none; ``severity`` is the graver one when the rule's changed."""

    severity: Severity
    before: ResultRecord | None
    after: ResultRecord | None

    @property
    def either(self) -> ResultRecord:
        """The later record, or the only one."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a move without a verdict on either side")
        return found

    @property
    def appeared(self) -> tuple[str, ...]:
        """Findings that were not there before, in words."""
        return only(self.after, self.before)

    @property
    def disappeared(self) -> tuple[str, ...]:
        """Findings that have gone, in words."""
        return only(self.before, self.after)

    @property
    def line(self) -> str:
        """For example ``high SOC2-S3-TLS Alex-prod/Data/Bucket: compliant -> non-compliant (no policy denies ...)``."""
        was, now = (found.status.value if found else "not judged" for found in (self.before, self.after))
        verdict = was if was == now else f"{was} -> {now}"
        said = [f"new: {text}" for text in self.appeared] + [f"gone: {text}" for text in self.disappeared]
        said = said or [self.either.reason] * bool(self.either.reason)
        why = f" ({'; '.join(said)})" if said else ""
        return f"{self.severity} {self.either.rule} {self.either.path}: {verdict}{why}"


class AcknowledgementMove(Record):
    """An acknowledgement that is there before and after, in other words or for another time."""

    before: AcknowledgementRecord
    after: AcknowledgementRecord

    @property
    def line(self) -> str:
        """Whose finding it is, and each field that differs."""
        was, now = self.before.model_dump(mode="json"), self.after.model_dump(mode="json")
        was["id"], now["id"] = stable(self.before.id), stable(self.after.id)
        moved = ", ".join(f"{name} {was[name]!r} -> {now[name]!r}" for name in now if was[name] != now[name])
        return f"{self.after.id} {self.after.path}: {moved}"


class Named(Record):
    """A resource by its construct path."""

    path: str
    type: str


class Fact(Record):
    """What was judged, or with what: a template's hash, a tool's version, the commit. None where it does not exist."""

    name: str
    before: str | None
    after: str | None

    @property
    def line(self) -> str:
        """Long hashes are shortened."""
        was, now = (_short(value) if value else "nothing" for value in (self.before, self.after))
        return f"{self.name}: {was} -> {now}"


class Difference(Record):
    """See the module's text. Everything is sorted, so that the same difference reads the same.

    :param better: verdicts that assure more than before, or lost a finding.
    :param worse: verdicts that assure less than before, or got a finding; one that swapped findings is in both.
    :param otherwise: verdicts that differ and assure as much: *compliant* and *not applicable*, other values found.
    :param extended: acknowledgements that expire later; ``shortened`` earlier; ``reworded`` as before, but with another
        reason, owner, ticket or treatment.
    :param rules_changed: rules that are there in both with another title, severity, mapping, subject or fix.
    """

    environments: tuple[str, str]
    times: tuple[datetime, datetime]
    better: tuple[VerdictMove, ...]
    worse: tuple[VerdictMove, ...]
    otherwise: tuple[VerdictMove, ...]
    resources_added: tuple[Named, ...]
    resources_removed: tuple[Named, ...]
    rules_added: tuple[str, ...]
    rules_removed: tuple[str, ...]
    rules_changed: tuple[str, ...]
    packs_added: tuple[str, ...]
    packs_removed: tuple[str, ...]
    switched_off: tuple[str, ...]
    switched_on: tuple[str, ...]
    acknowledgements_added: tuple[AcknowledgementRecord, ...]
    acknowledgements_removed: tuple[AcknowledgementRecord, ...]
    extended: tuple[AcknowledgementMove, ...]
    shortened: tuple[AcknowledgementMove, ...]
    reworded: tuple[AcknowledgementMove, ...]
    templates: tuple[Fact, ...]
    facts: tuple[Fact, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing differs but the time."""
        return not any(getattr(self, name) for name in type(self).model_fields if name not in ("environments", "times"))

    @property
    def got_worse(self) -> bool:
        """Whether the application is assured less: by a verdict, an acceptance, or something that no longer judges.

        An extended acknowledgement is not worse: what it accepts was accepted before, and somebody looked again.
        """
        gone = self.rules_removed or self.packs_removed or self.switched_off
        return bool(self.worse or self.acknowledgements_added or gone)

    def sections(self) -> Iterator[tuple[str, list[str]]]:
        """Title and lines of each part that is not empty, the worst first."""
        accepted = (_accepted(record) for record in self.acknowledgements_added)
        ended = (_accepted(record) for record in self.acknowledgements_removed)
        parts: tuple[tuple[str, Iterable[str]], ...] = (
            ("Worse", (move.line for move in self.worse)),
            ("Rules of other packs switched off", self.switched_off),
            ("Rules removed", self.rules_removed),
            ("Packs removed", self.packs_removed),
            ("Acknowledgements added", accepted),
            ("Acknowledgements extended", (move.line for move in self.extended)),
            ("Better", (move.line for move in self.better)),
            ("Acknowledgements removed", ended),
            ("Acknowledgements shortened", (move.line for move in self.shortened)),
            ("Acknowledgements reworded", (move.line for move in self.reworded)),
            ("Other verdicts, neither better nor worse", (move.line for move in self.otherwise)),
            ("Rules added", self.rules_added),
            ("Rules changed", self.rules_changed),
            ("Packs added", self.packs_added),
            ("Rules of other packs switched on again", self.switched_on),
            ("Resources added", (f"{found.path} ({found.type})" for found in self.resources_added)),
            ("Resources removed", (f"{found.path} ({found.type})" for found in self.resources_removed)),
            ("Templates", (fact.line for fact in self.templates)),
            ("Judged with", (fact.line for fact in self.facts)),
        )
        for title, lines in parts:
            if found := list(lines):
                yield title, found

    def lines(self) -> Iterator[str]:
        """The difference as text; one line when there is none."""
        if self.empty:
            yield "Nothing differs."
        for title, found in self.sections():
            yield f"{title} ({len(found)})"
            yield from (f"  {line}" for line in found)


def only(mine: ResultRecord | None, other: ResultRecord | None) -> tuple[str, ...]:
    """Findings of ``mine`` that ``other`` has not, by the id that an acknowledgement would quote."""
    known = {stable(problem.acknowledge) for problem in other.problems} if other else set()
    return tuple(p.found for p in mine.problems if stable(p.acknowledge) not in known) if mine else ()


def _accepted(record: AcknowledgementRecord) -> str:
    return f"{record.id} {record.path}: {record.owner}, until {record.expires}, {record.ticket}: {record.reason}"


def _short(value: str) -> str:
    head, space, rest = value.partition(" ")
    return (f"{head[:12]}..." if len(head) >= 40 else head) + space + rest

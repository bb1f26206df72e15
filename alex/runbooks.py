"""The runbooks: one page for each alarm family and each class of security finding (OBS-17, COMP-05).

`python -m alex.runbooks` writes, from production's templates, what each page says of its alarms, and the index; a new
page gets a skeleton to be filled. It removes nothing. `--check` writes nothing and says what is missing, stale,
orphaned or not yet written. The procedures are people's.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from alex import runbook_sources
from alex.places import STATE, shown, written
from alex.runbook_lookup import BLOCK, HEADS, INDEX, MARKERS, PAGES
from alex.runbook_sources import Sources, Told

TABLE = Path(__file__).with_name("runbooks.toml")
TO_WRITE = "(to be written)"
SECTIONS = ("What it means", "Look first", "Likely causes", "Fix", "Escalate", "Afterwards")
INDEX_HEADS = ("Runbook", "About", "Severity", "Led to by")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A class of security findings.

    :param source: of its events on EventBridge; ``kinds`` are their detail types.
    :param types: how the types of its findings begin; none: all of them.
    :param led_to_by: the page that its messages name, where that is not its own.
    """

    title: str
    source: str
    kinds: tuple[str, ...]
    types: tuple[str, ...] = ()
    led_to_by: str = ""


@dataclass(frozen=True)
class Catalogue:
    """What templates do not say: classes of findings by slug, and why nothing in production leads to a page."""

    findings: Mapping[str, Finding]
    elsewhere: Mapping[str, str]


def catalogue(path: Path = TABLE) -> Catalogue:
    """Read ``runbooks.toml``."""
    data = tomllib.loads(path.read_text("utf-8"))
    findings = {
        slug: Finding(
            title=one["title"],
            source=one["source"],
            kinds=tuple(one["kinds"]),
            types=tuple(one.get("types", ())),
            led_to_by=one.get("led_to_by", ""),
        )
        for slug, one in data["findings"].items()
    }
    return Catalogue(findings, data["elsewhere"])


@dataclass(frozen=True)
class Runbooks:
    """The pages in ``folder``, as what leads to them demands."""

    sources: Sources
    known: Catalogue
    folder: Path = PAGES

    @cached_property
    def slugs(self) -> list[str]:
        """Pages that must be there, sorted."""
        known = self.known
        return sorted(self.sources.slugs.union(known.findings, known.elsewhere))

    def wanted(self) -> Iterator[tuple[Path, str]]:
        """Each page as it must be now: its own words with current blocks, or a skeleton."""
        for slug in self.slugs:
            path = self.folder / f"{slug}.md"
            yield path, _renewed(path.read_text("utf-8") if path.exists() else skeleton(slug), self._block(slug), path)
        index = self.folder / f"{INDEX}.md"
        yield index, _renewed(index.read_text("utf-8") if index.exists() else skeleton(INDEX), self._index(), index)

    def problems(self) -> list[str]:
        """What is wrong with the pages, a line each."""
        told = []
        for path, text in self.wanted():
            if not path.exists():
                told.append(f"{shown(path)} is missing: `make runbooks` makes a skeleton")
            elif path.read_text("utf-8") != text:
                told.append(f"{shown(path)} is stale: run `make runbooks`")
            elif TO_WRITE in text:
                told.append(f"{shown(path)} still has a part {TO_WRITE}")
        for path in sorted(self.folder.glob("*.md")):
            if path.stem not in (*self.slugs, INDEX):
                told.append(f"{shown(path)} is orphaned: no alarm, message, panel or class of findings leads there")
        told += [
            f"{TABLE.name}: an alarm, message or panel leads to {slug}; strike it from [elsewhere]"
            for slug in sorted(set(self.known.elsewhere) & self.sources.slugs)
        ]
        return told

    def write(self) -> list[Path]:
        """Write what is not as it must be; the pages that changed."""
        changed = [(path, text) for path, text in self.wanted() if not path.exists() or path.read_text("utf-8") != text]
        return [written(path, text) for path, text in changed]

    def _told(self, slug: str) -> list[Told]:
        finding = self.known.findings.get(slug)
        names = {slug, finding.led_to_by if finding else slug}
        return [one for one in self.sources.told if one.slug in names]

    def _block(self, slug: str) -> str:
        parts = []
        if finding := self.known.findings.get(slug):
            types = f", types {', '.join(f'`{one}…`' for one in finding.types)}" if finding.types else ""
            kinds = ", ".join(f"`{kind}`" for kind in finding.kinds)
            parts.append(f"Findings: {finding.title}. Source `{finding.source}`, events {kinds}{types}.\n")
            if leader := finding.led_to_by:
                # Not its rows: who looks for the message by name shall find that page, which tells them apart.
                parts.append(f"Told by the messages of [{leader}]({leader}.md).\n")
        if told := [one for one in self.sources.told if one.slug == slug]:
            parts.append(_table(HEADS, [_row(group) for group in _grouped(told)]))
        if panels := self.sources.panels.get(slug):
            parts.append(f"Panels that lead here: {', '.join(panels)}.\n")
        if slug not in self.sources.slugs and (reason := self.known.elsewhere.get(slug)):
            parts.append(f"No alarm in production: {reason}.\n")
        return "\n".join(parts)

    def _index(self) -> str:
        return _table(INDEX_HEADS, [self._index_row(slug) for slug in self.slugs])

    def _index_row(self, slug: str) -> tuple[str, ...]:
        path, told = self.folder / f"{slug}.md", self._told(slug)
        title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ") if path.exists() else TO_WRITE
        alarms, events = sum(not one.is_message for one in told), sum(one.is_message for one in told)
        counted = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in ((alarms, "alarm"), (events, "message")) if n]
        counted += ["panels"] if self.sources.panels.get(slug) else []
        return f"[{slug}]({slug}.md)", title, severity(told), ", ".join(counted) or "-"


def severity(told: Sequence[Told]) -> str:
    """The gravest that leads somewhere: ``critical`` wakes somebody."""
    if not told:
        return "-"
    return "critical" if any(one.critical for one in told) else "warning"


def skeleton(slug: str) -> str:
    """A page that says what must be written."""
    parts = [f"# {slug.replace('-', ' ').capitalize()}", f"{MARKERS[0]}\n{MARKERS[1]}"]
    parts += [f"## {section}\n\n{TO_WRITE}" for section in SECTIONS if slug != INDEX]
    return "\n\n".join(parts) + "\n"


def _renewed(page: str, block: str, path: Path) -> str:
    if len(BLOCK.findall(page)) != 1:
        raise ValueError(f"{shown(path)}: {MARKERS[0]} and {MARKERS[1]} must stand there once")
    return BLOCK.sub(lambda _: f"{MARKERS[0]}\n{block.rstrip()}\n{MARKERS[1]}", page)


def _grouped(told: Sequence[Told]) -> list[list[Told]]:
    """Alarms that differ by whom they are about stand in one row."""
    groups: dict[tuple[Any, ...], list[Told]] = {}
    for one in told:
        key = (_impersonal(one), one.watches, one.when, one.tells, one.is_message)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _impersonal(one: Told) -> str:
    """What it says, without the name of whom it is about: the longest beginning of the alarm's name in it."""
    words = one.name.split("-")
    for count in range(len(words), 2, -1):
        if (name := "-".join(words[:count])) in one.says:
            return one.says.replace(name, "it")
    return one.says


def _row(group: Sequence[Told]) -> tuple[str, ...]:
    first = group[0]
    tells = dict.fromkeys(who for one in group for who in one.tells)
    return (
        ", ".join(one.name if one.is_message and " " in one.name else f"`{one.name}`" for one in group),
        _impersonal(first) if len(group) > 1 else first.says,
        first.watches,
        first.when,
        ", ".join(tells) or "-",
        ", ".join(first.requirements) or "-",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(text.replace("|", "\\|") for text in line) for line in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or check them: 1 when something is wrong with them."""
    parser = argparse.ArgumentParser(prog="python -m alex.runbooks", description="Write the runbooks' tables.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when a page is not in order")
    parser.add_argument("assembly", nargs="?", type=Path, default=STATE / "prod" / "assembly")
    asked = parser.parse_args(arguments)
    try:
        books = Runbooks(runbook_sources.of_folder(asked.assembly), catalogue())
        if not asked.check:
            # Twice: the index holds the titles of pages that the first round may have made.
            for path in dict.fromkeys([*books.write(), *books.write()]):
                sys.stdout.write(f"{shown(path)}\n")
        problems = books.problems()
    except ValueError as error:
        sys.stderr.write(f"runbooks: {error}\n")
        return 1
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.stdout.write(f"{len(books.slugs)} runbooks, {len(books.sources.told)} alarms and messages\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

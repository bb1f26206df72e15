"""Finds the page that a person means at night: by an alarm's name, by the page's own, or nearly so (OBS-17)."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from alex.errors import CommandError, Exit
from alex.places import ROOT

PAGES = ROOT / "docs" / "runbooks"
INDEX = "README"
MARKERS = ("<!-- alarms: begin -->", "<!-- alarms: end -->")
BLOCK = re.compile(rf"(?s){MARKERS[0]}.*?{MARKERS[1]}")
HEADS = ("Alarm", "Says", "Watches", "When", "Tells", "Requirement")
ALARM = re.compile(r"^alex-(?P<env>local|dev|staging|prod-dr|prod)-(?P<rest>.+)$")


def page_of(name: str, folder: Path = PAGES) -> Path:
    """The page for an alarm's name in whatever environment, or for a page's.

    :raises CommandError: there is none; it names those that are spelled alike.
    """
    found = ALARM.match(name)
    wanted = found["rest"] if found else name.removesuffix(".md").rpartition("/")[2]
    own = folder / f"{wanted}.md"
    if own.is_file() and wanted != INDEX:
        return own
    alarms = _alarms(folder)
    if wanted in alarms:
        return alarms[wanted]
    pages = [page.stem for page in sorted(folder.glob("*.md")) if page.stem != INDEX]
    near = difflib.get_close_matches(wanted, {*pages, *alarms}, n=3, cutoff=0.5)
    raise CommandError(
        f"no runbook is called {name!r}, and no alarm",
        where="alex runbook",
        remedy=f"perhaps {' or '.join(near)}; " * bool(near) + "`alex runbook` lists them all",
        code=Exit.BAD_INPUT,
    )


def environment_of(name: str) -> str | None:
    """The environment in an alarm's name; None when it names none."""
    found = ALARM.match(name)
    return found["env"] if found else None


def shown(page: Path, environment: str, alarm: str = "") -> str:
    """The page as Markdown for a terminal, with the environment's name in its commands.

    Columns are too narrow there for the names of alarms, so that each row of their table is an item; only the one of
    ``alarm``, where that is given.
    """
    found = ALARM.match(alarm)
    named = f"`alex-prod-{found['rest'] if found else alarm}`"
    text = BLOCK.sub(lambda block: _items(block[0], named), page.read_text("utf-8"))
    return re.sub(r"\bENV\b", environment, text).replace("alex-prod-", f"alex-{environment}-")


def _items(block: str, named: str) -> str:
    lines = block.splitlines()[1:-1]
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    if rows and len(rows[0]) != len(HEADS):
        return "\n".join(lines)
    chosen = [row for row in rows[2:] if named in row[0]] or rows[2:]
    items = [f"- {name}: {says} ({watches}: {when}; tells {tells})" for name, says, watches, when, tells, _ in chosen]
    return "\n".join([*items, "", *(line for line in lines if not line.startswith("| "))])


def _alarms(folder: Path) -> Mapping[str, Path]:
    """Pages by the names of their alarms, without the environment."""
    found: dict[str, Path] = {}
    for page in sorted(folder.glob("*.md")):
        block = BLOCK.search(page.read_text("utf-8")) if page.stem != INDEX else None
        for row in block[0].splitlines() if block else []:
            # The first column alone: others name members and composites, which have pages of their own.
            for name in re.findall(r"`(alex-[^`]+)`", row.partition(" | ")[0]):
                if alarm := ALARM.match(name):
                    found.setdefault(alarm["rest"], page)
    return found

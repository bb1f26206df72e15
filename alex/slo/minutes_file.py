"""Good and total events from a CSV file, so that a budget can be tried and checked without an account.

    at,good,total[,objective][,minutes]
    2026-11-01T00:00:00Z,59,60

``objective`` is ``availability`` where the file does not say, ``minutes`` (what a line covers) 1. What the file leaves
out had no events.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

from alex.errors import CommandError, Exit
from alex.slo.budget import Slice

NEEDED = {"at", "good", "total"}
KNOWN = NEEDED | {"objective", "minutes"}


def read(path: Path, objectives: Iterable[str]) -> dict[str, list[Slice]]:
    """Slices in time order, by objective.

    :raises CommandError: the file cannot be read, or a line is none of this form.
    """
    found: dict[str, list[Slice]] = defaultdict(list)
    known = tuple(objectives)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = set(rows.fieldnames or ())
            if not NEEDED <= names <= KNOWN:
                raise _refused(path, 1, f"the columns are {', '.join(sorted(names)) or 'missing'}")
            for row in rows:
                name = row.get("objective") or "availability"
                if name not in known:
                    raise _refused(path, rows.line_num, f"there is no objective {name!r}; known: {', '.join(known)}")
                found[name].append(_slice(path, rows.line_num, row))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no CSV file in UTF-8"
        raise CommandError(
            said or "it cannot be read", where=str(path), remedy="give a file that exists", code=Exit.BAD_INPUT
        ) from None
    return {name: sorted(slices, key=lambda one: one.at) for name, slices in found.items()}


def end(slices: Mapping[str, Iterable[Slice]]) -> datetime | None:
    """When the last line ends; None without lines."""
    ends = [one.at + timedelta(minutes=one.minutes) for each in slices.values() for one in each]
    return max(ends, default=None)


def _slice(path: Path, line: int, row: Mapping[str, str | None]) -> Slice:
    try:
        at = datetime.fromisoformat((row["at"] or "").replace("Z", "+00:00"))
        good, total, minutes = (float(row.get(key) or default) for key, default in _NUMBERS)
    except (ValueError, KeyError):
        raise _refused(path, line, "a time (ISO 8601) and numbers are needed") from None
    if not all(map(isfinite, (good, total, minutes))) or not 0 <= good <= total or minutes <= 0:
        raise _refused(path, line, "0 <= good <= total, and minutes above 0, are needed")
    return Slice(at if at.tzinfo else at.replace(tzinfo=UTC), minutes, good, total)


_NUMBERS = (("good", "?"), ("total", "?"), ("minutes", "1"))
"""Column and what stands for an empty one: no number where one is needed."""


def _refused(path: Path, line: int, what: str) -> CommandError:
    return CommandError(
        what,
        where=f"{path}, line {line}",
        remedy="write at,good,total and optionally objective,minutes: docs/slo.md shows one",
        code=Exit.BAD_INPUT,
    )

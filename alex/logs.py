"""Log files of the local cloud: one a function, and the cloud's own; JSON lines are arranged for people."""

import json
import time
from collections import deque
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from alex import local, places
from alex.errors import CommandError, Exit
from alex.figures import size

_SHOWN_ELSEWHERE = {"timestamp", "level", "message", "service", "location", "event_type", "event"}
# The same on every line of a log, or only for joining logs by program: `--raw` has them.
_NOISE = {
    "sampling_rate", "environment", "user_id", "correlation_id", "trace_id", "xray_trace_id", "cold_start",
    "function_name", "function_memory_size", "function_arn", "function_request_id",
}  # fmt: skip
_LEVELS = {"ERROR": "bold red", "CRITICAL": "bold red", "WARNING": "yellow", "WARN": "yellow", "DEBUG": "dim"}


def show(console: Console, name: str | None, *, lines: int, follow: bool, raw: bool) -> None:
    """Print the end of a log, or list the logs.

    :raises CommandError: no log has that name, or several do.
    """
    files = local.cloud(prepared=False).logs()
    if not files:
        raise CommandError(
            "there are no logs yet",
            where=places.shown(places.LOCAL / "logs"),
            remedy="`alex demo` makes some",
            code=Exit.NOT_RUNNING,
        )
    if name is None:
        for known, path in files.items():
            console.print(f"  {known:<64} {size(path.stat().st_size):>9}", highlight=False, soft_wrap=True)
        console.print("alex logs NAME prints the end of one; a part of the name is enough", style="dim")
        return
    path = chosen(files, name)
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in deque((line for line in file if raw or not _is_metric(line)), maxlen=lines):
            _print(console, line.rstrip("\n"), raw=raw)
        while follow:
            line = file.readline()
            if line:
                _print(console, line.rstrip("\n"), raw=raw)
            else:
                time.sleep(0.3)


def chosen(files: dict[str, Path], name: str) -> Path:
    """The one log that is called ``name``, or has it in its name."""
    if name in files:
        return files[name]
    found = [known for known in files if name.lower() in known.lower()]
    if len(found) > 1:
        # Physical names carry stack names: `api` means the function Api of the stack Api, not every function of it.
        exact = [known for known in found if function_of(known).lower() == name.lower()]
        found = exact or found
    if len(found) == 1:
        return files[found[0]]
    what = f"no log is called {name!r}" if not found else f"{name!r} names several logs: {', '.join(found)}"
    raise CommandError(
        what, where=places.shown(places.LOCAL / "logs"), remedy="`alex logs` lists them", code=Exit.BAD_INPUT
    )


def function_of(physical: str) -> str:
    """``Alex-local-Agents-PlannerFunction1A2B3C4D-XYZ`` -> ``Planner``."""
    part = physical.split("-")[3] if physical.count("-") >= 3 else physical
    letters = part.rstrip("0123456789ABCDEF")
    return letters.removesuffix("Function") or letters


def _is_metric(line: str) -> bool:
    """A metric in the embedded format, for CloudWatch and not for people."""
    return "_aws" in (entry_of(line) or {})


def _print(console: Console, line: str, *, raw: bool) -> None:
    if not raw and _is_metric(line):
        return
    entry = None if raw else entry_of(line)
    console.print(arranged(entry) if entry else Text(printable(line)), soft_wrap=True)


def printable(text: str) -> str:
    """Without control characters: a log holds what users wrote, and must not move the reader's cursor."""
    return "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def entry_of(line: str) -> dict[str, Any] | None:
    """A log line's JSON object; None when it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def arranged(entry: dict[str, Any]) -> Text:
    """Time, level, event or message, then the rest as ``key=value``."""
    level = str(entry.get("level", ""))
    text = Text(f"{printable(str(entry.get('timestamp', ''))[11:23]):<12} ", style="dim")
    text.append(f"{printable(level[:8]):<7} ", style=_LEVELS.get(level, "default"))
    said = str(entry.get("event_type") or entry.get("event") or entry.get("message") or "")
    text.append(printable(said[:2000]), style="default")
    if entry.get("event_type") and entry.get("message") not in (None, entry["event_type"]):
        text.append(f"  {printable(str(entry['message'])[:2000])}", style="default")
    for key, value in entry.items():
        if key not in _SHOWN_ELSEWHERE | _NOISE and value not in (None, "", {}, []):
            shown = value if isinstance(value, str) else json.dumps(value, default=str)
            text.append(f"  {printable(key)}={printable(shown[:300])}", style="dim")
    return text

"""Decision: what the CDK command line prints is read into typed events once, here; nothing else parses its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["bootstrap", "asset", "stack-started", "resource", "stack-done", "message", "failure"]

_RESOURCE = re.compile(
    r"^(?P<stack>[\w-]+) \| +(?:(?P<done>\d+)(?:/(?P<total>\d+))? \| )?"
    r"(?P<time>\d{1,2}:\d\d:\d\d (?:AM|PM)) \| (?P<status>[A-Z_]+) +\| (?P<type>[\w:]+) +\| (?P<name>.*)$"
)
# A stack is shown as `Stage/Data (Alex-local-Data)`, or by its name alone when both are the same.
_STACK = r"(?:\S+ \((?P<named>[\w-]+)\)|(?P<alone>[\w-]+))"
_STARTED = re.compile(_STACK + r": deploying\.\.\. \[(?P<done>\d+)/(?P<total>\d+)\]")
_DONE = re.compile(r"\s*✅\s+" + _STACK + r"(?P<same> \(no changes\))?$")
_BOOTSTRAPPED = re.compile(r"\s*✅\s+Environment \S+ bootstrapped(?P<same> \(no changes\))?")
_FAILED = re.compile(r"(?:\s*❌\s+|[\w-]+: fail: )(?P<text>.*)")
_ASSET = re.compile(r"(?P<stack>[\w-]+): (?:start|success): (?:Building|Built|Publishing|Published) ")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Event:
    """One step of a deployment. Fields that do not apply are empty; `done`/`total` count resources or stacks."""

    kind: Kind
    text: str
    stack: str = ""
    resource_type: str = ""
    logical_id: str = ""
    status: str = ""
    done: int = 0
    total: int = 0


def parse(line: str) -> Event | None:
    """One line of the CDK command line as an event; None for an empty line."""
    text = _ESCAPES.sub("", line).rstrip()
    if not text.strip():
        return None
    for pattern, make in _READERS:
        if found := pattern.match(text):
            return make(text, found)
    return Event("message", text)


def _resource(text: str, found: re.Match[str]) -> Event:
    return Event(
        kind="failure" if found["status"].endswith("FAILED") else "resource",
        text=text,
        stack=found["stack"],
        resource_type=found["type"],
        logical_id=_logical_id(found["name"]),
        status=found["status"],
        done=int(found["done"] or 0),
        total=int(found["total"] or 0),
    )


def _stack_started(text: str, found: re.Match[str]) -> Event:
    stack = found["named"] or found["alone"]
    return Event("stack-started", text, stack=stack, done=int(found["done"]), total=int(found["total"]))


def _stack_done(text: str, found: re.Match[str]) -> Event:
    status = "UNCHANGED" if found["same"] else "DEPLOYED"
    return Event("stack-done", text, stack=found["named"] or found["alone"], status=status)


_READERS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Event]], ...] = (
    (_RESOURCE, _resource),
    (_STARTED, _stack_started),
    (_BOOTSTRAPPED, lambda text, found: Event("bootstrap", text, status="UNCHANGED" if found["same"] else "DEPLOYED")),
    (_DONE, _stack_done),
    (_FAILED, lambda _text, found: Event("failure", found["text"])),
    (_ASSET, lambda text, found: Event("asset", text, stack=found["stack"])),
)


def _logical_id(name: str) -> str:
    """The logical id in `path/of/construct (LogicalId)`, or the name itself."""
    found = re.search(r"\((\w+)\)", name)
    return found.group(1) if found else name.split(" ", maxsplit=1)[0]

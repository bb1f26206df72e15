"""An answer of ConverseStream, read into the shape of Converse's, within a number of bytes and seconds.

Why streams: a whole answer is in memory before anybody can measure it, and the wait for it tells a slow model from a
long answer by nothing. A stream is left as soon as it is too long or too late, and its first word is a latency.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class TooLongError(Exception):
    """The answer has more bytes than were allowed; the rest was not read."""


class TooLateError(Exception):
    """The answer was not complete in time; the rest was not read."""


@dataclass
class _Block:
    """A block of the answer while it grows: a tool's input arrives as pieces of JSON text."""

    tool: Mapping[str, Any] | None = None
    pieces: list[str] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        text = "".join(self.pieces)
        return {"toolUse": {**self.tool, "input": _parsed(text)}} if self.tool is not None else {"text": text}


@dataclass(frozen=True)
class Collected:
    """The response in Converse's shape, and when (by the clock) its first part came; None: nothing was said."""

    response: dict[str, Any]
    first_word_at: float | None


def collect(
    events: Iterable[Mapping[str, Any]], *, most_bytes: int, until: float, clock: Callable[[], float]
) -> Collected:
    """Read the stream to its end; raises TooLongError, TooLateError, and whatever the stream raises."""
    blocks: dict[int, _Block] = {}
    response: dict[str, Any] = {}
    size, first_word_at = 0, None
    for event in events:
        now = clock()
        if now > until:
            raise TooLateError
        if start := event.get("contentBlockStart"):
            blocks[start["contentBlockIndex"]] = _Block(start.get("start", {}).get("toolUse"))
        elif delta := event.get("contentBlockDelta"):
            first_word_at = now if first_word_at is None else first_word_at
            size += _grow(blocks, delta["contentBlockIndex"], delta["delta"])
            if size > most_bytes:
                raise TooLongError
        elif stop := event.get("messageStop"):
            response["stopReason"] = stop.get("stopReason")
        elif metadata := event.get("metadata"):
            response |= {key: metadata[key] for key in ("usage", "metrics", "trace") if key in metadata}
    content = [blocks[index].content() for index in sorted(blocks)]
    return Collected(response | {"output": {"message": {"role": "assistant", "content": content}}}, first_word_at)


def _grow(blocks: dict[int, _Block], index: int, delta: Mapping[str, Any]) -> int:
    """Add a piece to its block; its size in bytes. Thoughts are counted and not kept."""
    if "reasoningContent" in delta:
        return len(str(delta["reasoningContent"]))
    piece = str(delta.get("toolUse", {}).get("input", "") or delta.get("text", ""))
    blocks.setdefault(index, _Block()).pieces.append(piece)
    return len(piece.encode())


def _parsed(text: str) -> Any:
    """The tool's input; text that is no JSON stays text, which no schema accepts."""
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return text

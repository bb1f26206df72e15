"""A Converse response as the events of ConverseStream: what the service sends piece by piece."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

PIECE = 4000
"""Characters of text or of a tool's input in one event."""


def events(response: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(type, payload) in the service's order; a tool's input goes as pieces of JSON text."""
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(response["output"]["message"]["content"]):
        use = block.get("toolUse")
        if use:
            start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
        text = json.dumps(use["input"]) if use else block["text"]
        for at in range(0, len(text), PIECE):
            piece = text[at : at + PIECE]
            delta = {"toolUse": {"input": piece}} if use else {"text": piece}
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": response["stopReason"]}
    yield "metadata", {key: response[key] for key in ("usage", "metrics", "trace") if key in response}

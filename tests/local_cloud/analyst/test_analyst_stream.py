"""The simulated analyst as a stream, and as the models that go astray."""

import json
from typing import Any

import pytest

from advisor.adapters.converse_stream import collect
from local_cloud.analyst import FaultPlan, events, respond

INSTRUMENT = {"instrument": {"symbol": "VTI", "name": "Total Stock Market", "instrument_type": "etf"}}
REQUEST: dict[str, Any] = {
    "messages": [{"role": "user", "content": [{"text": f"Do it.\n\n<data>\n{json.dumps(INSTRUMENT)}\n</data>"}]}],
    "toolConfig": {"tools": [{"toolSpec": {"name": "classify_instrument", "inputSchema": {"json": {}}}}]},
}


def answered(*faults: str) -> dict[str, Any]:
    return respond("m", REQUEST, fault=FaultPlan([("*", fault, 1) for fault in faults]))


@pytest.mark.parametrize("fault", [None, "prose", "guardrail", "loop", "huge"])
def test_a_stream_carries_exactly_what_the_whole_answer_would(fault: str | None) -> None:
    """A local run must not tell streams from whole answers: the same words, usage, stop and trace."""
    whole = answered(*([fault] if fault else []))
    frames = ({kind: payload} for kind, payload in events(whole))
    read = collect(frames, most_bytes=20_000_000, until=1.0, clock=lambda: 0.0)
    assert read.response == {key: value for key, value in whole.items() if key != "ResponseMetadata"}
    assert read.first_word_at == 0.0


def test_faults_are_what_they_are_called() -> None:
    """Each stands for a way in which real models fail; one that did something else would prove nothing."""
    assert answered("loop")["output"]["message"]["content"][0]["toolUse"]["name"] == "another_tool"
    assert "toolUse" not in answered("prose")["output"]["message"]["content"][0]
    assert "imulated" in answered("prose")["output"]["message"]["content"][0]["text"]
    assert len(json.dumps(answered("huge"))) > 10_000_000
    assert answered("slow")["metrics"]["latencyMs"] > 10_000
    assert answered("slow")["output"] == answered()["output"]

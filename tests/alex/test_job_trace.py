"""`alex trace`: a job's spans as a tree that a person reads."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rich.console import Console

from alex import job_trace, local, spans
from alex.errors import CommandError

MS = 1_000_000


def message(service: str, *made: dict[str, Any]) -> bytes:
    """One function's request."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    one = resource.resource.attributes.add(key="service.name")
    one.value.string_value = service
    scope = resource.scope_spans.add()
    for given in made:
        span = scope.spans.add(
            name=given["name"],
            trace_id=given["trace"] * 16,
            span_id=given["id"] * 8,
            parent_span_id=given.get("parent", b"") * 8,
            start_time_unix_nano=given["at"] * MS,
            end_time_unix_nano=(given["at"] + 100) * MS,
        )
        span.status.code = 2 if given.get("failed") else 0
        for name, value in given.get("facts", {}).items():
            attribute = span.attributes.add(key=name)
            setattr(attribute.value, "double_value" if isinstance(value, float) else "string_value", value)
        for name in given.get("events", ()):
            span.events.add(name=name)
    return bytes(request.SerializeToString())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two jobs' files as they arrive: the agent's before its planner's; one is no trace at all."""
    job, kind = spans.METADATA + "job_id", "langfuse.observation.type"
    call = {"gen_ai.usage.input_tokens": 900.0, "gen_ai.usage.output_tokens": 100.0, "gen_ai.usage.cost": 0.25}
    agent = {"name": "Report Writer", "trace": b"b", "id": b"2", "parent": b"1", "at": 10, "facts": {kind: "agent"}}
    model = {"name": "model: x", "trace": b"b", "id": b"3", "parent": b"2", "at": 20, "failed": True}
    root = {
        "name": spans.ROOT,
        "trace": b"b",
        "id": b"1",
        "at": 5,
        "facts": {job: "job-b"},
        "events": ["needs tagging"],
    }
    contents = [
        message(
            "alex_planner_agent", {"name": spans.ROOT, "trace": b"a", "id": b"9", "at": 1, "facts": {job: "job-a"}}
        ),
        message("alex_reporter_agent", agent, model | {"facts": {kind: "generation", **call}}),
        message("alex_planner_agent", root),
        b"\xff not a message",
    ]
    for number, content in enumerate(contents):
        (tmp_path / f"{number}.pb").write_bytes(content)
    found = sorted(tmp_path.glob("*.pb"))
    monkeypatch.setattr(local, "cloud", lambda **_: type("Cloud", (), {"traces": lambda _self: found})())
    return found


def test_the_newest_job_is_shown_as_a_tree(files: list[Path]) -> None:
    """OBS-19: hierarchy, time, tokens, cost, decisions and failures at a glance."""
    trees = job_trace.of(None)
    console = Console(record=True, width=150, file=None)
    job_trace.show(console, trees)
    text = console.export_text()
    assert "job job-b" in text
    order = [text.index(word) for word in (spans.ROOT, "needs tagging", "Report Writer", "model: x")]
    assert order == sorted(order)
    assert "900+100 tokens" in text
    assert "1 model calls, 1,000 tokens, 0.2500 USD" in text
    assert job_trace.as_json(trees[0])["children"][0]["children"][0]["failed"] is True


def test_a_job_is_found_by_the_beginning_of_its_id(files: list[Path]) -> None:
    """A person copies as much of an id as a terminal shows."""
    assert [tree.job_id for tree in job_trace.of("job-a")] == ["job-a"]
    with pytest.raises(CommandError, match="several"):
        job_trace.of("job")
    with pytest.raises(CommandError, match="no trace belongs"):
        job_trace.of("other")


def test_no_traces_say_what_makes_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS-34: and who says why there are none."""
    monkeypatch.setattr(local, "cloud", lambda **_: type("Cloud", (), {"traces": lambda _self: []})())
    with pytest.raises(CommandError) as error:
        job_trace.of(None)
    assert "alex doctor traces" in error.value.remedy


def test_a_span_whose_parent_never_arrived_is_shown_all_the_same(files: list[Path]) -> None:
    """OBS-19: a planner that was killed leaves its agents' spans; they are the evidence of what happened."""
    [orphan] = spans.trees(spans.read([files[1]]))
    assert (orphan.name, orphan.children[0].name) == ("Report Writer", "model: x")

"""The saved queries ask for what the platform really writes (OBS-02, OBS-26)."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from settings import ENVIRONMENTS
from stacks.log_queries import QUERIES
from tests.telemetry_calls import calls

COMMANDS = {"fields", "filter", "stats", "sort", "limit"}
FUNCTIONS = {"count", "max", "avg", "sum", "pct", "bin", "ispresent", "coalesce"}
WORDS = {"by", "as", "and", "or", "in", "desc", "asc"}
OF_INSIGHTS = {"@timestamp", "@log"}
PLATFORM_REPORT = {"type", "record.metrics.initDurationMs"}
"""Of Lambda's own line at the end of an invocation, in its JSON format."""
NAMES = [query.name for query in QUERIES]


def _parts(lines: tuple[str, ...]) -> Iterator[str]:
    """Every name, function and word of the query; texts in quotes left out."""
    for line in lines:
        bare = re.sub(r'"[^"]*"', '""', line)
        yield from re.findall(r"@?[A-Za-z_][\w.]*\(?", bare)


def _fields(lines: tuple[str, ...]) -> set[str]:
    """The fields that the query reads: no command, function, word, unit of time, or name that it gives itself."""
    own = set(re.findall(r"\bas (\w+)", " ".join(lines)))
    return {
        part
        for part in _parts(lines)
        if not part.endswith("(") and part not in COMMANDS | WORDS | own and not re.fullmatch(r"[mh]", part)
    }


def _flat(value: Any, path: str = "") -> Iterator[str]:
    """The names that CloudWatch Logs gives to the values of a JSON line."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path


@pytest.fixture(scope="module")
def written() -> set[str]:
    """Fields of every line that a function writes: an event without its details, and a metric."""
    from contextlib import redirect_stdout
    from io import StringIO

    from advisor.adapters.telemetry import PowertoolsTelemetry

    out = StringIO()
    with redirect_stdout(out), pytest.MonkeyPatch.context() as patched:
        patched.setenv("_X_AMZN_TRACE_ID", "Root=1-5-abc;Parent=1;Sampled=1")
        told = PowertoolsTelemetry(service="queries", environment="test", namespace="Alex", level="INFO")
        told.about(job_id="j", user_id="u", correlation_id="c")
        told.event("AGENT_INVOKED", agent="reporter", x=1)
        for metric in {name for name, _ in calls("metric")}:
            told.metric(metric, 1, agent="reporter")
        told.flush()
    return {name for line in out.getvalue().splitlines() for name in _flat(json.loads(line))}


def _events(text: str) -> set[str]:
    return set(re.findall(r'event_type = "(\w+)"', text))


@pytest.mark.parametrize("query", [q for q in QUERIES if q.about != "access"], ids=lambda query: query.name)
def test_a_query_reads_fields_that_functions_write(query: Any, written: set[str]) -> None:
    """OBS-02: a renamed event or field leaves a saved query that finds nothing and looks like a quiet day."""
    wanted = _events(" ".join(query.lines))
    told = [keywords for name, keywords in calls("event") if name in wanted or not wanted]
    assert wanted <= {name for name, _ in calls("event")}
    details = {f"details.{keyword}" for keywords in told for keyword in keywords}
    listed = {f"{name}.0" for name in details}
    known = written | details | listed | OF_INSIGHTS | PLATFORM_REPORT
    assert _fields(query.lines) <= known, _fields(query.lines) - known
    assert _fields(query.lines)


@pytest.mark.parametrize("query", [q for q in QUERIES if q.about == "access"], ids=lambda query: query.name)
def test_a_query_reads_fields_of_the_access_log(query: Any) -> None:
    """OBS-26: the access log's format is ours, so that it can change."""
    from hardened.rest_api import ACCESS_LOG

    assert _fields(query.lines) <= {*ACCESS_LOG, *OF_INSIGHTS}, _fields(query.lines) - {*ACCESS_LOG, *OF_INSIGHTS}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_is_one_that_insights_takes(query: Any) -> None:
    """OBS-26: CloudFormation takes any text; the console says that it is none when the night's operator needs it."""
    text = query.text()
    assert len(text) <= 10_000
    first, *lines = text.split("\n")
    assert first == f"# {query.what}"
    assert lines == [query.lines[0], *(f"| {line}" for line in query.lines[1:])]
    for line in query.lines:
        assert line.split()[0] in COMMANDS, line
        assert line.count("(") == line.count(")")
        assert line.count('"') % 2 == 0
        assert "|" not in line
    for function in {part[:-1] for part in _parts(query.lines) if part.endswith("(")}:
        assert function in FUNCTIONS | {"in"}, function
    stats = [line for line in query.lines if line.startswith("stats")]
    # After stats only what it made or grouped by exists.
    made = set(re.findall(r"\bas (\w+)", " ".join(stats))) | _fields((stats[0].split(" by ")[1],)) if stats else set()
    for line in query.lines:
        if line.startswith("sort") and stats:
            assert line.split()[1] in made, line


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_query_asks_the_log_groups_that_exist(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-26, OBS-29: a new function's log is asked without anybody remembering it."""
    made = assembly(environment)
    saved = {p["Name"]: p for p in made.of_type("AWS::Logs::QueryDefinition", "Observability").values()}
    assert set(saved) == {f"alex-{environment}/{name}" for name in NAMES}
    # The audit baseline stands alone, perhaps in another account.
    functions = len([w for w in made.of_type("AWS::Lambda::Function") if not w.startswith("Compliance/")])
    for query in QUERIES:
        properties = saved[f"alex-{environment}/{query.name}"]
        assert properties["QueryString"] == query.text()
        groups = properties["LogGroupNames"]
        assert len(groups) == {"functions": functions, "agents": 5, "access": 1}[query.about], query.name
        assert len({str(group) for group in groups}) == len(groups) <= 50
        for group in groups:
            stack, _, export = str(group["Fn::ImportValue"]).removeprefix(f"Alex-{environment}-").partition(":")
            logical_id = made.templates[stack]["Outputs"][export]["Value"]["Ref"]
            assert made.templates[stack]["Resources"][logical_id]["Type"] == "AWS::Logs::LogGroup"

"""The simulated analyst says what it is wherever its work is seen: nobody may take its words for a model's (AGENT-15).

The walk goes over everything that a job stores and every surface that shows it.
"""

import io
from typing import Any

from rich.console import Console

from advisor.domain.audit import canonical
from alex import reading, report, terminal


def records(world: Any) -> list[dict[str, Any]]:
    """The job's audit entries, as the API returns them."""
    return [canonical(entry.model_dump()) for entry in world.office.audit.stored]


def test_every_text_of_a_job_says_that_it_was_simulated(world: Any) -> None:
    """AGENT-07, AGENT-08, AGENT-09: a report that is printed or forwarded takes its label along."""
    world.handle()
    job = world.job()
    assert job.quality_payload["fallbacks"] == [], "a fallback's text is not the analyst's"
    assert "simulated analyst" in job.report_payload["content"].lower()
    assert "simulated analyst" in job.retirement_payload["analysis"].lower()
    for chart in job.charts_payload.values():
        assert "simulated analyst" in chart["description"].lower()


def test_every_record_of_a_decision_names_the_analyst_as_its_model(world: Any) -> None:
    """XAI-04: an auditor who finds a model's name must be able to rely on it; the asked model stays readable."""
    world.handle()
    entries = records(world)
    assert {entry["agent"] for entry in entries} >= {"tagger", "reporter", "charter", "retirement"}
    said: dict[str, set[str]] = {entry["kind"]: set() for entry in entries}
    for entry in entries:
        said[entry["kind"]].add(entry["model"].split(":")[0])
    assert said.pop("model_answer") == {"simulated"}
    assert all(models == {"rules"} for models in said.values())
    agents = world.job().summary_payload["agents"]
    assert set(agents) == {"tagger", "reporter", "charter", "retirement"}
    assert all("(simulated:" in version for version in agents.values())


def test_terminal_and_report_of_a_simulated_run_say_so(world: Any) -> None:
    """AGENT-07: the demo's reader never sees a log or an audit entry, only these."""
    world.handle()
    job = world.job()
    shown = reading.read(
        job.model_dump(mode="json"),
        user={"display_name": "A"},
        accounts=[],
        audit={"entries": records(world), "chain_intact": True},
    )
    page, out = report.render(shown, simulated=True), io.StringIO()
    terminal.show(Console(file=out, width=160), shown, simulated=True)
    assert "The language model of this run is a simulation" in page
    assert page.count("simulated:") >= sum(entry["kind"] == "model_answer" for entry in shown.audit)
    assert "simulated model" in out.getvalue()
    assert "simulated:" in out.getvalue()


def test_a_fallback_is_not_called_the_analysts_words(make_world: Any) -> None:
    """AGENT-23: when the model fails, the platform's own plain text stands there, and no analyst worded it."""
    world = make_world({"tool": "write_report", "fault": "guardrail", "times": 9})
    world.handle()
    job = world.job()
    assert "reporter" in job.quality_payload["fallbacks"]
    assert "simulated analyst" not in job.report_payload["content"].lower()

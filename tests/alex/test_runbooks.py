"""Whoever is told of an alarm or a finding finds its page, written and true to what is deployed (OBS-17, COMP-05)."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alex import runbook_lookup, runbook_sources, runbooks
from alex.runbook_lookup import MARKERS, PAGES
from alex.runbook_sources import Sources, Told

ERRORS = Told(
    slug="function-errors",
    name="alex-prod-planner-function-errors",
    says="alex-prod-planner-function: more than 1% failed.",
    watches="Errors in %",
    when="over 1 in 5 min",
    tells=("warning", "through `alex-prod-analysis-incident`"),
    critical=True,
    requirements=("OBS-08",),
)
TAGGER = replace(
    ERRORS, name="alex-prod-tagger-function-errors", says="alex-prod-tagger-function: more than 1% failed."
)
STARTED = re.compile(r"--document-name (alex-ENV-[a-z-]+)(?: --parameters ([A-Z]\S*=[^\s`]+))?")
KNOWN = runbooks.Catalogue(findings={}, elsewhere={})


def books(folder: Path, *told: Told, known: runbooks.Catalogue = KNOWN) -> runbooks.Runbooks:
    return runbooks.Runbooks(Sources(told), known, folder)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with one page in order, and its index."""
    (tmp_path / "function-errors.md").write_text(
        "# A function fails\n\n" + "\n".join(MARKERS) + "\n\n## Fix\n\nGo back: `alex deploy -e ENV`.\n"
    )
    made = books(tmp_path, ERRORS, TAGGER)
    made.write()
    made.write()
    return tmp_path


def test_the_pages_of_production_are_in_order(assembly: Callable[[str], Any]) -> None:
    """OBS-17, COMP-05: an alarm, a message or a class of findings without a written page leaves its reader alone."""
    known = runbooks.catalogue()
    assert runbooks.Runbooks(runbook_sources.of_folder(assembly("prod").folder), known).problems() == []


def test_local_has_no_alarm_without_a_page(assembly: Callable[[str], Any]) -> None:
    """OBS-17: a smaller environment may have alarms that production lacks."""
    found = runbook_sources.of_folder(assembly("local").folder)
    assert len(found.told) > 50
    assert [slug for slug in sorted(found.slugs) if not (PAGES / f"{slug}.md").is_file()] == []


def test_every_alarm_of_production_leads_to_a_page(assembly: Callable[[str], Any]) -> None:
    """OBS-17: one that the reader of templates passes over would be missed by every check that follows."""
    found = runbook_sources.of_folder(assembly("prod").folder)
    named = {
        one["AlarmName"] for one in assembly("prod").of_type("AWS::CloudWatch::Alarm").values() if "AlarmName" in one
    }
    named |= {one["AlarmName"] for one in assembly("prod").of_type("AWS::CloudWatch::CompositeAlarm").values()}
    assert {one.name for one in found.told if not one.is_message} == named
    assert {one.slug for one in found.told if one.is_message} >= {
        "backup-failed",
        "certificate-expiry",
        "rotation-failed",
    }
    assert all(one.requirements for one in found.told if not one.is_message)
    by_name = {one.name: one for one in found.told}
    assert by_name["alex-prod-planner-function-errors"].critical
    assert "through `alex-prod-analysis-incident`" in by_name["alex-prod-planner-function-errors"].tells
    assert not by_name["alex-prod-planner-function-throttles"].critical
    assert by_name["alex-prod-sweeper-function-silent"].when.endswith("or no data")


def test_the_automated_steps_are_started_as_they_are_deployed(assembly: Callable[[str], Any]) -> None:
    """OBS-17: a document or a parameter by a wrong name is found out when it is needed."""
    documents = {one["Name"]: one["Content"] for one in assembly("prod").of_type("AWS::SSM::Document").values()}
    named = [
        (page.name, name.replace("ENV", "prod"), [one.partition("=")[0] for one in parameters.split(",") if one])
        for page in sorted(PAGES.glob("*.md"))
        for name, parameters in STARTED.findall(page.read_text("utf-8"))
    ]
    assert len(named) > 10
    assert {page: name for page, name, _ in named if name not in documents} == {}
    assert [
        (page, name, given)
        for page, name, given in named
        if not set(given) <= documents[name].get("parameters", {}).keys()
    ] == []


def test_a_new_alarm_gets_a_skeleton_that_must_be_written(written: Path) -> None:
    """OBS-17: a generated page that looks finished would be found empty at three in the morning."""
    new = replace(ERRORS, slug="queue-age", name="alex-prod-analysis-age")
    made = books(written, ERRORS, TAGGER, new)
    assert [line for line in made.problems() if "queue-age.md is missing" in line]
    made.write()
    page = (written / "queue-age.md").read_text()
    assert page.startswith("# Queue age")
    assert "`alex-prod-analysis-age`" in page
    assert [line for line in made.problems() if "queue-age.md still has a part" in line]


def test_what_people_wrote_stays(written: Path) -> None:
    """OBS-17: a generator that loses a procedure is not run again."""
    changed = replace(ERRORS, when="over 5 in 5 min")
    made = books(written, changed, TAGGER)
    assert any("function-errors.md is stale" in line for line in made.problems())
    assert written / "function-errors.md" in made.write()
    page = (written / "function-errors.md").read_text()
    assert "over 5 in 5 min" in page
    assert "Go back: `alex deploy -e ENV`." in page
    assert made.problems() == []


def test_a_page_that_nothing_leads_to_is_told(written: Path) -> None:
    """OBS-17: a page about what is not there any more misleads; one whose reason is named stays."""
    shutil.copy(written / "function-errors.md", written / "gone.md")
    assert ["gone.md is orphaned" in line for line in books(written, ERRORS, TAGGER).problems()] == [True]
    made = books(written, ERRORS, TAGGER, known=replace(KNOWN, elsewhere={"gone": "others lead there"}))
    made.write()
    assert made.problems() == []
    assert "No alarm in production: others lead there." in (written / "gone.md").read_text()


def test_a_reason_that_is_over_is_told(written: Path) -> None:
    """OBS-17: an exception that nobody takes back hides the page's next orphan."""
    made = books(written, ERRORS, TAGGER, known=replace(KNOWN, elsewhere={"function-errors": "x"}))
    assert any("function-errors; strike it from [elsewhere]" in line for line in made.problems())


def test_alarms_that_differ_by_name_alone_stand_in_one_row(written: Path) -> None:
    """OBS-17: thirteen rows that say the same are not read."""
    rows = [line for line in (written / "function-errors.md").read_text().splitlines() if "alex-prod-tagger" in line]
    assert len(rows) == 1
    assert (
        "`alex-prod-planner-function-errors`, `alex-prod-tagger-function-errors` | it: more than 1% failed." in rows[0]
    )


def test_markers_must_be_there(written: Path) -> None:
    """OBS-17: without them the generator would not know where its part ends."""
    (written / "function-errors.md").write_text("# A function fails\n")
    with pytest.raises(ValueError, match="must stand there once"):
        books(written, ERRORS).problems()


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("alex-staging-planner-function-errors", "function-errors"),
        ("planner-function-errors", "function-errors"),
        ("function-errors", "function-errors"),
        ("docs/runbooks/function-errors.md", "function-errors"),
        ("alex-prod-dr-tagger-function-errors", "function-errors"),
    ],
)
def test_a_page_is_found_by_what_the_message_says(written: Path, name: str, page: str) -> None:
    """OBS-17: at night people paste the alarm's name, of whatever environment."""
    assert runbook_lookup.page_of(name, written).stem == page


def test_the_commands_are_those_of_the_environment(written: Path) -> None:
    """OBS-17: a pasted command must not reach production when staging is on fire."""
    shown = runbook_lookup.shown(written / "function-errors.md", "staging", "alex-staging-tagger-function-errors")
    assert "alex deploy -e staging" in shown
    assert "alex-staging-tagger-function-errors" in shown
    assert "alex-prod" not in shown
    assert "ENV" not in shown

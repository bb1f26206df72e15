"""`alex alarms`: what a person and a program get, and what is refused."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from alex import cli, commands_deploy, synthesis
from alex.alarms import picture, report
from tests.alex.alarms.made import Stacks, alarm, composite, metric, stack


@pytest.fixture
def stacks() -> Stacks:
    return stack(
        A=alarm(metric("Throttles"), AlarmName="alex-prod-throttles"),
        B=alarm(metric("Duration", "p95"), 50_000, AlarmName="alex-prod-slow"),
        C=composite('ALARM("alex-prod-throttles") OR ALARM("alex-prod-slow")', AlarmName="alex-prod-incident"),
    )


@pytest.fixture
def assembly(stacks: Stacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the command takes for the synthesised environment."""
    stage = tmp_path / "assembly" / "assembly-Alex-prod"
    stage.mkdir(parents=True)
    (stage / "Test.template.json").write_text(json.dumps(stacks["Test"]))
    for folder in (stage, stage.parent):
        (folder / "manifest.json").write_text(json.dumps({"artifacts": {}}))
    made = synthesis.Synthesis(stage.parent, fresh=False, stacks=1, inputs="")
    monkeypatch.setattr(commands_deploy, "synthesised", lambda *_, **__: made)
    return stage


def run(*arguments: str) -> int:
    """The command's exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["alarms", *arguments])
    return int(str(ended.value.code))


def test_the_table_says_what_each_alarm_is(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-17: name, threshold in words, severity, runbook, and the verdict stand there."""
    assert run() == 0
    said = capsys.readouterr().out
    for expected in ("throttles", "over 50,000 in 5 min", "critical", "worker", "6 min", "3 alarms; 3 fire in time"):
        assert expected in said


def test_json_is_for_programs(assembly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-09: standard output is nothing but JSON, and has the simulated minutes."""
    assert run("--json") == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["alex-prod-throttles", "alex-prod-slow", "alex-prod-incident"]
    assert rows[1]["limits"][0]["quiet_at"] == pytest.approx(45_000, rel=0.001)
    assert all(row["fired_after_min"] <= row["promised_min"] for row in rows)


def test_a_bad_alarm_fails_the_command(assembly: Path, stacks: Stacks, capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-08: CI stops at an alarm that can never fire."""
    stacks["Test"]["Resources"]["B"]["Properties"]["Threshold"] = 1e18
    (assembly / "Test.template.json").write_text(json.dumps(stacks["Test"]))
    assert run() == 1
    assert "alex-prod-slow: nothing that AWS/Lambda Duration reports makes it fire" in capsys.readouterr().out


def test_an_unknown_metric_says_what_to_do(assembly: Path, stacks: Stacks, capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-08: whoever adds an alarm learns where to say what is normal."""
    stacks["Test"]["Resources"]["A"]["Properties"]["MetricName"] = "Surprises"
    (assembly / "Test.template.json").write_text(json.dumps(stacks["Test"]))
    assert run() == 1
    said = capsys.readouterr().err
    assert "alex-prod-throttles: say what normal looks like for AWS/Lambda Surprises in alex/alarms/normal.toml" in said
    assert "to do:" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("-e", "nowhere"), "nowhere"), (("--picture", "alarms.png"), "name a file that ends in .html")],
)
def test_bad_input_is_refused(arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Three lines: what, where, what to do; nothing is synthesised first."""
    assert run(*arguments) == 2
    assert re.search(says, capsys.readouterr().err)


def test_the_picture_is_one_file_that_shows_every_alarm(stacks: Stacks, tmp_path: Path) -> None:
    """OBS-17: people look before they deploy: series, threshold and state of each alarm, in one file."""
    page = picture.write(tmp_path / "alarms.html", report.examine(stacks), "prod").read_text("utf-8")
    drawings = [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]
    assert len(drawings) == 3
    assert not re.search(r"<script|https?://|src=", page)
    throttles, slow, incident = drawings
    for one in (throttles, slow):
        words = [text.text for text in one.iter("text")]
        assert "ALARM" in words
        assert "OK" in words
        assert any(path.get("class") == "threshold" for path in one.iter("path"))
    assert [text.text for text in incident.iter("text") if "row" in str(text.get("class"))] == [
        "alex-prod-throttles", "alex-prod-slow", "alex-prod-incident",
    ]  # fmt: skip


def test_names_in_the_picture_are_text(tmp_path: Path) -> None:
    """A name with markup must not become part of the page."""
    made = stack(A=alarm(metric("Throttles"), AlarmName="<b>&worker</b>"))
    page = picture.write(tmp_path / "alarms.html", report.examine(made), "prod").read_text("utf-8")
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;worker&lt;/b&gt;" in page

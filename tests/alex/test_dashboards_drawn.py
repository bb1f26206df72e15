"""`alex dashboards`: what a person sees before a deployment is what it will make, and says that it is a sample."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from alex import cli, commands_deploy
from alex.dashboards import preview
from alex.dashboards.bodies import Board, Widget
from alex.dashboards.chart import amount
from alex.dashboards.formula import FormulaError, evaluate
from alex.dashboards.picture import page, svg
from alex.dashboards.samples import drawn
from alex.errors import Exit
from alex.synthesis import Synthesis

ERRORS = ["AWS/Lambda", "Errors", "FunctionName", "one", {"stat": "Sum", "label": "errors of <one>"}]


def chart(*metrics: Any, **more: Any) -> dict[str, Any]:
    properties = {
        "title": "Failed runs",
        "view": "timeSeries",
        "period": 300,
        "metrics": list(metrics or [ERRORS]),
        "yAxis": {"left": {"label": "errors/5 min"}},
        "annotations": {"horizontal": [{"label": "alarm", "value": 5}]},
        **more,
    }
    return {"type": "metric", "x": 0, "y": 2, "width": 24, "height": 6, "properties": properties}


HEADING = {
    "type": "text",
    "x": 0,
    "y": 0,
    "width": 24,
    "height": 2,
    "properties": {"markdown": "## Functions\nWhat runs.  \nRunbooks: [Failed runs](https://runbooks.example/a.md)"},
}


def assembly(folder: Path, *widgets: dict[str, Any]) -> Path:
    """An assembly with one dashboard."""
    body = json.dumps({"start": "-PT24H", "widgets": [HEADING, *widgets]})
    before, after = body.split("one", 1)
    joined = {"Fn::Join": ["", [before, {"Fn::ImportValue": "the function"}, after]]}
    properties = {"DashboardName": "alex-prod-test", "DashboardBody": joined}
    template = {"Resources": {"Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Made.template.json").write_text(json.dumps(template), "utf-8")
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command on an assembly; its exit code."""

    def it(*widgets: dict[str, Any], more: tuple[str, ...] = ()) -> int:
        made = Synthesis(assembly(tmp_path / "assembly", *widgets), fresh=True, stacks=1, inputs="")
        monkeypatch.setattr(commands_deploy, "synthesised", lambda *_, **__: made)
        return cli._run(["--plain", "dashboards", "-e", "prod", "--out", str(tmp_path / "out"), *more])

    return it


def board(*widgets: dict[str, Any]) -> Board:
    made = tuple(Widget(w["type"], w["x"], w["y"], w["width"], w["height"], w["properties"]) for w in widgets)
    return Board("alex-prod-test", 24, made)


def test_one_page_and_one_picture_for_each_dashboard(run: Any, tmp_path: Path) -> None:
    """OBS-03, OBS-04, OBS-05: titles, units, limits, legend and links are those of the template, and nothing is
    loaded from elsewhere."""
    assert run(chart()) == Exit.DONE
    whole = (tmp_path / "out" / "dashboards.html").read_text("utf-8")
    for said in ("Failed runs", "errors/5 min", "alarm (5)", "errors of &lt;one&gt;", "Functions", "Sample data"):
        assert said in whole, said
    assert 'href="https://runbooks.example/a.md"' in whole
    assert not re.search(r"<script|<link|<img|@import|url\(|src=", whole)
    picture = ElementTree.parse(tmp_path / "out" / "alex-prod-test.svg").getroot()
    assert "Sample data" in "".join(picture.itertext())


def test_a_metric_that_nobody_writes_fails_the_command(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """SYS-11: CI must stop there; which panel and why is said, and what to do."""
    assert run(chart(ERRORS, ["AWS/Lambda", "Mistakes", "FunctionName", "x", {}])) == Exit.FAILED
    said = capsys.readouterr().err
    assert "alex-prod-test, Failed runs: aws_metrics.toml has no AWS/Lambda Mistakes" in said
    assert "stacks/dashboards" in said


def test_without_a_browser_the_command_says_so(
    run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pages need none; only --png does."""
    monkeypatch.setattr(preview, "BROWSERS", ("no-such-browser",))
    assert run(chart(), more=("--png",)) == Exit.MISSING_TOOL
    assert "leave --png out" in capsys.readouterr().err


def test_an_assembly_without_dashboards_is_refused(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty page would look as if all were well."""
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "A.template.json").write_text('{"Resources": {}}', "utf-8")
    made = Synthesis(empty, fresh=True, stacks=1, inputs="")
    monkeypatch.setattr(commands_deploy, "synthesised", lambda *_, **__: made)
    assert cli._run(["dashboards"]) == Exit.FAILED


def test_the_summary_is_json_alone(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts read standard output; progress goes elsewhere."""
    assert run(chart(), more=("--json",)) == Exit.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["dashboards"] == {"alex-prod-test": {"widgets": 2, "metrics": 1}}
    assert answer["unknown"] == []


def test_our_own_metrics_are_listed_with_where_they_show(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-24: one list of everything that the code counts."""
    assert run(chart(), more=("--metrics", "--json")) == Exit.DONE
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["AnalysisDurationMs"]["unit"] == "Milliseconds"
    assert rows["AnalysisDurationMs"]["shown"] == ""


def test_samples_are_the_same_at_every_run_and_do_not_move_each_other() -> None:
    """A picture in a review shows what changed in the layout, nothing else."""
    alone = chart(ERRORS)
    more = chart(["AWS/Lambda", "Invocations", "FunctionName", "two", {"stat": "Sum"}], ERRORS)
    assert svg(board(alone)) == svg(board(alone))
    assert drawn(board(alone).widgets[0], 24)[0] == drawn(board(more).widgets[0], 24)[1]


def test_a_normal_day_lies_below_the_limits() -> None:
    """A sample that rings every alarm teaches nobody what normal looks like."""
    slow = ["AWS/ApiGateway", "Latency", "ApiName", "a", "Stage", "b", {"stat": "p99", "label": "p99"}]
    widget = board(chart(slow, annotations={"horizontal": [{"label": "objective", "value": 500}]})).widgets[0]
    (line,) = drawn(widget, 24)
    assert 0 < max(line.values) < 500


def test_what_a_panel_calculates_is_calculated_from_its_own_samples() -> None:
    """A running sum ends where the figure beside it stands, and shares are of what is drawn."""
    spent = ["Alex", "LlmCostUsd", "Agent", "a", {"stat": "Sum", "id": "m0", "visible": False}]
    running = board(chart([{"expression": "RUNNING_SUM(m0)", "label": "so far"}], spent)).widgets[0]
    figure = board(chart([{"expression": "SUM([m0])", "label": "all"}], spent, view="singleValue")).widgets[0]
    (path,), (total,) = drawn(running, 24), drawn(figure, 24)
    assert path.values == sorted(path.values)
    assert path.values[-1] == pytest.approx(total.values[0])


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("100 * SUM([a, b]) / SUM([b])", [150.0, 0.0]),
        ("a / 2 - 1", [-0.5, -0.5]),
        ("RUNNING_SUM(a)", [1.0, 2.0]),
        ("FILL(a, 0) + b", [3.0, 1.0]),
    ],
)
def test_metric_maths_is_cloudwatchs(expression: str, values: list[float]) -> None:
    """The part of it that our panels use; nothing divided by nothing is no point."""
    assert evaluate(expression, {"a": [1.0, 1.0], "b": [2.0, 0.0]}) == values


def test_unknown_maths_is_refused() -> None:
    """A preview that guesses would show a panel that the deployment does not make."""
    with pytest.raises(FormulaError, match="ANOMALY_DETECTION_BAND"):
        evaluate("ANOMALY_DETECTION_BAND(a)", {"a": [1.0]})


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0"), (0.0421, "0.0421"), (950, "950"), (12_500, "12.5k"), (3.45e6, "3.45M"), (2e9, "2G")]
)
def test_numbers_have_three_digits_that_matter(value: float, said: str) -> None:
    """Axes and figures are read at a glance."""
    assert amount(value) == said


def test_many_lines_stay_told_apart() -> None:
    """Colours come round after eight: the ninth line is dashed, and what the legend cannot hold is counted."""
    many = [["AWS/SQS", "NumberOfMessagesSent", "QueueName", f"q{n}", {"label": f"queue {n:02}"}] for n in range(40)]
    text = page([board({**chart(*many), "width": 6})], environment="prod")
    assert "line c1 d0" in text
    assert "line c1 d1" in text
    assert re.search(r">\+ \d+<", text)

"""`alex slo` as a release manager types it: from CloudWatch, from a file, and where there is nothing to read."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from alex import cli
from alex.agent_logs import cloudwatch, following
from alex.agent_logs.cloudwatch import CloudWatchLogs
from alex.errors import CommandError, Exit
from alex.slo import minutes_file
from alex.slo.rates import series

NAMES = ("availability", "latency", "quality")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--plain", "slo", *arguments])
    return int(ended.value.code or 0)


def outage(path: Path, minutes: int, *, objective: str = "") -> Path:
    """A file with 600 minutes, the last of which fail."""
    heading = "at,good,total" + (",objective" if objective else "")
    rows = [
        f"2026-11-20T{m // 60:02}:{m % 60:02}:00Z,{0 if m >= 600 - minutes else 30},30"
        + (f",{objective}" if objective else "")
        for m in range(600)
    ]
    path.write_text("\n".join([heading, *rows]) + "\n")
    return path


def test_a_file_shows_budget_pace_and_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """OPS-08: anybody can try the calculation without an account."""
    assert run("-e", "staging", "--from", str(outage(tmp_path / "m.csv", 216))) == Exit.FAILED
    said = capsys.readouterr().out
    (row,) = [line.split() for line in said.splitlines() if line.startswith("availability  99.5")]
    assert row == ["availability", "99.5", "%", "99.500", "%", "216.0", "216.0", "0.0", "exhausted"]
    assert "1h and 5m (14.4)" in said
    assert run("-e", "staging", "--from", str(outage(tmp_path / "m.csv", 215))) == Exit.DONE
    assert "burning" in capsys.readouterr().out


def test_a_file_may_speak_of_any_objective(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """EVAL-07: degraded quality is counted like an outage."""
    file = outage(tmp_path / "m.csv", 216, objective="quality")
    assert run("-e", "prod", "--json", "--from", str(file)) == Exit.FAILED
    found = json.loads(capsys.readouterr().out)["objectives"]
    assert found["quality"]["state"] == "exhausted"
    assert found["quality"]["spent_minutes"] == 216
    assert found["quality"]["freeze"]["left_minutes"] == 0
    assert found["availability"]["state"] == "no events"
    assert found["latency"]["freeze"] is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("at,good\n", "the columns are at, good"),
        ("at,good,total,who\n", "the columns are"),
        ("", "the columns are missing"),
        ("at,good,total\nyesterday,1,1\n", "a time"),
        ("at,good,total\n2026-11-20,,1\n", "numbers are needed"),
        ("at,good,total\n2026-11-20,2,1\n", "0 <= good <= total"),
        ("at,good,total\n2026-11-20,0,nan\n", "0 <= good <= total"),
        ("at,good,total,minutes\n2026-11-20,0,1,0\n", "minutes above 0"),
        ("at,good,total,objective\n2026-11-20,1,1,speed\n", "there is no objective 'speed'"),
    ],
)
def test_a_line_that_is_no_minute_is_refused_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    """OPS-08: a line skipped in silence would be budget given away."""
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(CommandError, match=says) as refused:
        minutes_file.read(path, NAMES)
    assert refused.value.code is Exit.BAD_INPUT
    assert f"{path}, line {2 if text.count(chr(10)) > 1 else 1}" in refused.value.where


def test_an_environment_shows_budgets_and_rates(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """PERF-07, EVAL-06: what production achieved, what is left, and what people make of its advice."""
    account.deployed()
    account.measures_availability(failed_minutes=45)
    at = datetime.now(UTC)
    counted = dict.fromkeys(series("prod"), 0.0) | {"accepted": 8.0, "overridden": 2.0, "analyses": 400.0}
    account.measures({key: [(at, value)] for key, value in counted.items()})
    assert run("-e", "prod", "--complaints", "3") == Exit.FAILED, "99.9 % leave 43.2 minutes"
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip()}
    assert "80.00 %" in rows["acceptance"]
    assert "0.75 %" in rows["complaints"]
    assert "nothing to measure" in rows["override"]
    assert "0.00 %" in rows["violations"]
    account.answered()


def test_an_environment_that_is_not_there_says_what_to_do(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """PERF-07: a wrong profile must not look like a perfect month."""
    account.absent()
    assert run("-e", "prod") == Exit.NOT_RUNNING
    assert "prod is not deployed here" in capsys.readouterr().err
    assert run("-e", "local") == Exit.BAD_INPUT


def test_the_sample_is_drawn_from_the_planners_own_events(
    account: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """EVAL-07: CloudWatch is asked for finished analyses only; a week of all lines would take hours."""
    client = account.client("logs")
    asked: list[dict[str, Any]] = []
    client.meta.events.register(
        "provide-client-params.cloudwatch-logs.FilterLogEvents", lambda params, **_: asked.append(params)
    )
    now = datetime.now(UTC)
    entry = {"event_type": "PLANNER_COMPLETED", "job_id": "j-7", "user_id": "hash", "timestamp": now.isoformat()}
    events = [{"eventId": "1", "timestamp": int(now.timestamp() * 1000), "message": json.dumps(entry)}]
    stub: Stubber = account.stubs["logs"]
    stub.add_response("filter_log_events", {"events": events})

    def opened(wish: following.Wish) -> tuple[CloudWatchLogs, tuple[str, ...]]:
        return cloudwatch.CloudWatchLogs(client, {"planner": "group"}, since=now, event=wish.event), ("planner",)

    monkeypatch.setattr(following, "opened", opened)
    assert run("sample", "-e", "prod", "--seed", "2026-W47") == Exit.DONE
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "job_id,finished_at,verdict,note"
    assert said.out.splitlines()[1].startswith("j-7,")
    assert "hash" not in said.out
    assert "1 of 1 analyses of the last 7 days, seed 2026-W47: fewer than the 200 asked for" in said.err
    assert asked[0]["filterPattern"] == '{ $.event_type = "PLANNER_COMPLETED" }'

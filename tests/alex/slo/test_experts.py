"""The weekly expert review: a sample nobody can choose, and what its verdicts allow to say (EVAL-07)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex import cli
from alex.agent_logs.line import parsed
from alex.errors import CommandError, Exit
from alex.slo.experts import COLUMNS, Accuracy, finished, read, sampled, sheet
from settings import load

NOW = datetime(2026, 11, 20, tzinfo=UTC)
JOBS = st.lists(st.uuids().map(str), unique=True, max_size=300)


@given(JOBS, st.randoms(use_true_random=False))
def test_week_and_seed_decide_the_sample(jobs: list[str], shuffle: object) -> None:
    """EVAL-07: the auditor draws the same sample again, whatever order the logs have then."""
    other = [*jobs, *jobs[:3]]
    shuffle.shuffle(other)  # type: ignore[attr-defined]
    found = sampled(jobs, 200, "2026-W47")
    assert found == sampled(other, 200, "2026-W47")
    assert len(found) == len(set(found)) == min(200, len(jobs))
    assert set(found) <= set(jobs)


def test_another_seed_draws_another_sample() -> None:
    """EVAL-07: else the same hashes would be read every week."""
    jobs = [f"job-{n}" for n in range(2000)]
    first, second = (set(sampled(jobs, 200, week)) for week in ("2026-W47", "2026-W48"))
    assert len(first & second) < 60
    assert load("prod").slo.quality.sampled_a_week == 200


def test_the_sheet_holds_nothing_of_a_client() -> None:
    """EVAL-07: it goes by mail; ids and times are all that it may carry."""
    said = '"user_id": "u-hash", "details": {"status": "completed"}'
    lines = [
        parsed("planner", f'{{"event_type": "PLANNER_COMPLETED", "job_id": "j-1", {said}}}', otherwise=NOW),
        parsed("planner", f'{{"event_type": "PLANNER_STARTED", "job_id": "j-2", {said}}}', otherwise=NOW),
        parsed("planner", "no JSON", otherwise=NOW),
    ]
    times = finished(lines)
    assert sheet(times, times) == f"{','.join(COLUMNS)}\nj-1,2026-11-20T00:00:00+00:00,,\n"


@given(st.integers(1, 400), st.data())
def test_the_interval_says_what_a_sample_can_tell(reviewed: int, data: st.DataObject) -> None:
    """EVAL-07: 95.5 % of 200 may be 92 %: the figure must not look surer than it is.

    Wilson's ends are the shares from which the sample is just 1.96 standard errors away.
    """
    accurate = data.draw(st.integers(0, reviewed))
    found = Accuracy(accurate, reviewed, 0)
    assert 0 <= found.interval_pct[0] <= found.pct + 1e-9
    assert found.pct <= found.interval_pct[1] + 1e-9 <= 100 + 1e-6
    for end in (share / 100 for share in found.interval_pct):
        away = (accurate / reviewed - end) ** 2
        assert away == pytest.approx(1.959964**2 * end * (1 - end) / reviewed, abs=1e-9)
    assert Accuracy(5, 10, 0).interval_pct == pytest.approx((23.66, 76.34), abs=0.01)


@pytest.mark.parametrize(
    ("accurate", "production", "release", "prelaunch"),
    [(191, True, True, True), (190, False, True, True), (187, False, True, True), (186, False, False, True),
     (180, False, False, False)],
)  # fmt: skip
def test_three_stages_ask_for_three_accuracies(
    accurate: int, production: bool, release: bool, prelaunch: bool, tmp_path: Path
) -> None:
    """EVAL-07: more than 95 % in production, 93 % for a release, 90 % before launch."""
    path = tmp_path / "sheet.csv"
    rows = [f"job-{n},,{'accurate' if n < accurate else 'Inaccurate'}," for n in range(200)]
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    for stage, met in (("production", production), ("release", release), ("prelaunch", prelaunch)):
        with pytest.raises(SystemExit) as ended:
            cli.main(["--plain", "slo", "accuracy", str(path), "--stage", stage])
        assert (ended.value.code == Exit.DONE) is met, stage


def test_a_sample_that_is_not_finished_meets_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """EVAL-07: the easy ones come first; 199 verdicts of 200 are not the week's."""
    path = tmp_path / "sheet.csv"
    path.write_text("job_id,verdict\n" + "".join(f"job-{n},accurate\n" for n in range(199)) + "job-x,\n")
    with pytest.raises(SystemExit) as ended:
        cli.main(["--plain", "slo", "accuracy", str(path)])
    assert ended.value.code == Exit.FAILED
    assert "1 verdicts are missing, 1 rows are open" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("job,verdict\n", "the columns job_id and verdict are needed"),
        ("job_id,verdict\nj,accurate\nj,accurate\n", "line 3: job j stands twice"),
        ("job_id,verdict\nj,good\n", "line 2: the verdict 'good' is none of accurate, inaccurate"),
        ("job_id,verdict\n ,accurate\n", "line 2: the job is missing"),
        (None, "No such file"),
    ],
)
def test_a_sheet_that_is_none_is_refused(text: str | None, says: str, tmp_path: Path) -> None:
    """EVAL-07: a verdict counted twice, or not at all, changes a rate that a release hangs on."""
    path = tmp_path / "sheet.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CommandError, match=says) as refused:
        read(path)
    assert refused.value.code is Exit.BAD_INPUT

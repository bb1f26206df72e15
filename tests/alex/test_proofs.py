"""What shows that an analysis was made as it should: gathered from the platform, waited for, never made up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from advisor.domain.audit_trail import Trail
from alex import audit, proofs, reviews, spans
from alex.errors import CommandError
from settings import load
from tests.alex.test_job_trace import message

OPEN = {"archive": "agrees", "entries": [{"kind": "decision"}]}
PENDING = {"archive": "pending", "entries": [{"kind": "closing"}]}
WHOLE = {"archive": "agrees", "entries": [{"kind": "decision"}, {"kind": "closing"}]}
JOB: dict[str, Any] = {
    "id": "j-1",
    "status": "completed",
    "error_message": None,
    "reviews": [],
    "summary_payload": {"total_value": 900.5, "rebalancing": {"traded_value": "12.50"}, "risk": {"risk_score": 4}},
    "quality_payload": {"confidence": 0.95},
}


class Asked:
    """Answers one thing after the other; the last one stays."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def get(self, path: str) -> Any:
        assert path == "/api/jobs/j-1/audit"
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "POLL_SECONDS", 0.0)


def test_the_trail_is_shown_when_it_is_closed_and_archived() -> None:
    """XAI-04: the workflow closes the trail after the job's last status; read at once it would look cut off."""
    api: Any = Asked(OPEN, PENDING, WHOLE)
    assert proofs.closed_trail(api, "j-1") == WHOLE


def test_a_trail_that_never_closes_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """XAI-04: the demo must end, and must not hide what is wrong."""
    monkeypatch.setattr(proofs, "WAIT_SECONDS", 0.0)
    api: Any = Asked(OPEN)
    assert proofs.closed_trail(api, "j-1") == OPEN


def test_figures_and_limits_of_what_nobody_had_to_review() -> None:
    """HITL-01: the rules that passed are shown with the figures they looked at and the limits that were deployed."""
    cloud: Any = None
    found = proofs.approval(cloud, JOB)
    assert found["figures"] == {
        "traded_value": "12.50", "portfolio_value": 900.5, "risk_score": 4, "confidence": 0.95,
    }  # fmt: skip
    assert found["limits"]["approval_threshold_usd"] == load("local").hitl.approval_threshold_usd
    assert (found["reviews"], found["client_saw"], found["told"]) == ([], None, "")


def test_decisions_are_asked_as_a_reviewer_and_only_of_this_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """HITL-01: the client's own answer names neither decider nor comment; others' reviews are left out."""
    figures = {"traded_value": 5, "portfolio_value": 6, "risk_score": 8, "confidence": 0.9}
    mine, other = ({"id": name, "job_id": job} | figures for name, job in (("r-1", "j-1"), ("r-2", "j-2")))
    states: list[str] = []

    @contextmanager
    def signed_in(_cloud: Any) -> Iterator[None]:
        yield None

    def listed(_api: Any, *, state: str) -> list[dict[str, Any]]:
        states.append(state)
        return [mine, other]

    monkeypatch.setattr(reviews, "signed_in", signed_in)
    monkeypatch.setattr(reviews, "listed", listed)
    cloud: Any = None
    waited = JOB | {"status": "awaiting_approval", "reviews": [{"reason": "risk_over_7"}], "summary_payload": None}
    found = proofs.approval(cloud, JOB | {"reviews": [{}]}, waited=waited)
    assert (found["reviews"], found["figures"], states) == ([mine], figures, ["all"])
    assert found["client_saw"] == {
        "status": "awaiting_approval", "reasons": ["risk_over_7"],
        "withheld": ["summary_payload"], "shown": ["quality_payload"],
    }  # fmt: skip


def test_a_jobs_spans_are_gathered_when_the_planners_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS-18: the planner sends its span last; before that the tree has no top. Prompts stay where they were sent."""
    facts = {spans.METADATA + "job_id": "j-1", "langfuse.observation.input": "a prompt", spans.METADATA + "charts": 6.0}
    agent = {"name": "Chart Maker", "trace": b"a", "id": b"2", "parent": b"1", "at": 5, "facts": facts, "events": ["x"]}
    root = {"name": spans.ROOT, "trace": b"a", "id": b"1", "at": 1, "facts": facts}
    stranger = {"name": spans.ROOT, "trace": b"b", "id": b"3", "at": 1, "facts": {spans.METADATA + "job_id": "j-2"}}
    files = [tmp_path / name for name in ("1.pb", "2.pb", "3.pb")]
    for file, made in zip(files, (agent, root, stranger), strict=True):
        file.write_bytes(message("alex_charter_agent", made))
    answers = iter(([files[0], files[2]], files))
    cloud: Any = type("Cloud", (), {"traces": lambda _self: next(answers)})()
    (tree,) = proofs.trace(cloud, "j-1")
    assert (tree["name"], [child["name"] for child in tree["children"]]) == (spans.ROOT, ["Chart Maker"])
    assert tree["children"][0]["starts"] == 4.0
    assert tree["children"][0]["facts"] == {"charts": 6.0}
    assert "prompt" not in str(tree)


@pytest.mark.parametrize("broken", [False, True])
def test_the_verification_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch, *, broken: bool) -> None:
    """XAI-04: who runs the command afterwards must read the same; what cannot be read is not intact."""

    def read(job_id: str, _environment: str) -> audit.Read:
        if broken:
            raise CommandError("the trail cannot be read")
        return Trail(job_id, (), {}), ()

    monkeypatch.setattr(audit, "from_environment", read)
    found = proofs.verification("j-1")
    assert found["command"] == "alex audit verify j-1"
    assert found["intact"] is False
    assert ("cannot be read" if broken else "NOT INTACT; 0 entries in the table") in found["printed"]


def test_all_proofs_of_a_job_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    """HITL-01: an analysis that was rejected before stands in front of the one that was approved."""
    told: Callable[..., Any] = lambda *_args: ["a tree"]  # noqa: E731
    monkeypatch.setattr(proofs, "trace", told)
    monkeypatch.setattr(proofs, "verification", lambda job_id: {"command": job_id})
    api: Any = Asked(WHOLE)
    cloud: Any = None
    found = proofs.gather(cloud, api, JOB, before=[{"job_id": "j-0"}])
    assert [one["job_id"] for one in found["approval"]] == ["j-0", "j-1"]
    assert (found["audit"], found["trace"], found["verification"]) == (WHOLE, ["a tree"], {"command": "j-1"})

"""Assumptions & audit of an analysis as its reader gets it (WEB-11, XAI-04, COMP-16, AUTH-04)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import boto3
import pytest

from advisor.agents.recording import Recorder, conclude
from advisor.domain.audit import decision
from advisor.domain.audit_trail import stored_form
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import JobStatus

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

LOST = {"term": "fallbacks", "points": -0.1, "text": "1 agent was replaced by a fallback."}
QUALITY = {"confidence": 0.9, "cue": "high", "derivation": [LOST]}


@pytest.fixture
def job(api: "Api") -> str:
    """A completed analysis of alice: one decision, one model's answer, the conclusion; not archived yet."""
    job_id: str = api("POST", "/api/analyze", {}).json["job_id"]
    record = Recorder(api.services.audit, job_id, "alice")
    record.decided("charts_required", "3 positions; charts need at least 2", about={"private": 1})
    api.services.audit.append(
        decision(
            timestamp=datetime.now(UTC), agent="charter", job_id=job_id, user_id="alice", model="model-1",
            input={"facts": "private"}, output={"text": "answer"}, duration_ms=120, verdict="PASS",
            prompt_version="charter-1", tokens={"in": 1000, "out": 200}, cost_usd=Decimal("0.006"),
            decision="answered", explanation="At once.",
        )
    )  # fmt: skip
    payloads: dict[str, Any] = {
        "quality_payload": QUALITY,
        "summary_payload": {"review_reasons": [], "assumptions": ["Prices are daily closes."]},
    }
    payloads["summary_payload"]["audit_seal"] = conclude(record, payloads, duration_ms=900)
    jobs = api.services.jobs
    assert jobs.transition(UUID(job_id), before=[JobStatus.PENDING], after=JobStatus.RUNNING)
    jobs.record_payloads(UUID(job_id), payloads)
    assert jobs.transition(UUID(job_id), before=[JobStatus.RUNNING], after=JobStatus.COMPLETED)
    return job_id


def archive(api: "Api", job: str) -> list[AuditEntry]:
    """As the archiver does it."""
    entries = api.services.audit.entries(job)
    assert all(api.services.archive.put(entry) for entry in entries)
    return entries


def test_the_panel_says_what_was_decided_on_what_and_for_how_much(api: "Api", job: str) -> None:
    """WEB-11: assumptions, data quality, every decision with its why, totals, and that the record is whole."""
    archive(api, job)
    shown = api("GET", f"/api/jobs/{job}/audit").json
    assert (shown["chain_intact"], shown["archive"], shown["findings"]) == (True, "agrees", [])
    assert [(entry["kind"], entry["decision"]) for entry in shown["entries"]] == [
        ("decision", "charts_required"), ("model_answer", "answered"), ("quality", "confidence_derived"),
        ("review", "no_review_needed"), ("closing", "analysis_completed"),
    ]  # fmt: skip
    why = "1 less 0.1000 because 1 agent was replaced by a fallback."
    assert shown["entries"][2]["explanation"] == f"Confidence 0.9 of 1 (high): {why}"
    assert shown["assumptions"] == ["Prices are daily closes."]
    assert shown["quality"] == QUALITY
    assert shown["totals"] == {
        "decisions": 4, "model_calls": 1, "tokens_in": 1000, "tokens_out": 200, "cost_usd": 0.006,
        "duration_ms": 120, "models": ["model-1"], "prompts": ["charter-1"],
    }  # fmt: skip
    assert "private" not in str(shown)
    assert "alice" not in str(shown)


def test_an_archive_that_is_seconds_behind_is_pending_and_not_an_accusation(api: "Api", job: str) -> None:
    """WEB-11: the stream takes a moment; the chain itself is whole."""
    shown = api("GET", f"/api/jobs/{job}/audit").json
    assert (shown["chain_intact"], shown["archive"]) == (True, "pending")
    assert {one["what"] for one in shown["findings"]} == {"not archived"}


def test_an_archive_that_does_not_answer_holds_up_nobody(api: "Api", job: str) -> None:
    """WEB-11: S3 away is said, and the rest is shown."""
    s3: Any = boto3.client("s3", region_name="us-east-1")
    s3.delete_bucket(Bucket=api.services.env.audit_archive)
    answer = api("GET", f"/api/jobs/{job}/audit")
    assert (answer.status, answer.json["archive"], answer.json["chain_intact"]) == (200, "unavailable", True)


def test_an_end_removed_with_its_links_is_told_by_the_jobs_row(api: "Api", job: str) -> None:
    """COMP-16: whoever can write the whole table still cannot shorten a trail unseen."""
    entries = api.services.audit.entries(job)
    client, table = boto3.client("dynamodb", region_name="us-east-1"), api.services.env.audit_table
    for entry in entries[-2:]:
        for key in (stored_form(entry).key, f"!after#{entry.prev_hash}"):
            client.delete_item(TableName=table, Key={"job_id": {"S": job}, "entry_id": {"S": key}})
    shown = api("GET", f"/api/jobs/{job}/audit").json
    assert shown["chain_intact"] is False
    assert {(one["what"], one["position"]) for one in shown["findings"]} >= {("removed", 5), ("not closed", None)}


def test_a_second_attempt_is_no_tampering(api: "Api", job: str) -> None:
    """XAI-04: a planner that died behind its seal runs again, and writes behind it; neither the running analysis nor
    one that the sweeper then gave up is accused."""
    record = Recorder(api.services.audit, job, "alice")
    record.decided("charts_required", "3 positions; charts need at least 2")
    for status in ("running", "failed"):
        api.database.query("UPDATE jobs SET status = :status WHERE id = CAST(:id AS uuid)", status=status, id=job)
        shown = api("GET", f"/api/jobs/{job}/audit").json
        assert shown["chain_intact"] is True
    api.database.query("UPDATE jobs SET status = 'completed' WHERE id = CAST(:id AS uuid)", id=job)
    shown = api("GET", f"/api/jobs/{job}/audit").json
    assert "not closed" in {one["what"] for one in shown["findings"]}
    record.close("analysis_completed", "All results are compiled.")
    assert api("GET", f"/api/jobs/{job}/audit").json["chain_intact"] is True


def test_a_reviewed_analysis_is_closed_a_moment_after_its_end(api: "Api", job: str) -> None:
    """XAI-04, HITL-01: the client who reads at once is not told of tampering; who reads later is, when it was."""
    reasons = """UPDATE jobs SET summary_payload = jsonb_set(summary_payload, '{review_reasons}', '["risk_over_7"]')"""
    api.database.query(reasons)
    Recorder(api.services.audit, job, "alice").decided("review_approved", "A review is approved.")
    assert api("GET", f"/api/jobs/{job}/audit").json["chain_intact"] is True
    api.database.query("UPDATE jobs SET completed_at = now() - interval '1 hour'")
    shown = api("GET", f"/api/jobs/{job}/audit").json
    assert "not closed" in {one["what"] for one in shown["findings"]}


def test_an_entry_missing_in_the_table_is_named_by_the_archive(api: "Api", job: str) -> None:
    """COMP-16: the write-once copy tells what stood at the place."""
    second = archive(api, job)[1]
    client = boto3.client("dynamodb", region_name="us-east-1")
    key = {"job_id": {"S": job}, "entry_id": {"S": stored_form(second).key}}
    client.delete_item(TableName=api.services.env.audit_table, Key=key)
    shown = api("GET", f"/api/jobs/{job}/audit").json
    assert (shown["chain_intact"], shown["archive"]) == (False, "differs")
    assert [(one["what"], one["position"]) for one in shown["findings"]] == [("removed", 2)]


@pytest.mark.parametrize(
    ("user", "roles", "status"),
    [("alice", "", 200), ("bob", "", 403), ("carol", "compliance", 200), ("dan", "data_scientist", 200),
     ("eve", "operator", 403), ("fay", "senior_advisor", 403)],
)  # fmt: skip
def test_who_may_read_the_record(api: "Api", job: str, user: str, roles: str, status: int) -> None:
    """AUTH-04: the owner, compliance, and those who work with pseudonyms; not operators, not other users."""
    assert api("GET", f"/api/jobs/{job}/audit", user=user, roles=roles).status == status

"""An analysis's audit trail in the local cloud: whole, kept where nobody can change it, and tampering is told."""

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from advisor.domain.audit_check import Checked, check
from advisor.domain.audit_trail import Archived, Trail
from alex import audit, commands_audit, local, portfolio
from alex.client import Api
from local_cloud.cloud import LocalCloud

pytestmark = pytest.mark.e2e

FINAL = {"completed", "failed", "cancelled", "awaiting_approval"}
PERSONAL = ("Traceable Person", "traceable@example.com", "078-05-1120", "a-purpose-nobody-else-has")


def until(ready: Callable[[], Any], what: str, *, patience: float = 90) -> Any:
    """Ask until it is so."""
    deadline = time.monotonic() + patience
    while not (found := ready()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return found


@pytest.fixture(scope="module")
def investor(sign_in: Callable[[str], Api]) -> Api:
    """A user whose free texts are full of personal data."""
    api = sign_in("audit-investor")
    portfolio.load(api)
    api.put("/api/user", {"display_name": PERSONAL[0], "retirement_goals": f"Write to {PERSONAL[1]}, {PERSONAL[2]}"})
    api.put(f"/api/accounts/{api.accounts()[0]['id']}", {"account_purpose": PERSONAL[3]})
    return api


@pytest.fixture(scope="module")
def job_id(investor: Api) -> str:
    """A finished analysis."""
    options = {"question": f"I am {PERSONAL[0]}, {PERSONAL[1]}: is my SSN {PERSONAL[2]} safe?"}
    started = str(investor.post("/api/analyze", {"analysis_type": "portfolio", "options": options})["job_id"])
    until(lambda: investor.job(started)["status"] in FINAL, "the analysis ended")
    return started


@pytest.fixture
def read(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Trail, tuple[Archived, ...]]]:
    """What `alex audit` reads, of this session's cloud."""
    monkeypatch.setattr(local, "cloud", lambda **_options: cloud)

    def whole(job: str) -> tuple[Trail, tuple[Archived, ...]]:
        trail, archive = audit.from_environment(job, "local")
        assert archive is not None
        return trail, archive

    return whole


def checked(read: Any, job: str) -> Checked:
    return check(*read(job))


def test_every_decision_is_recorded_archived_and_explained(investor: Api, job_id: str, read: Any) -> None:
    """XAI-04, XAI-05, COMP-16, WEB-11: what the planner decided and what models answered, closed, in both stores."""
    until(lambda: len(read(job_id)[1]) == len(read(job_id)[0].stored), "each entry reached the archive")
    assert checked(read, job_id).faults == ()
    shown = investor.get(f"/api/jobs/{job_id}/audit")
    assert (shown["chain_intact"], shown["archive"], shown["findings"]) == (True, "agrees", [])
    decisions = [entry["decision"] for entry in shown["entries"]]
    assert {"report_required", "charts_required", "retirement_required", "confidence_derived"} <= set(decisions)
    assert decisions[-1] == "analysis_completed"
    assert all(entry["explanation"] for entry in shown["entries"])
    assert [entry["sequence"] for entry in shown["entries"]] == list(range(1, len(decisions) + 1))
    assert shown["totals"]["tokens_in"] == sum(entry["tokens"].get("in", 0) for entry in shown["entries"]) > 0
    assert shown["assumptions"]
    assert shown["quality"]["confidence"] > 0


def test_no_record_tells_who_it_is_about(cloud: LocalCloud, investor: Api, job_id: str, read: Any) -> None:
    """XAI-04: names, addresses and numbers of a person stand in no entry, no archived object, and no log."""
    trail, archive = read(job_id)
    everywhere = {
        "table": "".join(one.text for one in trail.stored),
        "archive": "".join(one.text or "" for one in archive),
        "api": json.dumps(investor.get(f"/api/jobs/{job_id}/audit")),
        **{
            name: path.read_text("utf-8", errors="replace") for name, path in cloud.logs().items() if name != "postgres"
        },
    }
    found = [(place, text) for place, said in everywhere.items() for text in PERSONAL if text in said]
    assert found == []


def test_the_archive_refuses_deletion_and_another_writer(cloud: LocalCloud, job_id: str, read: Any) -> None:
    """COMP-16: not even the account's administrator removes or overwrites an entry before its time."""
    s3: Any = local.client(cloud, "s3")
    bucket, key = cloud.output("AuditArchiveName"), until(lambda: read(job_id)[1], "something is archived")[0].key
    [version] = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    assert s3.get_object_retention(Bucket=bucket, Key=key)["Retention"]["Mode"] == "GOVERNANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    assert s3.get_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])["Body"].read()


def test_tampering_is_told_by_the_api_the_command_and_the_archiver(  # noqa: PLR0917 - fixtures
    cloud: LocalCloud, investor: Api, job_id: str, read: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """XAI-04: with an administrator's rights on the table one entry is changed; three witnesses say where."""
    until(lambda: checked(read, job_id).ok, "table and archive agree")
    table, dynamodb = cloud.output("AuditTableName"), local.client(cloud, "dynamodb")
    third = read(job_id)[0].stored[2]
    key = {"job_id": {"S": job_id}, "entry_id": {"S": third.key}}
    before = dynamodb.get_item(TableName=table, Key=key)["Item"]
    changed = copy.deepcopy(before)
    changed["entry"]["S"] = before["entry"]["S"].replace('"duration_ms":', '"duration_ms":1')
    dynamodb.put_item(TableName=table, Item=changed)
    shown = investor.get(f"/api/jobs/{job_id}/audit")
    assert shown["chain_intact"] is False
    assert ("changed", 3) in [(one["what"], one["position"]) for one in shown["findings"]]
    with pytest.raises(BaseException, match="1"):
        commands_audit.verify_command(job_id)
    said = capsys.readouterr().out
    assert "NOT INTACT" in said
    assert "entry 3: duration_ms was" in said
    exported = tmp_path / "trail.json"
    commands_audit.export_command(job_id, output=exported)
    assert not check(*audit.from_file(exported)).ok
    until(lambda: "AUDIT_TAMPERED" in _log(cloud, "archiver"), "the archiver told of it")
    dynamodb.put_item(TableName=table, Item=before)
    assert checked(read, job_id).ok


def _log(cloud: LocalCloud, name: str) -> str:
    found = [path for log, path in cloud.logs().items() if name in log.lower()]
    return "".join(path.read_text("utf-8", errors="replace") for path in found)

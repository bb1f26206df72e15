"""What an auditor does with an exported trail, without the platform, an account or a network (XAI-05)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from advisor.domain.audit import canonical_json, decision, seal
from advisor.domain.audit_trail import START, Archived, Trail, archive_key, exported, stored_form
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind
from alex import cli
from alex.errors import Exit

JOB = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """A trail of three entries with its archive."""
    made: list[AuditEntry] = []
    for number, kind in enumerate((EntryKind.DECISION, EntryKind.MODEL_ANSWER, EntryKind.CLOSING)):
        entry = decision(
            timestamp=datetime(2026, 11, 21, 12, 0, number, tzinfo=UTC), agent="reporter", job_id=JOB, user_id="u",
            model="model-1", input={}, output={}, duration_ms=7, verdict="PASS", prompt_version="v1",
            tokens={"in": 10, "out": 5}, cost_usd=Decimal("0.0001"), kind=kind, decision=f"decision-{number}",
            explanation="Because it was needed.",
        )  # fmt: skip
        made.append(seal(entry, made[-1] if made else None))
    links = {one.prev_hash or START: one.entry_hash or "" for one in made}
    archive = [Archived(archive_key(one), canonical_json(one.model_dump())) for one in made]
    path = tmp_path / "trail.json"
    path.write_text(json.dumps(exported(Trail(JOB, tuple(map(stored_form, made)), links), archive)), "utf-8")
    return path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(["audit", *arguments])
    return int(str(stop.value.code))


def test_an_untouched_file_verifies(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """XAI-05: exit code 0, and a sentence that says what was compared."""
    assert run("verify", "--file", str(trail)) == Exit.DONE
    assert f"job {JOB}: intact; 3 entries in the table, 3 in the archive, which agrees" in capsys.readouterr().out


def test_a_changed_file_is_refused_with_place_and_field(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """XAI-05: exit code 1 for scripts, what and where for people, the same as JSON for programs."""
    document: Any = json.loads(trail.read_text("utf-8"))
    document["entries"][1]["text"] = document["entries"][1]["text"].replace('"duration_ms":7', '"duration_ms":8')
    trail.write_text(json.dumps(document), "utf-8")
    assert run("verify", "--file", str(trail)) == Exit.FAILED
    said = capsys.readouterr().out
    assert "entry 2: duration_ms was 7, is 8" in said
    assert "NOT INTACT" in said
    assert run("verify", "--file", str(trail), "--json") == Exit.FAILED
    told = json.loads(capsys.readouterr().out)
    assert (told["intact"], told["findings"][0]["position"]) == (False, 2)


def test_the_decisions_are_shown_in_order_with_their_why(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """XAI-06: a person reads what was decided and why, and what it cost."""
    assert run("show", "--file", str(trail)) == Exit.DONE
    said = capsys.readouterr().out
    assert said.index("decision-0") < said.index("decision-1") < said.index("decision-2")
    assert "needed" in said
    assert "2 decisions, 1 model calls, 10 tokens in and 5 out, $0.0001" in said


@pytest.mark.parametrize(
    "arguments",
    [("verify",), ("verify", "not-an-id"), ("verify", JOB, "-e", "moon"), ("verify", "--file", "/nowhere.json")],
)
def test_a_bad_request_is_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody must take a typing error for a broken trail: exit code 2 and what to do."""
    assert run(*arguments) == Exit.BAD_INPUT
    assert "to do:" in capsys.readouterr().err


def test_a_file_that_is_no_trail_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same for another file."""
    path = tmp_path / "other.json"
    path.write_text("{}", "utf-8")
    assert run("verify", "--file", str(path)) == Exit.BAD_INPUT
    assert "no exported audit trail" in capsys.readouterr().err

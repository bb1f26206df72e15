"""The trail as a file and in sums (WEB-11, XAI-05; SYS-09)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from advisor.domain.audit import decision
from advisor.domain.audit_trail import Stored, Trail, TrailFormatError, archive_days, loaded, totals
from advisor.domain.models import AuditEntry
from advisor.domain.vocabulary import EntryKind

KINDS = (EntryKind.DECISION, EntryKind.MODEL_ANSWER, EntryKind.MODEL_ANSWER, EntryKind.QUALITY, EntryKind.CLOSING)


def entry(number: int, kind: EntryKind) -> AuditEntry:
    return decision(
        timestamp=datetime(2022, 12, 28, tzinfo=UTC), agent="reporter", job_id="job-1", user_id="user-1", model="m",
        input={}, output={}, duration_ms=number, verdict="PASS", prompt_version="v1",
        tokens={"in": 10, "out": number}, cost_usd=Decimal("0.0012"), kind=kind,
    )  # fmt: skip


def test_totals_count_models_and_not_rules() -> None:
    """WEB-11: what an analysis cost is what its models cost."""
    found = totals([entry(number, kind) for number, kind in enumerate(KINDS)])
    assert (found.decisions, found.model_calls, found.tokens_in, found.tokens_out) == (4, 2, 20, 3)
    assert (found.cost_usd, found.duration_ms, found.models, found.prompts) == (Decimal("0.0024"), 3, ["m"], ["v1"])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "x"}', '{"format": "alex-audit-1", "entries": 3}'])
def test_a_file_that_is_no_trail_is_refused(text: str) -> None:
    """XAI-05: an auditor with the wrong file reads so, not that the trail is broken."""
    with pytest.raises(TrailFormatError):
        loaded(text)


def test_the_archive_is_looked_into_where_something_may_be() -> None:
    """XAI-05: the days of the entries and the week after each, none to come; a forged key costs eight days."""
    keys = ("2022-12-28T23:59:00+00:00#planner", "1970-01-01T00:00:00+00:00#planner", "no time at all")
    trail = Trail("job-1", tuple(Stored(key, "{}", {}) for key in keys), {})
    found = archive_days(trail, today=date(2022, 12, 30), also=[date(2022, 12, 27)])
    assert [day.isoformat() for day in found[-4:]] == ["2022-12-27", "2022-12-28", "2022-12-29", "2022-12-30"]
    assert len(found) == 4 + 8

"""`alex runbook`: the page in the terminal (OBS-17)."""

import pytest

from alex import cli, console
from alex.errors import Exit


@pytest.fixture(autouse=True)
def plain() -> None:
    console.use(plain=True)


def test_an_alarms_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-17: the procedure, the alarm itself, and commands that can be copied in one piece."""
    assert cli._run(["runbook", "alex-staging-inference-tokens-unusual"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "alex-staging-inference-tokens-unusual" in said
    assert "Likely causes" in said
    assert "alex watch -e staging --lookback 60 --once | grep -E 'GUARDRAIL|FALLBACK|AGENT_FAILED'\n" in said


def test_without_a_name_all_pages_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-17: who has no alarm's name looks for what it may be."""
    assert cli._run(["runbook"]) == Exit.DONE
    said = capsys.readouterr().out
    assert "dead-letters" in said
    assert "aws ssm start-automation-execution --document-name alex-prod-analyses" in said


def test_an_unknown_name_is_answered_with_those_alike(capsys: pytest.CaptureFixture[str]) -> None:
    """OBS-17: a typing error costs seconds, not a search."""
    assert cli._run(["runbook", "alex-prod-api-eror"]) == Exit.BAD_INPUT
    assert "perhaps api-errors" in capsys.readouterr().err


def test_a_message_of_several_classes_leads_to_the_page_that_tells_them_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """COMP-05: the first class by the alphabet would be followed for a threat of another."""
    assert cli._run(["runbook", "alex-prod-compliance-threat-high"]) == Exit.DONE
    assert "GuardDuty found a threat" in capsys.readouterr().out.splitlines()[0]

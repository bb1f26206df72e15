"""What an account goes without is decided by somebody who answers for it, and not for ever."""

import re
from pathlib import Path
from typing import Any

import pytest

import settings
from tests.settings.compliance_cases import LEFT_OUT
from tests.settings.test_settings import load_with


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        ({"macie": {**LEFT_OUT, "expires": "2020-01-01"}}, "a day that is not past"),
        ({"macie": LEFT_OUT, "inspector": LEFT_OUT}, "names exactly those that say leave"),
        ({"macie": {**LEFT_OUT, "reason": "because"}}, "left_out.macie.reason"),
        ({"macie": {**LEFT_OUT, "owner": "Jane Doe"}}, "left_out.macie.owner"),
    ],
)
def test_what_is_left_out_has_somebody_who_answers_for_it(tmp_path: Path, left_out: dict[str, Any], says: str) -> None:
    """COMP-01: an auditor asks who accepted it, why, and whether they still do."""
    fine = {"singletons": {"macie": "leave", "left_out": {"macie": LEFT_OUT}}}
    assert list(load_with(tmp_path, "prod", fine).singletons.left) == ["macie"]
    with pytest.raises(settings.SettingsError, match=re.escape(says)):
        load_with(tmp_path, "prod", {"singletons": {"macie": "leave", "left_out": left_out}})

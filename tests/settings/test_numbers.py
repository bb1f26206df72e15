"""What is no number is no setting, whatever YAML has words for."""

import re
from pathlib import Path
from typing import Any

import pytest

import settings
from settings.model import Settings
from tests.settings.test_settings import load_with, sections

NUMBERS = [path for path, field in sections(Settings) if field.annotation is float]


@pytest.mark.parametrize("path", NUMBERS, ids=".".join)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_setting_is_a_number(tmp_path: Path, path: tuple[str, ...], value: float) -> None:
    """HITL-03, COST-05: nothing compares with a confidence of nan, nothing is beyond a price or a time of inf; YAML
    has words for both."""
    overlay: Any = value
    for name in reversed(path):
        overlay = {name: overlay}
    with pytest.raises(settings.SettingsError, match=re.escape(".".join(path))):
        load_with(tmp_path, "prod", overlay)

"""What a person may write about web ACLs; rules that span sections have their cases in `test_settings`."""

from pathlib import Path

import pytest

import settings
from tests.settings.test_settings import load_with


@pytest.mark.parametrize(
    ("network", "says"),
    [
        ("198.51.100.7/24", "has host bits set: write a network such as"),
        ("office", "write a network such as"),
        ("0.0.0.0/0", "every address there is"),
        ("::/0", "every address there is"),
        ("10.1.0.0/16", "inside a firm"),
        ("fd00::/8", "inside a firm"),
    ],
)
def test_a_trusted_network_is_one_that_aws_can_see(tmp_path: Path, network: str, says: str) -> None:
    """SEC-01: an office's private addresses never arrive, and its people would be throttled as one."""
    with pytest.raises(settings.SettingsError, match=rf"trusted_egress_cidrs(.|\n)*{says}"):
        load_with(tmp_path, "prod", {"waf": {"trusted_egress_cidrs": [network]}})


def test_a_day_without_counting_and_counting_without_a_day_are_refused(tmp_path: Path) -> None:
    """SEC-01: a web ACL that counts for ever lets everything in; a forgotten day looks as if it were counting."""
    with pytest.raises(settings.SettingsError, match=r"waf\.count_until is .*\[SEC-01\]"):
        load_with(tmp_path, "prod", {"waf": {"count_until": "2026-12-31"}})
    counting = load_with(tmp_path, "prod", {"waf": {"mode": "count", "count_until": "2026-12-31"}})
    assert str(counting.waf.count_until) == "2026-12-31"

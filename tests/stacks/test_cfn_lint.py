"""CloudFormation would accept the templates: AWS's own resource schemas, by cfn-lint, over every environment (CONF-07).

Three of its warnings are accepted, each for a reason; every other finding fails.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]

from settings import ENVIRONMENTS, load

ACCEPTED = {
    "W3005": "CDK writes a dependency beside the reference that already makes one: harmless, and not ours to leave out",
    "W3010": "zones are named by the settings, so that synthesis asks no account for them (CONF-02, NET-01)",
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_templates_keep_to_the_resource_schemas(environment: str, assembly: Callable[[str], Any]) -> None:
    """A value out of range or a mistyped property is found here, and not after twenty minutes of a deployment."""
    made = assembly(environment)
    folder = made.folder / f"assembly-Alex-{environment}"
    config = ManualArgs(regions=[load(environment).region])
    files = sorted(folder.glob("*.template.json"))
    assert len(files) == len(made.templates)
    found = [match for file in files for match in lint_file(file, config)]
    assert [f"{m.filename}: {m.rule.id} {m.message}" for m in found if m.rule.id not in ACCEPTED] == []
    met = Counter(match.rule.id for match in found)
    assert [rule for rule in ACCEPTED if not met[rule]] == [], "no longer met: take it from the list"

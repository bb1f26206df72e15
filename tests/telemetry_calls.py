"""What the functions' code tells its telemetry, read from the code: names and keywords of each call."""

import ast
from collections.abc import Iterator
from pathlib import Path

ADVISOR = Path(__file__).resolve().parents[1] / "lambdas" / "advisor"


def calls(method: str) -> Iterator[tuple[str, frozenset[str]]]:
    """First argument and keywords of each call of ``method`` (``event`` or ``metric``) or of its short name, ``tell``;
    a call whose first argument is chosen while it runs is left out."""
    for file in sorted(ADVISOR.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in {method, "tell"}:
                    yield str(node.args[0].value), frozenset(k.arg for k in node.keywords if k.arg)

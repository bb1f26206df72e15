"""Where things are: the repository, and the one folder (`.alex/`) that takes everything generated."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".alex"
LOCAL = STATE / "local"
ASSEMBLY = LOCAL / "assembly"
DEPLOYED_STAMP = LOCAL / "deployed.inputs"
REPORT = LOCAL / "report.html"
RESULT = LOCAL / "analysis.json"
BENCH = STATE / "bench.json"


def shown(path: Path) -> str:
    """The path as a person in the current folder would type it."""
    try:
        return os.path.relpath(path) if path.is_relative_to(ROOT) else str(path)
    except ValueError:
        return str(path)


def written(path: Path, text: str) -> Path:
    """Write a whole file or nothing: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, "utf-8")
    draft.replace(path)
    return path

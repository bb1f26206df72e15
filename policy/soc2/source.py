"""What git says of the source that was judged."""

import subprocess
from pathlib import Path


def state_of_source(folder: Path) -> tuple[str, bool]:
    """The commit that is checked out, and whether the tree differs from it; ``("", False)`` without git or repository.

    A file that no commit holds is a difference, too: it may be a rule.
    """
    return _git(folder, "rev-parse", "HEAD"), bool(_git(folder, "status", "--porcelain"))


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""

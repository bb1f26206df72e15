"""What holds the house together and no other check sees; each has gone wrong in a project of this kind before."""

import re
import subprocess
from pathlib import Path

import pytest

from alex import trace

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("app.py", "alex", "constructs", "costs", "lambdas", "local", "policy", "settings", "stacks")
LONGEST = 250
LOCKS = ("requirements.txt", "local/requirements.txt", "package-lock.json", "lambdas/requirements/*.txt")


def _sources(*places: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *places],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_stack_knows_the_local_cloud() -> None:
    """A stack that asks where it runs is two stacks, of which only one goes to production."""
    asking = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in _sources("stacks", "constructs")
        if path.suffix == ".py"
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"""["']local["']|is_local|ministack|127\.0\.0\.1|localhost""", line)
    ]
    assert asking == []


def test_the_folder_constructs_is_no_package() -> None:
    """It would hide the package of that name which CDK itself imports."""
    assert not (ROOT / "constructs" / "__init__.py").exists()


def test_files_stay_short() -> None:
    """Beyond 250 lines there are two things in one room."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in _sources(*PRODUCT, "tests")
        if path.suffix == ".py" and (lines := len(path.read_text("utf-8").splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("pattern", LOCKS)
def test_locks_record_no_address(pattern: str) -> None:
    """A lock with somebody's index in it installs from nowhere else."""
    files = sorted(ROOT.glob(pattern))
    assert files
    for path in files:
        assert re.search(r"https?://|file://|--index|find-links", path.read_text("utf-8")) is None, path


def test_every_pinned_library_has_a_hash() -> None:
    """Without hashes an index decides what is installed."""
    for path in (p for pattern in LOCKS if pattern.endswith(".txt") for p in ROOT.glob(pattern)):
        blocks = re.split(r"\n(?=[a-z0-9])", path.read_text("utf-8").strip())
        assert all("==" in block and "--hash=sha256:" in block for block in blocks), path


def test_traceability_is_current() -> None:
    """An auditor follows it: `make trace` writes it anew."""
    assert trace.TARGET.read_text("utf-8") == trace.table(), "docs/traceability.md is stale: run `make trace`"

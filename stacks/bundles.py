"""Function bundles as CDK code: built beforehand (`alex bundle`), named by what goes into them.

Decision: an asset's hash is the hash of the bundle's inputs (sources, pinned libraries, target), so that templates are
the same on every machine, whatever wrote the zip. Synthesis never builds: it says which bundle is missing.
"""

import hashlib
import platform
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "lambdas" / "advisor"
OUTPUT = ROOT / ".alex" / "bundles"


class BundleMissingError(Exception):
    """A bundle is not built yet; the text says how to build it."""


@dataclass(frozen=True)
class Target:
    """What a bundle's compiled libraries run on: ``arm64`` or ``x86_64`` in AWS, or this machine."""

    architecture: str
    python: str
    host: bool = False

    @classmethod
    def this_machine(cls) -> "Target":
        """The local cloud runs functions under the interpreter that runs this."""
        return cls(platform.machine().lower(), f"{sys.version_info.major}.{sys.version_info.minor}", host=True)

    def __str__(self) -> str:
        """Part of a bundle's file name."""
        return f"{'host-' + sys.platform + '-' if self.host else ''}{self.architecture}-py{self.python}"


class Bundles:
    """The bundles of `lambdas/bundles.toml` for one target."""

    def __init__(self, *, target: Target) -> None:
        self.target = target
        self._hashes: dict[str, str] = {}

    @staticmethod
    def kinds() -> dict[str, dict[str, list[str]]]:
        """``bundles.toml``: per kind its ``requirements`` and the AWS ``services`` whose models it keeps."""
        return tomllib.loads((ROOT / "lambdas" / "bundles.toml").read_text("utf-8"))

    def hash(self, kind: str) -> str:
        """SHA-256 over everything that decides a bundle's content."""
        if kind not in self._hashes:
            if kind not in self.kinds():
                raise BundleMissingError(f"there is no bundle {kind!r} in lambdas/bundles.toml")
            digest = hashlib.sha256(f"{kind} {self.target} {self.kinds()[kind]}".encode())
            for recipe in (f"lambdas/requirements/{kind}.txt", "alex/bundle.py", "alex/compile_bytecode.mjs"):
                digest.update((ROOT / recipe).read_bytes())
            for path in sources():
                digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
            self._hashes[kind] = digest.hexdigest()
        return self._hashes[kind]

    def path(self, kind: str) -> Path:
        """Where the bundle's zip is, or will be."""
        return OUTPUT / f"{kind}-{self.target}-{self.hash(kind)[:16]}.zip"

    def code(self, kind: str) -> "lambda_.Code":
        """The bundle as code of a function.

        :raises BundleMissingError: it has not been built.
        """
        # Here, not above: the builder reads this module too, and importing CDK takes it a second.
        from aws_cdk import AssetHashType  # noqa: PLC0415
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415

        path = self.path(kind)
        if not path.exists():
            where = " --host" if self.target.host else ""
            raise BundleMissingError(
                f"the bundle {kind!r} for {self.target} is not built, or the sources changed: "
                f"run .venv/bin/alex bundle{where}"
            )
        return lambda_.Code.from_asset(str(path), asset_hash=self.hash(kind), asset_hash_type=AssetHashType.CUSTOM)


def sources() -> list[Path]:
    """Files of the `advisor` package that every bundle carries, in a fixed order."""
    wanted = {".py", ".sql", ".json", ".toml", ".txt", ".yaml"}
    return sorted(p for p in SOURCES.rglob("*") if p.is_file() and p.suffix in wanted and "__pycache__" not in p.parts)

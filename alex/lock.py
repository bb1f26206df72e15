"""Compiles the requirements to pinned versions with hashes: `make lock`.

Decision: one resolution for every Python from 3.11 and every platform, and no address of an index in the result, so
that the lock files are the same for everyone. The bundles' versions are those of the tools' environment: what is
tested is what is deployed.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"),
)


def main() -> None:
    """Write the tools', the local cloud's and checkov's requirements, and one file a bundle."""
    _compile(ROOT / "requirements.in", ROOT / "requirements.txt")
    _compile(ROOT / "local" / "requirements.in", ROOT / "local" / "requirements.txt")
    _compile(ROOT / "policy" / "checkov.in", ROOT / "policy" / "checkov.txt")
    bundles = tomllib.loads((ROOT / "lambdas" / "bundles.toml").read_text("utf-8"))
    for kind, bundle in bundles.items():
        wanted = "\n".join(bundle["requirements"])
        _compile(Path("-"), ROOT / "lambdas" / "requirements" / f"{kind}.txt", wanted)


def _compile(source: Path, result: Path, text: str | None = None) -> None:
    command = [str(Path(sys.executable).with_name("uv")), *COMPILE, str(source), "--output-file", str(result)]
    if text is not None:
        command += ["--constraints", str(ROOT / "requirements.txt")]
    subprocess.run(command, input=text, text=True, check=True, cwd=ROOT)
    sys.stdout.write(f"{result.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()

"""Builds the function bundles without Docker: pinned wheels for the target, stripped, with bytecode, zipped.

Decision: libraries and sources are two layers of one zip. The libraries of a kind change rarely, so their stripped and
compiled folder is kept; a change of the sources costs a copy, a compilation of our own files and a zip.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from alex import toolbox
from stacks.bundles import OUTPUT, ROOT, SOURCES, Bundles, Target, sources

RUNTIME_FOLDER = "/var/task"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
DROPPED_FOLDERS = {"tests", "test", "testing", "examples", "f2py", "include", "bin", "__pycache__"}
KEPT_FOLDERS = {("numpy", "testing")}
DROPPED_SUFFIXES = {".pyi", ".pyx", ".pxd", ".a", ".h", ".c", ".md", ".rst"}
KEPT_METADATA = {"METADATA", "entry_points.txt", "LICENSE", "LICENSE.txt", "top_level.txt"}
BOTOCORE_SHARED = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}


class BundleError(Exception):
    """A bundle cannot be built; the text says why."""


def build(*, target: Target, progress: Callable[[str], None] = lambda _: None) -> dict[str, Path]:
    """Build what is missing of all kinds for ``target``.

    :returns: the zip of each kind.
    :raises BundleError: a library has no wheel for the target, or the compiler failed.
    """
    bundles = Bundles(target=target)
    zips = {kind: bundles.path(kind) for kind in bundles.kinds()}
    missing = [kind for kind, path in zips.items() if not path.exists()]
    if missing:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=OUTPUT) as folder:
            progress(f"compiling the functions for {target}")
            own = _own_sources(Path(folder) / "own", target)
            for kind in missing:
                progress(f"bundle {kind} for {target}")
                unfinished = Path(folder) / "bundle.zip"
                _zip(unfinished, _libraries(kind, bundles), own)
                unfinished.replace(zips[kind])
    _forget_old(target, set(zips.values()))
    return zips


def _own_sources(tree: Path, target: Target) -> Path:
    for source in sources():
        copy = tree / "advisor" / source.relative_to(SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    _compile(tree, target)
    return tree


def _libraries(kind: str, bundles: Bundles) -> Path:
    """Stripped and compiled libraries of a kind, kept under the hash of what decides them."""
    lock = ROOT / "lambdas" / "requirements" / f"{kind}.txt"
    services = bundles.kinds()[kind]["services"]
    recipe = lock.read_bytes() + f"{bundles.target} {services}".encode() + Path(__file__).read_bytes()
    kept = OUTPUT / "libraries" / f"{kind}-{bundles.target}-{hashlib.sha256(recipe).hexdigest()[:16]}"
    if kept.exists():
        return kept
    for old in kept.parent.glob(f"{kind}-{bundles.target}-*"):
        shutil.rmtree(old)
    with tempfile.TemporaryDirectory(dir=OUTPUT) as folder:
        tree = Path(folder) / "tree"
        _install(lock, tree, bundles.target)
        _strip(tree, services)
        _compile(tree, bundles.target)
        kept.parent.mkdir(parents=True, exist_ok=True)
        tree.replace(kept)
    return kept


def _install(lock: Path, tree: Path, target: Target) -> None:
    command = [
        str(Path(sys.executable).with_name("uv")),
        "--quiet",
        "pip",
        "install",
        "--target",
        str(tree),
        "--no-deps",
    ]
    command += ["--require-hashes", "--only-binary", ":all:", "--link-mode", "copy", "-r", str(lock)]
    if target.host:
        command += ["--python", sys.executable]
    elif target.architecture in PLATFORMS:
        command += ["--python-version", target.python, "--python-platform", PLATFORMS[target.architecture]]
    else:
        raise BundleError(f"no platform is known for {target.architecture!r}; known: {', '.join(PLATFORMS)}")
    environment = {**os.environ, **toolbox.download_environment()}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise BundleError(f"the libraries of {lock.name} cannot be installed for {target}:\n{done.stderr.strip()}")


def _strip(tree: Path, services: list[str]) -> None:
    """Drop what no function reads: tests, headers, stubs, caches, and the models of AWS services not called."""
    for path in sorted(tree.rglob("*"), reverse=True):
        parts = path.relative_to(tree).parts
        if path.is_dir():
            unused = path.name in DROPPED_FOLDERS and parts[:2] not in KEPT_FOLDERS
            if unused or (len(parts) == 3 and parts[:2] == ("botocore", "data") and path.name not in services):
                shutil.rmtree(path)
        elif path.suffix in DROPPED_SUFFIXES or path.name == ".lock" or _needless_metadata(parts):
            path.unlink()
    for stray in (tree / "botocore" / "data").glob("*.json*"):
        if stray.name.removesuffix(".gz") not in BOTOCORE_SHARED:
            stray.unlink()
    if (tree / "boto3" / "data").exists():
        for folder in (tree / "boto3" / "data").iterdir():
            if folder.is_dir() and folder.name not in services:
                shutil.rmtree(folder)


def _needless_metadata(parts: tuple[str, ...]) -> bool:
    return parts[0].endswith(".dist-info") and parts[-1] not in KEPT_METADATA


def _compile(tree: Path, target: Target) -> None:
    """Bytecode beside each module: a zip without it is compiled again at every cold start."""
    if target.host:
        command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
        command += ["-s", str(tree), "-p", RUNTIME_FOLDER, str(tree)]
        # A fresh process with a fixed seed: what an interpreter has seen before changes the bytes that it writes.
        clean = {"PATH": os.defpath, "PYTHONHASHSEED": "0"}
        if subprocess.run(command, capture_output=True, check=False, env=clean).returncode:
            raise BundleError("a module of the bundle does not compile")
        return
    command = [str(toolbox.tools().node), str(ROOT / "alex" / "compile_bytecode.mjs"), str(tree), target.python]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "NODE_PATH": ""})
    if finished.returncode:
        raise BundleError(f"compiling bytecode for Python {target.python} failed: {finished.stderr.strip()}")


def _zip(path: Path, *trees: Path) -> None:
    """One zip of several folders: sorted names, one date, plain modes, so that the same inputs give the same bytes."""
    entries = sorted((file.relative_to(tree).as_posix(), file) for tree in trees for file in _files(tree))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, file in entries:
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if file.suffix == ".so" or ".so." in file.name else 0o644) << 16
            archive.writestr(info, file.read_bytes())


def _files(tree: Path) -> Iterator[Path]:
    return (path for path in tree.rglob("*") if path.is_file())


def _forget_old(target: Target, current: set[Path]) -> None:
    for path in OUTPUT.glob(f"*-{target}-*.zip"):
        if path not in current:
            path.unlink()

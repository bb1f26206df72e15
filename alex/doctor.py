"""What this machine needs, checked one by one, each with what to do about it."""

import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from alex import local, places, synthesis, toolbox
from alex.errors import CommandError
from alex.figures import size
from local_cloud import process
from local_cloud.errors import LocalCloudError

DISK_BYTES = 3_000_000_000
MEMORY_BYTES = 3_000_000_000
PORTS = range(4566, 4586)


@dataclass(frozen=True)
class Finding:
    """One check: ``ok``, ``warn`` (works, but) or ``fail``."""

    check: str
    state: str
    found: str
    remedy: str = ""


def examine() -> list[Finding]:
    """All checks, in the order in which they would stop a demo."""
    checks: tuple[Callable[[], Finding | Iterator[Finding]], ...] = (
        _system,
        _python,
        _make,
        _tools,
        _settings,
        _bytecode,
        _disk,
        _memory,
        _state_folder,
        _cloud,
    )
    found: list[Finding] = []
    for check in checks:
        answer = check()
        found += [answer] if isinstance(answer, Finding) else list(answer)
    return found


def _system() -> Finding:
    name = f"{platform.system()} {platform.machine()}"
    if platform.system() in {"Linux", "Darwin"}:
        return Finding("system", "ok", name)
    return Finding("system", "fail", name, "the local cloud needs Linux or macOS (on Windows: WSL 2)")


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info >= (3, 14):
        return Finding("python", "warn", version, "3.11 to 3.13 are tested; a library may have no wheel for it yet")
    return Finding("python", "ok", f"{version} ({sys.executable})")


def _make() -> Finding:
    found = shutil.which("make")
    if found:
        return Finding("make", "ok", found)
    return Finding(
        "make", "warn", "not found", "install make, or run `python3 alex/toolbox.py` and `.venv/bin/alex demo`"
    )


def _tools() -> Iterator[Finding]:
    try:
        tools = toolbox.tools()
    except toolbox.ToolboxError as error:
        yield Finding("tools", "fail", str(error), "run `make tools`")
        return
    yield Finding("node", *_version([str(tools.node), "--version"], "v24"))
    yield Finding("cdk", *_version([str(tools.node), str(tools.cdk), "--version"], "2."))
    yield Finding("emulator", *_version([str(tools.ministack_python), "-I", str(process.SERVER), "--check"], "whole"))


def _version(command: list[str], wanted: str) -> tuple[str, str, str]:
    """State, text and remedy of a tool that says its version."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "fail", f"does not start: {error}", "run `make clean`, then `make tools`"
    said = (done.stdout or done.stderr).strip().splitlines()
    text = said[-1] if said else f"exit {done.returncode}"
    if done.returncode:
        return "fail", text[:200], "run `make clean`, then `make tools`"
    return (
        ("ok", text, "")
        if text.startswith(wanted)
        else ("warn", text, f"{wanted}x is expected: run `make clean`, then `make tools`")
    )


def _settings() -> Finding:
    try:
        synthesis.environment_of("local")
    except CommandError as error:
        return Finding("settings", "fail", " ".join(f"{error.what} {error.output}".split()), error.remedy)
    return Finding("settings", "ok", "of environment local are valid")


def _bytecode() -> Finding:
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        return Finding(
            "bytecode",
            "warn",
            "PYTHONDONTWRITEBYTECODE is set",
            "unset it: every synthesis takes twice as long (make does)",
        )
    return Finding("bytecode", "ok", "written")


def _disk() -> Finding:
    free = shutil.disk_usage(places.ROOT).free
    if free >= DISK_BYTES:
        return Finding("disk", "ok", f"{size(free)} free")
    return Finding(
        "disk", "fail", f"{size(free)} free", f"free at least {size(DISK_BYTES)} on the disk of {places.ROOT}"
    )


def _memory() -> Finding:
    free = _available_memory()
    if free is None:
        return Finding("memory", "ok", "not measured on this system")
    if free >= MEMORY_BYTES:
        return Finding("memory", "ok", f"{size(free)} free")
    return Finding(
        "memory",
        "warn",
        f"{size(free)} free",
        f"the local cloud with warm functions takes about 1 GB; {size(MEMORY_BYTES)} free is comfortable",
    )


def _available_memory() -> int | None:
    """Bytes that can be had without swapping; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:")))
    except (OSError, StopIteration, ValueError):
        return None


def _state_folder() -> Finding:
    shown = places.shown(places.STATE)
    try:
        places.written(places.STATE / "doctor", "writable\n").unlink()
    except OSError as error:
        return Finding(
            "state folder", "fail", f"{shown}: {error.strerror}", f"make {shown} writable (was something run as root?)"
        )
    return Finding("state folder", "ok", shown)


def _cloud() -> Iterator[Finding]:
    try:
        status = local.cloud(prepared=False).status()
    except (LocalCloudError, CommandError) as error:
        yield Finding("local cloud", "fail", str(error), "run `alex down`")
        return
    if status.running:
        yield Finding("local cloud", "ok", f"running on {status.endpoint} (process {status.pid})")
        return
    if status.state == "stale":
        yield Finding(
            "local cloud", "warn", f"stale: {status.detail}", "`alex down` clears it; `alex demo` does so by itself"
        )
    else:
        yield Finding("local cloud", "ok", "not running")
    free = [port for port in PORTS if _free(port)]
    if not free:
        yield Finding(
            "ports",
            "fail",
            f"{PORTS.start} to {PORTS.stop - 1} are all in use",
            "choose another: `alex demo --port 4700`",
        )
    elif PORTS.start in free:
        yield Finding("ports", "ok", f"{PORTS.start} is free")
    else:
        yield Finding("ports", "ok", f"{PORTS.start} is in use; {free[0]} will be taken")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def show(console: Console, found: list[Finding], *, ready: str = "This machine is ready: alex demo") -> None:
    """A line for each check; what to do stands under it."""
    styles = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    for finding in found:
        line = Text(f"  {finding.state:<5}", style=styles[finding.state])
        console.print(line.append(f"{finding.check:<13} {finding.found}", style="default"), soft_wrap=True)
        if finding.remedy:
            console.print(Text(f"       to do: {finding.remedy}", style="default"), soft_wrap=True)
    bad = [finding for finding in found if finding.state == "fail"]
    console.print(f"\n{len(bad)} of {len(found)} checks failed." if bad else f"\n{ready}", highlight=False)

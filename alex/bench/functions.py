"""Bundle sizes, and each function's cold start through AWS's runtime client: from spawn to asking for an event."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

from alex import local, synthesis
from alex.bench.measure import Row, Say, median
from alex.bench.runtime_api import RuntimeApi
from alex.errors import CommandError
from local_cloud.cloud import LocalCloud

# Lambda's own order: the function's code first, the runtime's modules last; no site-packages of this environment.
BOOT = """
import os, sys
sys.path.insert(0, sys.argv[1]); sys.path.append(sys.argv[2]); os.chdir(sys.argv[1])
from awslambdaric.__main__ import main
main([sys.argv[0], sys.argv[3]])
"""
START_SECONDS = 30.0


def sizes(say: Say) -> list[Row]:
    """Megabytes of each bundle for production's target: unpacked, with the zip's size as a note."""
    target = synthesis.target_of("prod")
    rows = []
    for kind, path in sorted(synthesis.build_bundles(target, say).items()):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        rows.append(
            Row("bundles", kind, unpacked / 1e6, "MB", note=f"zip {path.stat().st_size / 1e6:.1f} MB, {target}")
        )
    return rows


def cold_starts(say: Say, rounds: int, cloud: LocalCloud) -> list[Row]:
    """Median milliseconds of CPU of each deployed function's start, wall time as a note, besides a bare interpreter."""
    zips = {_mark(path): path for path in synthesis.build_bundles(synthesis.target_of("local"), say).values()}
    rows = [median("cold start", "bare interpreter", [_bare() * 1000 for _ in range(rounds + 2)][2:], "ms CPU")]
    with tempfile.TemporaryDirectory(prefix="alex-bench-") as folder:
        for function in _functions(cloud):
            path = zips.get(function["CodeSha256"])
            if path is None:
                continue  # a function of CDK's own, not one of our bundles
            task = Path(folder) / path.stem
            if not task.exists():
                with zipfile.ZipFile(path) as archive:
                    archive.extractall(task)
            service = (
                function.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME", function["Handler"])
            )
            say(f"cold start of {service}")
            found = [_start(task, function, cloud) for _ in range(rounds + 1)][1:]
            walls = sorted(wall for wall, _ in found)
            note = f"{1000 * walls[len(walls) // 2]:.0f} ms wall, bundle {path.name.partition('-')[0]}"
            rows.append(median("cold start", str(service), [1000 * cpu for _, cpu in found], "ms CPU", note=note))
    return rows


def _mark(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def _functions(cloud: LocalCloud) -> list[dict[str, Any]]:
    pages = local.client(cloud, "lambda").get_paginator("list_functions").paginate()
    return sorted(
        (function for page in pages for function in page["Functions"]),
        key=lambda function: str(function["FunctionName"]),
    )


def _bare() -> float:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", "pass"])
    return _cpu(process)


def _start(task: Path, function: dict[str, Any], cloud: LocalCloud) -> tuple[float, float]:
    """Wall and CPU seconds until the function asks for its first event."""
    with RuntimeApi() as api:
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(task),
            "LAMBDA_TASK_ROOT": str(task),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.get("MemorySize", 1024)),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            **cloud.client_env(),
            **function.get("Environment", {}).get("Variables", {}),
        }
        command = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            BOOT,
            str(task),
            sysconfig.get_path("purelib"),
            function["Handler"],
        ]
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            deadline = began + START_SECONDS
            while not api.ready.wait(0.2) and time.perf_counter() < deadline and process.poll() is None:
                pass
            waited = api.ready.is_set()
        finally:
            _kill(process)
            cpu = _cpu(process)
        if not waited or api.failure:
            raise CommandError(
                f"{function['FunctionName']} does not start: {api.failure or 'it ended or hung early'}",
                where=function["Handler"],
                remedy="`alex logs` of the function; build the bundles anew: `alex bundle --host`",
            )
        return api.asked_at - began, cpu


def _kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _cpu(process: "subprocess.Popen[bytes]") -> float:
    """User and system seconds of an ending process; reaps it."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime

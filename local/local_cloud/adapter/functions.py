"""Decision: a Python function runs under AWS's own runtime client (awslambdaric), in a clean environment.

ministack would run it in its own interpreter, with its own site-packages and the whole host environment: an
import that the bundle lacks, or a variable that only the laptop has, would go unnoticed. Here the worker sees
its bundle, the runtime client, and the variables that Lambda sets; errors keep the function's own errorType.
The code is unpacked once per content hash, so a second deploy or a restart does not unpack again.
"""

from __future__ import annotations

import hashlib
import io
import os
import queue
import re
import shutil
import sys
import threading
import uuid
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_RUNTIME_CLIENT = ("awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson")
_BOOTSTRAP = Path(__file__).with_name("function_bootstrap.py")
_SAFE_NAME = re.compile(r"[^A-Za-z0-9._-]")


class _Settings:
    """Where code and logs live, and the port functions call back to. Filled by `install`."""

    code: Path
    logs: Path
    runtime: Path
    scratch: Path
    port: int


_settings = _Settings()
_code_lock = threading.Lock()


def install(*, state: Path, port: int) -> None:
    """Replace ministack's Python worker. `state` is the local cloud's state directory, `port` the gateway's."""
    _settings.code = state / "functions"
    _settings.logs = state / "logs"
    _settings.runtime = state / "runtime-client"
    _settings.scratch = state / "tmp"
    _settings.port = port
    for directory in (_settings.code, _settings.logs, _settings.scratch):
        directory.mkdir(parents=True, exist_ok=True)
    _collect_runtime_client(_settings.runtime)
    warm = lambda_svc._execute_function_warm
    worker_class = lambda_runtime._worker_class_for

    def execute(func: dict[str, Any], event: Any, request_id: str) -> Any:
        if _is_python(func.get("config") or func):
            return lambda_svc._execute_function_provided_warm(func, event, request_id)
        return warm(func, event, request_id)

    lambda_svc._execute_function_warm = execute
    lambda_svc._provided_runtime_code_dir = unpacked_code
    lambda_svc._provided_worker_env = function_environment
    lambda_runtime._worker_class_for = lambda config: PythonEnvironment if _is_python(config) else worker_class(config)


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "python3")).startswith("python")


def _collect_runtime_client(target: Path) -> None:
    """Link the runtime client's modules, and nothing else of ministack's environment, into one directory."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    site = Path(sys.modules["ministack"].__path__[0]).parent
    for name in _RUNTIME_CLIENT:
        found = [p for p in site.glob(f"{name}*") if not p.name.endswith(".dist-info")]
        if not found:
            raise RuntimeError(f"{name} is missing in the local cloud's environment: recreate .alex/ministack/venv")
        for path in found:
            (target / path.name).symlink_to(path)


def unpacked_code(code_zip: bytes) -> str:
    """Unpack a bundle once per content hash; return the directory that holds `bootstrap` and `task/`."""
    target = _settings.code / hashlib.sha256(code_zip).hexdigest()[:32]
    with _code_lock:
        if not target.is_dir():
            partial = target.with_suffix(f".{os.getpid()}")
            shutil.rmtree(partial, ignore_errors=True)
            with zipfile.ZipFile(io.BytesIO(code_zip)) as bundle:
                _refuse_escaping_names(bundle)
                bundle.extractall(partial / "task")
            bootstrap = partial / "bootstrap"
            bootstrap.write_text(
                f"#!/bin/sh\nexec '{sys._base_executable}' -I -S -u '{_BOOTSTRAP}'"  # type: ignore[attr-defined]
                f" '{_settings.runtime}' '{target / 'task'}'\n"
            )
            bootstrap.chmod(0o755)
            partial.rename(target)
    return str(target)


def _refuse_escaping_names(bundle: zipfile.ZipFile) -> None:
    for name in bundle.namelist():
        if name.startswith("/") or ".." in Path(name).parts:
            raise ValueError(f"the function's bundle holds the path {name!r}, which leaves the bundle")


def function_environment(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
    """The variables Lambda sets, the function's own, and the local endpoint: nothing of the host's."""
    region = config["FunctionArn"].split(":")[3]
    name = config["FunctionName"]
    variables = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": str(_settings.scratch),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', 'python3')}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "LAMBDA_TASK_ROOT": f"{code_dir}/task",
        "LAMBDA_RUNTIME_DIR": str(_settings.runtime),
        "_HANDLER": config.get("Handler", ""),
    }
    variables.update(lambda_svc._runtime_env_vars(config))
    variables.update(lambda_runtime.execution_credentials(config))
    # The SDK must never look for the host's credentials, profiles or instance metadata.
    variables.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{_settings.port}",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    return variables


class PythonEnvironment(lambda_runtime.ProvidedWorker):  # type: ignore[misc]
    """One execution environment of a Python function; what it prints also goes to `logs/<function>.log`."""

    def invoke(self, event: Any, request_id: str, **options: Any) -> Any:
        """Run one invocation. ministack's extra options for its own worker scripts do not apply here."""
        kept = {key: options[key] for key in ("trace_id", "invoked_function_arn") if key in options}
        return super().invoke(event, request_id, **kept)

    def _await_init(self, init_timeout: float | None = None) -> None:
        # An import error keeps its own type and text, instead of the text of a dictionary.
        try:
            super()._await_init(init_timeout)
        except RuntimeError:
            error = self._init_error
            if isinstance(error, dict) and error.get("errorMessage"):
                kind = error.get("errorType", "Runtime.Unknown")
                raise lambda_runtime.ProvidedRuntimeError(error["errorMessage"], kind) from None
            raise

    def _build_handler_class(self, generation: int, pending: queue.Queue[Any]) -> Any:
        # Headers and body in one segment, sent at once: otherwise each call waits 40 ms for an acknowledgement.
        handler = super()._build_handler_class(generation, pending)
        handler.disable_nagle_algorithm = True
        handler.wbufsize = 64 * 1024
        return handler

    def _drain_stderr_bounded(self, *_waits: float, **_named: float) -> str:
        # ministack waits 50 ms for a first line, on every call of a function that prints nothing.
        return str(super()._drain_stderr_bounded(first_line_wait=0.004, idle_confirm=0.002, hard_cap=0.05))

    def _pump_output(self, stream: BinaryIO, log_queue: queue.Queue[str]) -> None:
        log = _settings.logs / f"{_SAFE_NAME.sub('_', self.func_name)}.log"
        with log.open("ab", buffering=0) as file:
            super()._pump_output(_Tee(stream, file), log_queue)


class _Tee:
    """A readable stream that copies each line it hands out to a file."""

    def __init__(self, stream: BinaryIO, copy: Any) -> None:
        self._stream, self._copy = stream, copy

    def readline(self) -> bytes:
        line = self._stream.readline()
        if line:
            self._copy.write(line)
        return line

    def close(self) -> None:
        self._stream.close()

"""Synthesis by the real CDK command line, with the policy gate on; skipped when nothing that decides it has changed."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from alex import bundle, places, toolbox
from alex.errors import CommandError, Exit
from alex.processes import run
from settings import ENVIRONMENTS, SettingsError, load
from soc2.passed import why_not_passed
from stacks.bundles import Target

_FILES = (
    "app.py",
    "cdk.json",
    "cdk.context.json",
    "lambdas/bundles.toml",
    "lambdas/openapi.json",
    "requirements.txt",
    "package-lock.json",
)
_FOLDERS = ("costs", "settings", "stacks", "constructs", "policy", "lambdas/advisor", "lambdas/requirements")
_KINDS = {".py", ".yaml", ".yml", ".json", ".toml", ".sql", ".txt"}


@dataclass(frozen=True)
class Synthesis:
    """An assembly on disk, and whether it was made just now."""

    assembly: Path
    fresh: bool
    stacks: int
    inputs: str


def environment_of(name: str) -> str:
    """The environment's name, checked.

    :raises CommandError: unknown, or its settings are unusable.
    """
    try:
        load(name)
    except SettingsError as error:
        said, _, rest = str(error).partition("\n")
        raise CommandError(
            said.rstrip(":"),
            where=f"settings/environments/{name}.yaml" if name in ENVIRONMENTS else f"--env {name}",
            remedy="correct the file; `alex settings -e prod` shows every setting with its unit and requirement"
            if name in ENVIRONMENTS
            else "`alex settings -e NAME` shows what an environment sets",
            output=rest,
            code=Exit.BAD_INPUT,
        ) from None
    return name


def tools() -> toolbox.Tools:
    """The prepared tools.

    :raises CommandError: one is missing.
    """
    try:
        return toolbox.tools()
    except toolbox.ToolboxError as error:
        raise CommandError(
            str(error), where=str(places.ROOT), remedy="run `make tools`", code=Exit.MISSING_TOOL
        ) from None


def target_of(environment: str) -> Target:
    """What an environment's functions run on: this machine for local, the settings' runtime for AWS."""
    if environment == "local":
        return Target.this_machine()
    functions = load(environment).functions
    return Target(functions.architecture, functions.python)


def build_bundles(target: Target, progress: Callable[[str], None]) -> dict[str, Path]:
    """Build the missing bundles; their zips by kind."""
    tools()
    try:
        return bundle.build(target=target, progress=progress)
    except bundle.BundleError as error:
        said, _, rest = str(error).partition("\n")
        raise CommandError(
            said, where=f"bundles for {target}", remedy="a package index must be reachable; `alex doctor`", output=rest
        ) from None


def inputs_of(environment: str, target: Target, overlay: Path | None) -> str:
    """SHA-256 over everything that decides an assembly."""
    digest = hashlib.sha256(f"{environment} {target} {places.ROOT}".encode())
    for path in _inputs():
        digest.update(path.relative_to(places.ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    if overlay:
        digest.update(overlay.read_bytes())
    return digest.hexdigest()


def _inputs() -> Iterable[Path]:
    yield from (path for name in _FILES if (path := places.ROOT / name).exists())
    for folder in _FOLDERS:
        found = (places.ROOT / folder).rglob("*")
        yield from sorted(p for p in found if p.is_file() and p.suffix in _KINDS and "__pycache__" not in p.parts)


def synthesise(
    environment: str,
    *,
    overlay: Path | None = None,
    output: Path,
    target: Target,
    force: bool = False,
    validate: bool | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Synthesis:
    """`cdk synth` of ``environment`` into ``output``.

    :param validate: CDK's own schema validation besides the policy gate (slow); None: for AWS environments only.
    :raises CommandError: the gate or the application refused; ``output`` keeps the last good assembly.
    """
    stamp = output.with_name(output.name + ".inputs")
    inputs = inputs_of(environment, target, overlay)
    manifest = output / "manifest.json"
    unchanged = manifest.exists() and stamp.exists() and stamp.read_text("utf-8") == inputs
    if not force and unchanged and not why_not_passed(output):
        return Synthesis(output, fresh=False, stacks=_stacks(output), inputs=inputs)
    draft = output.with_name(output.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        _cdk_synth(
            environment,
            overlay=overlay,
            draft=draft,
            target=target,
            validate=validate if validate is not None else not target.host,
            on_line=on_line,
        )
        shutil.rmtree(output, ignore_errors=True)
        draft.replace(output)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    places.written(stamp, inputs)
    return Synthesis(output, fresh=True, stacks=_stacks(output), inputs=inputs)


def _cdk_synth(
    environment: str,
    *,
    overlay: Path | None,
    draft: Path,
    target: Target,
    validate: bool,
    on_line: Callable[[str], None] | None,
) -> None:
    found = tools()
    command: list[str | Path] = [
        found.node,
        found.cdk,
        "synth",
        "--quiet",
        "--output",
        draft,
        "-c",
        f"env={environment}",
    ]
    command += ["-c", f"bundles={'host' if target.host else 'target'}"]
    command += ["-c", f"settings={overlay}"] if overlay else []
    code, said = run(command, cwd=places.ROOT, env=synth_environment(validate=validate), on_line=on_line)
    if code or not (draft / "manifest.json").exists():
        raise CommandError(
            f"synthesis of {environment} failed (exit {code}): the policy gate or the application refused",
            where="cdk synth",
            remedy=_remedy(said),
            output=said.strip(),
        )
    if reason := why_not_passed(draft):
        raise CommandError(
            f"synthesis of {environment} did not go through the policy gate: {reason}",
            where="cdk synth",
            remedy="app.py ends in soc2.synthesise(app, ...); put that back",
        )


def _remedy(said: str) -> str:
    if "is not built" in said:
        return "the sources changed meanwhile: run it again"
    if "ModuleNotFoundError" in said or "ImportError" in said:
        return "if you did not change the code, the environment is damaged: remove .venv, then run `make tools`"
    return "what is printed above names each rule, construct and fix"


def synth_environment(*, validate: bool) -> dict[str, str]:
    """The environment of a synthesis: bytecode on, the wheel's Node, findings with file and line."""
    base = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    extra = {"JSII_HOST_STACK_TRACES": "1", "CDK_VALIDATION": "true" if validate else "false"}
    return {**base, **toolbox.node_environment(), **extra}


def _stacks(assembly: Path) -> int:
    return len(list(assembly.rglob("*.template.json")))

"""What a newcomer's machine may be like: interrupted before, damaged, read-only, narrow: survived, or explained."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from alex import cli, commands_use, console, demo, doctor, local, logs, places, synthesis, terminal, toolbox
from alex.errors import CommandError, Exit
from alex.result import Analysis
from local_cloud import errors as local_errors


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose tools are prepared by steps that only leave a mark."""
    for path in ("requirements.txt", "package.json", "package-lock.json", "local/requirements.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("", "utf-8")
    for member in toolbox.MEMBERS:
        (tmp_path / member).mkdir(exist_ok=True)
        (tmp_path / member / "pyproject.toml").write_text("", "utf-8")
    monkeypatch.setattr(toolbox, "ROOT", tmp_path)
    monkeypatch.setattr(toolbox, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(toolbox, "STATE", tmp_path / ".alex")
    monkeypatch.setattr(toolbox, "LOCAL_VENV", tmp_path / ".alex" / "ministack" / "venv")
    return tmp_path


def _prepare(machine: Path, monkeypatch: pytest.MonkeyPatch, *, stopped_at: str = "") -> list[str]:
    """Names of the steps that `make tools` runs; Ctrl-C in one of them."""
    ran: list[str] = []
    products = {
        "_create_venv": machine / ".venv/bin/python",
        "_install_packages": None,
        "_install_members": None,
        "_install_node_packages": machine / "node_modules/aws-cdk/bin/cdk",
        "_install_apart": machine / ".alex/ministack/venv/bin/python",
    }
    clearing = toolbox._stamp

    def step(name: str, product: Path | None) -> Callable[..., None]:
        def run(*_environment_and_lock: Path) -> None:
            ran.append(name)
            if name == "_create_venv":  # as the real one does
                for stamp in ("packages", "members"):
                    clearing(stamp).unlink(missing_ok=True)
            if name == stopped_at:
                raise KeyboardInterrupt
            if product:
                product.parent.mkdir(parents=True, exist_ok=True)
                product.touch()

        return run

    for name, product in products.items():
        monkeypatch.setattr(toolbox, name, step(name, product))
    toolbox.main()
    return ran


def test_interrupted_installation_begins_the_environment_anew(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while packages are installed leaves some that look installed and are not: every later run would fail."""
    _prepare(machine, monkeypatch, stopped_at="_install_packages")
    assert _prepare(machine, monkeypatch)[:3] == ["_create_venv", "_install_packages", "_install_members"]
    assert _prepare(machine, monkeypatch) == []


def test_interruption_elsewhere_goes_on_from_there(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was finished is not done again: a second Ctrl-C costs seconds, not minutes."""
    _prepare(machine, monkeypatch, stopped_at="_install_node_packages")
    assert _prepare(machine, monkeypatch) == ["_install_node_packages", "_install_apart"]


def test_a_home_that_cannot_be_written_gets_caches_in_the_repository(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service user without a home can run the demo; a person's own caches are used where there are any."""
    names = ("UV_CACHE_DIR", "npm_config_cache")
    for name in (*names, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(machine))
    assert toolbox._own_caches(*names) == {}
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = toolbox._own_caches(*names)
    assert set(found) == set(names)
    assert all(Path(path).is_relative_to(toolbox.STATE) for path in found.values())


@pytest.mark.parametrize("module", ["rich", "typer", "yaml", "httpx"])
def test_an_environment_without_a_package_is_explained(module: str) -> None:
    """A half-removed .venv must not answer with a traceback."""
    program = f"import sys; sys.modules[{module!r}] = None; from alex import cli; cli.main(['settings'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == Exit.MISSING_TOOL
    assert f"lacks the module {module}" in done.stderr
    assert "make tools" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_of_the_system_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the place of the state folder, a read-only disk: which path, and what to do."""
    (tmp_path / "local").write_text("not a folder", "utf-8")
    monkeypatch.setattr(places, "LOCAL", tmp_path / "local")
    assert cli._run(["down"]) == Exit.FAILED
    said = capsys.readouterr().err
    assert str(tmp_path / "local") in said
    assert "to do:" in said


@pytest.mark.parametrize("arguments", [["synth"], ["bundle"], ["deploy", "-e", "dev"], ["deploy"], ["up"], ["demo"]])
def test_each_command_names_a_missing_tool(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each works by itself, so each must say that `make tools` is needed, with the code that scripts rely on."""

    def missing() -> None:
        raise toolbox.ToolboxError("these tools are missing: node_modules/aws-cdk/bin/cdk")

    monkeypatch.setattr(toolbox, "tools", missing)
    monkeypatch.setattr(places, "STATE", tmp_path)
    monkeypatch.setattr(places, "LOCAL", tmp_path / "local")
    assert cli._run(arguments) == Exit.MISSING_TOOL
    assert "make tools" in capsys.readouterr().err


class _Cloud:
    def __init__(self) -> None:
        self.stops = 0

    def stop(self) -> bool:
        self.stops += 1
        return True


@pytest.mark.parametrize("refusal", [local_errors.AlreadyRunningError("x"), local_errors.BusyError("x")])
def test_a_refused_demo_leaves_the_running_cloud_alone(refusal: local_errors.LocalCloudError) -> None:
    """A wrong `--port`, or a second demo beside the first one, must not take the cloud away from whoever uses it."""
    cloud = _Cloud()
    screen = Console(file=io.StringIO())
    with pytest.raises(CommandError), demo.stopped_on_failure(cloud, screen), local.guarded():
        raise refusal
    assert cloud.stops == 0


def test_unusable_settings_stop_a_demo_before_it_starts_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typo in a settings file is bad input, said at once, not after a cloud was started for it."""

    def broken(_: str) -> None:
        raise CommandError("1 problem(s) in the settings", code=Exit.BAD_INPUT)

    def never(*_: Any, **__: Any) -> None:
        pytest.fail("nothing may be built or started")

    monkeypatch.setattr(local, "cloud", lambda: SimpleNamespace(stop=never))
    monkeypatch.setattr(synthesis, "environment_of", broken)
    monkeypatch.setattr(demo, "deploy", never)
    assert cli._run(["demo"]) == Exit.BAD_INPUT
    assert doctor._settings().state == "fail"


def test_an_analysis_of_nothing_says_what_is_missing() -> None:
    """`alex deploy`, then `alex analyze`: the person learns that there is no portfolio, not that a page is missing."""
    asked: list[str] = []
    api: Any = SimpleNamespace(url="http://x", get=asked.append, accounts=lambda: [])
    with pytest.raises(CommandError, match="somebody has no account") as refused:
        commands_use._something_to_analyse(api, "somebody")
    assert asked == ["/api/user"], "the first request creates the profile"
    assert "alex demo" in refused.value.remedy


def test_the_last_lines_of_a_log_are_lines_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`alex logs planner -n 1` shows a line, not nothing because the last one was a metric."""
    folder = tmp_path / "local" / "logs"
    folder.mkdir(parents=True)
    (folder / "planner.log").write_text('{"message": "seen"}\n{"_aws": {}}\n{"_aws": {}}\n', "utf-8")
    monkeypatch.setattr(places, "LOCAL", tmp_path / "local")
    out = io.StringIO()
    logs.show(Console(file=out, width=110), "planner", lines=1, follow=False, raw=False)
    assert "seen" in out.getvalue()
    assert "_aws" not in out.getvalue()


@pytest.mark.parametrize(("value", "wanted"), [("1", True), ("", False)])
def test_no_color_is_respected_on_a_terminal(monkeypatch: pytest.MonkeyPatch, value: str, wanted: bool) -> None:
    """Whoever asks for no colours gets none."""
    monkeypatch.setenv("NO_COLOR", value)
    assert console._made(SimpleNamespace(isatty=lambda: True, write=None, encoding="utf-8")).no_color is wanted


def test_a_narrow_terminal_wraps_no_figure(analysis: Analysis) -> None:
    """At 60 columns a value must stand beside its name, not alone on the next line."""
    screen = Console(file=io.StringIO(), width=60, record=True)
    terminal.show(screen, analysis, simulated=True)
    lines = screen.export_text().splitlines()
    assert max(map(len, lines)) <= 60
    shares = [line for line in lines if "░" in line or "█" in line]
    assert len(shares) > 5
    assert all("%" in line for line in shares)
    assert not [line for line in lines if line.startswith(("$", "last "))]


def test_closing_commands_work_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, analysis: Analysis
) -> None:
    """What is printed can be pasted, wherever the demo was started, also below a folder with a space in its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin")
    out = io.StringIO()
    here: Any = SimpleNamespace(endpoint="http://127.0.0.1:1", url="http://127.0.0.1:1/x")
    demo.closing(Console(file=out, width=110), here, here, analysis, 1.0)
    command = next(line for line in out.getvalue().splitlines() if "Analyse again" in line).split()[2]
    assert (tmp_path / command).resolve() == (places.ROOT / ".venv" / "bin" / "alex").resolve()

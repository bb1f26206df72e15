"""The command line: exit codes, messages without tracebacks, and a page of documentation that cannot fall behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from alex import cli, console, doctor, local, logs, places, settings_table, toolbox
from alex.errors import CommandError, Exit
from local_cloud import errors as local_errors

COMMANDS: dict[str, Any] = typer.main.get_group(cli.app).commands  # type: ignore[assignment]


def run(*arguments: Any) -> Any:
    """Exit code of a command run in this process."""
    return cli._run(list(arguments))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A state folder of the test's own: the developer's local cloud is not touched."""
    monkeypatch.setattr(places, "LOCAL", tmp_path / "local")
    monkeypatch.setattr(places, "STATE", tmp_path)
    yield
    console.use(plain=False)


def test_documentation_names_every_command_and_option() -> None:
    """A person looks into docs/commands.md; a command that is missing there does not exist for them."""
    text = (places.ROOT / "docs" / "commands.md").read_text("utf-8")
    for name, command in COMMANDS.items():
        assert f"## `alex {name}`" in text, name
        section = text.split(f"## `alex {name}`")[1].split("\n## ")[0]
        for option in command.params:
            longest = max(option.opts, key=len)
            if longest.startswith("--"):
                assert f"`{longest}" in section, f"{name} {longest}"
    for code in Exit:
        assert re.search(rf"^\| {code.value} \|", text, re.M), code


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` must work without any tool, cloud or network."""
    for name, command in COMMANDS.items():
        assert command.help, name
        assert run(name, "--help") == Exit.DONE
    assert "analysis" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["settings", "-e", "prd"], Exit.BAD_INPUT, "local, dev, staging, prod, prod-dr"),
        (["synth", "-e", "nowhere"], Exit.BAD_INPUT, "unknown environment 'nowhere'"),
        (["token"], Exit.NOT_RUNNING, "alex demo"),
        (["token", "--shape", "saml"], Exit.BAD_INPUT, "cognito, clerk, okta"),
        (["token", "--role", "compliance", "--role", "admin"], Exit.BAD_INPUT, "'admin'"),
        (["analyze"], Exit.NOT_RUNNING, "alex demo"),
        (["logs"], Exit.NOT_RUNNING, "no logs yet"),
        (["bench", "--only", "speed"], Exit.BAD_INPUT, "unknown part speed"),
        (["deploy", "-e", "local", "--frobnicate"], Exit.BAD_INPUT, "--frobnicate"),
        (["up", "--port", "80"], Exit.BAD_INPUT, "port"),
        (["dance"], Exit.BAD_INPUT, "No such command"),
    ],
)
def test_expected_failures_say_what_to_do_without_a_traceback(
    arguments: list[str], code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mistake a person can make ends with the right code and a remedy."""
    assert run(*arguments) == code
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_missing_tools_are_said_before_anything_is_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the tools a demo must stop at once and say how to get them."""

    def missing() -> None:
        raise toolbox.ToolboxError("these tools are missing: node_modules/aws-cdk/bin/cdk. Run: make tools")

    monkeypatch.setattr(toolbox, "tools", missing)
    assert run("demo") == Exit.MISSING_TOOL
    assert "make tools" in capsys.readouterr().err


def test_nothing_running_is_told_to_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    """`alex status` in a script: exit code 4 and JSON that says so; stopping nothing is no error."""
    assert run("status", "--json") == Exit.NOT_RUNNING
    assert json.loads(capsys.readouterr().out)["state"] == "stopped"
    assert run("down") == Exit.DONE
    assert "nothing was running" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (local_errors.NotRunningError("x"), Exit.NOT_RUNNING),
        (local_errors.PortInUseError("x"), Exit.FAILED),
        (local_errors.AlreadyRunningError("x"), Exit.BAD_INPUT),
        (local_errors.BrokenEnvironmentError("x"), Exit.MISSING_TOOL),
        (local_errors.BusyError("x"), Exit.FAILED),
        (local_errors.MarketDataError("x"), Exit.MISSING_TOOL),
        (local_errors.StartError("x"), Exit.FAILED),
        (local_errors.DeployError("cdk deploy failed:\nBucket X: no", reasons=("no",)), Exit.FAILED),
        (local_errors.LocalCloudError("x"), Exit.FAILED),
    ],
)
def test_every_refusal_of_the_local_cloud_has_a_remedy(error: local_errors.LocalCloudError, code: Exit) -> None:
    """A new kind of error must not reach people as a traceback."""
    with pytest.raises(CommandError) as refused, local.guarded():
        raise error
    assert refused.value.code is code
    assert refused.value.remedy
    assert not refused.value.what.endswith(":")
    assert ("Bucket X: no" in refused.value.output) is isinstance(error, local_errors.DeployError)


def test_termination_is_an_interruption(tmp_path: Path) -> None:
    """A terminated command (a closed window, a CI time-out) must clean up like one stopped with Ctrl-C."""
    log = tmp_path / "local" / "logs" / "cloud.log"
    log.parent.mkdir(parents=True)
    log.write_text("line\n", "utf-8")
    program = (
        f"from pathlib import Path; from alex import cli, places; places.LOCAL = Path({str(tmp_path / 'local')!r}); "
        "cli.main(['logs', 'cloud', '--follow'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "line"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == Exit.INTERRUPTED
    assert "stopped" in said
    assert "Traceback" not in said


def test_settings_table_shows_each_setting_with_its_requirement() -> None:
    """An auditor asks for a requirement's value; a developer asks which settings nothing reads yet."""
    rows = {row.setting: row for row in settings_table.rows("prod")}
    assert len(rows) > 60
    assert all(row.requirement for row in rows.values())
    assert rows["planner.memory_mb"].value == "10240"
    assert rows["planner.memory_mb"].unit == "MB"
    assert rows["later.redis_nodes"].planned.startswith("SYS-")
    assert not rows["aurora.min_acu"].planned
    local_rows = {row.setting: row for row in settings_table.rows("local")}
    assert local_rows["planner.memory_mb"].differs
    assert not rows["planner.memory_mb"].differs


def test_doctor_finds_what_is_missing_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each failing check carries its remedy; a full disk and a missing tool are found."""

    def missing() -> None:
        raise toolbox.ToolboxError("these tools are missing: x. Run: make tools")

    monkeypatch.setattr(toolbox, "tools", missing)
    monkeypatch.setattr(doctor, "DISK_BYTES", 10**18)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    found = {finding.check: finding for finding in doctor.examine()}
    assert found["tools"].state == "fail"
    assert found["disk"].state == "fail"
    assert found["bytecode"].state == "warn"
    assert found["local cloud"].state == "ok"
    assert all(finding.remedy for finding in found.values() if finding.state != "ok")


LOGS = {
    name: Path(name)
    for name in (
        "Alex-local-Agents-PlannerFunctionAFCCE450-349C6E3CCF0EC",
        "Alex-local-Agents-CharterFunction1201900E-E4D473478D4E7",
        "Alex-local-Api-ApiFunction6BF808ED-7FDE7EC46953F",
        "Alex-local-Api-AuthorizerFunctionEB19F618-DD0959A91E4D2",
        "cdk",
        "cdk-bootstrap",
        "cloud",
    )
}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("planner", "Planner"),
        ("api", "-ApiFunction"),
        ("authorizer", "Authorizer"),
        ("cdk", "cdk"),
        ("bootstrap", "cdk-bootstrap"),
    ],
)
def test_short_names_find_one_log(name: str, wanted: str) -> None:
    """`alex logs api` must show the API's function, not refuse because its stack is called Api too."""
    assert wanted in logs.chosen(LOGS, name).name


@pytest.mark.parametrize("name", ["alex-local", "nothing"])
def test_unclear_log_names_are_refused(name: str) -> None:
    """Guessing would show the wrong log."""
    with pytest.raises(CommandError) as refused:
        logs.chosen(LOGS, name)
    assert "alex logs" in refused.value.remedy


def test_log_lines_are_arranged_for_people() -> None:
    """Level, event and details first; identifiers that every line repeats are left to --raw."""
    line = {
        "timestamp": "2026-11-21T10:59:19.101+00:00",
        "level": "WARNING",
        "message": "PRICES_UNAVAILABLE",
        "trace_id": "1-2",
        "job_id": "j",
        "details": {"reason": "key"},
    }
    text = logs.arranged(line).plain
    assert text.startswith("10:59:19.101 WARNING PRICES_UNAVAILABLE")
    assert 'details={"reason": "key"}' in text
    assert "trace_id" not in text


def test_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    """`alex settings | head -1` must not end with an error message."""
    command = f"{sys.executable} -m alex.cli settings | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=os.environ)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr

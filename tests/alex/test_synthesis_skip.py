"""Synthesis: skipped only when nothing that decides it has changed; a failure keeps the last good assembly."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alex import places, synthesis, toolbox
from alex.errors import CommandError, Exit
from soc2.evidence import FILE, Evidence, Provenance, write
from stacks.bundles import Target

HOST = Target("x86_64", "3.11", host=True)


def passed(template: bytes) -> Evidence:
    """What the gate leaves when it let a template pass."""
    provenance = Provenance(
        environment="local",
        production=False,
        at=datetime.now(UTC),
        commit="unknown",
        changed=False,
        settings="",
        templates={"Alex": hashlib.sha256(template).hexdigest()},
        tools={},
    )
    return Evidence(provenance=provenance, packs=(), rules=(), results=(), acknowledgements=(), switched_off=())


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A small repository, and a `cdk` that counts its runs and can be told to fail."""
    for path in (
        "app.py",
        "cdk.json",
        "settings/a.yaml",
        "stacks/s.py",
        "lambdas/advisor/x.py",
        "constructs/hardened/h.py",
        "policy/soc2/p.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("one\n", "utf-8")
    monkeypatch.setattr(places, "ROOT", tmp_path)
    monkeypatch.setattr(toolbox, "tools", lambda: toolbox.Tools(Path("/node"), Path("/cdk"), Path("/python")))
    calls = []

    def run(command: Any, *, cwd: Any, env: Any, on_line: Any) -> Any:
        calls.append([str(part) for part in command])
        output = Path(calls[-1][calls[-1].index("--output") + 1])
        output.mkdir(parents=True)
        if (tmp_path / "closed").exists():
            return 1, "SOC2-S3-TLS: the gate is closed"
        (output / "manifest.json").write_text(json.dumps({"run": len(calls)}), "utf-8")
        (output / "Alex.template.json").write_text("{}", "utf-8")
        if not (tmp_path / "ungated").exists():
            write(passed(b"{}"), output / FILE)
        return 0, ""

    monkeypatch.setattr(synthesis, "run", run)
    tmp_path.joinpath("calls").mkdir()
    return tmp_path, calls


def synthesise(root: Path, **change: Any) -> Any:
    """Synthesise local into the repository."""
    return synthesis.synthesise("local", output=root / "out" / "assembly", target=HOST, **change)


def test_unchanged_inputs_are_not_synthesised_again(repository: tuple[Path, list[list[str]]]) -> None:
    """The second demo takes a fraction of the first one's time."""
    root, calls = repository
    assert synthesise(root).fresh
    again = synthesise(root)
    assert not again.fresh
    assert again.stacks == 1
    assert len(calls) == 1


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "settings/a.yaml",
        "stacks/s.py",
        "lambdas/advisor/x.py",
        "constructs/hardened/h.py",
        "policy/soc2/p.py",
        "cdk.json",
        "stacks/new.py",
    ],
)
def test_any_changed_input_is_synthesised_again(repository: tuple[Path, list[list[str]]], path: str) -> None:
    """Deploying a stale assembly would show a person yesterday's stacks."""
    root, calls = repository
    synthesise(root)
    (root / path).write_text("two\n", "utf-8")
    assert synthesise(root).fresh
    assert len(calls) == 2


def test_overlay_and_target_decide_too(repository: tuple[Path, list[list[str]]]) -> None:
    """Another port or another machine gives another assembly."""
    root, calls = repository
    overlay = root / "overlay.yaml"
    overlay.write_text("{}", "utf-8")
    synthesise(root)
    synthesise(root, overlay=overlay)
    overlay.write_text("prices: {}", "utf-8")
    synthesise(root, overlay=overlay)
    synthesis.synthesise("local", output=root / "out" / "assembly", overlay=overlay, target=Target("arm64", "3.13"))
    assert len(calls) == 4
    assert f"settings={overlay}" in calls[1]
    assert "bundles=host" in calls[1]
    assert "bundles=target" in calls[3]


def test_closed_gate_fails_with_its_findings_and_keeps_the_last_assembly(
    repository: tuple[Path, list[list[str]]],
) -> None:
    """The gate's findings must reach the person, and a closed gate must not pass on a second try."""
    root, calls = repository
    synthesise(root)
    (root / "app.py").write_text("bad\n", "utf-8")
    (root / "closed").touch()
    for _ in range(2):
        with pytest.raises(CommandError, match="policy gate") as refused:
            synthesise(root)
        assert "SOC2-S3-TLS" in refused.value.output
    assert json.loads((root / "out" / "assembly" / "manifest.json").read_text("utf-8")) == {"run": 1}
    assert len(calls) == 3
    assert not (root / "out" / "assembly.new").exists()


def test_forced_synthesis_runs(repository: tuple[Path, list[list[str]]]) -> None:
    """`--force` is the way out when a person distrusts the cache."""
    root, calls = repository
    synthesise(root)
    assert synthesise(root, force=True).fresh
    assert len(calls) == 2


def test_unknown_environment_lists_the_known_ones() -> None:
    """A typo in -e is answered with the choices."""
    with pytest.raises(CommandError, match="unknown environment 'prd'") as refused:
        synthesis.environment_of("prd")
    assert refused.value.code is Exit.BAD_INPUT
    assert "prod-dr" in refused.value.what


def test_bytecode_is_never_switched_off_for_a_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """With PYTHONDONTWRITEBYTECODE every synthesis takes twice as long."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(toolbox, "node_environment", dict)
    environment = synthesis.synth_environment(validate=False)
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["CDK_VALIDATION"] == "false"


def test_a_synthesis_past_the_gate_is_refused(repository: tuple[Path, list[list[str]]]) -> None:
    """An app.py that ends in app.synth() writes templates that nobody has judged."""
    root, _ = repository
    (root / "ungated").touch()
    with pytest.raises(CommandError, match="did not go through the policy gate"):
        synthesise(root)
    assert not (root / "out" / "assembly").exists()


def test_what_was_edited_since_is_made_anew(repository: tuple[Path, list[list[str]]]) -> None:
    """Nothing is deployed that the gate has not seen as it is."""
    root, calls = repository
    synthesise(root)
    (root / "out" / "assembly" / "Alex.template.json").write_text('{"Resources": {}}', "utf-8")
    assert synthesise(root).fresh
    assert len(calls) == 2

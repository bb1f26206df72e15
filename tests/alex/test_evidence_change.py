"""`alex evidence change`: what CI prints about a change, and what it must not do to the repository on the way.

The tests' repository is a platform of a few lines, with a CDK of its own; one test compares the real one with itself.
"""

import importlib
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from alex import cli, places
from alex.errors import Exit
from alex.evidence import change, stub_synthesis
from tests.alex.small_platform import BAD, CRASHES, GOOD, OLDER, PLATFORM, REFUSES, Repository

REAL = places.ROOT


def run(*arguments: Any) -> int:
    """Exit code of `alex evidence change` in this process."""
    return cli._run(["evidence", "change", *(str(argument) for argument in arguments)])


def test_the_last_commit_is_compared_with_the_one_before(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI informs; whoever wants it to refuse says so."""
    repository.commit(GOOD)
    repository.commit(BAD)
    assert run() == Exit.DONE
    said = capsys.readouterr().out
    assert "evidence of prod: HEAD~1 (" in said
    assert "Worse (1)\n  high SOC2-A-B App/Data/Bucket: compliant -> non-compliant" in said
    assert run("--fail-on-worse") == Exit.FAILED
    repository.commit(GOOD)
    assert run("--fail-on-worse") == Exit.DONE
    assert "Better (1)" in capsys.readouterr().out
    assert run("--base", "HEAD~2", "--fail-on-worse") == Exit.DONE
    assert "Nothing differs." in capsys.readouterr().out


def test_uncommitted_changes_are_compared_with_the_last_commit(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """An engineer asks before committing; a new file is a change too."""
    repository.commit(BAD)
    repository.commit(GOOD)
    repository.write(BAD)
    assert run("--fail-on-worse") == Exit.FAILED
    assert "evidence of prod: HEAD (" in capsys.readouterr().out
    repository.write(GOOD)
    (repository.root / "stacks" / "new.py").touch()
    assert run("--fail-on-worse") == Exit.DONE
    assert "evidence of prod: HEAD (" in capsys.readouterr().out


def test_the_repository_is_only_read(repository: Repository, tmp_path: Path) -> None:
    """A run in the middle of somebody's work moves nothing: not the index, no worktree, no file, no stash."""
    repository.commit(GOOD)
    repository.commit(BAD)
    repository.write(GOOD)
    repository.git("add", "ready.json")
    (repository.root / "stacks" / "new.py").touch()

    def state() -> list[Any]:
        asked = (["status", "--porcelain"], ["diff", "--cached"], ["worktree", "list"], ["for-each-ref"], ["reflog"])
        index = (repository.root / ".git" / "index").read_bytes()
        return [index, *(repository.git(*arguments) for arguments in asked)]

    before = state()
    assert run("--base", "HEAD~1") == Exit.DONE
    assert state() == before
    assert list((tmp_path / "state").iterdir()) == []


def test_ctrl_c_leaves_nothing_behind(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The export of a whole tree must not lie about after every impatient moment."""
    repository.commit(GOOD)
    repository.commit(GOOD)
    seen: list[Path] = []

    def interrupted(tree: Path, *_: Any) -> Any:
        assert (tree / "app.py").is_file()
        seen.append(tree)
        raise KeyboardInterrupt

    monkeypatch.setattr(change, "synthesise", interrupted)
    assert run() == Exit.INTERRUPTED
    assert seen
    assert list((tmp_path / "state").iterdir()) == []


def test_without_a_commit_before_there_is_nothing_to_compare(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first commit, and CI's shallow clones, must not fail for it; a base that somebody names must exist."""
    assert run("--fail-on-worse") == Exit.DONE
    assert "git knows no commit here: nothing to compare" in capsys.readouterr().out
    repository.commit(GOOD)
    assert run("--fail-on-worse") == Exit.DONE
    assert "the first one, or a shallow clone): nothing to compare" in capsys.readouterr().out
    for wrong in ("nowhere", "HEAD~1", "--all", "HEAD:app.py"):
        assert run(f"--base={wrong}") == Exit.BAD_INPUT
    repository.commit(BAD)
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth=1", repository.root.as_uri(), str(shallow))
    monkeypatch.setattr(places, "ROOT", shallow)
    assert run("--fail-on-worse") == Exit.DONE
    assert "or a shallow clone): nothing to compare" in capsys.readouterr().out
    assert run("--base", "HEAD~1") == Exit.BAD_INPUT
    monkeypatch.setattr(places, "ROOT", tmp_path)  # no repository at all
    assert run() == Exit.DONE


@pytest.mark.parametrize(
    ("soc2", "words", "code"),
    [
        (OLDER, "wrote no evidence: nothing to compare", Exit.DONE),
        (REFUSES, "does not pass the policy gate today: nothing to compare", Exit.DONE),
        (CRASHES, "cannot be synthesised here: nothing to compare", Exit.FAILED),
    ],
    ids=["older", "refused", "crashed"],
)
def test_a_base_that_cannot_be_judged_is_not_the_changes_fault(
    repository: Repository, capsys: pytest.CaptureFixture[str], soc2: str, words: str, code: Exit
) -> None:
    """The commit that repairs an expired acceptance must pass; what nobody knows fails only where worse would."""
    repository.commit(GOOD, soc2=soc2)
    repository.commit(BAD)
    assert run() == Exit.DONE
    said = capsys.readouterr().out
    assert words in said
    assert "the commit before this one, HEAD~1 (" in said
    assert ("SOC2-A-B: found public" in said, "KeyError: 'of another time'" in said) == (
        soc2 == REFUSES,
        soc2 == CRASHES,
    )
    assert run("--fail-on-worse") == code


def test_a_base_before_the_format_or_the_environment(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """Old evidence of another format, and an environment that is new, are no failures of a change."""
    repository.commit(GOOD)
    (repository.root / "ready.json").write_text('{"schema_version": 99}', "utf-8")
    repository.git("commit", "--quiet", "--all", "--message=m")
    repository.commit(GOOD)
    assert run("--fail-on-worse") == Exit.DONE
    assert "in a format that this version cannot read" in capsys.readouterr().out
    assert run("-e", "staging", "--base", "HEAD~2", "--fail-on-worse") == Exit.DONE
    assert "has no usable settings of staging" in capsys.readouterr().out
    assert run("-e", "nowhere") == Exit.BAD_INPUT
    assert cli._run(["evidence", "-e", "staging", "change"]) == Exit.DONE
    assert "Synthesise staging of HEAD~1" in capsys.readouterr().out


def test_a_change_that_does_not_pass_the_gate_fails(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence would read like a change that differs in nothing."""
    repository.commit(GOOD)
    repository.commit(GOOD, soc2=REFUSES)
    assert run() == Exit.FAILED
    said = capsys.readouterr()
    assert "SOC2-A-B: found public" in said.err
    assert "Nothing differs" not in said.out


def test_the_trees_own_sources_win_over_the_installed_ones(repository: Repository, tmp_path: Path) -> None:
    """This environment has soc2, settings and stacks installed: with those the base would be judged as the change."""
    repository.commit()
    tree = tmp_path / "tree"
    change.export(repository.git("rev-parse", "HEAD").strip(), tree)
    names = ("app", "settings", "stacks.stage", "hardened", "soc2.evidence")
    program = "import importlib, sys\nfor name in sys.argv[1:]: print(importlib.import_module(name).__file__)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, *names],
        env=change.environment_of(tree),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert all(Path(line).is_relative_to(tree) for line in done.stdout.split())
    assert len(done.stdout.split()) == len(names)


def test_a_module_of_another_tree_is_refused(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever puts another pack first, two equal trees would be compared, and CI would say that nothing differs."""
    repository.commit(GOOD)
    repository.commit(BAD)
    other = tmp_path / "other"
    for name in ("soc2/__init__.py", "soc2/evidence.py"):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_text(textwrap.dedent(PLATFORM[f"policy/{name}"]), "utf-8")
    (other / "sitecustomize.py").write_text(f"import sys; sys.path.insert(0, {str(other)!r})", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(other))
    assert run() == Exit.FAILED
    assert f"soc2 was imported from {other}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "refused"),
    [("policy/soc2/__init__.py", False), (".venv/soc2/__init__.py", True), ("../soc2/__init__.py", True)],
)
def test_installations_below_a_tree_are_foreign(tmp_path: Path, place: str, refused: bool) -> None:
    """`.venv` lies in the working tree, and the export of the base too."""
    module = ModuleType("stacks")
    module.__file__ = str(tmp_path / place)
    loaded = sys.modules.copy()
    try:
        for name in [name for name in sys.modules if name.partition(".")[0] in stub_synthesis.OURS]:
            del sys.modules[name]
        if refused:
            with pytest.raises(stub_synthesis.ForeignError, match="stacks was imported from"):
                stub_synthesis.refuse_foreign(tmp_path, module)
        else:
            stub_synthesis.refuse_foreign(tmp_path, module)
    finally:
        sys.modules.update(loaded)
        importlib.invalidate_caches()

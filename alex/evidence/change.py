"""How the evidence of a change differs from the evidence of the commit before it.

Decisions: both trees are synthesised by the same program, with stubs for bundles, each with its own sources (the base's
from an export of the commit, below `.alex`), so that nothing differs but what the change did; the repository, its index
and its worktrees are only read. Both are judged today and with the packages that are installed now.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from alex import places, synthesis
from alex.errors import CommandError, Exit
from alex.evidence import stub_synthesis
from alex.evidence.stub_synthesis import FOLDERS, Ending
from alex.journey import Journey
from alex.processes import run
from soc2 import evidence as format_
from soc2.comparison import difference
from soc2.difference import Difference
from soc2.evidence import FILE, Evidence

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NOTHING = "nothing to compare"


class IncomparableError(Exception):
    """There is nothing to compare, and the change is not to blame.

    :param output: what the base's synthesis said.
    :param broke: the base's synthesis crashed, so that nobody knows whether the change made something worse.
    """

    def __init__(self, why: str, *, output: str = "", broke: bool = False) -> None:
        super().__init__(f"{why}: {_NOTHING}")
        self.output = output
        self.broke = broke


@dataclass(frozen=True)
class Base:
    """The commit that the working tree is compared with.

    :param name: what a person calls it.
    :param chosen: somebody named it; otherwise it is the commit before the change.
    """

    name: str
    commit: str
    chosen: bool

    def __str__(self) -> str:
        """For example ``HEAD~1 (0123456789ab)``."""
        return f"{self.name} ({self.commit[:12]})"


@dataclass(frozen=True)
class Change:
    """What differs, and between what."""

    title: str
    difference: Difference


def compared(journey: Journey, revision: str | None, environment: str) -> Change:
    """Compare the working tree with ``revision``; without one with the commit before the change.

    :raises IncomparableError: there is nothing to compare with.
    :raises CommandError: the revision does not exist, or the working tree does not synthesise.
    """
    base = base_of(revision)
    places.STATE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="change-", dir=places.STATE) as folder:
        tree, scratch = Path(folder) / "tree", Path(folder)
        with journey.step(f"Export {base}"):
            export(base.commit, tree)
        with journey.step(f"Synthesise {environment} of {base}") as step:
            ending, said = synthesise(tree, environment, scratch / "before")
            step.result("" if ending == Ending.WRITTEN else "without evidence")
        before = _evidence_of_base(base, environment, ending, said, scratch / "before")
        with journey.step(f"Synthesise {environment} of this tree"):
            ending, said = synthesise(places.ROOT, environment, scratch / "after")
            after = _evidence_of_change(environment, ending, said, scratch / "after")
    now = after.provenance
    # The title says which commits these are; as a difference they would hide that nothing else differs.
    same = before.provenance.model_copy(update={"commit": now.commit, "changed": now.changed})
    tree_name = now.commit[:12] + (" with uncommitted changes" if now.changed else "")
    return Change(
        title=f"evidence of {environment}: {base} -> {tree_name}",
        difference=difference(before.model_copy(update={"provenance": same}), after),
    )


def base_of(revision: str | None) -> Base:
    """The commit that ``revision`` names; by default the one before the change.

    The change is the last commit, or what has happened to the working tree since.

    :raises IncomparableError: there is no earlier commit here.
    :raises CommandError: the named revision does not exist.
    """
    chosen = revision is not None
    if revision is None:
        revision = "HEAD" if _git("status", "--porcelain", "--untracked-files=normal") else "HEAD~1"
        commit = _commit(revision)
        if commit is None and _commit("HEAD"):
            raise IncomparableError("there is no commit before this one (the first one, or a shallow clone)")
        if commit is None:
            raise IncomparableError("git knows no commit here")
    else:
        commit = _commit(revision)
        if commit is None:
            raise CommandError(
                f"there is no commit {revision!r} here",
                where="--base",
                remedy="name a commit, branch or tag; a shallow clone needs it fetched first (`git fetch`)",
                code=Exit.BAD_INPUT,
            )
    return Base(revision, commit, chosen)


def _commit(revision: str) -> str | None:
    if revision.startswith("-"):
        return None  # git would take it for an option
    found = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return found if _COMMIT.fullmatch(found) else None


def _git(*arguments: str) -> str:
    try:
        code, said = run(["git", *arguments], cwd=places.ROOT)
    except CommandError:  # a machine without git
        return ""
    return said.strip() if code == 0 else ""


def text_of(commit: str, path: Path) -> str | None:
    """A file of the commit, None when it has none of that name."""
    # Not `run`, which keeps the last lines only.
    shown = subprocess.run(
        ["git", "show", f"{commit}:{path.as_posix()}"],  # noqa: S607 - the developer's own git
        cwd=places.ROOT,
        capture_output=True,
        check=False,
    )
    return shown.stdout.decode() if shown.returncode == 0 else None


def export(commit: str, tree: Path) -> None:
    """Write the commit's files to the new folder ``tree``.

    :raises CommandError: git cannot give them.
    """
    archive = tree.with_name(f"{tree.name}.tar")
    code, said = run(["git", "archive", "--format=tar", f"--output={archive}", commit], cwd=places.ROOT)
    if code:
        raise CommandError(
            f"git cannot export the commit {commit[:12]}",
            where=places.shown(places.ROOT),
            remedy="`git fsck` says what the repository lacks",
            output=said,
        )
    with tarfile.open(archive) as files:
        # The first patches of Python 3.11 have no filters.
        files.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        files.extractall(tree)  # noqa: S202 - filtered, and it is this repository's own content
    archive.unlink()


def environment_of(tree: Path) -> dict[str, str]:
    """The variables of a synthesis whose sources are the tree's: they win over those that are installed."""
    synthesis.tools()
    found = synthesis.synth_environment(validate=False)
    for name in ("CDK_OUTDIR", "CDK_CONTEXT_JSON", "PYTHONHOME"):
        found.pop(name, None)
    paths = [str(tree / folder) for folder in FOLDERS]
    inherited = os.environ.get("PYTHONPATH")
    return found | {"PYTHONPATH": os.pathsep.join([*paths, *([inherited] if inherited else [])])}


def synthesise(tree: Path, environment: str, output: Path) -> tuple[int, str]:
    """Synthesise the tree's environment with its own sources: how it ended (`Ending`), and what was said."""
    # -P: the program's own folder must not come before the tree's.
    command: list[str | Path] = [sys.executable, "-P", stub_synthesis.__file__, tree, environment, output]
    return run(command, cwd=tree, env=environment_of(tree))


def _evidence_of_base(base: Base, environment: str, ending: int, said: str, output: Path) -> Evidence:
    if ending == Ending.FOREIGN:
        raise _foreign(said)
    known = {
        Ending.NO_EVIDENCE: "wrote no evidence",
        Ending.NO_ENVIRONMENT: f"has no usable settings of {environment}",
        Ending.REFUSED: "does not pass the policy gate today",
    }
    name = str(base) if base.chosen else f"the commit before this one, {base},"
    if ending != Ending.WRITTEN:
        broke = ending not in known
        raise IncomparableError(
            f"{name} {'cannot be synthesised here' if broke else known[Ending(ending)]}",
            output="" if ending == Ending.NO_EVIDENCE else said,
            broke=broke,
        )
    try:
        return format_.read(output / FILE)
    except ValueError:
        raise IncomparableError(f"{name} wrote evidence in a format that this version cannot read") from None


def _evidence_of_change(environment: str, ending: int, said: str, output: Path) -> Evidence:
    if ending == Ending.FOREIGN:
        raise _foreign(said)
    if ending != Ending.WRITTEN:
        raise CommandError(
            f"this tree has no evidence of {environment}: the policy gate or the application refused",
            where="alex evidence change",
            remedy=f"what is printed above names each rule, construct and fix; `alex synth -e {environment}`",
            output=said,
        )
    return format_.read(output / FILE)


def _foreign(said: str) -> CommandError:
    return CommandError(
        "the two trees cannot be told apart: a module came from another one",
        where=said.strip(),
        remedy="find what goes before PYTHONPATH (sitecustomize?), or remove .venv and run `make tools`",
    )

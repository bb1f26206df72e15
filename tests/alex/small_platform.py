"""A git repository with a platform of a few lines and a CDK of its own, for tests of `alex evidence change`."""

import subprocess
import textwrap
from pathlib import Path

from soc2 import evidence as format_
from soc2.evidence import Evidence
from soc2.rule import Status
from tests.policy.evidences import a_result, an_evidence

GOOD = an_evidence(a_result(Status.COMPLIANT))
BAD = an_evidence(a_result(Status.NON_COMPLIANT, "public"))

# A platform whose gate writes the evidence that lies ready in its sources, or does what a test says.
PLATFORM = {
    "app.py": "def judged_as(settings): return settings.name",
    "cdk.json": '{"context": {"flag": true}}',
    "settings/__init__.py": """
        from types import SimpleNamespace
        class SettingsError(Exception): pass
        def load(name):
            if name not in ("prod", "dev"): raise SettingsError(f"unknown environment {name}")
            return SimpleNamespace(name=name, digest="d")
    """,
    "stacks/__init__.py": "",
    "stacks/stage.py": """
        class PlatformStage:
            def __init__(self, app, *, settings, bundles):
                assert app.context == {"flag": True}
                bundles.code("agent")
    """,
    "constructs/hardened/__init__.py": "",
    "policy/soc2/evidence.py": "",
    "policy/soc2/__init__.py": """
        import pathlib, shutil
        SWITCHED_OFF = ()
        class GateError(Exception): pass
        def synthesise(app, *, profile, switched_off, settings):
            assert (profile, settings) == ("prod", "d")
            pathlib.Path(app.outdir).mkdir()
            shutil.copy(pathlib.Path(__file__).parents[2] / "ready.json", pathlib.Path(app.outdir) / "evidence.json")
    """,
    "aws_cdk/__init__.py": """
        class AssetHashType: CUSTOM = "custom"
        class App:
            def __init__(self, outdir, context): self.outdir, self.context = outdir, context
    """,
    "aws_cdk/aws_lambda.py": """
        import zipfile
        class Code:
            @staticmethod
            def from_asset(path, *, asset_hash, asset_hash_type):
                assert zipfile.is_zipfile(path)
                return path, asset_hash, asset_hash_type
    """,
    ".gitignore": "__pycache__/",
}
PACK = "policy/soc2/__init__.py"
REFUSES = textwrap.dedent(PLATFORM[PACK]) + '    raise GateError("SOC2-A-B: found public")\n'
CRASHES = textwrap.dedent(PLATFORM[PACK]) + '    raise KeyError("of another time")\n'
OLDER = """
    import pathlib
    class GateError(Exception): pass
    def synthesise(app): pathlib.Path(app.outdir).mkdir()
"""


class Repository:
    """A git repository in which a test commits platforms."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        """What git says."""
        named = ["-c", "user.name=t", "-c", "user.email=t@alex.example", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *named, *arguments], cwd=self.root, check=True, capture_output=True, text=True
        ).stdout

    def write(self, evidence: Evidence = GOOD, *, soc2: str = PLATFORM[PACK]) -> None:
        """A platform whose synthesis finds ``evidence``, with the rule pack ``soc2``."""
        for name, text in (PLATFORM | {PACK: soc2}).items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), "utf-8")
        format_.write(evidence, self.root / "ready.json")

    def commit(self, evidence: Evidence = GOOD, *, soc2: str = PLATFORM[PACK]) -> None:
        """The same, committed."""
        self.write(evidence, soc2=soc2)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=m")

"""A function that cannot be imported in Lambda fails at its first call: its zip is judged before it is uploaded."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from alex import bundle
from stacks.bundles import BundleMissingError, Bundles, Target, sources

AWS = Target("arm64", "3.13")
HOST = Target.this_machine()
ELF_MACHINE = {"arm64": 183, "x86_64": 62}
PYC_MAGIC_3_13 = 3571
UNZIPPED_LIMIT = 250 * 1024 * 1024


@pytest.fixture(scope="session")
def aws_zips() -> dict[str, Path]:
    """The bundles as they are uploaded."""
    return bundle.build(target=AWS)


@pytest.fixture(scope="session")
def host_zips() -> dict[str, Path]:
    """The bundles that the local cloud runs."""
    return bundle.build(target=HOST)


@pytest.mark.parametrize("kind", Bundles.kinds())
def test_native_code_is_for_the_target(aws_zips: dict[str, Path], kind: str) -> None:
    """CONF-11: pydantic_core for the laptop's processor raises ImportError in Lambda."""
    with zipfile.ZipFile(aws_zips[kind]) as archive:
        natives = [name for name in archive.namelist() if name.endswith(".so")]
        machines = {int.from_bytes(archive.read(name)[18:20], "little") for name in natives}
    assert any("pydantic_core" in name for name in natives)
    assert machines == {ELF_MACHINE["arm64"]}
    assert all("313" in name or "abi3" in name for name in natives if "cpython" in name)


@pytest.mark.parametrize("kind", Bundles.kinds())
def test_every_module_has_bytecode_of_the_runtime(aws_zips: dict[str, Path], kind: str) -> None:
    """/var/task is read-only: a module without bytecode is compiled again at each cold start."""
    with zipfile.ZipFile(aws_zips[kind]) as archive:
        names = set(archive.namelist())
        modules = [name for name in names if name.endswith(".py")]
        without = []
        for name in modules:
            folder, _, file = name.rpartition("/")
            cached = f"{folder}/__pycache__/{file[:-3]}.cpython-313.pyc".lstrip("/")
            if cached not in names:
                without.append(name)
            elif file == "__init__.py" and folder == "advisor":
                assert int.from_bytes(archive.read(cached)[:2], "little") == PYC_MAGIC_3_13
    assert without == []


@pytest.mark.parametrize("kind", Bundles.kinds())
def test_a_bundle_fits_and_carries_all_functions(aws_zips: dict[str, Path], kind: str) -> None:
    """Lambda refuses more than 250 MB unzipped; a handler that is missing is found only when it is called."""
    with zipfile.ZipFile(aws_zips[kind]) as archive:
        assert sum(info.file_size for info in archive.infolist()) < UNZIPPED_LIMIT
        assert {f"advisor/handlers/{name}.py" for name in ("planner", "migrations")} <= set(archive.namelist())
        services = {n.split("/")[2] for n in archive.namelist() if n.startswith("botocore/data/") and n.count("/") > 3}
    assert services == set(Bundles.kinds()[kind]["services"])


HANDLERS = {
    "api": ("api", "authorizer", "sweeper"),
    "agent": ("planner", "tagger", "reporter", "charter"),
    "numeric": ("retirement",),
    "data": ("migrations", "rotation", "remediation"),
}


@pytest.mark.parametrize("kind", HANDLERS)
def test_every_handler_imports_from_its_bundle_alone(host_zips: dict[str, Path], kind: str, tmp_path: Path) -> None:
    """What was stripped too eagerly is found when a function starts: here, not after a deployment."""
    with zipfile.ZipFile(host_zips[kind]) as archive:
        archive.extractall(tmp_path)
    modules = [f"advisor.handlers.{name}" for name in HANDLERS[kind]]
    program = (
        f"import sys, importlib; sys.path.insert(0, {str(tmp_path)!r}); "
        f"[getattr(importlib.import_module(m), 'handler') for m in {modules!r}]; "
        f"import boto3; [boto3.client(s, region_name='us-east-1') for s in {Bundles.kinds()[kind]['services']!r}]"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_inputs_give_the_same_bytes(
    host_zips: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each laptop would deploy all functions again."""
    monkeypatch.setattr(bundle, "OUTPUT", tmp_path)
    monkeypatch.setattr(Bundles, "path", lambda _self, kind: tmp_path / f"{kind}.zip")
    again = bundle.build(target=HOST)
    for kind in ("agent", "data"):
        assert (
            hashlib.sha256(again[kind].read_bytes()).digest() == hashlib.sha256(host_zips[kind].read_bytes()).digest()
        )


def test_a_changed_source_changes_the_asset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A hash that misses an input would leave old code running after a deployment."""
    changed = tmp_path / "changed.py"
    changed.write_text("x = 1\n")
    before = Bundles(target=AWS).hash("agent")
    monkeypatch.setattr("stacks.bundles.sources", lambda: [p for p in sources() if p.name != "planner.py"])
    assert Bundles(target=AWS).hash("agent") != before
    assert Bundles(target=Target("x86_64", "3.13")).hash("agent") != before


def test_synthesis_names_the_command_that_builds_what_is_missing() -> None:
    """A newcomer who synthesises first must not read a stack trace of CDK's."""
    with pytest.raises(BundleMissingError, match=r"not built.*run \.venv/bin/alex bundle"):
        Bundles(target=Target("arm64", "3.99")).code("agent")


def test_an_unknown_architecture_is_refused() -> None:
    """A typing error must not fall back to another processor."""
    with pytest.raises(bundle.BundleError, match="known: arm64, x86_64"):
        bundle.build(target=Target("riscv", "3.13"))

"""What breaks when ministack is upgraded: the adapter's private places are checked before they are used."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud

PREPARE = "import sys; sys.path.insert(0, {local!r}); from local_cloud.adapter import touches; "
Inside = Callable[[str], tuple[int, str]]


@pytest.fixture
def inside(cloud: LocalCloud) -> Inside:
    """`inside(code)`: run code in the emulator's own interpreter; exit status and output."""
    python = cloud._python
    local = str(Path(__file__).resolve().parents[2] / "local")

    def run(code: str) -> tuple[int, str]:
        command = [str(python), "-I", "-c", PREPARE.format(local=local) + code]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return answer.returncode, answer.stdout + answer.stderr

    return run


def test_every_private_place_of_the_pinned_ministack_is_where_the_adapter_expects_it(inside: Inside) -> None:
    """Otherwise the local cloud would start and silently behave like the bare emulator."""
    status, output = inside("touches.verify(); print(len(touches.TOUCHES))")
    assert status == 0, output
    assert int(output) > 25


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("import ministack.services.rds_data as m; del m.handle_request", "rds_data.handle_request is gone"),
        ("import ministack.app as m; m.pin_request_origin = lambda ip: None", "app.pin_request_origin takes ('ip',)"),
        ("touches.MINISTACK_VERSION = '1.5.34'", "the adapter is written for 1.5.34"),
    ],
)
def test_a_moved_place_is_named_and_stops_the_start(inside: Inside, change: str, named: str) -> None:
    """A person who upgrades ministack must read what moved, not guess it from a failing demo."""
    status, output = inside(f"{change}; touches.verify()")
    assert status != 0
    assert "AdapterContractError" in output
    assert named in output


def test_a_sessions_principal_is_its_role(inside: Inside) -> None:
    """COMP-16: a bucket that one role may write to names the role, as AWS does; the session's ARN is never the same."""
    code = (
        "from local_cloud.adapter.access import role_of; "
        "print(role_of('arn:aws:sts::000000000000:assumed-role/Writer/session-1'), "
        "role_of('arn:aws:iam::000000000000:user/someone'))"
    )
    status, output = inside(code)
    assert (status, output.split()) == (
        0, ["arn:aws:iam::000000000000:role/Writer", "arn:aws:iam::000000000000:user/someone"],
    )  # fmt: skip


def test_the_adapter_alone_imports_ministack() -> None:
    """A private touch elsewhere in the package would escape the contract."""
    package = Path(__file__).resolve().parents[2] / "local" / "local_cloud"
    offenders = [
        file.relative_to(package).as_posix()
        for file in package.rglob("*.py")
        if "adapter" not in file.relative_to(package).parts
        and any(
            line.strip().startswith(("import ministack", "from ministack")) for line in file.read_text().splitlines()
        )
    ]
    assert offenders == ["server/__main__.py"], "only the server's start may hand ministack's application to the guard"

"""Production's own templates deploy, before anybody tries that in AWS."""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from alex import local, places, rehearsal
from alex.errors import CommandError


def test_production_deploys_as_it_is(assembly: Any) -> None:
    """CONF-02, DR-02: a wrong order of stacks, a missing region or a migration that fails would show in AWS first."""
    said = io.StringIO()
    rehearsal.run(Console(file=said, width=200), "prod", rehearsal.Options())
    stacks = len(assembly("prod").templates)
    assert f"{stacks} stacks, " in said.getvalue()
    assert "a stranger is refused (401)" in said.getvalue()
    assert "recorded only" in said.getvalue()
    state = places.STATE / "rehearsal" / "prod" / "cloud"
    assert local.cloud(prepared=False, state=state).status().state == "stopped"


def test_an_api_that_does_not_answer_fails_the_rehearsal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A deployment that looks well and serves nobody must not end green."""
    monkeypatch.setattr(local, "api_url", lambda _cloud: "http://127.0.0.1:9")
    with pytest.raises(CommandError, match="does not answer"):
        rehearsal._asked(local.cloud(prepared=False, state=tmp_path))
    monkeypatch.setattr(httpx, "get", lambda *_args, **_options: httpx.Response(503))
    with pytest.raises(CommandError, match="503"):
        rehearsal._asked(local.cloud(prepared=False, state=tmp_path))

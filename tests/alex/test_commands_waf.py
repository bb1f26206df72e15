"""`alex waf`: a bad line is named, a verdict says what it rests on, and CI can act on the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from alex import cli, commands_deploy, places
from alex.edge import requests
from alex.errors import Exit
from alex.synthesis import Synthesis
from tests.alex.edge_templates import SQLI, group, limited, rule, template


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: no JSON"),
        ("[]", "line 2: Input should be"),
        ('{"id": "b", "ip": "198.51.100.300", "path": "/"}', "line 2: ip: "),
        ('{"id": "b", "ip": "198.51.100.3", "path": "accounts"}', "line 2: path: "),
        ('{"id": "b", "ip": "198.51.100.3", "path": "/", "agent": "x"}', "line 2: agent: Extra inputs"),
        ('{"id": "b", "ip": "198.51.100.3", "path": "/", "at": NaN}', "line 2: at: "),
        ('{"id": "b", "ip": "198.51.100.3", "path": "/", "times": 3, "of_limit": 2}', "line 2: .*either of_limit"),
        ('{"id": "b", "ip": "198.51.100.3", "path": "/", "headers": {"a b": "x"}}', "line 2: headers: "),
        ('{"id": "a", "ip": "198.51.100.3", "path": "/"}', "line 2: the id a is taken by line 1"),
        ('{"id": "b", "ip": "198.51.100.3", "path": "/", "times": 1000000}', "more than 1,000,000 requests"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    """Somebody wrote sixty lines by hand: which one is wrong, and why."""
    file = tmp_path / "requests.jsonl"
    file.write_text('{"id": "a", "ip": "198.51.100.3", "path": "/"}\n' + line + "\n")
    with pytest.raises(requests.RequestsError, match=says):
        requests.read(file)


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n\n", b"\xff\xfe"])
def test_a_file_without_requests_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """A replay of nothing would end as a success."""
    file = tmp_path / "requests.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(requests.RequestsError, match=r"requests\.jsonl"):
        requests.read(file)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`alex waf` on a template of this test, without a synthesis."""
    made = template(rule("Rate", limited(10)), group(SQLI))
    places.written(tmp_path / "assembly" / "Api.template.json", json.dumps(made))
    synthesised = Synthesis(tmp_path / "assembly", fresh=False, stacks=1, inputs="")
    monkeypatch.setattr(commands_deploy, "synthesised", lambda *_args, **_options: synthesised)

    def run(*arguments: str, lines: str = "") -> int:
        file = tmp_path / "mine.jsonl"
        file.write_text(lines)
        return cli._run(["--plain", "waf", *(("--replay", str(file)) if lines else ()), *arguments])

    return run


ATTACK = '{"id": "attack", "ip": "198.51.100.3", "path": "/", "query": "a=1\' or \'1\'=\'1", "expect": "block"}\n'
FLOOD = '{"id": "flood", "ip": "198.51.100.4", "path": "/", "times": 12, "within": 5, "expect": "allow"}\n'


def test_the_command_says_who_decided_and_on_what_basis(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """SYS-13: a verdict that rests on stand-ins must not look like AWS's."""
    assert command(lines=ATTACK) == Exit.DONE
    said = " ".join(capsys.readouterr().out.split())
    assert "attack block 403 SQLiRuleSet approximation SQLi_QUERYARGUMENTS" in said
    assert "as expected: 1 of 1" in said
    assert "AWS publishes no patterns of its managed groups" in said
    assert "of 1,500 in the price, 5,000 at most 202" in said


def test_what_is_not_as_expected_fails_the_command(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """CI acts on the exit code."""
    assert command("--json", lines=ATTACK + FLOOD) == Exit.FAILED
    answer = json.loads(capsys.readouterr().out)
    attack, flood = answer["requests"]
    assert (attack["basis"], attack["as_expected"], attack["status"]) == ("approximation", True, 403)
    assert (flood["basis"], flood["as_expected"], flood["blocked"], flood["first_blocked"]) == ("rule", False, 2, 11)
    assert command(lines=ATTACK + FLOOD) == Exit.FAILED
    assert "not as expected: flood" in capsys.readouterr().out


def test_the_command_refuses_what_it_cannot_replay(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input ends with 2 and a remedy."""
    assert command(lines="{\n") == Exit.BAD_INPUT
    assert "mine.jsonl, line 1: no JSON" in capsys.readouterr().err
    assert command("--acl", "edge", lines=ATTACK) == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert "no web ACL alex-prod-edge" in said
    assert "choose one of api" in said
    assert command("-e", "prdo") == Exit.BAD_INPUT

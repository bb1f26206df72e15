"""`alex policy rules` and `rule`: whoever asks by criterion, service or id gets rules, or why there are none."""

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console

import soc2.rules  # noqa: F401 - registers the rules
from alex import cli
from alex.errors import Exit
from alex.policy import view
from soc2.criteria import CRITERIA, rules_of
from soc2.rule import RULES


def run(*arguments: Any) -> int:
    """Exit code of a command run in this process."""
    return cli._run([str(argument) for argument in arguments])


def test_rules_are_listed_by_criterion_and_service(capsys: pytest.CaptureFixture[str]) -> None:
    """An auditor asks by criterion, an engineer by service."""

    def listed(*arguments: str) -> set[str]:
        assert run("policy", "rules", "--json", *arguments) == Exit.DONE
        return {record["id"] for record in json.loads(capsys.readouterr().out)}

    assert listed() == set(RULES)
    assert listed("--criterion", "cc6.7") == {rule.id for rule in RULES.values() if "CC6.7" in rule.criteria}
    assert listed("--criterion", "CC6.7") < listed("--criterion", "CC6")
    buckets_ = listed("--service", "s3")
    assert {"SOC2-S3-TLS", "SOC2-S3-PUBLIC"} <= buckets_ < set(RULES)
    assert listed("--service", "S3", "--criterion", "CC6.7") == buckets_ & listed("--criterion", "CC6.7")
    assert run("policy", "rules", "--criterion", "CC6.7") == Exit.DONE
    assert "SOC2-S3-TLS" in capsys.readouterr().out
    for wrong in (("--criterion", "XX1"), ("--service", "Mainframe"), ("--criterion", "CC6.")):
        assert run("policy", "rules", *wrong) == Exit.BAD_INPUT
    assert "S3" in capsys.readouterr().err


def test_one_rule_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever meets a finding looks it up by its id, as it stands in the finding or in an acknowledgement."""
    rule = RULES["SOC2-S3-TLS"]
    for name in ("SOC2-S3-TLS", "soc2-s3-tls", "SOC2::SOC2-S3-TLS"):
        assert run("policy", "rule", name) == Exit.DONE
        said = capsys.readouterr().out
        assert all(text in said for text in (rule.title, rule.fix, "AWS::S3::Bucket", *rule.requirements))
    assert run("policy", "rule", "SOC2-NO-SUCH") == Exit.BAD_INPUT


@pytest.mark.parametrize(
    ("wrong", "near"), [("CC6.9", "CC6.8"), ("CC6.", "CC6.1"), ("CC0", "CC1.1"), ("P9", "P8.1"), ("XX1", "A1.1")]
)
def test_an_unknown_criterion_is_refused_with_its_neighbours(
    wrong: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty table would read as "nobody controls this"."""
    assert run("policy", "rules", "--criterion", wrong) == Exit.BAD_INPUT
    said = capsys.readouterr()
    assert f"unknown criterion {wrong!r}" in said.err
    assert near in said.err
    assert said.out == ""


def test_a_criterion_without_rules_names_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    """No template shows how leaders behave; the firm's papers do."""
    without = [name for name in CRITERIA if not rules_of(name)]
    assert "CC1.1" in without
    for name in without:
        assert run("policy", "rules", "--criterion", name) == Exit.DONE
        said = " ".join(capsys.readouterr().out.split())
        assert f"no rule: shown by process: {CRITERIA[name].process}" in said
    assert run("policy", "rules", "--criterion", "CC6.7", "--service", "KMS") == Exit.DONE
    assert "no rule about KMS serves CC6.7" in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 60, 89, 90, 160])
def test_the_list_can_be_read_at_any_width(width: int) -> None:
    """A column of a few characters makes a tower of every title."""
    text = io.StringIO()
    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    view.list_rules(Console(file=text, width=width), rules)
    said = text.getvalue()
    assert all(rule.id in said for rule in rules)
    assert len(said.splitlines()) < len(rules) * (4 if width == 40 else 3)


@pytest.mark.parametrize(
    "arguments", [("policy", "rules"), ("policy", "rules", "--json"), ("policy", "rule", "SOC2-S3-TLS"), ("settings",)]
)
def test_a_reader_that_has_left_is_no_failure(arguments: tuple[str, ...]) -> None:
    """`alex policy rules | head -1` under pipefail; the pipe here is closed before the first line."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "alex.cli", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (Exit.DONE, "")

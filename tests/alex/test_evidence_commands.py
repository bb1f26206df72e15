"""`alex evidence` makes what an auditor gets; `verify` and `diff` decide by exit code; `alex policy rules` explains."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import soc2.rules  # noqa: F401 - registers the rules
from alex import cli, commands_deploy, places, synthesis
from alex.errors import Exit
from alex.evidence import pack as evidence_pack
from alex.evidence import signing
from soc2 import evidence as format_
from soc2.assembly import Assembly
from soc2.evidence import FILE, Evidence, records, rule_records
from soc2.judge import evaluate
from soc2.rule import RULES, Status
from soc2.signing import beside, check, sign
from tests.policy.evidences import an_acknowledgement, an_evidence
from tests.policy.rules.cases import buckets

CASE = next(case for case in buckets.CASES if case.rule == "SOC2-S3-TLS")


def judged(resources: dict[str, Any]) -> Evidence:
    """Evidence of a template, as a synthesis makes it."""
    results = records(evaluate(Assembly({"Data": {"Resources": resources}}), strict=True))
    return an_evidence(*results, rules=rule_records())


def run(*arguments: Any) -> int:
    """Exit code of a command run in this process."""
    return cli._run([str(argument) for argument in arguments])


@pytest.fixture
def private_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the state is the test's own: keys, assemblies and evidence."""
    monkeypatch.setattr(places, "STATE", tmp_path)
    return tmp_path


@pytest.fixture
def assembly(private_state: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Evidence], Path]:
    """Puts evidence into an assembly that `alex evidence` takes for a fresh synthesis."""
    folder = private_state / "prod" / "assembly"

    def synthesised(_journey: Any, environment: str, output: Path, *, force: bool) -> synthesis.Synthesis:
        assert (environment, output) == ("prod", folder)
        return synthesis.Synthesis(folder, fresh=force, stacks=1, inputs="")

    monkeypatch.setattr(commands_deploy, "synthesised", synthesised)

    def put(evidence: Evidence) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        format_.write(evidence, folder / FILE)
        return folder

    return put


def test_evidence_is_copied_signed_and_shown(
    assembly: Callable[[Evidence], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command from an environment to the folder that an auditor gets; the signed bytes are the assembly's."""
    evidence = judged(CASE.failing)
    source = assembly(evidence) / FILE
    assert run("evidence", "-e", "prod") == Exit.DONE
    folder = tmp_path / "evidence" / "prod"
    assert (folder / FILE).read_bytes() == source.read_bytes()
    found = check(folder / FILE, signing.verify)
    assert "<html" in (folder / "report.html").read_text("utf-8")
    assert list((folder / "oscal").glob("*.json"))
    said = capsys.readouterr().out
    assert found.key.fingerprint in said.replace("\n", "")
    assert f"{len(evidence.results)} verdicts of {len(RULES)} rules" in said
    row = next(line for line in said.splitlines() if line.startswith("CC6.7"))
    of_criterion = {rule.id for rule in evidence.rules if "CC6.7" in rule.criteria}
    counts = [
        sum(result.status is status and result.rule in of_criterion for result in evidence.results)
        for status in evidence_pack.COLUMNS
    ]
    assert row.split()[1:] == [str(len(of_criterion)), *(str(count) if count else "-" for count in counts)]
    assert run("evidence", "verify", folder) == Exit.DONE
    public = signing.public_file(tmp_path / "keys" / "evidence.pem")
    assert run("evidence", "verify", folder / FILE, "--key", public) == Exit.DONE


def test_unsigned_evidence_leaves_no_older_signature(assembly: Callable[[Evidence], Path], tmp_path: Path) -> None:
    """The signature of the evidence before would stand beside the new one, and say that somebody changed it."""
    assembly(judged(CASE.passing))
    folder = tmp_path / "elsewhere"
    assert run("evidence", "--out", folder) == Exit.DONE
    assert beside(folder / FILE).exists()
    assert run("evidence", "--out", folder, "--no-sign") == Exit.DONE
    assert not beside(folder / FILE).exists()
    assert run("evidence", "verify", folder) == Exit.FAILED


def test_an_assembly_without_evidence_did_not_pass_the_gate(
    assembly: Callable[[Evidence], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder of evidence would look like a clean one."""
    (assembly(judged(CASE.passing)) / FILE).unlink()
    assert run("evidence") == Exit.FAILED
    assert "did not pass the policy gate" in capsys.readouterr().err
    (assembly(judged(CASE.passing)) / FILE).write_text("{}", "utf-8")
    assert run("evidence") == Exit.BAD_INPUT


def test_evidence_that_has_become_untrue_is_made_anew(
    assembly: Callable[[Evidence], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The templates are the same, and yet an acceptance has expired, or the commit is another one."""
    today = date.today()  # noqa: DTZ011 - a day more or less is no matter here
    monkeypatch.setattr(evidence_pack, "state_of_source", lambda _folder: ("c" * 40, False))
    fresh = an_evidence(acknowledgements=(an_acknowledgement(expires=today + timedelta(days=9)),))
    expired = an_evidence(acknowledgements=(an_acknowledgement(expires=today - timedelta(days=9)),))
    assert not evidence_pack.outdated(assembly(fresh))
    assert evidence_pack.outdated(assembly(expired))
    monkeypatch.setattr(evidence_pack, "state_of_source", lambda _folder: ("d" * 40, False))
    assert evidence_pack.outdated(assembly(fresh))
    monkeypatch.setattr(evidence_pack, "state_of_source", lambda _folder: ("", False))
    assert not evidence_pack.outdated(assembly(fresh))


def test_verify_says_which_fault_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 for what cannot be trusted, 2 for what is no evidence or key at all."""
    file = tmp_path / FILE
    assert run("evidence", "verify", file) == Exit.BAD_INPUT
    format_.write(judged(CASE.passing), file)
    assert run("evidence", "verify", file) == Exit.FAILED
    assert "the signature is missing" in capsys.readouterr().err
    signer = signing.LocalSigner(tmp_path / "key.pem")
    sign(file, signer, signing.verify)
    assert run("evidence", "verify", file) == Exit.DONE
    assert "any key is accepted without --key" in capsys.readouterr().out
    assert run("evidence", "verify", file, "--key", signer.public_key().fingerprint) == Exit.DONE
    assert "any key" not in capsys.readouterr().out
    assert run("evidence", "verify", file, "--key", "0" * 64) == Exit.FAILED
    assert "another key signed it" in capsys.readouterr().err
    assert run("evidence", "verify", file, "--key", tmp_path / "nothing.pem") == Exit.BAD_INPUT
    file.write_bytes(file.read_bytes() + b" ")
    assert run("evidence", "verify", file) == Exit.FAILED
    assert "the evidence was changed" in capsys.readouterr().err


def test_diff_fails_when_something_got_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """CI compares the evidence of a change with that of the main branch."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    names = {key: value for key, value in CASE.passing.items() if value["Type"] == "AWS::S3::Bucket"}
    format_.write(judged(CASE.passing), good)
    format_.write(judged(names), bad)
    assert run("evidence", "diff", good, good) == Exit.DONE
    assert "Nothing differs." in capsys.readouterr().out
    assert run("evidence", "diff", good, bad) == Exit.FAILED
    said = capsys.readouterr().out
    assert said.startswith("Worse (")
    assert "high SOC2-S3-TLS Data/" in said
    assert f"{Status.COMPLIANT} -> {Status.NON_COMPLIANT}" in said
    assert run("evidence", "diff", good, bad, "--allow-worse") == Exit.DONE
    assert run("evidence", "diff", bad, good) == Exit.DONE
    capsys.readouterr()
    assert run("evidence", "diff", good, bad, "--json") == Exit.FAILED
    assert {move["after"]["rule"] for move in json.loads(capsys.readouterr().out)["worse"]} >= {"SOC2-S3-TLS"}


def test_diff_refuses_what_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths of another environment never match: everything would be new and removed."""
    one, other, broken = (tmp_path / name for name in ("one.json", "other.json", "broken.json"))
    evidence = judged(CASE.passing)
    format_.write(evidence, one)
    staging = evidence.provenance.model_copy(update={"environment": "staging"})
    format_.write(evidence.model_copy(update={"provenance": staging}), other)
    broken.write_text('{"schema_version": 2}', "utf-8")
    assert run("evidence", "diff", one, other) == Exit.BAD_INPUT
    assert "prod and staging" in capsys.readouterr().err
    for wrong in (broken, tmp_path / "missing.json", tmp_path):
        assert run("evidence", "diff", one, wrong) == Exit.BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            '{"schema_version": 0}',
            ("written as version 0; this one reads 1", "use the `alex` of its commit, or make it anew"),
        ),
        ('{\n "packs": [,]}', ("broken JSON at line 2, column 12", "name an evidence.json")),
        ('{"schema_version": 1, "schema": "other"}', ("it lacks provenance", "name an evidence.json")),
    ],
)
def test_old_or_foreign_evidence_is_explained(
    content: str, words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also signed: the signature says that nobody changed it, not that this version can read it."""
    file = tmp_path / FILE
    file.write_text(content, "utf-8")
    sign(file, signing.LocalSigner(tmp_path / "key.pem"), signing.verify)
    for command in (("verify", file), ("diff", file, file)):
        assert run("evidence", *command) == Exit.BAD_INPUT
        said = capsys.readouterr().err
        assert all(part in said for part in words)
        assert "pydantic" not in said


def test_a_key_for_no_signature_is_a_contradiction(
    assembly: Callable[[Evidence], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unsigned evidence, though somebody named the key that was to sign it."""
    assembly(judged(CASE.passing))
    assert run("evidence", "--no-sign", "--kms-key", "alias/evidence") == Exit.BAD_INPUT
    assert "--no-sign and --kms-key" in capsys.readouterr().err
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize(
    ("content", "mode", "remedy"),
    [("no key", 0o600, "move it away"), ("no key", 0o644, "chmod 600"), (None, 0o700, "--no-sign")],
)
def test_an_unusable_signing_key_says_what_to_do(
    content: str | None, mode: int, remedy: str, private_state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Broken, open to others, or a folder in its place."""
    key = private_state / "keys" / "evidence.pem"
    key.parent.mkdir()
    if content is None:
        key.mkdir()
    else:
        key.write_text(content, "ascii")
    key.chmod(mode)
    assert run("evidence") == Exit.FAILED
    said = capsys.readouterr().err
    assert str(key) in said
    assert remedy in said[said.index("to do: ") :]

"""What each tool says of an assembly, in one form: checkov, cfn-lint, cdk-nag's packs, and our own rules.

Decision: checkov runs as a program, because its libraries contradict ours; cdk-nag and our rules are not run again,
because the synthesis has run them, and its report and evidence are what the gate believed.
"""

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from soc2.acknowledgements import parse
from soc2.evidence import FILE, Evidence, read
from soc2.gate import REPORT
from soc2.rule import PACK

CHECKOV = "checkov"
LINT = "cfn-lint"
NIST = "NIST.800.53.R5"
EVERYWHERE = ("", "")
"""Key of what a tool says of no single resource."""

Key = tuple[str, str]
"""Template file and logical id: what all tools can be brought to."""


class CrosscheckError(Exception):
    """An assembly or a tool that cannot be compared; the text says why."""


@dataclass(frozen=True)
class Said:
    """A tool's verdict on one resource.

    :param passed: it looked, and found nothing wrong.
    :param ticket: under which decision the finding is accepted in the code.
    :param count: findings that it stands for, where the tool no longer tells which resources.
    """

    tool: str
    check: str
    key: Key
    passed: bool = False
    title: str = ""
    ticket: str = ""
    count: int = 1


@dataclass
class Ground:
    """A synthesised assembly: its templates, and what the synthesis wrote about them.

    :raises CrosscheckError: it has no evidence, or evidence of other templates.
    """

    folder: Path
    templates: dict[str, Path] = field(init=False, default_factory=dict)
    stacks: dict[str, str] = field(init=False, default_factory=dict)
    region: str = field(init=False, default="us-east-1")

    def __post_init__(self) -> None:
        for manifest in sorted(self.folder.rglob("manifest.json")):
            for artifact in _json(manifest).get("artifacts", {}).values():
                if artifact["type"] == "aws:cloudformation:stack":
                    file = manifest.parent / artifact["properties"]["templateFile"]
                    path = str(artifact.get("displayName", file.name)).split(" ")[0]
                    self.templates[file.name], self.stacks[path] = file, file.name
                    region = artifact.get("environment", "").rpartition("/")[2]
                    self.region = self.region if region in ("", "unknown-region") else region
        judged = self.evidence.provenance.templates
        hashes = {p: hashlib.sha256(self.templates[file].read_bytes()).hexdigest() for p, file in self.stacks.items()}
        if not hashes or any(judged.get(path) != found for path, found in hashes.items()):
            raise CrosscheckError(f"{self.folder}: the evidence is of other templates: synthesise again")

    @cached_property
    def evidence(self) -> Evidence:
        """Our verdicts as the synthesis wrote them."""
        try:
            return read(self.folder / FILE)
        except (OSError, ValueError) as error:
            raise CrosscheckError(f"{self.folder}: no evidence of a synthesis ({error})") from None

    @property
    def environment(self) -> str:
        """For example ``prod``."""
        return self.evidence.provenance.environment

    @cached_property
    def keys(self) -> dict[str, Key]:
        """Resources by construct path, as CDK notes it beside the templates."""
        found: dict[str, Key] = {}
        for file in self.folder.rglob("*.metadata.json"):
            template = file.name.replace(".metadata.json", ".template.json")
            for path, entries in _json(file).items():
                for entry in entries:
                    if entry["type"] == "aws:cdk:logicalId":
                        found[path.lstrip("/")] = (template, entry["data"])
        return found

    @cached_property
    def paths(self) -> dict[Key, str]:
        """Construct path by resource, without the stage's name, so that verdicts hold in every environment."""
        return {key: path.partition("/")[2] or path for path, key in self.keys.items()}

    def where(self, key: Key) -> str:
        """A resource for people and verdicts."""
        return "(everywhere)" if key == EVERYWHERE else self.paths.get(key, "/".join(key))


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CrosscheckError(f"{file}: not readable as JSON ({error})") from None


def checkov(ground: Ground, executable: Path) -> tuple[str, list[Said]]:
    """checkov's version, and its verdicts. It gets no key and nothing of our environment, so it sends nothing home.

    :raises CrosscheckError: it did not run, or could not read a template.
    """
    with tempfile.TemporaryDirectory() as nobody:
        environment = {"PATH": os.defpath, "HOME": nobody, "LOG_LEVEL": "ERROR"}
        folders = sorted({str(file.parent.resolve()) for file in ground.templates.values()})
        places = [argument for folder in folders for argument in ("-d", folder)]
        options = ["--framework", "cloudformation", "-o", "json", "--compact", "--skip-download", "--soft-fail"]
        try:
            done = subprocess.run(
                [str(executable.absolute()), *places, *options],
                env=environment, cwd=nobody, capture_output=True, text=True, timeout=600, check=True,
            )  # fmt: skip
            answers = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", "") or ""
            raise CrosscheckError(f"{executable} gave no report: {error} {said}".strip()) from None
    found: list[Said] = []
    used = ""
    for answer in answers if isinstance(answers, list) else [answers]:
        if not isinstance(answer, dict):
            raise CrosscheckError(f"{executable} gave no report: {answer!r}")
        results = answer.get("results", {})
        if unread := results.get("parsing_errors"):
            raise CrosscheckError(f"checkov could not read {', '.join(unread)}")
        used = answer.get("summary", {}).get("checkov_version", used)
        for name, passed in (("failed_checks", False), ("passed_checks", True)):
            for check in results.get(name, ()):
                key = (Path(check["file_path"]).name, check["resource"].partition(".")[2])
                found.append(Said(CHECKOV, check["check_id"], key, passed, title=check["check_name"]))
    if not any(said.passed for said in found):
        raise CrosscheckError("checkov found nothing to praise in the templates: it did not judge them")
    return used, found


def lint(ground: Ground) -> list[Said]:
    """What cfn-lint finds. It does not say what it passes."""
    from cfnlint.api import lint_file  # type: ignore[import-untyped] # noqa: PLC0415 - a second, which tests don't need
    from cfnlint.config import ManualArgs  # type: ignore[import-untyped] # noqa: PLC0415

    found = []
    for name, file in sorted(ground.templates.items()):
        for match in lint_file(file, ManualArgs(regions=[ground.region])):
            path = [str(step) for step in match.path or ()]
            key = (name, path[1]) if len(path) > 1 and path[0] == "Resources" else (name, "")
            found.append(Said(LINT, match.rule.id, key, title=match.rule.shortdesc))
    return found


def nag(ground: Ground) -> Iterator[Said]:
    """What cdk-nag's packs found, whether it was accepted, and how often a rule that is switched off would have."""
    for plugin in _json(ground.folder / REPORT)["pluginReports"]:
        tool = plugin["pluginName"]
        if tool == PACK or tool not in ground.evidence.packs:
            continue
        for violation in (*plugin.get("violations", ()), *plugin.get("suppressedViolations", ())):
            terms = parse(violation.get("reason", ""))
            for construct in violation["violatingConstructs"]:
                yield Said(
                    tool,
                    nag_check(tool, violation["ruleName"]),
                    ground.keys.get(construct["constructPath"], ("", construct["constructPath"])),
                    title=violation["description"].split(". ", 1)[0].split(" - (Control", 1)[0].rstrip("."),
                    ticket=terms.ticket if terms else "",
                )
    for rule in ground.evidence.switched_off:
        tool, _, name = rule.rule.partition("::")
        if rule.findings:
            yield Said(tool, nag_check(tool, name), EVERYWHERE, title="switched off by name", count=rule.findings)


def nag_check(pack: str, rule: str) -> str:
    """A rule's name without its pack and without what it found."""
    return rule.partition("[")[0].removeprefix(f"{pack}-")


def versions() -> dict[str, str]:
    """The versions of what is installed beside us."""
    return {LINT: version("cfn-lint"), "cdk-nag": version("cdk-nag"), "aws-cdk-lib": version("aws-cdk-lib")}

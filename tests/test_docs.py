"""What the documentation names is there: pages, headings, commands, options, targets, files, settings (OBS-17).

Addresses on the web are not fetched.
"""

import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from alex import cli
from settings import load

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {"traceability.md", "crosscheck.md", "control-matrix.md"}
ROOMS = ("", "constructs", "policy", "lambdas", "local", "docs")
"""Where a path that a page names may begin: at the root, or in the room that holds its package."""
EXAMPLES = {"currency", "rebalancer", "streams", "NAME"}
"""What the guides let their reader make."""
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"(?ms)^[ ]*```\w*\n(.*?)^[ ]*```")
INLINE = re.compile(r"`([^`\n]+)`")
CALL = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?alex (.+)$")
FILE = re.compile(r"^(?:\w[\w-]*/)+[\w.-]+\.(?:py|md|toml|yaml|json|jsonl|txt|svg|png|css)$")


@cache
def pages() -> dict[str, str]:
    """Texts of all pages by path."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "README.md", "docs"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    files = [ROOT / line for line in listed.stdout.splitlines() if line.endswith(".md")]
    return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in files if path.is_file()}


def written_by_hand() -> dict[str, str]:
    return {page: text for page, text in pages().items() if Path(page).name not in GENERATED}


def anchors(text: str) -> set[str]:
    """Headings as GitHub makes links of them; what stands in code is no heading."""
    headings = re.findall(r"(?m)^#{1,6} (.+?)\s*$", FENCED.sub("", text))
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    slugs = ["".join(c for c in heading if c.isalnum() or c in " -_").replace(" ", "-") for heading in plain]
    seen: Counter[str] = Counter()
    found = set()
    for slug in slugs:
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def code(text: str) -> Iterator[str]:
    """Lines of code blocks, continued ones joined, and code in sentences."""
    for block in FENCED.findall(text):
        yield from (line.strip() for line in block.replace("\\\n", " ").splitlines())
    yield from INLINE.findall(FENCED.sub("", text).replace("\n", " "))


def wrong_call(call: str) -> str | None:
    """What is wrong with a call of `alex`: an unknown command or option; None: nothing."""
    try:
        words = shlex.split(re.split(r"\s(?:#|\||;|&&|>|\.\.\.)(?:\s|$)", call)[0].replace("'", '"'))
    except ValueError:
        return "cannot be read as a command"
    at: Any = typer.main.get_group(cli.app)
    options = _options(at)
    takes_next = False
    for word in words:
        name, _, value = word.partition("=")
        if takes_next:
            takes_next = False
        elif word == "--" or at.name == "cdk":
            return None
        elif word.startswith("-") and len(word) > 1:
            if name not in options:
                return f"has no option {word}"
            takes_next = not options[name] and not value
        elif word in getattr(at, "commands", {}):
            at = at.commands[word]
            options |= _options(at)
        elif getattr(at, "commands", None) and not getattr(at, "invoke_without_command", False) and not word.isupper():
            return f"has no command {word}"
    return None


def _options(command: Any) -> dict[str, bool]:
    """Names of the options, and whether each stands alone, without a value."""
    flags = {name: bool(one.is_flag) for one in command.params if one.param_type_name == "option" for name in one.opts}
    off = {name: True for one in command.params for name in one.secondary_opts}
    return {"--help": True} | flags | off


def test_links_and_headings_lead_somewhere() -> None:
    """OBS-17: a dead link is a page that nobody can find, a dead heading a search in the middle of an incident."""
    dead = []
    for page, text in pages().items():
        for link in LINK.findall(FENCED.sub("", text)):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            path = (ROOT / page).parent / target if target else ROOT / page
            if not path.exists():
                dead.append(f"{page} -> {link}")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text("utf-8")):
                dead.append(f"{page} -> {link}: no such heading")
    assert dead == []


def test_the_commands_exist_with_their_options() -> None:
    """OBS-17: a person types what stands there, and has no time to find out what was meant."""
    calls = [
        (page, one[1]) for page, text in written_by_hand().items() for line in code(text) if (one := CALL.match(line))
    ]
    assert len(calls) > 150
    assert [f"{page}: alex {call}: {wrong}" for page, call in calls if (wrong := wrong_call(call))] == []


@pytest.mark.parametrize("call", ["dance", "watch --frobnicate", "audit sing JOB", "deploy -z"])
def test_a_call_that_does_not_exist_is_seen(call: str) -> None:
    """OBS-17: otherwise the test above would pass whatever stood there."""
    assert wrong_call(call)


def test_the_make_targets_exist() -> None:
    """A newcomer types what stands there."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        (page, found[1])
        for page, text in pages().items()
        for line in code(text)
        if (found := re.match(r"make ([a-z][a-z0-9-]*)", line))
    }
    assert len(named) > 10
    assert {(page, target) for page, target in named if target not in targets} == set()


def test_the_files_exist() -> None:
    """A page that names a file that has moved sends its reader into an empty room."""
    tracked = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                             capture_output=True, text=True, check=True).stdout.splitlines()  # fmt: skip
    rooms = {line.partition("/")[0] for line in tracked if "/" in line} | {"hardened", "soc2", "advisor", "local_cloud"}
    named = [
        (page, name)
        for page, text in written_by_hand().items()
        for name in INLINE.findall(FENCED.sub("", text))
        if FILE.match(name) and name.partition("/")[0] in rooms and Path(name).stem not in EXAMPLES
    ]
    assert len(named) > 40
    missing = {f"{page}: {name}" for page, name in named if not any((ROOT / room / name).exists() for room in ROOMS)}
    assert missing == set()


def test_settings_and_outputs_exist() -> None:
    """OBS-17: whoever is told to raise a setting, or to take an output, must find it under that name."""
    settings = load("prod").model_dump()
    sections = "|".join(name for name, value in settings.items() if isinstance(value, dict))
    wrong = set()
    stacks = "".join(file.read_text("utf-8") for file in (ROOT / "stacks").rglob("*.py"))
    for page, text in written_by_hand().items():
        for name in re.findall(rf"`((?:{sections})(?:\.[a-z]\w*)+)`", text):
            value: Any = settings
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) and part in value else ...
            # A section's name may also be a folder's or a module's.
            if value is ... and not name.endswith((".py", ".md", ".yaml", ".json")):
                wrong.add(f"{page}: {name}")
        for name in re.findall(r"outputs? `(\w+)`", text):
            if f'"{name}"' not in stacks:
                wrong.add(f"{page}: output {name}")
    assert wrong == set()


def test_the_dashboards_that_runbooks_name_are_deployed() -> None:
    """OBS-17: a dashboard by a wrong name is an empty page of the console."""
    made = (ROOT / "stacks" / "observability.py").read_text("utf-8")
    named = {
        (page, name)
        for page, text in pages().items()
        if page.startswith("docs/runbooks/")
        for name in re.findall(r"`alex-ENV-(platform|agent-performance|ai-model-usage|cost|security|business)`", text)
    }
    assert len(named) > 15
    assert {(page, name) for page, name in named if f'"{name}"' not in made} == set()

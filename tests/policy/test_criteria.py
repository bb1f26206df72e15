"""The catalogue of criteria claims nothing that does not exist, and hides no gap (COMP-08, COMP-18).

An auditor starts from it: a criterion without a rule, a test or a page behind it would be a promise of nobody.
"""

import ast
import json
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

import soc2.rules  # noqa: F401 - registers the rules
from settings import load as load_settings
from soc2.criteria import CRITERIA, FILES, CatalogueError, Criterion, Evidenced, load, rules_of
from soc2.rule import RULES

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "policy" / "soc2" / "criteria"
PROCESSES = ROOT / "docs" / "processes"
ALL = (
    *("CC1.1", "CC1.2", "CC1.3", "CC1.4", "CC1.5", "CC2.1", "CC2.2", "CC2.3", "CC3.1", "CC3.2", "CC3.3", "CC3.4"),
    *("CC4.1", "CC4.2", "CC5.1", "CC5.2", "CC5.3"),
    *("CC6.1", "CC6.2", "CC6.3", "CC6.4", "CC6.5", "CC6.6", "CC6.7", "CC6.8"),
    *("CC7.1", "CC7.2", "CC7.3", "CC7.4", "CC7.5", "CC8.1", "CC9.1", "CC9.2"),
    *("A1.1", "A1.2", "A1.3", "C1.1", "C1.2", "PI1.1", "PI1.2", "PI1.3", "PI1.4", "PI1.5"),
    *("P1.1", "P2.1", "P3.1", "P3.2", "P4.1", "P4.2", "P4.3", "P5.1", "P5.2"),
    *("P6.1", "P6.2", "P6.3", "P6.4", "P6.5", "P6.6", "P6.7", "P7.1", "P8.1"),
)
each = pytest.mark.parametrize("criterion", CRITERIA.values(), ids=list(CRITERIA))


@cache
def names_in(file: Path) -> frozenset[str]:
    """Names of the tests in ``file``; methods as ``Class::method``."""
    found: set[str] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return frozenset(name for name in found if re.search(r"(^|::)test_\w+$", name))


def test_no_criterion_is_missing_and_they_stand_in_order() -> None:
    """A criterion that is left out looks like one that is met."""
    assert tuple(CRITERIA) == ALL


def test_rules_name_criteria_that_exist() -> None:
    """A rule behind a mistyped criterion would be evidence for nothing."""
    unknown = {rule.id: sorted(set(rule.criteria) - set(CRITERIA)) for rule in RULES.values()}
    assert {name: ids for name, ids in unknown.items() if ids} == {}
    assert [rule.id for rule in RULES.values() if not (rule.criteria and rule.requirements and rule.fix)] == []


@each
def test_what_is_claimed_of_code_is_in_code(criterion: Criterion) -> None:
    """What code can show, a rule shows; *yes* needs tests too; *no* must not look better than it is."""
    behind = rules_of(criterion.id)
    if criterion.evidence != Evidenced.NO:
        assert behind
        assert criterion.tests or criterion.evidence == Evidenced.PARTLY
    else:
        assert behind == (), "a rule evidences a part of it: say partly, and what is missing"
        assert criterion.tests == ()


@each
def test_named_tests_and_pages_exist(criterion: Criterion) -> None:
    """Whoever looks for the proof must find it."""
    for named in criterion.tests:
        file, _, name = named.partition("::")
        assert (ROOT / file).is_file(), named
        assert name in names_in(ROOT / file), named
    assert len(set(criterion.tests)) == len(criterion.tests)
    if criterion.process and criterion.process.startswith("docs/"):
        assert (ROOT / criterion.process).is_file()


@each
def test_texts_are_our_own_sentences(criterion: Criterion) -> None:
    """One or two sentences, without the words by which the AICPA's copyrighted text is known."""
    for text in filter(None, (criterion.asks, criterion.why)):
        assert 1 <= len(re.findall(r"[.](?= [A-Z]|$)", text)) <= 2, text
        assert len(text) < 260, text
        assert not re.search(r"entity|internal control", text, re.IGNORECASE), text
    assert criterion.asks != criterion.why
    assert not criterion.title.endswith(".")


def test_the_join_goes_both_ways() -> None:
    """What a rule names is what its criterion shows, in a stable order."""
    joined = {(criterion, rule.id) for criterion in CRITERIA for rule in rules_of(criterion)}
    assert joined == {(criterion, rule.id) for rule in RULES.values() for criterion in rule.criteria}
    assert "SOC2-S3-TLS" in [rule.id for rule in rules_of("CC6.7")]
    assert [rule.id for rule in rules_of("CC6.1")] == sorted(rule.id for rule in rules_of("CC6.1"))
    with pytest.raises(KeyError):
        rules_of("CC6.9")


def test_categories_are_those_of_an_audits_scope() -> None:
    """The letters are easily confused: C is not CC, P is not PI."""
    chosen = ("CC6.1", "A1.2", "C1.1", "PI1.5", "P1.1")
    expected = ["Security", "Availability", "Confidentiality", "Processing integrity", "Privacy"]
    assert [CRITERIA[name].category for name in chosen] == expected


def test_every_error_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    """Whoever edits the files corrects them in one go."""
    for name in FILES:
        shutil.copy(CATALOGUE / name, tmp_path / name)
    assert load(tmp_path) == CRITERIA
    spoil(tmp_path / "cc8.toml", 'evidence = "partly"', 'evidence = "mostly"')
    spoil(tmp_path / "cc9.toml", 'id = "CC9.2"', 'id = "CC9.1"')
    spoil(tmp_path / "a.toml", 'id = "A1.1"', 'id = "C1.1"')
    spoil(tmp_path / "c.toml", 'why = "', 'because = "')
    spoil(tmp_path / "cc6.toml", 'evidence = "yes"', 'evidence = "yes"\nprocess = "docs/deploying.md"')
    spoil(tmp_path / "pi.toml", "tests/hardened/test_rest_api.py::", "test_rest_api.py::")
    spoil(tmp_path / "cc1.toml", 'heading = "Control environment"', "")
    (tmp_path / "p.toml").write_text("heading = ", "utf-8")
    (tmp_path / "cc2.toml").unlink()
    with pytest.raises(CatalogueError) as told:
        load(tmp_path)
    text = str(told.value)
    for place in (
        "cc1.toml: holds a heading",
        "cc2.toml: ",
        "cc6.toml, record 6 (CC6.6): why and process stand for what code cannot show",
        "cc8.toml, record 1 (CC8.1): evidence: ",
        "cc9.toml, record 2 (CC9.1): stands twice",
        "a.toml, record 1 (C1.1): belongs into another file",
        "c.toml, record 1 (C1.1): because: ",
        "pi.toml, record 2 (PI1.2): tests.0: ",
        "p.toml: ",
    ):
        assert f"  - {place}" in text


def spoil(file: Path, old: str, new: str) -> None:
    """Replace the first ``old``, which must be there."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_every_process_is_somebodys() -> None:
    """A page that no criterion leads to is read by nobody."""
    assert {f"docs/processes/{page.name}" for page in PROCESSES.glob("*.md")} <= {
        criterion.process for criterion in CRITERIA.values()
    }


def test_the_list_of_vendors_names_every_service_of_the_templates() -> None:
    """A service that came with a change would handle data without standing on the list."""
    used = {
        resource["Type"].split("::")[1]
        for file in (ROOT / "tests/stacks/__snapshots__/test_snapshots").glob("test_template?prod-*.json")
        for resource in json.loads(file.read_text("utf-8"))["Resources"].values()
        if resource["Type"].startswith("AWS::")
    }
    rows = [line for line in (PROCESSES / "vendors.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])}
    assert len(used) > 20
    assert listed == used


def test_the_stated_periods_are_the_settings() -> None:
    """A page that promises another period than the one in force misleads whoever asks for deletion."""
    settings = load_settings("prod")
    page = (PROCESSES / "data-retention.md").read_text("utf-8")
    stated = re.findall(r"^\| [^|]+ \| (\d+) (?:days|years) \| `(\w+)\.(\w+)` \|", page, re.MULTILINE)
    assert len(stated) >= 5
    assert [(*row, getattr(getattr(settings, row[1]), row[2])) for row in stated] == [
        (*row, int(row[0])) for row in stated
    ]
    assert f"`{settings.retention.object_lock_mode}` (`retention.object_lock_mode`)" in page

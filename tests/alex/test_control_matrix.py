"""The control matrix: complete, current, and made from code alone (COMP-18)."""

import importlib
import re

import pytest

import soc2.rules  # noqa: F401 - registers the rules
from alex import places
from alex.evidence import control_matrix
from soc2.criteria import CRITERIA
from soc2.rule import RULES


@pytest.fixture(scope="module")
def page() -> str:
    """The page as it must be now."""
    return control_matrix.page()


def test_the_matrix_is_current(page: str) -> None:
    """An auditor follows it from a criterion to a test."""
    wanted = "docs/control-matrix.md is stale: run `.venv/bin/python -m alex.evidence.control_matrix`"
    assert control_matrix.TARGET.exists(), wanted
    assert control_matrix.TARGET.read_text("utf-8") == page, wanted


def test_every_criterion_has_a_section_with_its_rules(page: str) -> None:
    """A criterion that is left out looks as if it were met."""
    criteria, _, _ = page.partition("\n## Rules\n")
    sections = {text.split(" ", 1)[0]: text for text in re.split(r"^### ", criteria, flags=re.M)[1:]}
    assert set(sections) == set(CRITERIA)
    for name, criterion in CRITERIA.items():
        assert criterion.asks in sections[name]
        assert all(f"`{test}`" in sections[name] for test in criterion.tests)
        wanted = {rule.id for rule in RULES.values() if name in rule.criteria}
        assert set(re.findall(r"^\| `(SOC2-[A-Z0-9-]+)` ", sections[name], re.M)) == wanted


def test_every_rule_has_a_line_with_its_remedy(page: str) -> None:
    """Also a rule whose criterion somebody mistyped would have to be seen."""
    lines = {
        line.split("`")[1]: line for line in page.partition("\n## Rules\n")[2].splitlines() if line.startswith("| `")
    }
    assert set(lines) == set(RULES)
    for rule in RULES.values():
        assert all(f"`{name}`" in lines[rule.id] for name in rule.on)
        assert rule.fix.replace("|", "\\|") in lines[rule.id]


def test_tables_have_as_many_cells_as_heads(page: str) -> None:
    """A bar in a text would shift everything behind it."""
    for table in re.findall(r"(?:^\|.*\n)+", page, re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_links_to_sections_resolve(page: str) -> None:
    """The overview leads to each criterion."""
    headings = re.findall(r"^#+ (.+)$", page, re.M)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def test_the_tests_that_it_names_test_the_rules() -> None:
    """The file that stands beside a rule's module holds its passing and its failing templates."""
    named = {rule.id: control_matrix.tests_of(rule) for rule in RULES.values()}
    modules = {file: importlib.import_module(file.removesuffix(".py").replace("/", ".")) for file in named.values()}
    tested = {file: {case.rule for case in module.CASES} for file, module in modules.items()}
    assert [rule for rule, file in named.items() if rule not in tested[file]] == []


def test_check_writes_nothing_and_fails_on_a_stale_page(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In CI it must not repair what it should report."""
    target = places.ROOT / ".alex" / "control-matrix-of-a-test.md"
    monkeypatch.setattr(control_matrix, "TARGET", target)
    try:
        assert control_matrix.main(["--check"]) == 1
        assert not target.exists()
        assert control_matrix.main([]) == 0
        assert control_matrix.main(["--check"]) == 0
        target.write_text("old", "utf-8")
        assert control_matrix.main(["--check"]) == 1
        assert "stale" in capsys.readouterr().out
    finally:
        target.unlink(missing_ok=True)


def test_a_rule_for_a_criterion_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would stand behind nothing."""
    rule = next(iter(RULES.values()))
    monkeypatch.setitem(RULES, rule.id, type(rule)(**{**vars(rule), "criteria": ("CC99.9",)}))
    with pytest.raises(ValueError, match=r"CC99\.9"):
        control_matrix.page()

"""`alex cost`: an estimate that people and programs can read, whatever it is made from; nothing is asked of AWS."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alex import cli, console
from alex.cost import templates as source
from alex.errors import Exit
from alex.evidence import change
from alex.evidence.stub_synthesis import Ending
from alex.journey import Journey
from settings import load
from tests.alex.small_platform import Repository
from tests.costs.bench import resource, template

KEY = {"Security": template(DataKey0A1B2C3D=resource("KMS::Key"))}
BUDGET = resource(
    "Budgets::Budget",
    Budget={"TimeUnit": "DAILY", "BudgetLimit": {"Amount": 8000, "Unit": "USD"}},
    NotificationsWithSubscribers=[{"Notification": {"NotificationType": "ACTUAL", "Threshold": 100}}],
    ResourceTags=[{"Key": "Purpose", "Value": "inference"}],
)
AGENTS = template(
    ReporterFunction0A1B2C3D=resource("Lambda::Function", MemorySize=1024, Architectures=["arm64"]), Daily=BUDGET
)
HERE = KEY | {"Agents": AGENTS, "Network": template(Nat=resource("EC2::NatGateway"), Vpc=resource("EC2::VPC"))}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Takes templates for this tree's synthesis, which other tests make."""

    def take(found: Any) -> None:
        monkeypatch.setattr(source, "of_this_tree", lambda _journey, _environment: found)

    take(HERE)
    return take


def run(*arguments: Any) -> int:
    """Exit code of the command in this process."""
    return cli._run(["--plain", "cost", *map(str, arguments)])


def test_the_table_says_what_costs_how_much_and_what_it_rests_on(here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """COST-01: a budget owner reads stack, service, total, the budgets, the assumptions, and what has no price."""
    assert run() == Exit.DONE
    out = capsys.readouterr().out
    usage = load("prod").usage
    assert re.search(r"Network +[\d.]+ +[\d.]+%\s+VPC +33\.75 +32\.85", out)
    assert re.search(r"platform: \$[\d,.]+ a month of \$5,000", out)
    assert f"usage.analyses_per_day = {usage.analyses_per_day} analyses/day" in out
    assert "no charge: 1 EC2::VPC" in out
    assert re.search(r"nobody has confirmed.*\s.*bedrock\.large_input", out)
    assert "in advance" not in out


def test_every_price_is_shown_with_its_day_and_page(here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """COST-01: who doubts a figure must find where it comes from."""
    assert run("--prices") == Exit.DONE
    out = capsys.readouterr().out
    assert re.search(r"vpc\.nat_hour +0\.045 +hour +2026-\d\d-\d\d +yes +https://aws\.amazon\.com/vp", out)


def test_programs_get_lines_that_add_up(here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """COST-01: a dashboard made from the JSON shows the same total as the table."""
    assert run("--json") == Exit.DONE
    found = json.loads(capsys.readouterr().out)
    assert sum(line["usd"] for line in found["lines"]) == pytest.approx(found["usd_per_month"], abs=0.01)
    by_purpose = {budget["purpose"]: budget["expected"] for budget in found["budgets"]}
    assert by_purpose["platform"] + by_purpose["inference"] * 365 / 12 == pytest.approx(
        found["usd_per_month"], abs=0.01
    )
    assert found["unpriced"]["AWS::EC2::VPC"]["count"] == 1
    assert found["prices"].keys() == {line["price"] for line in found["lines"]}
    assert found["usage"] == load("prod").usage.model_dump(mode="json")


def test_a_change_is_compared_by_service_and_resource(
    here: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """COST-01: a reviewer sees what a pull request adds to the bill, and where."""
    for stack, content in (KEY | {"Network": template()}).items():
        (tmp_path / f"{stack}.template.json").write_text(json.dumps(content))
    assert run("--against", tmp_path) == Exit.DONE
    out = capsys.readouterr().out
    assert re.search(r"VPC +0\.00 +33\.75 +\+33\.75", out)
    assert re.search(r"Network/Nat +0\.00 +33\.75 +\+33\.75", out)
    assert "Security/DataKey" not in out


def test_a_commit_that_the_gate_refuses_is_still_estimated(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COST-01: being over its budget is one reason for a refusal, and just then the difference is wanted."""
    repository.commit()

    def refused(_tree: Path, _environment: str, output: Path) -> tuple[int, str]:
        output.mkdir()
        (output / "Security.template.json").write_text(json.dumps(KEY["Security"]))
        return Ending.REFUSED, "over the budget"

    monkeypatch.setattr(change, "synthesise", refused)
    with Journey(console.out()) as journey:
        assert source.of_base(journey, "HEAD", "prod") == KEY


@pytest.mark.parametrize(
    ("content", "says"), [(None, "no *.template.json in"), ("{", "is no JSON")], ids=["empty folder", "broken file"]
)
def test_a_folder_without_templates_is_refused(
    here: Any, content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """COST-01: comparing with nothing would show everything as new."""
    if content:
        (tmp_path / "X.template.json").write_text(content)
    assert run("--against", tmp_path) == Exit.BAD_INPUT
    err = capsys.readouterr().err
    assert says in err
    assert "to do: name a folder that `cdk synth` wrote" in err


def test_an_unknown_revision_is_refused(here: Any, repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """COST-01: a typing error is no empty base."""
    repository.commit()
    assert run("--against", "no-such-branch") == Exit.BAD_INPUT
    assert "there is no commit 'no-such-branch' here" in capsys.readouterr().err


def test_over_the_budget_is_exit_1(here: Callable[[Any], None], capsys: pytest.CaptureFixture[str]) -> None:
    """COST-01: a script that asks before deploying must be stopped; 200 gateways are no plan."""
    here({"Network": template(**{f"Nat{n}": resource("EC2::NatGateway") for n in range(200)})})
    assert run() == Exit.FAILED
    assert "OVER BUDGET" in capsys.readouterr().out


def test_an_accepted_overspend_and_the_laptop_are_no_failure(
    here: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """COST-01: somebody answers for the one; nobody bills the other. Both are said."""
    here({"Network": template(**{f"Nat{n}": resource("EC2::NatGateway") for n in range(200)})})
    assert run("-e", "prod-dr") == Exit.DONE
    assert "Accepted until 2027-06-30 by platform (RISK-32)" in capsys.readouterr().out
    assert run("-e", "local") == Exit.DONE
    assert "The laptop sends no bill" in capsys.readouterr().out


def test_the_use_can_be_multiplied_to_see_who_would_be_told(here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """COST-04: how far from the 8,000 USD of inference a day is the plan, and would somebody hear of it?"""
    assert run("--times", 1) == Exit.DONE
    assert "would tell:\n  nothing" in capsys.readouterr().out
    assert run("--times", 2000) == Exit.DONE
    assert "day 1: inference, actual over 100% of 8,000 USD daily" in capsys.readouterr().out


def test_a_type_without_a_price_is_explained(here: Callable[[Any], None], capsys: pytest.CaptureFixture[str]) -> None:
    """COST-01: who adds a service is told which file to touch."""
    here({"New": template(Machine=resource("Braket::QPU"))})
    assert run() == Exit.FAILED
    assert "AWS::Braket::QPU" in (err := capsys.readouterr().err)
    assert "docs/cost.md" in err


def test_the_page_loads_nothing_and_shows_the_same(
    here: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """COST-01: it is mailed to people who pay; a page that fetches something would tell others who reads it."""
    page = tmp_path / "cost.html"
    assert run("--html", page, "--json") == Exit.DONE
    text, found = page.read_text("utf-8"), json.loads(capsys.readouterr().out)
    assert f"A month of prod: ${found['usd_per_month']:,.0f}" in text
    assert text.count("<svg") == 2
    assert not re.search(r"<script|<link|<img|url\(", text)
    assert "default-src 'none'" in text

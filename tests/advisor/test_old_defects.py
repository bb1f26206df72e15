"""Defects of an earlier system that no other test would notice if they came back (the rest: docs/works-when.md)."""

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import advisor
from advisor.adapters.data_api import DataApi
from advisor.adapters.records import Records
from advisor.domain.models import Account, Instrument, User
from advisor.domain.projection import project
from advisor.handlers import openapi

HOME = Path(advisor.__file__).parent
SOURCES = sorted(HOME.rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Dotted name and node of every call in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize(("table", "model"), [("instruments", Instrument), ("accounts", Account), ("users", User)])
def test_one_name_for_one_thing(database: DataApi, table: str, model: type[Instrument | Account | User]) -> None:
    """Defect 8: the page read ``asset_class_allocation`` where the table says ``allocation_asset_class``."""
    sql = "SELECT column_name FROM information_schema.columns WHERE table_name = :table AND table_schema = 'public'"
    columns = {row["column_name"] for row in database.query(sql, table=table)}
    assert set(model.model_fields) - {"positions"} <= columns
    schemas = openapi.document()["components"]["schemas"]
    shown = {
        "instruments": schemas["Position"]["properties"]["instrument"]["properties"],
        "accounts": schemas["AccountRecord"]["properties"],
        "users": schemas["Profile"]["properties"]["user"]["properties"],
    }[table]
    assert set(shown) <= columns


def test_what_can_be_created_can_be_changed() -> None:
    """Defect 6: an account's interest could be sent and was not stored, or stored and not changed."""
    schemas = openapi.document()["components"]["schemas"]
    created, changed = (set(schemas[name]["properties"]) for name in ("AccountCreation", "AccountChange"))
    assert created == changed <= set(schemas["AccountRecord"]["properties"])
    assert "cash_interest" in created


def test_nobody_waits_in_order_to_be_observed() -> None:
    """Defect 10: a pause at the end of every agent ate the analysis's three minutes."""
    places = {str(path.relative_to(HOME)) for path in SOURCES for name, _ in calls(path) if name.endswith("sleep")}
    # A called sleep of these waits for a service that refused; `telemetry` and every handler are not among them.
    assert places <= {
        *("adapters/data_api.py", "adapters/audit_table.py", "adapters/breaker_table.py", "domain/retry.py"),
        "handlers/tracing.py",  # counts the retries that `domain.retry` waits for
    }


def test_every_time_has_its_zone() -> None:
    """Defect 13: ``utcnow()`` gives a time that everybody reads as their own."""
    naive = [
        f"{path.relative_to(HOME)}:{call.lineno}"
        for path in SOURCES
        for name, call in calls(path)
        if name.endswith(("utcnow", "utcfromtimestamp", "date.today", "datetime.today"))
        or (name.endswith(("datetime.now", "datetime.fromtimestamp")) and not (call.args or call.keywords))
    ]
    assert naive == []


def test_there_is_one_module_of_observation() -> None:
    """Defect 15: five copies that differed in a name."""
    metrics = re.compile(r"aws_lambda_powertools[.\w]*metrics|put_metric_data|_aws.*CloudWatchMetrics")
    found = [str(path.relative_to(HOME)) for path in SOURCES if metrics.search(path.read_text(encoding="utf-8"))]
    assert found == ["adapters/telemetry.py"]


def test_code_and_database_agree_on_what_a_new_user_is(database: DataApi) -> None:
    """Defect 18: the API began with 20 years and 60,000, the agents with 30 and 80,000, and everybody was 40."""
    stored, created = Records(database).profile("new")
    assert created
    times = {"created_at", "updated_at"}
    assert stored.model_dump(exclude=times) == User(user_id="new").model_dump(exclude=times)
    assert (stored.years_until_retirement, stored.target_retirement_income, stored.current_age) == (
        20,
        Decimal(60_000),
        None,
    )


def test_an_age_that_nobody_gave_is_not_made_up() -> None:
    """Defect 18: a projection that counts from an assumed age is about somebody else."""
    user = User(user_id="new")
    path = project(
        value=user.annual_contribution,
        mean_return=0.05,
        years=user.years_until_retirement,
        contribution=user.annual_contribution,
        target_income=user.target_retirement_income,
        current_age=user.current_age,
    )
    assert {milestone.age for milestone in path.milestones} == {None}


def test_no_price_is_written_down_in_the_code() -> None:
    """Defect 4: unknown prices became 1, 100 or a random number."""
    drawn = [str(path.relative_to(HOME)) for path in SOURCES for name, _ in calls(path) if re.match(r"random\.", name)]
    # Chance belongs to pauses between attempts, and to nothing that an investor reads.
    assert set(drawn) <= {"adapters/data_api.py", "adapters/audit_table.py", "adapters/breaker_table.py"}
    reference = (HOME / "migrations" / "0002_reference_instruments.sql").read_text(encoding="utf-8")
    assert "current_price" not in reference

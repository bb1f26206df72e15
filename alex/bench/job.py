"""What one analysis asks for: calls of the database whatever the holdings, of the models, their cost, and each agent's
time as the planner saw it.

The end of a job is read from the planner's log: asking the API would itself ask the database.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from alex import approval, follow, local, portfolio, portfolios
from alex.agent_logs.files import FileLogs
from alex.bench.measure import Row, Say
from alex.client import Api
from alex.errors import CommandError
from alex.journey import Step
from alex.logs import function_of
from alex.portfolio import DemoAccount, Portfolio
from local_cloud.cloud import LocalCloud

POSITIONS = (1, 20, 60, 200)
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.05


def costs(say: Say, cloud: LocalCloud) -> list[Row]:
    """Database calls of a job with 1 to 200 positions, and model calls, tokens and simulated cost of the last one."""
    rows: list[Row] = []
    for wanted in _portfolios():
        say(f"{wanted.positions} positions")
        with local.session(cloud, f"{wanted.user}-{uuid.uuid4().hex[:8]}") as api:
            portfolio.load(api, wanted)
            _released(cloud, api, follow.request(api))  # instruments that are new to the database are classified once
            before = cloud.database_calls()
            job_id = follow.request(api)
            _finished(cloud, job_id)
            calls = cloud.database_calls() - before
            note = "with what the review's start asks beside it"
            what = f"database calls, {wanted.positions} position{'s' if wanted.positions > 1 else ''}"
            rows.append(Row("job", what, calls, "calls", note=note))
            model = _model(api, job_id)
            _released(cloud, api, job_id)
    return [*rows, *model]


def agents(cloud: LocalCloud, job_id: str, state: str) -> list[Row]:
    """Seconds of each agent of a finished job, its function's start included where it was cold."""
    took = {
        str(entry["agent"]): float(entry["details"]["duration_ms"]) / 1000
        for entry in _log(cloud, job_id)
        if entry.get("event_type") == "AGENT_COMPLETED"
    }
    return [Row("analysis", f"{state}: {agent}", seconds, "s", (seconds,)) for agent, seconds in sorted(took.items())]


def _portfolios() -> Iterator[Portfolio]:
    yield portfolios.ONE_STOCK
    yield portfolio.DEMO
    yield portfolios.SIXTY
    symbols = [symbol for account in portfolios.SIXTY.accounts[:2] for symbol in account.positions][:25]
    accounts = tuple(
        DemoAccount(f"Account {n}", "taxable", "bench", Decimal(1000), Decimal(0), dict.fromkeys(symbols, "10"))
        for n in range(POSITIONS[-1] // len(symbols))
    )
    yield replace(portfolios.SIXTY, user="bench-many", accounts=accounts)


def _log(cloud: LocalCloud, job_id: str) -> list[dict[str, Any]]:
    """The planner's entries about a job."""

    def planner() -> dict[Path, str]:
        return {path: "planner" for name, path in cloud.logs().items() if function_of(name) == "Planner"}

    lines = FileLogs(planner, since=datetime.now(UTC) - timedelta(minutes=10)).poll()
    return [line.entry for line in lines if line.entry is not None and line.of_job(job_id)]


def _finished(cloud: LocalCloud, job_id: str) -> None:
    """Wait for the planner's word that the job is complete."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(entry.get("event_type") == "PLANNER_COMPLETED" for entry in _log(cloud, job_id)):
        if time.monotonic() > deadline:
            raise CommandError(
                f"the analysis did not end in {PATIENCE_SECONDS:.0f} s",
                where=f"job {job_id}",
                remedy=f"`alex watch --job {job_id[:8]}` shows where it is",
            )
        time.sleep(LOOK_SECONDS)


def _released(cloud: LocalCloud, api: Api, job_id: str) -> None:
    """Wait for the job's end, and approve what waits for a person: the next job could not start before."""
    _finished(cloud, job_id)
    job = api.job(job_id)
    if job["status"] == "awaiting_approval":
        approval.decide(cloud, api, job, Step("bench", None), decision="approve")


def _model(api: Api, job_id: str) -> list[Row]:
    """Of the audit trail: the analyst's calls, estimated tokens, and what the production model would have cost."""
    totals = api.get(f"/api/jobs/{job_id}/audit")["totals"]
    return [
        Row("job", "model calls", totals["model_calls"], "calls"),
        Row("job", "tokens in, estimated", totals["tokens_in"], "tokens"),
        Row("job", "tokens out, estimated", totals["tokens_out"], "tokens"),
        Row(
            "job",
            "simulated cost",
            float(totals["cost_usd"]),
            "USD",
            note="at production's prices; nothing was charged",
        ),
    ]

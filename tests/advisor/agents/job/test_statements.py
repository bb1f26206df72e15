"""The number of database statements of a job does not grow with the holdings (PERF-06, domain 16, defect 17)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from advisor.adapters.records import Records

CLASSIFIED = """UPDATE instruments SET allocation_source = 'seed', allocation_asset_class = '{"equity": 100}',
allocation_regions = '{"north_america": 100}', allocation_sectors = '{"technology": 100}'"""


def test_a_job_asks_as_often_with_many_holdings_as_with_one(make_world: Any, rds_data: Any) -> None:
    """AGENT-05: one query a holding made an earlier system slow for exactly the clients with the most money."""
    symbols = [f"SY{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(200)]
    world = make_world(held={}, prices=dict.fromkeys(symbols, "100"))
    records, held, counts = Records(world.database), 0, {}
    account = records.accounts("alice", limit=1)[0]
    for positions in (2, 20, 60, 200):
        for symbol in symbols[held:positions]:
            records.hold(account.id, symbol, Decimal(10))
        held = positions
        world.database.query(CLASSIFIED)
        if positions > 2:
            request = {"analysis_type": "portfolio", "options": {}}
            started = world.jobs.start(user_id="alice", request=request, correlation_id="corr-1")
            world = replace(world, job_id=started.job_id)
        rds_data.statements.clear()
        world.handle()
        counts[positions] = len(rds_data.statements)
        assert world.job().summary_payload["num_positions"] == positions
    assert len(set(counts.values())) == 1, counts
    assert 5 < counts[2] < 40

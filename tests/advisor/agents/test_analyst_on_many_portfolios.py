"""The simulated analyst over all kinds of portfolios: its words must pass the platform's own rules in one turn.

A local run that falls back would show the engines' plain text and lower confidence, and hide the way of the data.
"""

import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest

from advisor.agents.charter import Charter
from advisor.agents.reporter import Reporter
from advisor.agents.request import AgentRequest
from advisor.agents.retirement import Retirement
from advisor.domain.models import Account, Instrument, Portfolio, Position, User
from advisor.domain.vocabulary import AccountType, AllocationSource, InstrumentType, PriceSource
from local_cloud.analyst.known import COMPANY_SECTORS, FUNDS

DAY = date(2022, 12, 28)
SPACE = UUID(int=9)
COMPANIES = {symbol: sector for sector, symbols in COMPANY_SECTORS.items() for symbol in symbols}
NAMES = ("Roth IRA", "Cash reserve", "Equity plan 60%", "Brokerage $1,000", "401k", "Kids' 529", "Gap", "Median")


def some_instrument(rng: random.Random, symbol: str) -> Instrument:
    priced = rng.random() > 0.1
    fields: dict[str, Any] = {
        "symbol": symbol,
        "name": f"{symbol} & Co.",
        "current_price": Decimal(rng.randrange(1, 5_000_000)) / 10_000 if priced else None,
        "price_as_of": DAY if rng.random() > 0.2 else date(2022, 11, 1),
        "price_source": PriceSource.PROVIDER if priced else PriceSource.NONE,
        "instrument_type": InstrumentType.ETF if symbol in FUNDS else InstrumentType.STOCK,
    }
    if rng.random() > 0.15:
        classes, regions, sectors = FUNDS.get(
            symbol, ({"equity": 100.0}, {"north_america": 100.0}, {COMPANIES.get(symbol, "other"): 100.0})
        )
        fields |= {
            "allocation_asset_class": classes,
            "allocation_regions": regions,
            "allocation_sectors": sectors,
            "allocation_source": AllocationSource.SEED,
        }
    return Instrument(**fields)


def some_portfolio(seed: int) -> Portfolio:
    rng = random.Random(seed)
    stock = rng.randrange(0, 101)
    user = User(
        user_id="user-1",
        years_until_retirement=rng.choice([0, 1, 5, 13, 20, 40]),
        current_age=rng.choice([None, 30, 64]),
        target_retirement_income=Decimal(rng.choice([0, 1, 24_000, 60_000, 250_000])),
        annual_contribution=Decimal(rng.choice([0, 500, 10_000, 66_000])),
        asset_class_targets=rng.choice([{"equity": 70.0, "fixed_income": 30.0}, {"equity": 100.0}, _pair(stock)]),
        region_targets=rng.choice([{"north_america": 50.0, "international": 50.0}, {"global": 100.0}]),
    )
    symbols = rng.sample(sorted(COMPANIES) + sorted(FUNDS), rng.randrange(1, 25))
    instruments = {symbol: some_instrument(rng, symbol) for symbol in symbols}
    accounts = []
    for number in range(rng.randrange(1, 4)):
        account_id = uuid5(SPACE, f"{seed}-{number}")
        held = rng.sample(symbols, rng.randrange(1, len(symbols) + 1))
        positions = tuple(
            Position(
                id=uuid5(account_id, symbol), account_id=account_id, symbol=symbol,
                quantity=Decimal(rng.randrange(1, 10_000_000)) / 10_000, as_of_date=DAY, instrument=instruments[symbol],
            )
            for symbol in held
        )  # fmt: skip
        accounts.append(
            Account(
                id=account_id, user_id="user-1", account_name=rng.choice(NAMES), positions=positions,
                account_type=rng.choice(list(AccountType)), cash_balance=Decimal(rng.choice([0, 10, 25_000])),
            )
        )  # fmt: skip
    return Portfolio(user=user, accounts=tuple(accounts))


def _pair(stock: int) -> dict[str, float]:
    return {key: float(part) for key, part in (("equity", stock), ("cash", 100 - stock)) if part}


@pytest.mark.parametrize("seed", range(60))
def test_every_text_passes_the_rules_in_one_turn(seed: int, analyst: Callable[..., Any]) -> None:
    """Missing prices, unclassified holdings, no savings, retired already, odd account names: all of it."""
    portfolio, office = some_portfolio(seed), analyst()
    request = AgentRequest(job_id=uuid5(SPACE, str(seed)), user_id="user-1")
    Reporter(desk=office.desk()).run(request, portfolio, on=DAY)
    Charter(desk=office.desk()).run(request, portfolio, on=DAY)
    Retirement(desk=office.desk(), paths=200).run(request, portfolio, on=DAY)
    refused = [
        one for one in office.told.events if one[0] in {"FALLBACK_USED", "GUARDRAIL_TRIGGERED", "ANSWER_REPAIRED"}
    ]
    assert refused == []
    assert {entry.compliance_check for entry in office.audit.stored} == {"PASS"}

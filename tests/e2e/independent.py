"""An accountant's second calculation of an analysis: from raw closes and what was loaded, without the product's code.

Nothing here imports `advisor`. Formulas are written from the domain's description (sections 8.1 to 8.4), prices are
read from the raw data, and instruments' classifications are the API's, because they are input to the engines.
"""

import csv
import gzip
import io
import math
import zipfile
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np

from alex.portfolio import Portfolio

DAY = "2022-12-28"
CLASSES = {"equity": (0.07, 0.18), "fixed_income": (0.04, 0.05), "cash": (0.02, 0.0)}
EQUITY_BONDS = 0.1
YEARS_RETIRED, INFLATION, SAFE_RATE = 30, 0.03, 0.04
COLUMNS = {"asset_class": "allocation_asset_class", "region": "allocation_regions", "sector": "allocation_sectors"}
DEFAULTS: dict[str, Any] = {
    "years_until_retirement": 20,
    "target_retirement_income": 60000,
    "annual_contribution": 10000,
    "asset_class_targets": {"equity": 70, "fixed_income": 30},
}


def raw_closes(wheel: Path) -> dict[str, Decimal]:
    """Closing prices of the valuation day."""
    prices: dict[str, Decimal] = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in ("sp500_dataset", "factors_dataset"):
            text = gzip.decompress(archive.read(f"skfolio/datasets/data/{name}.csv.gz")).decode()
            row = next(row for row in csv.DictReader(io.StringIO(text)) if row["Date"] == DAY)
            prices |= {symbol: Decimal(price) for symbol, price in row.items() if symbol != "Date"}
    return prices


@dataclass
class Sums:
    """What a portfolio must come to; money in USD, shares in percent, rates as fractions a year."""

    wanted: Portfolio
    closes: dict[str, Decimal]
    instruments: dict[str, dict[str, Any]]
    profile: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """What a profile does not say has the API's defaults."""
        self.profile = DEFAULTS | self.wanted.profile

    @property
    def cash(self) -> Decimal:
        return sum((account.cash for account in self.wanted.accounts), Decimal(0))

    @property
    def by_symbol(self) -> dict[str, Decimal]:
        """Value of each priced instrument over all accounts."""
        values: dict[str, Decimal] = {}
        for account in self.wanted.accounts:
            for symbol, quantity in account.positions.items():
                if symbol in self.closes:
                    values[symbol] = values.get(symbol, Decimal(0)) + Decimal(quantity) * self.closes[symbol]
        return values

    @property
    def by_account(self) -> dict[str, Decimal]:
        return {
            account.name: account.cash
            + sum((Decimal(q) * self.closes[s] for s, q in account.positions.items() if s in self.closes), Decimal(0))
            for account in self.wanted.accounts
        }

    @property
    def invested(self) -> Decimal:
        return sum(self.by_symbol.values(), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.invested + self.cash

    @property
    def unpriced(self) -> list[str]:
        """Symbols that no exchange knows."""
        held = {symbol for account in self.wanted.accounts for symbol in account.positions}
        return sorted(held - set(self.closes))

    def dimension(self, name: str) -> dict[str, Decimal]:
        """USD by asset class (cash included), region or sector of the priced holdings."""
        values: dict[str, Decimal] = {"cash": self.cash} if name == "asset_class" and self.cash else {}
        column = COLUMNS[name]
        for symbol, value in self.by_symbol.items():
            parts = {k: Decimal(str(v)) for k, v in self.instruments[symbol][column].items()}
            whole = sum(parts.values())
            for key, part in parts.items():
                values[key] = values.get(key, Decimal(0)) + value * part / whole
        return values

    def shares(self, name: str) -> dict[str, Decimal]:
        values = self.dimension(name)
        whole = sum(values.values(), Decimal(0))
        return {key: 100 * value / whole for key, value in values.items()} if whole else {}

    @property
    def top(self) -> list[tuple[str, Decimal]]:
        return sorted(self.by_symbol.items(), key=lambda item: (-item[1], item[0]))[:10]

    @property
    def herfindahl(self) -> Decimal:
        return sum(((value / self.invested) ** 2 for value in self.by_symbol.values()), Decimal(0))

    @property
    def weights(self) -> dict[str, float]:
        """Shares of the classes, 0 to 1; an empty portfolio is thought of as at its targets."""
        shares = {key: float(share) / 100 for key, share in self.shares("asset_class").items()}
        if shares:
            return shares
        targets: dict[str, Any] = self.profile["asset_class_targets"]
        return {key: share / sum(targets.values()) for key, share in targets.items()}

    @property
    def mean(self) -> float:
        return sum(weight * CLASSES[key][0] for key, weight in self.weights.items())

    @property
    def volatility(self) -> float:
        risks = {key: weight * CLASSES[key][1] for key, weight in self.weights.items()}
        equity, bonds = risks.get("equity", 0.0), risks.get("fixed_income", 0.0)
        return math.sqrt(equity**2 + bonds**2 + 2 * EQUITY_BONDS * equity * bonds)

    @property
    def risk_score(self) -> int:
        steps = Decimal(str(round(self.volatility * 50, 9))).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return int(min(max(steps, Decimal(1)), Decimal(10)))

    @property
    def path(self) -> list[float]:
        """Value at the end of each year with average returns: saving, then withdrawing."""
        years, income = self.profile["years_until_retirement"], float(self.profile["target_retirement_income"])
        values = [float(self.total)]
        for _ in range(years):
            values.append(values[-1] * (1 + self.mean) + self.profile["annual_contribution"])
        for year in range(1, YEARS_RETIRED + 1):
            values.append(max(values[-1] * (1 + self.mean) - income * (1 + INFLATION) ** year, 0.0))
        return values

    @property
    def at_retirement(self) -> float:
        return self.path[int(self.profile["years_until_retirement"])]

    def futures(self, count: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Final values of so many simulated futures, class by class, with another generator than the product's."""
        rng = np.random.Generator(np.random.MT19937(20221228))
        years, income = self.profile["years_until_retirement"], float(self.profile["target_retirement_income"])
        values = np.full(count, float(self.total))
        cholesky = np.linalg.cholesky(np.array([[1.0, EQUITY_BONDS], [EQUITY_BONDS, 1.0]]))
        for year in range(1, years + YEARS_RETIRED + 1):
            drawn = cholesky @ rng.standard_normal((2, count))
            growth = np.ones(count)
            for row, key in enumerate(("equity", "fixed_income")):
                mean, risk = CLASSES[key]
                growth += self.weights.get(key, 0.0) * (mean + risk * drawn[row])
            growth += self.weights.get("cash", 0.0) * CLASSES["cash"][0]
            values = values * np.maximum(growth, 0.0)
            saving = year <= years
            values += self.profile["annual_contribution"] if saving else -income * (1 + INFLATION) ** (year - years)
            if not saving:
                values = np.maximum(values, 0.0)
        return values

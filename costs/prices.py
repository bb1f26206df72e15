"""The price table: what one unit of something costs, in tiers, with the page that says so and the day it was read."""

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.toml")


class PriceError(ValueError):
    """The table lacks something, or says something that cannot be; the text says what to write where."""


@dataclass(frozen=True)
class Price:
    """What AWS charges in a month for one kind of unit.

    :param key: its name in the table, for example ``lambda.request``; ``service``: what a bill calls it.
    :param tiers: (up to this quantity, USD a unit), ascending; the last one has no end.
    :param free: the standing allowance, in units.
    :param page: address of the public pricing page; ``checked``: the day on which the figure was looked up.
    :param confirmed: public material of that day shows the figure.
    """

    key: str
    service: str
    unit: str
    tiers: tuple[tuple[float, float], ...]
    free: float
    page: str
    checked: date
    confirmed: bool

    def charge(self, quantity: float, *, free: bool = False) -> float:
        """USD for ``quantity`` units in a month.

        :param free: deduct the allowance first.
        :raises ValueError: a quantity below zero.
        """
        if not quantity >= 0 or math.isinf(quantity):
            raise ValueError(f"{self.key}: {quantity} {self.unit} cannot be charged")
        rest, start, usd = max(0.0, quantity - (self.free if free else 0)), 0.0, 0.0
        for end, price in self.tiers:
            part = min(rest, end - start)
            usd += part * price
            rest, start = rest - part, end
            if rest <= 0:
                break
        return usd

    @property
    def first(self) -> float:
        """USD a unit in the first tier."""
        return self.tiers[0][1]


@dataclass(frozen=True)
class PriceTable:
    """Every price by key, and the regions that they hold for, each with how sure that is."""

    prices: dict[str, Price]
    regions: dict[str, str]

    def __getitem__(self, key: str) -> Price:
        """The price of ``key``.

        :raises PriceError: there is none.
        """
        if key not in self.prices:
            raise PriceError(f"there is no price {key!r}: add it to {FILE.name} with its page and the day")
        return self.prices[key]

    def demand(self, region: str) -> None:
        """Refuse a region that the table does not know.

        :raises PriceError: it does not.
        """
        if region not in self.regions:
            known = ", ".join(self.regions)
            raise PriceError(
                f"there are no prices for {region} (known: {known}): look them up and add it to {FILE.name}"
            )


@cache
def load(path: Path = FILE) -> PriceTable:
    """The table in ``path``.

    :raises PriceError: an entry lacks something or is out of range.
    """
    raw = tomllib.loads(path.read_text("utf-8"))
    regions = {str(name): str(note) for name, note in raw.pop("regions").items()}
    prices: dict[str, Price] = {}
    for service, table in raw.items():
        said = {name: table.pop(name) for name in ("name", "page", "checked")}
        for name, entry in table.items():
            price = _price(f"{service}.{name}", entry, **said)
            prices[price.key] = price
    return PriceTable(prices, regions)


def _price(key: str, entry: dict[str, Any], *, name: str, page: str, checked: date) -> Price:
    tiers = tuple((float(end), float(usd)) for end, usd in entry.get("tiers", [(math.inf, entry.get("usd", -1))]))
    ends = [end for end, _ in tiers]
    if ends != sorted(set(ends)) or ends[-1] != math.inf or any(usd < 0 for _, usd in tiers):
        raise PriceError(f"{key}: give usd, or tiers that ascend and end with inf, of zero or more")
    if not page.startswith("https://aws.amazon.com/") or not isinstance(checked, date):
        raise PriceError(f"{key}: name AWS's pricing page, and the day on which it was read")
    return Price(
        key=key,
        service=name,
        unit=entry["unit"],
        tiers=tiers,
        free=float(entry.get("free", 0)),
        page=page,
        checked=checked,
        confirmed=bool(entry["confirmed"]),
    )

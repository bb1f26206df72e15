"""The estimate: each resource measured, each quantity charged, and nothing left out in silence (COST-01).

Decision: tiers and standing allowances are the account's, so quantities of one price are added up before they are
charged, and each resource bears its share. An environment is estimated as if it were alone in its account.
"""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import costs.services  # noqa: F401 - registers the pricers
from costs.month import PRICERS, Month, Use
from costs.prices import Price, PriceError, PriceTable, load
from costs.resource import Deployment, EstimateError, Resource, Templates
from costs.services import model
from settings import Settings

TYPES = Path(__file__).with_name("types.toml")
NOTHING_DUE = "priced, and nothing is due as it is configured and used"
INFERENCE, PLATFORM = "inference", "platform"
"""What money is for: the models' tokens and guardrail, and everything else."""


@dataclass(frozen=True)
class Line:
    """What one resource costs for one price in a month.

    :param usd: a month.
    :param fixed: due whether or not anybody uses the environment.
    """

    stack: str
    resource: str
    type: str
    price: Price
    quantity: float
    usd: float
    fixed: bool

    @property
    def service(self) -> str:
        """What the bill calls it."""
        return self.price.service

    @property
    def purpose(self) -> str:
        """`INFERENCE` or `PLATFORM`."""
        return INFERENCE if self.price.key.startswith("bedrock.") else PLATFORM


@dataclass(frozen=True)
class Estimate:
    """A month of one environment, in USD.

    :param unpriced: resource type -> how many of it have no line of their own, and why.
    """

    environment: str
    region: str
    lines: tuple[Line, ...]
    unpriced: dict[str, tuple[int, str]]

    def total(self, purpose: str | None = None) -> float:
        """USD a month, of one purpose or of all."""
        return sum(line.usd for line in self.lines if purpose in (None, line.purpose))

    @property
    def fixed(self) -> float:
        """USD a month that nobody's use changes."""
        return sum(line.usd for line in self.lines if line.fixed)

    def by(self, *fields: str) -> dict[tuple[str, ...], float]:
        """USD by the given properties of the lines, dearest first; for example ``by("stack", "service")``."""
        found: dict[tuple[str, ...], float] = defaultdict(float)
        for line in self.lines:
            found[tuple(str(getattr(line, field)) for field in fields)] += line.usd
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def used(self) -> list[Price]:
        """The prices that were charged, by key."""
        return sorted({line.price.key: line.price for line in self.lines}.values(), key=lambda price: price.key)


def estimate(templates: Templates, settings: Settings, table: PriceTable | None = None) -> Estimate:
    """What ``templates`` would cost a month.

    :param settings: region, models and usage profile.
    :param table: the prices; None: those of the product.
    :raises EstimateError: a type that nobody classified, a value that is no number, or no price for it.
    """
    table = table or load()
    prices = table.prices | model.prices(settings)
    deployment = Deployment(templates)
    month = Month(settings, deployment)
    try:
        table.demand(settings.region)
        measured = [(found, use) for found in deployment.resources for use in _uses(found, month)]
        unpriced = _unpriced(deployment.resources, {(found.stack, found.logical_id) for found, _ in measured})
        totals: Counter[str] = Counter()
        for _, use in measured:
            totals[use.key] += use.quantity  # type: ignore[assignment]  # a Counter of quantities
        free = settings.usage.free_allowances
        each = {key: _price(prices, key).charge(total, free=free) / total for key, total in totals.items()}
    except PriceError as error:
        raise EstimateError(str(error)) from None
    lines = (
        Line(
            stack=found.stack,
            resource=found.label,
            type=found.type,
            price=prices[use.key],
            quantity=use.quantity,
            usd=use.quantity * each[use.key],
            fixed=use.fixed,
        )
        for found, use in measured
    )
    return Estimate(settings.name, settings.region, tuple(lines), unpriced)


def _uses(found: Resource, month: Month) -> Iterator[Use]:
    pricer = PRICERS.get(found.type)
    return (use for use in pricer(found, month) if use.quantity) if pricer else iter(())


def _price(prices: dict[str, Price], key: str) -> Price:
    if key not in prices:
        raise PriceError(f"there is no price {key!r}: add it to costs/prices.toml with its page and the day")
    return prices[key]


def _unpriced(resources: Iterable[Resource], charged: Container[tuple[str, str]]) -> dict[str, tuple[int, str]]:
    """Every type that has resources without a line, and why they have none.

    :raises EstimateError: nobody said why.
    """
    counted = Counter(found.type for found in resources if (found.stack, found.logical_id) not in charged)
    reasons = {name: NOTHING_DUE if name in PRICERS else reason(name) for name in counted}
    unknown = sorted(name for name, why in reasons.items() if why is None)
    if unknown:
        raise EstimateError(
            f"nobody said what {', '.join(unknown)} costs: measure it in costs/services, or put it into "
            f"costs/{TYPES.name} as free or counted with something else"
        )
    return {name: (counted[name], str(reasons[name])) for name in sorted(counted)}


def reason(name: str) -> str | None:
    """Why a resource type has no price: ``no charge ...`` or ``counted ...``; None when nobody said."""
    reasons = _reasons()
    exact = reasons.get(name)
    if exact is not None:
        return exact
    fitting = [known for known in reasons if known.endswith("*") and name.startswith(known[:-1])]
    return reasons[max(fitting, key=len)] if fitting else None


@cache
def _reasons() -> dict[str, str]:
    raw: dict[str, dict[str, str]] = tomllib.loads(TYPES.read_text("utf-8"))
    return raw["free"] | {name: f"counted {why}" for name, why in raw["counted"].items()}

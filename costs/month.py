"""One month of an environment: what the pricers of `costs.services` multiply by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from costs.resource import Deployment, Resource
from settings import Settings
from settings.usage import Usage

HOURS = 730
"""Hours of a month, as AWS's own calculator counts them."""

DAYS = 365 / 12
"""Days of a month."""


@dataclass(frozen=True)
class Use:
    """So many units of a price.

    :param fixed: due whether or not anybody uses the environment.
    """

    key: str
    quantity: float
    fixed: bool = False


@dataclass(frozen=True)
class Month:
    """The expected use, and the templates beside the resource that is looked at."""

    settings: Settings
    deployment: Deployment

    @property
    def usage(self) -> Usage:
        """The environment's usage profile."""
        return self.settings.usage

    @cached_property
    def requests(self) -> float:
        """Requests to the API."""
        return self.usage.requests_per_day * DAYS

    @cached_property
    def analyses(self) -> float:
        """Analyses that are made."""
        return self.usage.analyses_per_day * DAYS


Pricer = Callable[[Resource, Month], Iterator[Use]]

PRICERS: dict[str, Pricer] = {}
"""What measures the resources of a type; filled by importing `costs.services`."""


def measures(*types: str) -> Callable[[Pricer], Pricer]:
    """Register the decorated function for resources of ``types``."""

    def register(pricer: Pricer) -> Pricer:
        PRICERS.update(dict.fromkeys(types, pricer))
        return pricer

    return register

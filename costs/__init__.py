"""What an environment would cost a month: its synthesised templates, an expected use, and public prices (SYS-16)."""

from costs.estimate import INFERENCE, PLATFORM, Estimate, Line, estimate
from costs.prices import Price, PriceError, PriceTable, load
from costs.resource import EstimateError, Templates

__all__ = [
    "INFERENCE",
    "PLATFORM",
    "Estimate",
    "EstimateError",
    "Line",
    "Price",
    "PriceError",
    "PriceTable",
    "Templates",
    "estimate",
    "load",
]

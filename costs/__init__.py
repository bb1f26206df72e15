"""What an environment would cost a month: its synthesised templates, an expected use, and public prices (SYS-16)."""

from costs.alerts import Alert, alerts
from costs.difference import Difference, difference
from costs.estimate import INFERENCE, PLATFORM, Estimate, Line, estimate
from costs.prices import Price, PriceError, PriceTable, load
from costs.resource import EstimateError, Templates

__all__ = [
    "INFERENCE",
    "PLATFORM",
    "Alert",
    "Difference",
    "Estimate",
    "EstimateError",
    "Line",
    "Price",
    "PriceError",
    "PriceTable",
    "Templates",
    "alerts",
    "difference",
    "estimate",
    "load",
]

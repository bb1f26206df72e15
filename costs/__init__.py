"""What an environment would cost a month: its synthesised templates, an expected use, and public prices (SYS-16)."""

from costs.estimate import Estimate, EstimateError, Line, estimate
from costs.prices import Price, PriceError, PriceTable, load

__all__ = ["Estimate", "EstimateError", "Line", "Price", "PriceError", "PriceTable", "estimate", "load"]

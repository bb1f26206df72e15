"""The REST API function: routes by resource over one declared list of operations (`operations.py`)."""

from advisor.handlers.api.app import handler

__all__ = ["handler"]

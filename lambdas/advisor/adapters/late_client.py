"""A client of AWS made at its first use: making one costs every cold start up to 45 ms, whoever calls."""

from typing import Any

import boto3


class _LateClient:
    def __init__(self, service: Any, options: dict[str, Any]) -> None:
        self._service, self._options = service, options
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._made is None:
            self._made = boto3.client(self._service, **self._options)
        return getattr(self._made, name)


def late_client(service: str, **options: Any) -> Any:
    """As ``boto3.client``, for what only few requests need."""
    return _LateClient(service, options)

"""DynamoDB as it behaves for threads: each request is one whole, requests of several threads interleave.

The emulation in the test's process looks at a condition and writes in two steps, so two threads could both pass one.
"""

from threading import Lock
from types import SimpleNamespace
from typing import Any


class Atomic:
    """A boto3 DynamoDB client whose requests are atomic, like the service's."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        def whole(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**request)

        return whole

    def get_paginator(self, name: str) -> Any:
        def paginate(**request: Any) -> list[Any]:
            with self._lock:
                return list(self._client.get_paginator(name).paginate(**request))

        return SimpleNamespace(paginate=paginate)

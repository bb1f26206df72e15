"""Decision: the tools ask the running cloud itself what it is and what it holds; these routes need the admin key.

GET status, GET resources (every resource of every deployed stack, and which of them are only recorded), POST
faults ({"bedrock": [{"tool", "fault", "times"}], "database": {"resuming": n}}).
"""

from __future__ import annotations

import os
from typing import Any

from local_cloud.adapter.inventory import deployed_resources
from local_cloud.adapter.models import Faults
from local_cloud.dataapi.bridge import Bridge
from local_cloud.server.postgres import Postgres

Answer = tuple[int, Any]


class Control:
    """Answers the control routes of one running cloud."""

    def __init__(self, *, instance: str, faults: Faults, bridge: Bridge, postgres: Postgres) -> None:
        self._instance, self._faults, self._bridge, self._postgres = instance, faults, bridge, postgres

    def __call__(self, path: str, body: dict[str, Any]) -> Answer:
        match path:
            case "status":
                database = {"database": self._postgres.alive, "postgres_pid": self._postgres.pid}
                return 200, {
                    "instance": self._instance,
                    "pid": os.getpid(),
                    "database_calls": self._bridge.calls,
                    **database,
                }
            case "resources":
                return 200, {"resources": deployed_resources()}
            case "faults":
                return self._set_faults(body)
        return 404, {"error": {"code": "not_found", "message": f"no control route {path!r}"}}

    def _set_faults(self, body: dict[str, Any]) -> Answer:
        """Replace the fault plan of the models and of the database. Raises ValueError."""
        unknown = set(body) - {"bedrock", "database"}
        if unknown:
            raise ValueError(f"unknown fault targets {sorted(unknown)}: bedrock and database are known")
        self._faults.replace(body.get("bedrock", []))
        resuming = body.get("database", {}).get("resuming", 0)
        if not isinstance(resuming, int) or resuming < 0:
            raise ValueError("database.resuming must be a number of calls, 0 or more")
        self._bridge.resume_after(resuming)
        return 200, {"set": body}

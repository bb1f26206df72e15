"""Waiting for an analysis as the browser does: asking until its status is one of those that are meant."""

import time
from collections.abc import Collection
from typing import Any

from alex.client import Api

OVER = frozenset({"completed", "failed", "cancelled"})


def until(api: Api, job_id: str, statuses: Collection[str] = OVER, *, patience: float = 180) -> dict[str, Any]:
    """The job, once it has one of these statuses; fails after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while (job := api.job(job_id))["status"] not in statuses:
        assert time.monotonic() < deadline, f"job still {job['status']}: {job.get('progress')}"
        time.sleep(0.3)
    return job

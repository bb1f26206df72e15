"""A job's status only moves along its life, so a duplicate message or a late agent changes nothing (domain 7)."""

from itertools import product

import pytest

from advisor.domain.jobs import may_become
from advisor.domain.vocabulary import JobStatus

ALLOWED = {
    ("pending", "running"),
    ("pending", "failed"),
    ("pending", "cancelled"),
    ("running", "completed"),
    ("running", "failed"),
    ("running", "awaiting_approval"),
    ("running", "pending"),
    ("awaiting_approval", "completed"),
    ("awaiting_approval", "failed"),
}


@pytest.mark.parametrize(("before", "after"), list(product(JobStatus, JobStatus)))
def test_only_the_drawn_transitions_are_allowed(before: JobStatus, after: JobStatus) -> None:
    """A finished job is never reopened, and a failed attempt may hand its running job back."""
    assert may_become(before, after) is ((before.value, after.value) in ALLOWED)

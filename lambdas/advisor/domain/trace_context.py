"""How a job's spans in different functions become one trace, and which jobs are traced.

Decision: the trace's id and the sampling follow from the job's id alone, so that all functions agree without asking
each other, and whoever knows a job finds its trace. The W3C ``traceparent`` adds only the parent span and the caller's
decision; one that belongs to another job is ignored, because a request must not write into somebody else's trace.
"""

import hashlib
import re
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True)
class Parent:
    """The span of the calling function (16 hexadecimal digits), and whether it is recorded."""

    span_id: str
    sampled: bool


def trace_id_of(job_id: str) -> str:
    """128 bits in 32 hexadecimal digits: the first half of the job id's SHA-256."""
    return hashlib.sha256(job_id.encode()).hexdigest()[:32]


def traceparent(job_id: str, span_id: str, *, sampled: bool) -> str:
    """The W3C header's value, version 00."""
    return f"00-{trace_id_of(job_id)}-{span_id}-{'01' if sampled else '00'}"


def parent_of(job_id: str, value: object) -> Parent | None:
    """The parent that a request names; None when it names none, is malformed, or is of another job."""
    match = _TRACEPARENT.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[1] != trace_id_of(job_id):
        return None
    return Parent(match[2], sampled=bool(int(match[3], 16) & 1))


def sampled(job_id: str, rate: float) -> bool:
    """Whether the job is among the share ``rate`` (0 to 1) that is traced (OBS-18); other bits than the trace's id."""
    return int(hashlib.sha256(job_id.encode()).hexdigest()[32:48], 16) < rate * 2**64

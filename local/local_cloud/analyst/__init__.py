"""A simulated analyst behind the local model endpoint: rules and tables that speak Bedrock's Converse protocol.

No instruction-following model small enough for a laptop's package classifies reliably, so local runs use rules instead
of a model, and every text says so. It answers the same forced tools from the same request, deterministically, and can
be told to fail the ways a real model fails (`FaultPlan`), so that the functions under it cannot tell the difference.
"""

from local_cloud.analyst.converse import AnalystError, respond
from local_cloud.analyst.faults import FaultPlan
from local_cloud.analyst.stream import events
from local_cloud.analyst.verdict import judge

__all__ = ["AnalystError", "FaultPlan", "events", "judge", "respond"]

"""Exceptions from the rules, as constructs and stacks make them: the policy package's own call, under this roof.

Decision (ADR 8): this is the one module of `hardened` that knows the policy package. The terms of an exception are
written and read by the same code, so that no construct can state what the gate would not understand.
"""

from soc2.acknowledge import acknowledge
from soc2.acknowledgements import AcknowledgementError
from soc2.attached import demand_gate

__all__ = ["AcknowledgementError", "acknowledge", "demand_gate"]

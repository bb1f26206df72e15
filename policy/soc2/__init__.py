"""What must be true of every template: rule packs, reviewed exceptions, and a gate that cannot fall silently open."""

from soc2.exceptions import SWITCHED_OFF, SwitchedOff
from soc2.gate import GateError
from soc2.plugin import PACKS, synthesise

__all__ = ["PACKS", "SWITCHED_OFF", "GateError", "SwitchedOff", "synthesise"]

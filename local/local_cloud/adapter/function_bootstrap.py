"""Decision: the smallest possible Lambda bootstrap; it runs in the host's bare interpreter (no site-packages).

Arguments: the directory of the runtime client, the directory of the function's code (the task root). The order
of the module path is Lambda's own: the function's code first, the runtime's modules last.
"""

import os
import sys


def main() -> None:
    """Start AWS's runtime client on the handler that `_HANDLER` names; it serves invocations until killed."""
    runtime, task = sys.argv[1:3]
    sys.path.insert(0, task)
    sys.path.append(runtime)
    os.chdir(task)
    from awslambdaric.__main__ import main as serve  # noqa: PLC0415

    serve([sys.argv[0], os.environ["_HANDLER"]])


if __name__ == "__main__":
    main()

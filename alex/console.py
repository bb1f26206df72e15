"""The two consoles of a command: results on standard output, errors on standard error."""

import json
import sys
from typing import Any

from rich.console import Console

_plain = False


def use(*, plain: bool) -> None:
    """Choose plain output for this process."""
    globals()["_plain"] = plain


def out() -> Console:
    """Standard output. Without a terminal the width is fixed, so that a log does not depend on where it was made."""
    return _made(sys.stdout)


def err() -> Console:
    """Standard error."""
    return _made(sys.stderr)


def _made(stream: Any) -> Console:
    terminal = bool(getattr(stream, "isatty", lambda: False)()) and not _plain
    # None, not False: on a terminal the variable NO_COLOR decides.
    no_color = None if terminal else True
    return Console(file=stream, force_terminal=terminal, no_color=no_color, width=None if terminal else 110)


def emit(value: Any) -> None:
    """A value as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True, default=str) + "\n")
    sys.stdout.flush()

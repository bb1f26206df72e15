"""The two consoles of a command: results on standard output, errors on standard error."""

import json
import os
import sys
from typing import Any, NoReturn

from rich.console import Console

_plain = False


class _Pipe(Console):
    """Rich ends the process with 1 when nobody reads its output any more (`alex policy rules | head -1`)."""

    def on_broken_pipe(self) -> NoReturn:
        """Tell the command line, which knows that this is no failure."""
        raise BrokenPipeError


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
    return _Pipe(file=stream, force_terminal=terminal, no_color=no_color, width=None if terminal else 110)


def abandon() -> None:
    """Nobody reads any more: what is still buffered goes nowhere, so that Python does not fail at its end over it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def emit(value: Any) -> None:
    """A value as JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True, default=str) + "\n")
    sys.stdout.flush()

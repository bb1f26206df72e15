"""Expected failures: what went wrong, where, and what to do about it. Commands print them without a traceback."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command; scripts may rely on them."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    MISSING_TOOL = 3
    NOT_RUNNING = 4
    ANALYSIS_FAILED = 5
    INTERRUPTED = 130


class CommandError(Exception):
    """A failure that a person can act on.

    :param what: one sentence, what went wrong.
    :param where: file, address, step or command it happened at.
    :param remedy: what to do next.
    :param output: the last lines of the program that failed, when there is one.
    :param refused: nothing was done, and what runs already is none of this failure's business.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        remedy: str = "",
        output: str = "",
        code: Exit = Exit.FAILED,
        refused: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy
        self.output = output
        self.code = code
        self.refused = refused

    def lines(self) -> list[str]:
        """The message as plain lines."""
        parts = [f"error: {self.what}"]
        if self.where:
            parts.append(f"where: {self.where}")
        if self.remedy:
            parts.append(f"to do: {self.remedy}")
        return parts

"""The two tables that people review for the cross-check: what asks the same, and who is right where tools disagree."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Reason = Annotated[str, Field(min_length=30)]
"""Short enough to be read in a table, too long to be an excuse."""


class Record(BaseModel):
    """Unknown fields are refused: a mistyped one would be believed to hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Topics(RootModel[dict[str, dict[str, tuple[str, ...] | Reason]]]):
    """By tool and check: our rules that ask the same, or why we have none."""

    def rules(self, tool: str, check: str) -> tuple[str, ...]:
        """Our rules that ask what the check asks."""
        found = self.root.get(tool, {}).get(check, ())
        return found if isinstance(found, tuple) else ()

    def reason(self, tool: str, check: str) -> str:
        """Why no rule of ours asks it; empty when one does."""
        found = self.root.get(tool, {}).get(check, "")
        return found if isinstance(found, str) else ""

    def known(self) -> set[tuple[str, str]]:
        """Every check in the table."""
        return {(tool, check) for tool, checks in self.root.items() for check in checks}

    def asking(self, rule: str) -> set[tuple[str, str]]:
        """The checks that ask what a rule of ours asks."""
        return {(tool, check) for tool, check in self.known() if rule in self.rules(tool, check)}


class Verdict(Record):
    """Who is right about the disagreements of some checks.

    :param checks: ``tool/check``, or ``SOC2/rule``: who finds something.
    :param where: patterns of construct paths below the stage; ``*`` only where the reason does not depend on the
        resource.
    :param right: *they* means that the finding is true, and then the decision or the repair is named.
    :param risk: the decision under which the code accepts it.
    :param environments: where it holds; without any, everywhere.
    """

    checks: tuple[str, ...] = Field(min_length=1)
    where: tuple[str, ...] = Field(min_length=1)
    right: Literal["we", "they", "both"]
    why: Reason
    risk: str = ""
    environments: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _truth_has_consequences(self) -> Self:
        if self.right == "they" and not self.risk:
            raise ValueError(f"{self.checks}: a true finding is repaired, or accepted under a RISK")
        return self

    @property
    def text(self) -> str:
        """The verdict in a line."""
        who = {"we": "false positive", "they": "true: accepted", "both": "both are right"}[self.right]
        return f"{who}{f', {self.risk}' if self.risk else ''}: {self.why}"


class Fixed(Record):
    """A disagreement that is none any more, because the other side was right.

    :param rule: the rule of ours that was written or corrected for it.
    """

    checks: tuple[str, ...] = Field(min_length=1)
    rule: str
    why: Reason


class Reviewed(Record):
    """The table of verdicts."""

    verdict: tuple[Verdict, ...] = ()
    fixed: tuple[Fixed, ...] = ()

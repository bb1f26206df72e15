"""The Trust Services Criteria (2017, points of focus of 2022) and what code can show of each (COMP-08, COMP-18).

Decision: which rules stand behind a criterion is not written down here. Each rule names its criteria, and the join is
computed (`rules_of`), so that the catalogue cannot claim a rule that does not exist. The texts are this project's own,
short words for what a criterion asks; the wording that an auditor works with is the AICPA's.

Design, not operation: *yes* says that templates, rules and tests show how the control is built, here and completely.
That it also worked from day to day over an audit's period, no code shows for any criterion.
"""

import importlib
import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from soc2.rule import RULES, Rule

Sentence = Annotated[str, StringConstraints(pattern=r"^[A-Z].{20,}[.]$")]
Process = Annotated[str, StringConstraints(pattern=r"^(docs/[a-z0-9/-]+\.md|the firm's [^.]{10,})$")]
"""A page of this repository, or in words what the firm has to bring."""


class Evidenced(StrEnum):
    """How far infrastructure code can show that a criterion is met by design."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class CatalogueError(ValueError):
    """The files of the catalogue are wrong; the text lists every problem with its file and record."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(_Record):
    """One criterion.

    :param heading: what the criteria around it are about, for example ``Change management``; the file's.
    :param asks: in our own words.
    :param why: what code cannot show of it; empty when ``evidence`` is *yes*.
    :param process: what shows that instead: a page below ``docs/``, or "the firm's ..." in words.
    :param tests: tests of this repository behind it, as ``path::name``.
    :param requirements: ids of the requirements that ask for the same.
    """

    id: str = Field(pattern=r"^(CC|A|C|PI|P)\d\.\d$")
    heading: str
    title: str = Field(min_length=5, max_length=60)
    asks: Sentence
    evidence: Evidenced
    why: Sentence | None = None
    process: Process | None = None
    tests: tuple[Annotated[str, StringConstraints(pattern=r"^tests/[a-z0-9_/]+\.py(::\w+)+$")], ...] = ()
    requirements: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}-\d\d$")], ...] = ()

    @property
    def category(self) -> str:
        """The category of trust services that an audit's scope names."""
        return CATEGORIES[self.id.rstrip("0123456789.")]

    @model_validator(mode="after")
    def _gaps_are_explained(self) -> "Criterion":
        explained = self.why is not None and self.process is not None
        if self.evidence == Evidenced.YES and (self.why or self.process):
            raise ValueError("why and process stand for what code cannot show: not with evidence = 'yes'")
        if self.evidence != Evidenced.YES and not explained:
            raise ValueError(f"evidence = '{self.evidence}' needs why, and the process that shows it instead")
        return self


CATEGORIES = {
    "CC": "Security",
    "A": "Availability",
    "C": "Confidentiality",
    "PI": "Processing integrity",
    "P": "Privacy",
}
"""By the letters of an id. The common criteria (CC) belong to every audit."""

FILES = (*(f"cc{number}.toml" for number in range(1, 10)), "a.toml", "c.toml", "pi.toml", "p.toml")
"""In the order of the criteria."""


def load(folder: Traversable) -> dict[str, Criterion]:
    """The catalogue in ``folder``, by id and in order.

    :raises CatalogueError: with every problem of every file.
    """
    found: dict[str, Criterion] = {}
    problems: list[str] = []
    for name in FILES:
        belongs = re.compile(name.removesuffix(".toml").upper() + r"\.?\d")
        for where, record in _records(folder / name, problems):
            try:
                criterion = Criterion.model_validate(record)
            except ValidationError as error:
                problems += (f"{where}: {text}" for text in _reasons(error))
                continue
            if criterion.id in found:
                problems.append(f"{where}: stands twice")
            elif not belongs.match(criterion.id):
                problems.append(f"{where}: belongs into another file")
            found[criterion.id] = criterion
    if problems:
        raise CatalogueError("the catalogue of criteria is wrong:\n" + "\n".join(f"  - {text}" for text in problems))
    return found


def _records(file: Traversable, problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and fields of each record in ``file``, with the file's heading; what is wrong goes to ``problems``."""
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{file.name}: {error}")
        return
    records = document.get("criterion")
    if document.keys() != {"heading", "criterion"} or not isinstance(records, list):
        problems.append(f"{file.name}: holds a heading and [[criterion]] records, and nothing else")
        return
    for number, record in enumerate(records, start=1):
        if isinstance(record, dict):
            named = f"{file.name}, record {number} ({record.get('id', 'without id')})"
            yield named, {"heading": document["heading"], **record}
        else:
            problems.append(f"{file.name}, record {number}: is no [[criterion]] table")


def _reasons(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        at = ".".join(str(part) for part in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        given = problem["input"] if isinstance(problem["input"], str) else ""
        yield f"{at}: {text}" + (f" (given: {given!r})" if given else "") if at else text


CRITERIA: dict[str, Criterion] = load(resources.files(__name__))
"""Every criterion by id, in the order of the AICPA's list."""


def rules_of(criterion_id: str) -> tuple[Rule, ...]:
    """The rules that name the criterion, by id.

    :raises KeyError: there is no such criterion.
    """
    if criterion_id not in CRITERIA:
        raise KeyError(criterion_id)
    importlib.import_module("soc2.rules")  # not above: who reads the catalogue needs no rule
    return tuple(sorted((rule for rule in RULES.values() if criterion_id in rule.criteria), key=lambda rule: rule.id))

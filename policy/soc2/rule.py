"""A rule: a pure function over one resource of a template, with what an auditor and an engineer need to know of it.

```python
@rule(
    "SOC2-S3-VERSIONS",
    "Buckets keep earlier versions of their objects",
    on="AWS::S3::Bucket",
    criteria=("A1.2", "C1.1"),
    severity=Severity.MEDIUM,
    requirements=("SEC-10",),
    fix="set VersioningConfiguration.Status to Enabled (CDK: versioned=True)",
)
def versions(bucket: Resource) -> Findings:
    status = bucket.get("VersioningConfiguration", "Status")
    if status != "Enabled":
        yield Broken(f"VersioningConfiguration.Status is {shown(status)}", at="VersioningConfiguration")
```

The function yields what is wrong, raises `NotApplicable` where the rule does not concern the resource, and otherwise
finds it compliant. Values that the template leaves open raise `Undecided` by themselves (`soc2.values`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

PACK = "SOC2"
"""The pack's name: the namespace of its rules in acknowledgements."""

_ID = re.compile(r"^SOC2(-[A-Z0-9]+)+$")


class Severity(StrEnum):
    """What a broken rule can lead to."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Status(StrEnum):
    """The verdict of one rule on one resource."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non-compliant"
    ACKNOWLEDGED = "acknowledged"
    UNDECIDED = "undecided"
    NOT_APPLICABLE = "not applicable"


class NotApplicable(Exception):  # noqa: N818 - a verdict, no error
    """The rule does not concern this resource; the text says why."""


@dataclass(frozen=True)
class Broken:
    """One thing that is wrong with a resource.

    :param found: the value found, and what it should be, in words.
    :param at: the property, relative to ``Properties``.
    :param detail: tells several findings of one rule on one resource apart, for example ``Action::s3:*``; part of the
        id that an acknowledgement quotes, so it must not change from synthesis to synthesis.
    """

    found: str
    at: str = ""
    detail: str = ""


Findings = Iterator[Broken]
Judge = Callable[[Any], Findings]


@dataclass(frozen=True)
class Rule:
    """See the module's text. ``on`` are resource types, or `APPLICATION` for all templates together."""

    id: str
    title: str
    on: tuple[str, ...]
    criteria: tuple[str, ...]
    severity: Severity
    fix: str
    requirements: tuple[str, ...]
    judge: Judge
    module: str


@dataclass(frozen=True)
class Result:
    """The verdict of one rule on one resource (or on the application, with an empty ``logical_id``)."""

    rule: Rule
    stack: str
    logical_id: str
    type: str
    path: str
    status: Status
    broken: tuple[Broken, ...] = ()
    reason: str = ""


RULES: dict[str, Rule] = {}
"""Every rule by id; filled by importing `soc2.rules`."""


def rule(
    rule_id: str,
    title: str,
    *,
    on: str | Sequence[str],
    criteria: Sequence[str],
    severity: Severity,
    fix: str,
    requirements: Sequence[str],
) -> Callable[[Judge], Judge]:
    """Register the decorated function as a rule.

    :raises ValueError: the id is malformed or taken.
    """
    if not _ID.match(rule_id) or rule_id in RULES:
        raise ValueError(f"{rule_id!r} is taken, or not written like SOC2-S3-TLS")

    def register(judge: Judge) -> Judge:
        RULES[rule_id] = Rule(
            id=rule_id,
            title=title,
            on=(on,) if isinstance(on, str) else tuple(on),
            criteria=tuple(criteria),
            severity=severity,
            fix=fix,
            requirements=tuple(requirements),
            judge=judge,
            module=judge.__module__,
        )
        return judge

    return register

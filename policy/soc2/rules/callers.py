"""Who may use a resource from outside: policies of queues, topics, secrets and others, and who may invoke functions."""

import re
from typing import Any

from soc2.arns import is_everything, names_one
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.trust import PRINCIPALS, SOURCES
from soc2.statements import RESOURCE_POLICIES, Statement, statements
from soc2.template import Resource
from soc2.values import is_true, items, some

PLACES = {
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
}
"""Conditions on where a request comes from."""


@rule(
    "SOC2-LAMBDA-PERMISSION",
    "Functions are invoked only by named accounts, and by services only for a named source",
    on="AWS::Lambda::Permission",
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.HIGH,
    fix="set SourceArn or SourceAccount (CDK: function.add_permission(..., source_arn=...))",
    requirements=("IAM-05",),
)
def invoked(permission: Resource) -> Findings:
    principal = permission.get("Principal", default="")
    if is_everything(principal):
        if not permission.get("PrincipalOrgID"):
            yield Broken("Principal is *: anybody may invoke the function", at="Principal")
    elif ".amazonaws.com" in principal or ".amazon.com" in principal:
        proofs = (permission.get(name) for name in ("SourceAccount", "EventSourceToken", "PrincipalOrgID"))
        if not some(bool, proofs) and not some(_is_one_source, items(permission.get("SourceArn"))):
            yield Broken(f"{principal} may invoke the function for any customer", at="SourceArn")


def _is_one_source(arn: Any) -> bool:
    """Whether it names a resource, or at least an account."""
    account = re.sub(r"\$\{[^}]*\}", "name", str(arn)).split(":")[4:5]
    return not is_everything(arn) and (names_one(arn) or (account != [] and account[0].strip("*?") != ""))


@rule(
    "SOC2-RESOURCE-POLICY",
    "Policies of queues, topics, secrets and other resources let nobody in whom they do not name",
    on=tuple(RESOURCE_POLICIES),
    criteria=("CC6.1", "CC6.6", "C1.1"),
    severity=Severity.CRITICAL,
    fix="name the Principal, or add a condition on aws:PrincipalOrgID, aws:SourceArn, aws:SourceAccount or "
    "aws:SourceVpce (CDK: iam.PolicyStatement(principals=[...]))",
    requirements=("IAM-05",),
)
def resource_policy(resource: Resource) -> Findings:
    found = statements(resource)
    if not found:
        raise NotApplicable("it has no policy")

    def judge(statement: Statement) -> Findings:
        if statement.allows and not _limits_callers(statement):
            yield from each(lambda principal: _anybody(statement, *principal), statement.principals)

    yield from each(judge, found)


def _limits_callers(statement: Statement) -> bool:
    mounted = some(
        lambda found: found[0] == "elasticfilesystem:accessedviamounttarget" and is_true(found[1]),
        statement.conditions({"bool"}),
    )
    return mounted or statement.demands((PRINCIPALS | SOURCES | PLACES).__contains__)


def _anybody(statement: Statement, kind: str, value: Any) -> Findings:
    if is_everything(value):
        yield Broken(f"everybody may use it (Principal {kind}: {value})", at=statement.at, detail=f"{kind}::{value}")

"""Identity policies: rights that lead to further rights, and rights to read secrets (IAM-05, IAM-12, SEC-14)."""

from typing import Any

from soc2.arns import names_one
from soc2.reading import each
from soc2.rule import Broken, Findings, Severity, rule
from soc2.rules.iam import limited, of_allows
from soc2.statements import GRANTS, Statement, matches, statements
from soc2.template import Resource
from soc2.values import shown, some

REWRITING = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)
"""Actions that give rights to whoever may call them, or to somebody they can become."""

BOUNDING_KEYS = {"iam:permissionsboundary", "iam:policyarn"}
"""Conditions that fix how far such an action can lead."""

BECOMING = ("iam:PassRole", "sts:AssumeRole")
"""Actions that lend the rights of the role they are allowed on."""

RUNNING = (
    "cloudformation:CreateStack",
    "codebuild:CreateProject",
    "ec2:RunInstances",
    "ecs:RegisterTaskDefinition",
    "glue:CreateJob",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "sagemaker:CreateNotebookInstance",
)
"""Actions that run the caller's code, with ``iam:PassRole`` as another role."""

SECRETS = (
    "kms:Decrypt",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)


@rule(
    "SOC2-IAM-ESCALATION",
    "No policy lets its holder gain more rights than it gives",
    on=tuple(GRANTS),
    criteria=("CC6.1", "CC6.3", "CC6.8"),
    severity=Severity.CRITICAL,
    fix="remove the action, name the role in Statement.Resource, or demand a boundary with the condition "
    "iam:PermissionsBoundary (CDK: role.grant_pass_role(...), role.grant_assume_role(...))",
    requirements=("IAM-05", "IAM-12"),
)
def escalation(resource: Resource) -> Findings:
    def judge(statement: Statement) -> Findings:
        yield from each(lambda value: _gains(resource, statement, value), statement.actions)

    yield from of_allows(resource, judge)


def _gains(resource: Resource, statement: Statement, value: Any) -> Findings:
    names = [name for name in (*REWRITING, *BECOMING, *RUNNING) if matches(value, name)]
    if some(lambda name: _leads_further(resource, statement, name), names):
        known = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        found = f"{shown(value)} on what is allowed here can give its holder further rights ({known})"
        yield Broken(found, at=f"{statement.at}.Action", detail=f"Action::{value}")


def _leads_further(resource: Resource, statement: Statement, name: str) -> bool:
    if not statement.covers(name):
        return False
    if name in REWRITING:
        return not statement.demands(lambda key: key in BOUNDING_KEYS)
    if name in BECOMING:
        return some(lambda value: not names_one(value), statement.resources) and not limited(statement)
    return some(lambda other: other.allows and other.covers("iam:PassRole"), statements(resource))


@rule(
    "SOC2-IAM-SECRETS",
    "Policies name the secrets, parameters and keys that may be read",
    on=tuple(GRANTS),
    criteria=("CC6.1", "CC6.3", "C1.1"),
    severity=Severity.HIGH,
    fix="put the ARNs of the secrets and keys in Statement.Resource (CDK: secret.grant_read(role))",
    requirements=("IAM-05", "SEC-14"),
)
def secrets(resource: Resource) -> Findings:
    def judge(statement: Statement) -> Findings:
        # That a service decrypts on the caller's behalf says nothing of whose key it is.
        if some(statement.covers, SECRETS) and not limited(statement, without="kms:viaservice"):
            yield from each(lambda value: _unnamed(statement, value), statement.resources)

    yield from of_allows(resource, judge)


def _unnamed(statement: Statement, value: Any) -> Findings:
    if not names_one(value):
        found = f"secrets, parameters or encrypted data may be read on {shown(value)}"
        yield Broken(found, at=f"{statement.at}.Resource", detail=f"Resource::{value}")

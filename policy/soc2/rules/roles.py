"""Roles as a whole: who has one, how many share it, and how far any policy on it can reach (IAM-04, IAM-05, IAM-08)."""

import re
from collections.abc import Callable
from typing import Any

from soc2.arns import is_everything
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.statements import TRUST, Statement, statements
from soc2.template import Resource
from soc2.values import Undecided, items, shown, some

_OF_AWS = re.compile(r"(?:^|:)iam::aws:policy/(?:.*/)?(?P<name>[^/]+)$")
_BROAD = {"DatabaseAdministrator", "NetworkAdministrator", "PowerUserAccess", "SystemAdministrator"}

RUN_OUR_CODE = frozenset(
    (
        *("apprunner", "bedrock", "build.apprunner", "codebuild", "ec2", "ecs-tasks", "edgelambda", "eks"),
        *(
            "elasticmapreduce",
            "glue",
            "lambda",
            "pods.eks",
            "sagemaker",
            "scheduler",
            "ssm",
            "states",
            "tasks.apprunner",
        ),
    )
)
"""First part of the names of services that do what code or definitions of ours say, with the role's rights."""

USERS = ("AWS::IAM::AccessKey", "AWS::IAM::User", "AWS::IAM::UserPolicy", "AWS::IAM::UserToGroupAddition")


def is_broad(policy: Any) -> bool:
    """Whether a managed policy of AWS gives all of an account or all of a service."""
    found = _OF_AWS.search(str(policy))
    name = found["name"] if found else ""
    return name in _BROAD or name.startswith("AdministratorAccess") or "FullAccess" in name


@rule(
    "SOC2-IAM-ADMIN",
    "Nobody has a managed policy of AWS that gives a whole account or a whole service",
    on=("AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User", "AWS::SSO::PermissionSet"),
    criteria=("CC6.1", "CC6.3"),
    severity=Severity.CRITICAL,
    fix="replace the entry of ManagedPolicyArns by a policy with the actions that are used (CDK: grant methods)",
    requirements=("IAM-05",),
)
def admin(holder: Resource) -> Findings:
    def judge(policy: Any) -> Findings:
        if is_broad(policy):
            yield Broken(f"{shown(policy)} is attached", at=at, detail=f"Policy::{policy}")

    at = "ManagedPolicies" if holder.type == "AWS::SSO::PermissionSet" else "ManagedPolicyArns"
    yield from each(judge, items(holder.get(at)))


@rule(
    "SOC2-IAM-USER",
    "There are no IAM users, their keys or policies: people sign in through single sign-on, programs have roles",
    on=(*USERS, "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"),
    criteria=("CC6.1", "CC6.2"),
    severity=Severity.HIGH,
    fix="use a role that people or programs assume (CDK: iam.Role in place of iam.User)",
    requirements=("IAM-01", "IAM-02", "IAM-04"),
)
def user(resource: Resource) -> Findings:
    if resource.type in USERS:
        yield Broken(f"{resource.type} gives somebody lasting credentials")
    elif items(resource.get("Users")):
        yield Broken("the policy is attached to users", at="Users")


@rule(
    "SOC2-IAM-ONE-ROLE",
    "No two functions share an execution role",
    on="AWS::IAM::Role",
    criteria=("CC5.1", "CC6.1", "CC6.3"),
    severity=Severity.MEDIUM,
    fix="give each function a role of its own in AWS::Lambda::Function.Role (CDK: leave role unset)",
    requirements=("IAM-08",),
)
def one_role(role: Resource) -> Findings:
    functions: list[Resource] = []
    doubt: Undecided | None = None
    try:
        for function in role.linked("AWS::Lambda::Function", "Role"):
            functions.append(function)
    except Undecided as reason:
        doubt = reason
    if len(functions) > 1:
        names = ", ".join(sorted(function.logical_id for function in functions))
        yield Broken(f"{len(functions)} functions run with it: {names}")
    elif doubt:
        raise doubt
    elif not functions:
        raise NotApplicable("no function runs with it")


@rule(
    "SOC2-IAM-BOUNDARY",
    "Every role that our code or people use in production has a permissions boundary that limits something",
    on="AWS::IAM::Role",
    criteria=("CC6.1", "CC6.3", "CC6.8"),
    severity=Severity.MEDIUM,
    fix="set PermissionsBoundary (CDK: iam.PermissionsBoundary.of(stack).apply(policy))",
    requirements=("IAM-05", "IAM-08"),
)
def boundary(role: Resource) -> Findings:
    if not role.assembly.profile.production:
        raise NotApplicable("the environment is not production")
    if str(role.get("Path", default="/")).startswith("/aws-service-role/"):
        raise NotApplicable("AWS decides what a service-linked role may do")
    if not some(lambda statement: some(_runs_our_code, statement.principals), statements(role, TRUST)):
        raise NotApplicable("only a service of AWS acts with it, and that runs no code of ours")
    if not some(lambda has: has(), _sources_of_rights(role)):
        raise NotApplicable("no policy is attached to it: its rights come from resources that name it")
    found = role.get("PermissionsBoundary", default="")
    policy = role.assembly.target(found, "AWS::IAM::ManagedPolicy")
    if not found:
        yield Broken("there is no PermissionsBoundary", at="PermissionsBoundary")
    elif is_broad(found) or (policy is not None and _limits_nothing(policy)):
        yield Broken(f"{shown(found)} limits nothing", at="PermissionsBoundary")


def _runs_our_code(principal: tuple[str, Any]) -> bool:
    kind, value = principal
    return kind != "Service" or str(value).split(".", maxsplit=1)[0] in RUN_OUR_CODE


def _sources_of_rights(role: Resource) -> list[Callable[[], bool]]:
    return [
        lambda: bool(items(role.get("ManagedPolicyArns"))),
        lambda: bool(items(role.get("Policies"))),
        lambda: some(bool, role.linked("AWS::IAM::Policy", "Roles")),
        lambda: some(bool, role.linked("AWS::IAM::ManagedPolicy", "Roles")),
        lambda: some(bool, role.linked("AWS::IAM::RolePolicy", "RoleName")),
    ]


def _limits_nothing(policy: Resource) -> bool:
    found = statements(policy)
    return some(_allows_all, found) and not some(lambda statement: statement.denies, found)


def _allows_all(statement: Statement) -> bool:
    return (
        statement.allows
        and not statement.has("NotAction")
        and some(lambda action: action in ("*", "*:*"), statement.actions)
        and some(is_everything, statement.resources)
    )

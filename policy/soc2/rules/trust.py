"""Who may become a role (IAM-05, ACCT-05).

Decision: the limit to a source is demanded of services only where their documentation shows it for roles. CloudTrail,
API Gateway, AWS Backup, Lambda and EC2 send no source when they assume a role: the condition would lock them out.
"""

import re
from typing import Any

from soc2.arns import is_everything
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.statements import TRUST, Statement, statements
from soc2.template import Resource
from soc2.values import Undecided, every, is_true, items, shown, some

SOURCES = {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"}
PRINCIPALS = {"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"}
PARTNERS = {*PRINCIPALS, "sts:externalid"}
"""What a trust in a whole other account must demand one of."""

SERVICES_WITH_SOURCE = {
    "airflow",
    "airflow-env",
    "bedrock",
    "bedrock-agentcore",
    "chatbot",
    "codebuild",
    "codepipeline",
    "cognito-idp",
    "comprehend",
    "config",
    "datasync",
    "dlm",
    "events",
    "fis",
    "frauddetector",
    "iot",
    "logs",
    "monitoring.rds",
    "personalize",
    "pipes",
    "scheduler",
    "ssm",
    "states",
    "transfer",
    "vpc-flow-logs",
}
"""Services that act for every customer and say for whom when they assume a role."""

_ACCOUNT = re.compile(r"^(?:arn:(?:[^:]*|\$\{[^}]*\}):iam::)?(?P<account>\d{12}|\$\{AWS::AccountId\})(?::root)?$")
_SUBJECTS_OF_ANYBODY = {"", "repo:", "project_path:", "system:serviceaccount:", "organization:"}


def _owner(principal: str) -> str:
    """The account of a principal that stands for a whole account: an id, the pseudo parameter, or nothing."""
    found = _ACCOUNT.match(str(principal))
    return found["account"] if found else ""


@rule(
    "SOC2-IAM-TRUST",
    "No role can be assumed by anybody, nor by all of another account or identity provider",
    on="AWS::IAM::Role",
    criteria=("CC6.1", "CC6.2", "CC6.3"),
    severity=Severity.CRITICAL,
    fix="name the principals in AssumeRolePolicyDocument, or add a condition: sts:ExternalId, aws:PrincipalOrgID, the "
    "provider's :sub (CDK: assumed_by=iam.PrincipalWithConditions(...))",
    requirements=("IAM-05", "ACCT-05"),
)
def trust(role: Resource) -> Findings:
    def judge(statement: Statement) -> Findings:
        if statement.allows:
            yield from each(lambda principal: _assumable(statement, *principal), statement.principals)

    yield from each(judge, statements(role, TRUST))


def _assumable(statement: Statement, kind: str, value: Any) -> Findings:
    if kind == "Federated":
        if not _demands_subject(statement, str(value)):
            found = f"everybody whom {shown(value)} knows may assume it; demand the subject or audience"
            yield Broken(found, at=statement.at, detail=f"Federated::{value}")
    elif kind == "AWS" and is_everything(value):
        if not statement.demands(PRINCIPALS.__contains__):
            yield Broken("anybody may assume it", at=statement.at, detail=f"AWS::{value}")
    elif kind == "AWS" and _owner(value).isdigit() and not statement.demands(PARTNERS.__contains__):
        raise Undecided(f"account {_owner(value)} may be another one, and needs no sts:ExternalId or organisation")


def _demands_subject(statement: Statement, provider: str) -> bool:
    # Of Cognito and SAML the audience is this application; of other providers it is the same for all their customers.
    pool = provider == "cognito-identity.amazonaws.com"
    audience = statement.demands(lambda key: key == "saml:aud" or (pool and key.endswith(":aud")))
    return audience or statement.demands(
        lambda key: key.endswith(":sub"), lambda text: re.split(r"[*?]", text)[0] not in _SUBJECTS_OF_ANYBODY
    )


@rule(
    "SOC2-IAM-TRUST-SERVICE",
    "Services that act for every customer assume a role only for this account",
    on="AWS::IAM::Role",
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.MEDIUM,
    fix="add the condition aws:SourceAccount or aws:SourceArn to AssumeRolePolicyDocument "
    "(CDK: iam.ServicePrincipal(..., conditions={'StringEquals': {'aws:SourceAccount': Aws.ACCOUNT_ID}}))",
    requirements=("IAM-05",),
)
def trust_service(role: Resource) -> Findings:
    found = statements(role, TRUST)
    if not some(lambda statement: statement.allows and some(_says_source, statement.principals), found):
        raise NotApplicable("no service that says for whom it acts may assume it")

    def judge(statement: Statement) -> Findings:
        if statement.allows and not statement.demands({*SOURCES, "sts:externalid"}.__contains__):
            yield from each(lambda principal: _unlimited(statement, principal), statement.principals)

    yield from each(judge, found)


def _says_source(principal: tuple[str, Any]) -> bool:
    kind, value = principal
    service = value.split(".amazonaws.")[0]
    return kind == "Service" and (service in SERVICES_WITH_SOURCE or service.split(".")[0] == "logs")


def _unlimited(statement: Statement, principal: tuple[str, Any]) -> Findings:
    if _says_source(principal):
        found = f"{principal[1]} may assume it for any customer"
        yield Broken(found, at=statement.at, detail=f"Service::{principal[1]}")


@rule(
    "SOC2-IAM-TRUST-MFA",
    "Roles that people of the account assume demand a second factor",
    on="AWS::IAM::Role",
    criteria=("CC6.1", "CC6.2"),
    severity=Severity.HIGH,
    fix="add the condition Bool aws:MultiFactorAuthPresent true to AssumeRolePolicyDocument "
    "(CDK: iam.AccountRootPrincipal().with_conditions(...))",
    requirements=("ACCT-05", "IAM-02"),
)
def trust_mfa(role: Resource) -> Findings:
    found = statements(role, TRUST)
    if not some(_is_for_people, found):
        raise NotApplicable("only services, federated identities or other roles may assume it")
    if some(_denies_without_mfa, found):
        return

    def judge(statement: Statement) -> Findings:
        if _is_for_people(statement) and not _demands_mfa(statement):
            yield from each(lambda principal: _without_mfa(statement, *principal), statement.principals)

    yield from each(judge, found)


def _is_for_people(statement: Statement) -> bool:
    if not statement.allows or not some(lambda principal: _is_person(*principal), statement.principals):
        return False
    roles_only = statement.demands(lambda key: key == "aws:principalarn", lambda text: ":role/" in text)
    return not roles_only and not statement.demands(lambda key: key == "sts:externalid")


def _is_person(kind: str, value: Any) -> bool:
    return kind == "AWS" and bool(_owner(value) or is_everything(value) or ":user/" in value)


def _without_mfa(statement: Statement, kind: str, value: Any) -> Findings:
    if _is_person(kind, value):
        if _owner(value).isdigit():
            raise Undecided(f"{value} may be this account, whose people would need no second factor")
        yield Broken(f"{value} may assume it without a second factor", at=statement.at, detail=f"AWS::{value}")


def _demands_mfa(statement: Statement) -> bool:
    ages = statement.conditions({"numericlessthan", "numericlessthanequals"})
    return _says_mfa(statement, "bool", present=True) or some(lambda found: found[0] == "aws:multifactorauthage", ages)


def _denies_without_mfa(statement: Statement) -> bool:
    if not statement.denies or not statement.covers("sts:AssumeRole"):
        return False
    # A second condition beside it would have to hold as well before anybody is refused; and without "IfExists" it would
    # not hold for access keys, whose requests do not mention the second factor.
    alone = _says_mfa(statement, "boolifexists", present=False) and statement.condition_count == 1
    return alone and every(lambda principal: principal == ("AWS", "*"), statement.principals)


def _says_mfa(statement: Statement, operator: str, *, present: bool) -> bool:
    return some(
        lambda found: (
            found[0] == "aws:multifactorauthpresent"
            and bool(items(found[1]))
            and every(lambda value: is_true(value) == present, items(found[1]))
        ),
        statement.conditions({operator}),
    )

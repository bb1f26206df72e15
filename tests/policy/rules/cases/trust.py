"""Trust in principals."""

from typing import Any

from tests.policy.rules.casework import Case, drop, put

OWN = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
STATEMENT = ("AssumeRolePolicyDocument", "Statement", 0)


def trusting(*statements: dict[str, Any]) -> dict[str, Any]:
    """A template's resources with one role."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}}


def assume(principal: Any, condition: Any = None) -> dict[str, Any]:
    """A statement of a trust policy."""
    limit = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **limit}


def github(subject: str) -> dict[str, Any]:
    """Trust in the pipelines of GitHub."""
    host = "token.actions.githubusercontent.com"
    provider = {"Federated": {"Fn::Sub": f"arn:aws:iam::${{AWS::AccountId}}:oidc-provider/{host}"}}
    return assume(provider, {"StringLike": {f"{host}:sub": subject}, "StringEquals": {f"{host}:aud": "sts"}})


CASES = [
    Case(
        "SOC2-IAM-TRUST",
        passing=trusting(
            assume({"Service": "lambda.amazonaws.com"}),
            assume("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
            assume({"AWS": ["arn:aws:iam::111122223333:root"]}, {"StringEquals": {"sts:ExternalId": "alex"}}),
            github("repo:example/alex:*"),
        ),
        failing=trusting(
            assume({"AWS": ["arn:aws:iam::111122223333:role/partner", "*"]}, {"StringLike": {"aws:PrincipalArn": "*"}}),
            github("repo:*"),
        ),
        breaks=put(*STATEMENT, "Principal", value={"AWS": "*"}),
    ),
    Case(
        "SOC2-IAM-TRUST-SERVICE",
        passing=trusting(
            assume(
                {"Service": ["config.amazonaws.com", {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}]},
                {"StringEquals": {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}},
            )
        ),
        failing=trusting(
            assume({"Service": ["ec2.amazonaws.com", "events.amazonaws.com"]}, {"Null": {"aws:SourceArn": "false"}})
        ),
        breaks=put(*STATEMENT, value=assume({"Service": "scheduler.amazonaws.com"})),
    ),
    Case(
        "SOC2-IAM-TRUST-MFA",
        passing=trusting(assume(OWN, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        failing=trusting(
            assume(OWN, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            assume({"Service": "ec2.amazonaws.com"}),
        ),
        breaks=drop(*STATEMENT, "Condition"),
    ),
]

"""Identity policies: escalation and secrets."""

from tests.policy.rules.cases.iam import STATEMENT, allow, inline, policy
from tests.policy.rules.casework import Case, put

ROLE = "arn:aws:iam::111122223333:role/worker"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:alex/database-??????"
KEY = "arn:aws:kms:us-east-1:111122223333:key"

CASES = [
    Case(
        "SOC2-IAM-ESCALATION",
        passing=inline(
            allow(["iam:PassRole", "ecs:RunTask"], ROLE),
            allow("iam:PutRolePolicy", ROLE, Condition={"StringEquals": {"iam:PermissionsBoundary": "arn:x:y"}}),
        ),
        failing=inline(allow(["iam:PassRole", "ecs:RunTask"], ROLE), allow("lambda:Update*", "*")),
        breaks=put(*STATEMENT, value=allow("sts:AssumeRole", "*")),
    ),
    Case(
        "SOC2-IAM-SECRETS",
        passing=policy(allow("secretsmanager:GetSecretValue", SECRET), allow("kms:Decrypt", f"{KEY}/1234")),
        failing=policy(
            allow("kms:Decrypt", f"{KEY}/*", Condition={"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}})
        ),
        breaks=put(*STATEMENT, value=allow("secretsmanager:Get*", ["*"])),
    ),
]

"""Keys of the customer."""

from typing import Any

from tests.policy.rules.casework import Case, Mutation, Templates, put

ACCOUNT = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
DEPLOYER = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/deploys"}
CALLED_BY_DEPLOYER = {"ArnEquals": {"aws:PrincipalArn": DEPLOYER}}
ADMINISTER = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Describe*"]
USE = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]


def statement(effect: str, principal: Any, action: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    """A statement of a key policy."""
    made = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return made | ({"Condition": condition} if condition else {})


def key(*policy: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A template's resources with one key, and the role of its administrators."""
    if policy:
        properties["KeyPolicy"] = {"Version": "2012-10-17", "Statement": list(policy)}
    retained = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": properties, **retained},
        "Keepers": {"Type": "AWS::IAM::Role", "Properties": {}},
    }


def duties(*more: dict[str, Any]) -> dict[str, Any]:
    """A key that a role and the deployment administer, and whose use the account delegates."""
    keepers = {"AWS": {"Fn::GetAtt": ["Keepers", "Arn"]}}
    return key(
        statement("Allow", keepers, ADMINISTER),
        statement("Allow", {"AWS": ACCOUNT}, ADMINISTER, CALLED_BY_DEPLOYER),
        statement("Allow", {"AWS": ACCOUNT}, USE),
        statement("Deny", {"AWS": ACCOUNT}, USE, CALLED_BY_DEPLOYER | {"Null": {"kms:ViaService": "true"}}),
        *more,
    )


def deletes_with_its_stack(templates: Templates, stack: str, logical_id: str) -> None:
    """Take the key's DeletionPolicy away."""
    del templates[stack]["Resources"][logical_id]["DeletionPolicy"]


def policy(*statements: dict[str, Any]) -> Mutation:
    """Replace the key's policy."""
    return put("KeyPolicy", value={"Statement": list(statements)})


def without(resources: dict[str, Any], *attributes: str) -> dict[str, Any]:
    """The resources, the key without ``attributes`` beside its properties."""
    kept = {name: value for name, value in resources["Key"].items() if name not in attributes}
    return resources | {"Key": kept}


KEEPERS_NEVER_USE = statement("Deny", {"AWS": {"Fn::GetAtt": ["Keepers", "Arn"]}}, [*USE, "kms:CreateGrant"])
EVERYTHING = statement("Allow", {"AWS": ACCOUNT}, "kms:*")
SERVICE = {"Service": "sns.amazonaws.com"}
OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}

CASES = [
    Case(
        "SOC2-KMS-SEPARATION",
        passing=duties(KEEPERS_NEVER_USE),
        failing=duties(),
        breaks=policy(EVERYTHING),
    ),
    Case(
        "SOC2-KMS-OPEN",
        passing=key(statement("Allow", "*", "kms:Decrypt", {"StringEquals": {"kms:CallerAccount": "111122223333"}})),
        failing=key(statement("Allow", {"AWS": ["*"]}, "kms:Decrypt", {"StringLike": {"aws:PrincipalOrgID": "*"}})),
        breaks=policy(statement("Allow", "*", "kms:Encrypt")),
    ),
    Case(
        "SOC2-KMS-SERVICE",
        passing=key(
            statement("Allow", SERVICE, USE, OF_THIS_ACCOUNT),
            statement("Allow", {"Service": "events.amazonaws.com"}, ["kms:Decrypt", "kms:GenerateDataKey*"]),
        ),
        failing=key(statement("Allow", SERVICE, USE, {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}})),
        breaks=policy(statement("Allow", SERVICE, USE)),
    ),
    Case(
        "SOC2-KMS-ROTATION",
        passing=key(EnableKeyRotation=True, RotationPeriodInDays=180),
        failing=key(EnableKeyRotation=True, RotationPeriodInDays=730),
        breaks=put("EnableKeyRotation", value=False),
    ),
    Case(
        "SOC2-KMS-RETAIN",
        passing=key(),
        failing=without(key(), "UpdateReplacePolicy"),
        breaks=deletes_with_its_stack,
    ),
    Case(
        "SOC2-KMS-WINDOW",
        passing=key(PendingWindowInDays=14),
        failing=key(PendingWindowInDays=7),
        breaks=put("PendingWindowInDays", value="7"),
    ),
]

"""Exact grants: the actions and resources that are needed, nothing by pattern.

CDK's own grants are comfortable and wide: `grant_read_write_data` adds every index of a table, and a key's grant adds
``kms:ReEncrypt*``. Each such pattern would be a finding to acknowledge (AwsSolutions-IAM5), and more than a function
uses. Grants here go to the principal only, so that a construct from another stack is never changed by its user.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

READ_ITEMS = frozenset({"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"})


def allow(
    grantee: iam.IGrantable,
    *,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    conditions: Mapping[str, Any] | None = None,
) -> None:
    """Let ``grantee`` do ``actions`` on ``resources`` (ARNs), under ``conditions`` (operator -> key -> value)."""
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    )


def for_this_account(service: str) -> iam.ServicePrincipal:
    """``service`` as it acts for this account: it acts for others too, and one of them could name a role of ours."""
    return iam.ServicePrincipal(service, conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})


def use_key(grantee: iam.IGrantable, key: kms.IKey | None, *actions: str) -> None:
    """Let ``grantee`` use a customer-managed key for exactly ``actions``; nothing to do where there is no such key."""
    if key is not None:
        allow(grantee, actions=actions, resources=(key.key_arn,))


def use_table(grantee: iam.IGrantable, table: dynamodb.ITable | dynamodb.ITableV2, *actions: str) -> None:
    """Let ``grantee`` do ``actions`` on a table (not on its indexes), and use the table's key as they need it."""
    allow(grantee, actions=actions, resources=(table.table_arn,))
    reading = ("kms:Decrypt", "kms:DescribeKey")
    writing = () if READ_ITEMS.issuperset(actions) else ("kms:Encrypt", "kms:GenerateDataKey")
    use_key(grantee, table.encryption_key, *reading, *writing)


def invoke(grantee: iam.IGrantable, function_arn: str) -> None:
    """Let ``grantee`` invoke one function, and none of its other versions (IAM-06)."""
    allow(grantee, actions=("lambda:InvokeFunction",), resources=(function_arn,))

"""Decision: what ministack drops from a template, or forgets to expose, is corrected around its own handlers.

Each correction is one small function and names the gap it closes. They run after ministack's handler, through
ministack's own API where there is one, so that a later ministack that closes the gap makes them harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.core.responses import get_region
from ministack.services import apigateway_v1, dynamodb, iam, lambda_svc, s3, secretsmanager

Props = dict[str, Any]
Attributes = dict[str, Any]
Correction = Callable[[str, Attributes, Props], None]


def apply(table: dict[str, dict[str, Any]]) -> None:
    """Wrap the handlers of the known types that have a gap, for creation and for updates."""
    for resource_type, correction in CORRECTIONS.items():
        handler = dict(table[resource_type])
        handler["create"] = _after_create(handler["create"], correction)
        if "update" in handler:
            handler["update"] = _after_update(handler["update"], correction)
        table[resource_type] = handler
    table["AWS::SecretsManager::Secret"] = _referenced_by_arn(table["AWS::SecretsManager::Secret"])


def _referenced_by_arn(handler: dict[str, Any]) -> dict[str, Any]:
    """`Ref` of a secret is its ARN, and policies are written on it; ministack gives the name."""

    def create(logical_id: str, props: Props, stack_name: str) -> tuple[str, Attributes]:
        _name, attributes = handler["create"](logical_id, props, stack_name)
        return attributes["Arn"], attributes

    def update(arn: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None) -> Any:
        name, attributes = handler["update"](_secret_name(arn), old, new, stack_name, logical_id)
        return secretsmanager._secrets[name]["ARN"], attributes

    def delete(arn: str, props: Props) -> None:
        handler["delete"](_secret_name(arn), props)

    return {**handler, "create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _secret_name(arn: str) -> str:
    name, _secret = secretsmanager._resolve(arn)
    return str(name or arn)


def _after_create(create: Callable[..., Any], correction: Correction) -> Callable[..., Any]:
    def corrected(logical_id: str, props: Props, stack_name: str) -> tuple[str, Attributes]:
        physical_id, attributes = create(logical_id, props, stack_name)
        attributes = attributes if attributes is not None else {}
        correction(physical_id, attributes, props)
        return physical_id, attributes

    return corrected


def _after_update(update: Callable[..., Any], correction: Correction) -> Callable[..., Any]:
    def corrected(physical_id: str, old: Props, new: Props, *rest: Any) -> tuple[str, Attributes]:
        updated_id, attributes = update(physical_id, old, new, *rest)
        attributes = attributes if attributes is not None else {}
        correction(updated_id, attributes, new)
        return updated_id, attributes

    return corrected


def _vpc(_physical_id: str, attributes: Attributes, props: Props) -> None:
    """`GetAtt Vpc.CidrBlock` feeds every interface endpoint's security group."""
    attributes.setdefault("CidrBlock", props.get("CidrBlock", "10.0.0.0/16"))


def _role(physical_id: str, _attributes: Attributes, props: Props) -> None:
    """A role's permissions boundary is dropped, and with it the limit that it is."""
    iam._roles[physical_id]["PermissionsBoundary"] = props.get("PermissionsBoundary")


def _function(physical_id: str, _attributes: Attributes, props: Props) -> None:
    """Reserved concurrency is dropped, so nothing is ever throttled."""
    reserved = props.get("ReservedConcurrentExecutions")
    if reserved is not None:
        _accepted(
            lambda_svc._put_function_concurrency(physical_id, {"ReservedConcurrentExecutions": int(reserved)}),
            "reserved concurrency",
        )


def _table(physical_id: str, _attributes: Attributes, props: Props) -> None:
    """Time to live and point-in-time recovery are dropped."""
    if ttl := props.get("TimeToLiveSpecification"):
        specification = {"AttributeName": ttl.get("AttributeName"), "Enabled": _true(ttl.get("Enabled"))}
        if dynamodb._ttl_settings.get(physical_id, {}).get("TimeToLiveStatus") != "ENABLED":
            request = {"TableName": physical_id, "TimeToLiveSpecification": specification}
            _accepted(dynamodb._update_ttl(request), "time to live")
    if recovery := props.get("PointInTimeRecoverySpecification"):
        enabled = {"PointInTimeRecoveryEnabled": _true(recovery.get("PointInTimeRecoveryEnabled"))}
        request = {"TableName": physical_id, "PointInTimeRecoverySpecification": enabled}
        _accepted(dynamodb._update_continuous_backups(request), "point-in-time recovery")


def _global_table(physical_id: str, attributes: Attributes, props: Props) -> None:
    """The same as for a table; here recovery is a property of the replica in this region."""
    here = [replica for replica in props.get("Replicas") or [] if replica.get("Region") == get_region()]
    recovery = here[0].get("PointInTimeRecoverySpecification") if here else None
    _table(physical_id, attributes, {**props, "PointInTimeRecoverySpecification": recovery})


def _bucket(physical_id: str, _attributes: Attributes, props: Props) -> None:
    """Object Lock and default encryption are dropped: objects could be deleted, and an auditor would read wrong."""
    if _true(props.get("ObjectLockEnabled")):
        rule = ((props.get("ObjectLockConfiguration") or {}).get("Rule") or {}).get("DefaultRetention") or {}
        period = "".join(f"<{name}>{int(rule[name])}</{name}>" for name in ("Days", "Years") if rule.get(name))
        retention = f"<DefaultRetention><Mode>{rule['Mode']}</Mode>{period}</DefaultRetention>" if rule else ""
        lock = f"<ObjectLockEnabled>Enabled</ObjectLockEnabled>{f'<Rule>{retention}</Rule>' if rule else ''}"
        body = f"<ObjectLockConfiguration>{lock}</ObjectLockConfiguration>"
        _accepted(s3._put_object_lock_configuration(physical_id, body.encode()), "Object Lock")
    rules = (props.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration") or []
    default = rules[0].get("ServerSideEncryptionByDefault") or {} if rules else {}
    key = default.get("KMSMasterKeyID")
    if not default or (default.get("SSEAlgorithm") == "aws:kms" and not key):
        return  # S3's own key, which the emulator does not have: CDK's asset bucket, say
    key_element = f"<KMSMasterKeyID>{escape(str(key))}</KMSMasterKeyID>" if key else ""
    bucket_key = str(_true(rules[0].get("BucketKeyEnabled"))).lower()
    body = (
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
        f"<SSEAlgorithm>{escape(str(default.get('SSEAlgorithm')))}</SSEAlgorithm>{key_element}"
        f"</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>{bucket_key}</BucketKeyEnabled>"
        "</Rule></ServerSideEncryptionConfiguration>"
    )
    _accepted(s3._put_bucket_encryption(physical_id, body.encode()), "default encryption")


def _request_validator(physical_id: str, _attributes: Attributes, props: Props) -> None:
    """A validator gets an id but is not kept: every body would pass."""
    validators = apigateway_v1._request_validators.setdefault(props["RestApiId"], {})
    validators[physical_id] = {
        "id": physical_id,
        "name": props.get("Name", ""),
        "validateRequestBody": _true(props.get("ValidateRequestBody")),
        "validateRequestParameters": _true(props.get("ValidateRequestParameters")),
    }


def _method(_physical_id: str, _attributes: Attributes, props: Props) -> None:
    """A method's reference to its validator is dropped."""
    resource = apigateway_v1._resources[props["RestApiId"]][props["ResourceId"]]
    resource["resourceMethods"][props["HttpMethod"]]["requestValidatorId"] = props.get("RequestValidatorId")


def _true(value: Any) -> bool:
    """CloudFormation's booleans may arrive as text."""
    return value is True or str(value).lower() == "true"


def _accepted(answer: Any, what: str) -> None:
    if answer[0] >= 400:
        raise ValueError(f"the local cloud could not apply {what}: {answer[2]!r}")


CORRECTIONS: dict[str, Correction] = {
    "AWS::EC2::VPC": _vpc,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::DynamoDB::Table": _table,
    "AWS::DynamoDB::GlobalTable": _global_table,
    "AWS::S3::Bucket": _bucket,
    "AWS::ApiGateway::RequestValidator": _request_validator,
    "AWS::ApiGateway::Method": _method,
}

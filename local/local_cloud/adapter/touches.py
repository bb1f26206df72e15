"""Decision: every private place of ministack that Alex touches is listed here once, and checked before it is used.

ministack has no extension points, so the adapter replaces or calls some of its internals. An upgrade may move
any of them. `verify()` compares each place with what the adapter was written against and names what moved; the
server refuses to start then, and the contract tests call the same function, so an upgrade fails loudly and early.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from dataclasses import dataclass

MINISTACK_VERSION = "1.5.33"


class AdapterContractError(RuntimeError):
    """ministack no longer looks as the adapter expects. The text names every place that moved."""


@dataclass(frozen=True)
class Touch:
    """One private place: where it is, its parameters in order (None: not a function), and what it is for."""

    module: str
    name: str
    parameters: tuple[str, ...] | None
    purpose: str


TOUCHES: tuple[Touch, ...] = (
    Touch("ministack.app", "app", ("scope", "receive", "send"), "the ASGI application that the guard wraps"),
    Touch("ministack.app", "AUTH", None, "tells whether IAM is enforced"),
    Touch("ministack.app", "pin_request_origin", ("source_ip", "secure_transport"), "loopback counts as TLS"),
    Touch(
        "ministack.core.iam_actions",
        "extract_iam_action",
        ("service", "method", "path", "headers", "body", "query_params"),
        "Converse is authorised as bedrock:InvokeModel",
    ),
    Touch(
        "ministack.core.iam_actions",
        "extract_resource_arn",
        ("service", "method", "path", "headers", "body", "query_params", "region", "account_id"),
        "an inference profile is authorised by its own ARN",
    ),
    Touch(
        "ministack.core.iam_actions",
        "request_tag_context",
        ("service", "iam_action", "body", "params"),
        "the guardrail as a condition key",
    ),
    Touch(
        "ministack.services.rds_data",
        "handle_request",
        ("method", "path", "headers", "body", "query_params"),
        "real PostgreSQL behind the Data API",
    ),
    Touch("ministack.services.rds_data", "_resolve_target", ("resource_arn",), "cluster checks stay ministack's"),
    Touch("ministack.services.rds_data", "_validate_http_endpoint_enabled", ("cluster", "resource_arn"), "Data API on"),
    Touch("ministack.services.rds_data", "_cluster_resolution_error", ("resource_arn", "engine"), "no such cluster"),
    Touch("ministack.services.rds_data", "_require_secret_credentials", ("secret_arn",), "secret checks"),
    Touch("ministack.services.rds_data", "_error", ("code", "message", "status"), "the error envelope"),
    Touch("ministack.services.bedrock_runtime", "_converse", ("model_id", "headers", "body"), "the local analyst"),
    Touch("ministack.services.bedrock_runtime", "_converse_stream", ("model_id", "headers", "body"), "its stream"),
    Touch("ministack.services.bedrock_runtime", "_apply_guardrail", ("guardrail_id", "version", "body"), "its verdict"),
    Touch("ministack.services.bedrock_runtime", "_es_event", ("event_type", "payload"), "frames of a stream"),
    Touch("ministack.services.bedrock_runtime", "_validate_converse_request", ("body_obj",), "request checks"),
    Touch("ministack.services.bedrock_runtime", "_error", ("code", "message", "status"), "simulated Bedrock errors"),
    Touch("ministack.core.lambda_runtime", "_worker_class_for", ("config",), "Python functions under awslambdaric"),
    Touch("ministack.core.lambda_runtime", "execution_credentials", ("config",), "the execution role's credentials"),
    Touch("ministack.core.lambda_runtime", "reset", (), "ends every function's worker"),
    Touch("ministack.core.lambda_runtime", "ProvidedWorker", None, "the Runtime API that awslambdaric speaks to"),
    Touch(
        "ministack.services.lambda_svc", "_execute_function_with_config_scope", ("func", "event"), "failed resources"
    ),
    Touch(
        "ministack.services.cloudformation.custom_resource",
        "deliver_response",
        ("token", "response"),
        "a failed custom resource is answered at once",
    ),
    Touch("ministack.services.lambda_svc", "_execute_function_warm", ("func", "event", "request_id"), "dispatch"),
    Touch(
        "ministack.services.lambda_svc",
        "_execute_function_provided_warm",
        ("func", "event", "request_id"),
        "dispatch that keeps the function's own errorType",
    ),
    Touch("ministack.services.lambda_svc", "_provided_runtime_code_dir", ("code_zip",), "content-addressed code"),
    Touch("ministack.services.lambda_svc", "_provided_worker_env", ("config", "code_dir", "port"), "clean environment"),
    Touch("ministack.services.lambda_svc", "_runtime_env_vars", ("config",), "a function's own variables"),
    Touch("ministack.services.cloudformation.provisioners", "_RESOURCE_HANDLERS", None, "the table of resource types"),
    Touch("ministack.services.cloudformation.changesets", "_RESOURCE_HANDLERS", None, "the table, bound again"),
    Touch(
        "ministack.services.cloudformation",
        "handle_request",
        ("method", "path", "headers", "body", "query_params"),
        "a changing stack is answered for when it has changed",
    ),
    Touch("ministack.services.apigateway_v1", "_request_validators", None, "request validators"),
    Touch("ministack.services.apigateway_v1", "_resources", None, "a method's request validator"),
    Touch(
        "ministack.app",
        "_enforce_data_plane",
        (
            "service",
            "iam_action",
            "headers",
            "query_params",
            "request_id",
            "resource_arn",
            "service_context",
            "auth_error_response",
            "named_resource",
        ),
        "the Data API's caller must be allowed to read the secret",
    ),
    Touch("ministack.services.secretsmanager", "_secrets", None, "a secret's Ref is its ARN"),
    Touch("ministack.services.secretsmanager", "_resolve", ("secret_id", "use_arn_scope"), "a secret's Ref is its ARN"),
    Touch("ministack.core.responses", "get_account_id", (), "the request's account"),
    Touch("ministack.core.responses", "get_region", (), "the request's region"),
    Touch("ministack.services.iam", "_roles", None, "permissions boundaries"),
    Touch("ministack.services.lambda_svc", "_put_function_concurrency", ("func_name", "data"), "reserved concurrency"),
    Touch("ministack.services.dynamodb", "_update_ttl", ("data",), "time to live"),
    Touch("ministack.services.dynamodb", "_ttl_settings", None, "time to live"),
    Touch("ministack.services.dynamodb", "_update_continuous_backups", ("data",), "point-in-time recovery"),
    Touch("ministack.services.s3", "_put_bucket_encryption", ("name", "body"), "default encryption"),
    Touch("ministack.services.s3", "_put_object_lock_configuration", ("bucket_name", "body"), "Object Lock"),
    Touch("ministack.core.iam_evaluator", "_resolve_condition_key", ("key", "ctx"), "aws:PrincipalArn of a session"),
    Touch(
        "ministack.services.stepfunctions",
        "_execute_task",
        ("state_def", "raw_input", "execution", "ctx"),
        "a task's time limit as an expression",
    ),
    Touch(
        "ministack.services.stepfunctions",
        "_jsonata_state_field",
        ("state_def", "field", "expected", "raw_input", "ctx"),
        "a task's time limit as an expression",
    ),
    Touch(
        "ministack.services.stepfunctions",
        "_invoke_with_callback",
        ("resource", "input_data", "token", "state_def"),
        "a waiting step whose function fails",
    ),
    Touch(
        "ministack.services.stepfunctions", "_call_lambda", ("func_ref", "event"), "a waiting step whose function fails"
    ),
    Touch("ministack.services.stepfunctions", "_task_tokens", None, "a waiting step whose function fails"),
    Touch("ministack.services.stepfunctions", "_ExecutionError", None, "a waiting step whose function fails"),
    Touch("ministack.services.cloudformation", "_stacks", None, "the deployed stacks, for the parity report"),
)


def verify() -> None:
    """Raise AdapterContractError naming every place that differs from the pinned ministack."""
    problems = []
    version = importlib.metadata.version("ministack")
    if version != MINISTACK_VERSION:
        problems.append(f"ministack is {version}, the adapter is written for {MINISTACK_VERSION}")
    problems.extend(filter(None, map(_problem, TOUCHES)))
    if problems:
        raise AdapterContractError("the local cloud's adapter does not fit ministack:\n  " + "\n  ".join(problems))


def _problem(touch: Touch) -> str | None:
    place = f"{touch.module}.{touch.name}"
    try:
        found = getattr(importlib.import_module(touch.module), touch.name)
    except (ImportError, AttributeError):
        return f"{place} is gone ({touch.purpose})"
    if touch.parameters is None:
        return None
    if not callable(found):
        return f"{place} is no longer a function ({touch.purpose})"
    parameters = tuple(inspect.signature(found).parameters)
    if parameters != touch.parameters:
        return f"{place} takes {parameters}, expected {touch.parameters} ({touch.purpose})"
    return None

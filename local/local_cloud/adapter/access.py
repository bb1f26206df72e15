"""Decision: IAM is enforced with the names that AWS enforces, where ministack uses others.

Converse needs `bedrock:InvokeModel` on the model's or inference profile's ARN in AWS, with the guardrail as a
condition key; ministack asks for `bedrock:Converse` on a foundation model. ApplyGuardrail needs the guardrail's ARN;
ministack asks for it on everything. And a request over loopback counts as encrypted transport: it never leaves the
machine, and every bucket and queue of the platform denies plain HTTP. And `aws:PrincipalArn` of a role's session is the
role's ARN; ministack gives the session's.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region

_CONVERSE = re.compile(r"^/model/([^/]+)/(converse|converse-stream)$")
_APPLY_GUARDRAIL = re.compile(r"^/guardrail/([^/]+)/version/[^/]+/apply$")
_SESSION = re.compile(r"^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/.+$")
# A cross-region inference profile's id starts with its geography: us.anthropic.claude-..., global.amazon.nova-...
_PROFILE = re.compile(r"^(us|eu|apac|jp|au|ca|us-gov|global)\.")


def install() -> None:
    """Replace the action, resource and condition keys of Converse, and mark loopback as secure transport."""
    action, resource = iam_actions.extract_iam_action, iam_actions.extract_resource_arn
    tags, resolve = iam_actions.request_tag_context, iam_evaluator._resolve_condition_key
    pin = app.pin_request_origin

    def extract_iam_action(  # noqa: PLR0917 - ministack's own parameter list
        service: str, method: str, path: str, headers: Any, body: bytes, query_params: Any
    ) -> str | None:
        if service == "bedrock-runtime" and (match := _CONVERSE.match(path)):
            streaming = match.group(2) == "converse-stream"
            return "bedrock:InvokeModelWithResponseStream" if streaming else "bedrock:InvokeModel"
        found: str | None = action(service, method, path, headers, body, query_params)
        return found

    def extract_resource_arn(  # noqa: PLR0917 - ministack's own parameter list
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        if service == "bedrock-runtime" and (match := _CONVERSE.match(path)):
            return model_arn(unquote(match.group(1)), region=region, account=account_id)
        if service == "bedrock-runtime" and (match := _APPLY_GUARDRAIL.match(path)):
            return guardrail_arn(unquote(match.group(1)), region=region)
        found: str = resource(service, method, path, headers, body, query_params, region, account_id)
        return found

    def request_tag_context(service: str, iam_action: str, body: bytes, query_params: Any) -> dict[str, Any]:
        context: dict[str, Any] = tags(service, iam_action, body, query_params)
        if service == "bedrock-runtime" and (guardrail := guardrail_of(body, region=get_region())):
            context = {**context, "bedrock:GuardrailIdentifier": guardrail}
        return context

    def resolve_condition_key(key: str, ctx: Any) -> Any:
        found = resolve(key, ctx)
        return role_of(found) if key.lower() == "aws:principalarn" else found

    iam_evaluator._resolve_condition_key = resolve_condition_key
    iam_actions.request_tag_context = request_tag_context
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


def role_of(principal: str) -> str:
    """The ARN of the role whose session this is; another principal's own."""
    session = _SESSION.match(principal or "")
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else principal


def model_arn(model_id: str, *, region: str, account: str) -> str:
    """The ARN that InvokeModel is authorised on: the id itself if it is one, a profile's, or a model's."""
    if model_id.startswith("arn:"):
        return model_id
    if _PROFILE.match(model_id):
        return f"arn:aws:bedrock:{region}:{account}:inference-profile/{model_id}"
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


def guardrail_of(body: bytes, *, region: str) -> str | None:
    """The versioned ARN of the guardrail that a Converse request names: the key `bedrock:GuardrailIdentifier`."""
    try:
        named = json.loads(body or b"{}").get("guardrailConfig") or {}
    except (ValueError, AttributeError):
        return None
    identifier, version = str(named.get("guardrailIdentifier", "")), str(named.get("guardrailVersion", "DRAFT"))
    if not identifier:
        return None
    guardrail = guardrail_arn(identifier, region=region)
    return guardrail if version == "DRAFT" else f"{guardrail}:{version}"


def guardrail_arn(identifier: str, *, region: str) -> str:
    """A guardrail's ARN from what a request names it by: its id or its ARN."""
    known = identifier.startswith("arn:")
    return identifier if known else f"arn:aws:bedrock:{region}:{get_account_id()}:guardrail/{identifier}"

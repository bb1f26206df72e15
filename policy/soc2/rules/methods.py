"""API methods: who may call them, with what (AUTH-01, SEC-18).

Decision: an API's definition in OpenAPI is read as well as its single methods, with one finding per operation.
"""

from collections.abc import Iterator
from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, is_true, items, shown, some

METHOD, REST_API = "AWS::ApiGateway::Method", "AWS::ApiGateway::RestApi"

OPERATIONS = ("get", "put", "post", "delete", "patch", "head", "trace", "x-amazon-apigateway-any-method")
"""OpenAPI's words for methods, without ``options``: a browser's preflight carries no credentials."""

WITH_BODY = ("POST", "PUT", "PATCH", "ANY")


def operations(body: Any) -> Iterator[tuple[str, Any]]:
    """Each operation of an OpenAPI document with a name like ``GET /jobs``."""
    for path, methods in body.get("paths", {}).items():
        for word in OPERATIONS:
            if word in methods:
                yield f"{'ANY' if word.startswith('x-') else word.upper()} {path}", methods[word]


def _body(api: Resource) -> Any:
    if api.get("BodyS3Location"):
        raise Undecided("the API's definition lies in a bucket")
    body = api.get("Body")
    if not body:
        raise NotApplicable("its methods and routes are resources, which are judged one by one")
    return body


@rule(
    "SOC2-API-AUTH",
    "API methods know who calls",
    on=(METHOD, REST_API, "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Api"),
    criteria=("CC6.1", "CC6.3", "CC6.6", "P5.1", "P5.2", "PI1.4"),
    severity=Severity.CRITICAL,
    fix="set AuthorizationType and AuthorizerId (CDK: add_method(authorizer=...)); an API key identifies nobody",
    requirements=("AUTH-01",),
)
def authenticated(resource: Resource) -> Findings:
    """Preflight requests are excepted, and messages of a WebSocket whose connection was authenticated."""
    if resource.type in (REST_API, "AWS::ApiGatewayV2::Api"):
        yield from _open_operations(resource)
        return
    if excepted := _excepted(resource):
        raise NotApplicable(excepted)
    if resource.get("AuthorizationType", default="NONE") == "NONE":
        yield Broken("AuthorizationType is NONE", at="AuthorizationType")


def _excepted(resource: Resource) -> str:
    """Why it needs no authorizer of its own, if it needs none."""
    preflight = "a browser's preflight request carries no credentials"
    if resource.type == METHOD:
        return preflight if resource.get("HttpMethod") == "OPTIONS" else ""
    key = str(resource.get("RouteKey", default=""))
    if " " in key or key == "$connect":
        return preflight if key.startswith("OPTIONS ") else ""
    if key == "$default":
        api = resource.assembly.target(resource.get("ApiId"), "AWS::ApiGatewayV2::Api")
        if api is None:
            raise Undecided("the API of the route $default is not in the template")
        if api.get("ProtocolType", default="HTTP") == "HTTP":
            return ""
    return "the WebSocket's connection was authenticated by its route $connect"


def _open_operations(api: Resource) -> Findings:
    if api.get("Target"):  # of an HTTP API: one route to one target, which cannot have an authorizer
        yield Broken("Target makes a route without authorizer", at="Target", detail="$default")
        return
    body = _body(api)

    def judge(operation: tuple[str, Any]) -> Findings:
        if _is_open(body, operation[1]):
            yield Broken(f"{operation[0]} demands no authorizer", at="Body", detail=operation[0])

    yield from each(judge, operations(body))


def _is_open(body: Any, operation: Any) -> bool:
    """The alternatives of ``security`` are choices of the caller: an empty one lets everybody in."""
    if operation.get("x-amazon-apigateway-auth", {}).get("type") == "AWS_IAM":
        return False
    schemes = body.get("securityDefinitions", body.get("components", {}).get("securitySchemes", {}))
    alternatives = items(operation.get("security", body.get("security", [])))
    return not alternatives or some(
        lambda alternative: not some(lambda scheme: _identifies(schemes.get(scheme, {})), alternative), alternatives
    )


def _identifies(scheme: Any) -> bool:
    """API Gateway enforces those schemes only that have an authorizer or a signature."""
    signed = scheme.get("x-amazon-apigateway-authtype") == "awsSigv4"
    return signed or "x-amazon-apigateway-authorizer" in scheme


@rule(
    "SOC2-API-VALIDATED",
    "APIs refuse malformed bodies before code sees them",
    on=(METHOD, REST_API),
    criteria=("CC6.6", "P3.1", "P7.1", "PI1.1", "PI1.2"),
    severity=Severity.MEDIUM,
    fix="set RequestValidatorId (with ValidateRequestBody) and RequestModels (CDK: add_method(request_models=..., "
    "request_validator=...))",
    requirements=("SEC-18",),
)
def validated(resource: Resource) -> Findings:
    """For methods that carry a body. A model named Empty accepts everything."""
    if resource.type == REST_API:
        body = _body(resource)
        yield from each(lambda operation: _unvalidated(body, *operation), operations(body))
        return
    method = resource.get("HttpMethod")
    if not some(lambda word: bool(method == word), WITH_BODY):
        raise NotApplicable("its requests have no body")
    value = resource.get("RequestValidatorId")
    if not value:
        yield Broken("no RequestValidatorId", at="RequestValidatorId")
        return
    validator = resource.assembly.target(value, "AWS::ApiGateway::RequestValidator")
    if validator is None:
        raise Undecided(f"the validator {shown(value)} is not in the template")
    if not is_true(validator.get("ValidateRequestBody")):
        yield Broken(f"{validator.logical_id} does not validate bodies", at="RequestValidatorId")
    models = resource.get("RequestModels", default={})
    if not models or some(lambda model: bool(model == "Empty"), models.values()):
        yield Broken("no model for the body", at="RequestModels", detail="model")


def _unvalidated(body: Any, name: str, operation: Any) -> Findings:
    word = "x-amazon-apigateway-request-validator"
    if not name.startswith(WITH_BODY):
        return
    validator = body.get(f"{word}s", {}).get(operation.get(word, body.get(word)), {})
    described = "requestBody" in operation or some(
        lambda parameter: bool(parameter.get("in") == "body"), items(operation.get("parameters"))
    )
    if not (described and is_true(validator.get("validateRequestBody"))):
        yield Broken(f"{name} does not validate its body", at="Body", detail=name)

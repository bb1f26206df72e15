"""The API refuses before it runs code, and every refusal reads like the application's own."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from hardened.rest_api import ApiSettings, RestApi
from hardened.web_acl import AclRules, AddressLimit

ORIGIN = "https://app.example"
LIMITS = AclRules(
    limit=AddressLimit(requests=100, seconds=60),
    trusted_limit=AddressLimit(requests=10_000, seconds=300),
    trusted_cidrs=("203.0.113.0/24",),
    max_body_bytes=262_144,
    inspected_body_kb=64,
    origin=ORIGIN,
)


def contract(quantity: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "object", "properties": {"quantity": quantity}, "additionalProperties": False}
    identifier = {"name": "id", "in": "path", "required": True}
    return {
        "openapi": "3.1.0",
        "security": [{"jwt": []}],
        "paths": {
            "/health": {"get": {"security": []}},
            "/api/instruments": {"get": {}},
            "/api/things/{id}": {
                "get": {"parameters": [identifier]},
                "put": {
                    "parameters": [identifier],
                    "requestBody": {"content": {"application/json": {"schema": body}}},
                },
            },
        },
    }


def build(*, cache_s: int = 300, acl: AclRules = LIMITS, quantity: dict[str, Any] | None = None) -> dict[str, Any]:
    """The template's resources of one API."""
    stack = Stack(App(), "Bench")

    def function(name: str) -> lambda_.Function:
        code = lambda_.Code.from_inline("def handler(event, context): ...")
        return lambda_.Function(stack, name, runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=code)

    RestApi(
        stack,
        "Gateway",
        contract=contract(quantity or {"type": "number", "exclusiveMinimum": 0}),
        handler=function("Handler"),
        authorizer=function("Verifier"),
        settings=ApiSettings(
            name="alex-test",
            stage="test",
            origin=ORIGIN,
            rate=10_000,
            burst=5_000,
            cache_s=cache_s,
            cacheable=frozenset({"/api/instruments"}),
            tls="tls13-only",
        ),
        acl=acl,
    )
    return dict(Template.from_stack(stack).to_json()["Resources"])


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return build()


def kinds(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in resources.values() if r["Type"] == kind]


def path(resources: dict[str, Any], method: dict[str, Any]) -> str:
    """A method's path, put together from the resource tree."""
    parts: list[str] = []
    at = method["ResourceId"]
    while "Ref" in at:
        resource = resources[at["Ref"]]["Properties"]
        parts.append(resource["PathPart"])
        at = resource["ParentId"]
    return "/" + "/".join(reversed(parts))


def methods(resources: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(m["HttpMethod"], path(resources, m)): m for m in kinds(resources, "AWS::ApiGateway::Method")}


def test_every_route_of_the_contract_exists_and_asks_for_a_token_but_health(resources: dict[str, Any]) -> None:
    """AUTH-01, API-14."""
    made = {key: m for key, m in methods(resources).items() if key[0] != "OPTIONS"}
    assert {key: m["AuthorizationType"] for key, m in made.items()} == {
        ("GET", "/health"): "NONE",
        ("GET", "/api/instruments"): "CUSTOM",
        ("GET", "/api/things/{id}"): "CUSTOM",
        ("PUT", "/api/things/{id}"): "CUSTOM",
    }
    (authorizer,) = kinds(resources, "AWS::ApiGateway::Authorizer")
    assert authorizer["Type"] == "TOKEN"
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert authorizer["AuthorizerResultTtlInSeconds"] <= 60


@pytest.mark.parametrize(
    ("header", "asked"),
    [("Bearer aaa.bbb.ccc", True), ("Bearer aaa.bbb.", True), ("Basic aaa", False), ("Bearer a b", False), ("", False)],
)
def test_what_is_no_token_never_reaches_the_authorizer(resources: dict[str, Any], header: str, asked: bool) -> None:
    """An unsigned token (alg none) has the form of one: the function must refuse it, and it is asked."""
    import re

    (authorizer,) = kinds(resources, "AWS::ApiGateway::Authorizer")
    assert bool(re.match(authorizer["IdentityValidationExpression"], header)) is asked


def test_a_body_is_checked_against_its_model_before_the_function_runs(resources: dict[str, Any]) -> None:
    """API-01, SEC-18."""
    (validator,) = kinds(resources, "AWS::ApiGateway::RequestValidator")
    assert validator["ValidateRequestBody"]
    assert validator["ValidateRequestParameters"]
    (model,) = kinds(resources, "AWS::ApiGateway::Model")
    assert model["Schema"]["properties"]["quantity"] == {"type": "number", "minimum": 0, "exclusiveMinimum": True}
    assert model["Schema"]["$schema"] == "http://json-schema.org/draft-04/schema#"
    put = methods(resources)["PUT", "/api/things/{id}"]
    assert resources[put["RequestModels"]["application/json"]["Ref"]]["Properties"] == model
    assert put["RequestParameters"] == {"method.request.path.id": True}
    assert all("RequestValidatorId" in m for key, m in methods(resources).items() if key[0] != "OPTIONS")


def test_a_changed_model_makes_a_new_deployment() -> None:
    """A deployment is a snapshot: otherwise a stricter model would be deployed and never take effect."""

    def deployment(resources: dict[str, Any]) -> str:
        (found,) = [k for k, r in resources.items() if r["Type"] == "AWS::ApiGateway::Deployment"]
        model = next(k for k, r in resources.items() if r["Type"] == "AWS::ApiGateway::Model")
        assert model in resources[found]["DependsOn"]
        return found

    assert deployment(build()) == deployment(build())
    assert deployment(build()) != deployment(build(quantity={"type": "integer"}))


def test_one_origin_may_call_from_a_browser(resources: dict[str, Any]) -> None:
    """API-13: a wildcard would let any page act for a signed-in user."""
    preflights = [m for m in kinds(resources, "AWS::ApiGateway::Method") if m["HttpMethod"] == "OPTIONS"]
    assert len(preflights) == len(kinds(resources, "AWS::ApiGateway::Resource")) + 1
    for method in preflights:
        (answer,) = method["Integration"]["IntegrationResponses"]
        headers = {k.rsplit(".", 1)[1]: v for k, v in answer["ResponseParameters"].items()}
        assert headers["Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
        assert headers["Access-Control-Max-Age"] == "'300'"
        assert "Access-Control-Allow-Credentials" not in headers
        assert "authorization" in headers["Access-Control-Allow-Headers"]


def test_every_refusal_is_in_the_error_envelope(resources: dict[str, Any]) -> None:
    """A client needs one parser; nothing internal is told (domain rule 5.4)."""
    answers = {a["ResponseType"]: a for a in kinds(resources, "AWS::ApiGateway::GatewayResponse")}
    for kind, answer in answers.items():
        error = json.loads(answer["ResponseTemplates"]["application/json"])["error"]
        assert error["code"], kind
        assert error["message"].endswith("."), kind
        assert error["request_id"] == "$context.requestId"
        assert answer["ResponseParameters"]["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
    statuses = {kind: answer.get("StatusCode") for kind, answer in answers.items()}
    assert statuses == {
        "UNAUTHORIZED": "401",
        "EXPIRED_TOKEN": "401",
        "ACCESS_DENIED": "403",
        "WAF_FILTERED": "403",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "BAD_REQUEST_BODY": "422",
        "BAD_REQUEST_PARAMETERS": "422",
        "REQUEST_TOO_LARGE": "413",
        "THROTTLED": "429",
        "QUOTA_EXCEEDED": "429",
        "INTEGRATION_TIMEOUT": "503",
        "AUTHORIZER_FAILURE": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
    }
    waits = {kind for kind, a in answers.items() if "gatewayresponse.header.Retry-After" in a["ResponseParameters"]}
    assert waits == {"THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_TIMEOUT"}


def test_the_stage_limits_traces_and_logs_without_bodies(resources: dict[str, Any]) -> None:
    """API-02; a body in a log would be client data in a log. OBS-24: a user's requests are found by the user's hash."""
    (stage,) = kinds(resources, "AWS::ApiGateway::Stage")
    assert stage["TracingEnabled"]
    for setting in stage["MethodSettings"]:
        assert (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"]) == (10_000, 5_000)
        assert setting["DataTraceEnabled"] is False
        assert setting["LoggingLevel"] == "ERROR"
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert line["user_id"] == "$context.authorizer.user_hash"
    assert line["request_id"] == "$context.requestId"
    names = [str(g.get("LogGroupName")) for g in kinds(resources, "AWS::Logs::LogGroup")]
    assert any("API-Gateway-Execution-Logs_" in name for name in names)


def test_a_cached_answer_is_kept_per_token_and_only_for_the_named_path(resources: dict[str, Any]) -> None:
    """API-05: nobody may read what another caller was given."""
    made = methods(resources)
    cached = made["GET", "/api/instruments"]
    assert cached["Integration"]["CacheKeyParameters"] == ["method.request.header.Authorization"]
    assert cached["RequestParameters"] == {"method.request.header.Authorization": True}
    assert [key for key, m in made.items() if "CacheKeyParameters" in m["Integration"]] == [("GET", "/api/instruments")]
    (stage,) = kinds(resources, "AWS::ApiGateway::Stage")
    on = [s for s in stage["MethodSettings"] if s.get("CachingEnabled")]
    assert [(s["ResourcePath"], s["HttpMethod"], s["CacheDataEncrypted"]) for s in on] == [
        ("/~1api~1instruments", "GET", True)
    ]


def test_without_a_time_there_is_no_cache_to_pay_for() -> None:
    (stage,) = kinds(build(cache_s=0), "AWS::ApiGateway::Stage")
    assert stage["CacheClusterEnabled"] is False
    assert "CacheClusterSize" not in stage


def test_only_tls_1_3_and_the_apis_own_name(resources: dict[str, Any]) -> None:
    """NET-11."""
    (api,) = kinds(resources, "AWS::ApiGateway::RestApi")
    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_3_2025_09"
    assert api["EndpointAccessMode"] == "STRICT"
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def test_the_stage_is_behind_the_acl(resources: dict[str, Any]) -> None:
    """SEC-01."""
    (association,) = kinds(resources, "AWS::WAFv2::WebACLAssociation")
    (stage,) = [k for k, r in resources.items() if r["Type"] == "AWS::ApiGateway::Stage"]
    assert stage in json.dumps(association["ResourceArn"])
    names = [g.get("LogGroupName") for g in kinds(resources, "AWS::Logs::LogGroup")]
    assert "aws-waf-logs-alex-test-api" in names

"""The edge."""

from typing import Any

from soc2.rules.waf import GROUPS
from tests.policy.rules.casework import Case, Templates, drop, put, without

API = {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {}}}
DEFINED_VALIDATOR = "x-amazon-apigateway-request-validator"


def stage(**properties: Any) -> dict[str, Any]:
    """A REST API with one stage."""
    common = {"RestApiId": {"Ref": "Api"}, "StageName": "v1"}
    return API | {"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {**common, **properties}}}


def http_stage(**settings: Any) -> dict[str, Any]:
    """A stage of an HTTP API."""
    properties = {"AccessLogSettings": {"DestinationArn": "arn"}, "DefaultRouteSettings": settings}
    return {"HttpStage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": properties}}


def every_method(**settings: Any) -> dict[str, Any]:
    """A stage with settings for all methods."""
    return stage(MethodSettings=[{"HttpMethod": "*", "ResourcePath": "/*", **settings}])


def association(arn: Any) -> dict[str, Any]:
    """A web ACL's association with ``arn``."""
    properties = {"WebACLArn": "arn:acl", "ResourceArn": arn}
    return {"Association": {"Type": "AWS::WAFv2::WebACLAssociation", "Properties": properties}}


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    """One resource, named like its type."""
    return {type_.rsplit("::", maxsplit=1)[-1]: {"Type": type_, "Properties": properties}}


def managed(name: str, **others: Any) -> dict[str, Any]:
    """A rule with one of AWS's rule groups."""
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}}
    return {"Name": name, "Statement": statement, "OverrideAction": {"None": {}}, **others}


def acl(*rules: dict[str, Any]) -> dict[str, Any]:
    """A web ACL."""
    return {"Acl": {"Type": "AWS::WAFv2::WebACL", "Properties": {"Scope": "REGIONAL", "Rules": list(rules)}}}


def rate(**action: Any) -> dict[str, Any]:
    """A rate-based rule."""
    return {"Statement": {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP"}}, "Action": action}


def method(verb: str, **properties: Any) -> dict[str, Any]:
    """A method of a REST API."""
    return resource("AWS::ApiGateway::Method", HttpMethod=verb, **properties)


def defined(**operation: Any) -> dict[str, Any]:
    """A REST API that is defined by an OpenAPI document with one operation."""
    body = {
        "paths": {"/jobs": {"post": operation, "options": {}}},
        "components": {
            "securitySchemes": {
                "users": {"type": "apiKey", "x-amazon-apigateway-authorizer": {"type": "token"}},
                "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            }
        },
        f"{DEFINED_VALIDATOR}s": {"all": {"validateRequestBody": True}},
    }
    return {"Defined": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}}


def validator(on: bool) -> dict[str, Any]:
    """A request validator."""
    return resource("AWS::ApiGateway::RequestValidator", RestApiId="api", ValidateRequestBody=on)


def posted(model: Any) -> dict[str, Any]:
    """A method whose body has a model."""
    models = {"application/json": model}
    return method("POST", RequestValidatorId={"Ref": "RequestValidator"}, RequestModels=models)


def share_answers(templates: Templates, stack: str, logical_id: str) -> None:
    """An authorizer remembers one answer for everybody."""
    put("AuthorizerResultTtlInSeconds", value=60)(templates, stack, logical_id)
    drop("IdentitySource")(templates, stack, logical_id)


CASES = [
    Case(
        "SOC2-API-WAF",
        passing=stage()
        | association({"Fn::Sub": "arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/v1"})
        | resource("AWS::CloudFront::Distribution", DistributionConfig={"WebACLId": "arn:acl"})
        | resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Type="application", Scheme="internal"),
        failing=stage() | association({"Fn::Sub": "arn:aws:apigateway:eu-west-1::/restapis/${Api}/stages/v2"}),
        breaks=without("AWS::WAFv2::WebACLAssociation"),
    ),
    Case(
        "SOC2-WAF-GROUPS",
        passing=acl(*(managed(names[0]) for names in GROUPS.values())),
        failing=acl(
            *(managed(names[0]) for group, names in GROUPS.items() if group != "common"),
            managed("AWSManagedRulesCommonRuleSet", OverrideAction={"Count": {}}),
        ),
        breaks=put("Rules", value=[managed("AWSManagedRulesCommonRuleSet", OverrideAction={"Count": {}})]),
    ),
    Case(
        "SOC2-WAF-RATE",
        passing=acl(rate(Block={})),
        failing=acl(rate(Count={})),
        breaks=put("Rules", 0, "Action", value={"Count": {}}),
    ),
    Case(
        "SOC2-WAF-LOGS",
        passing=acl() | resource("AWS::WAFv2::LoggingConfiguration", ResourceArn={"Fn::GetAtt": ["Acl", "Arn"]}),
        failing=acl() | resource("AWS::WAFv2::LoggingConfiguration", ResourceArn="arn:of-another"),
        breaks=without("AWS::WAFv2::LoggingConfiguration"),
    ),
    Case(
        "SOC2-API-AUTH",
        passing=method("GET", AuthorizationType="COGNITO_USER_POOLS", AuthorizerId="users")
        | resource("AWS::ApiGatewayV2::Route", RouteKey="GET /jobs", AuthorizationType="JWT")
        | defined(security=[{"users": []}]),
        failing=defined(security=[{"users": []}, {"key": []}]),
        breaks=put("AuthorizationType", value="NONE"),
    ),
    Case(
        "SOC2-API-VALIDATED",
        passing=validator(on=True)
        | posted({"Ref": "Model"})
        | resource("AWS::ApiGateway::Model", RestApiId="api")
        | {"Read": method("GET")["Method"]}
        | defined(**{DEFINED_VALIDATOR: "all", "requestBody": {}}),
        failing=validator(on=True) | posted("Empty"),
        breaks=drop("RequestValidatorId"),
    ),
    Case(
        "SOC2-API-THROTTLE",
        passing=every_method(ThrottlingRateLimit=100, ThrottlingBurstLimit="200")
        | http_stage(ThrottlingRateLimit=100, ThrottlingBurstLimit=200),
        failing=every_method(ThrottlingRateLimit=100, ThrottlingBurstLimit=-1),
        breaks=drop("MethodSettings"),
    ),
    Case(
        "SOC2-API-LOGS",
        passing=stage(
            MethodSettings=[{"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "ERROR"}],
            AccessLogSetting={"DestinationArn": "arn"},
        )
        | http_stage(),
        failing=stage(
            MethodSettings=[{"HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "OFF"}],
            AccessLogSetting={"DestinationArn": "arn"},
        ),
        breaks=drop("AccessLogSetting"),
    ),
    Case(
        "SOC2-API-TRACE",
        passing=stage(TracingEnabled=True),
        failing=stage(),
        breaks=put("TracingEnabled", value=False),
    ),
    Case(
        "SOC2-API-PRIVATE-DATA",
        passing=every_method(LoggingLevel="INFO") | http_stage(DataTraceEnabled=False),
        failing=every_method(DataTraceEnabled="true"),
        breaks=put("MethodSettings", 0, "DataTraceEnabled", value=True),
    ),
    Case(
        "SOC2-FURL-AUTH",
        passing=resource("AWS::Lambda::Url", AuthType="AWS_IAM"),
        failing=resource("AWS::Lambda::Url", AuthType="NONE"),
    ),
    Case(
        "SOC2-API-AUTHORIZER",
        passing=resource("AWS::ApiGateway::Authorizer", Type="TOKEN", IdentitySource="method.request.header.A")
        | {
            "Tokens": {
                "Type": "AWS::ApiGatewayV2::Authorizer",
                "Properties": {"AuthorizerType": "JWT", "JwtConfiguration": {"Audience": ["web"]}},
            }
        },
        failing=resource("AWS::ApiGateway::Authorizer", Type="REQUEST", AuthorizerResultTtlInSeconds="60"),
        breaks=share_answers,
    ),
]

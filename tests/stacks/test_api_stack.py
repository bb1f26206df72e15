"""The API as it is deployed: the contract's routes, trusted issuers, limits, and what the function may touch."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from advisor.adapters import environment
from advisor.adapters.issuers import AuthorizerEnvironment
from settings import load
from stacks.api import ContractMissingError, read_contract

ENVIRONMENTS = ("local", "dev", "staging", "prod", "prod-dr")
CONTRACT = json.loads((Path(__file__).parents[2] / "lambdas" / "openapi.json").read_text("utf-8"))


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    """Each environment in turn."""
    return assembly(request.param)


def one(assembly: Any, kind: str, prefix: str = "") -> dict[str, Any]:
    found = assembly.of_type(kind, "Api")
    (properties,) = [p for key, p in found.items() if key.startswith(f"Api/{prefix}")]
    return dict(properties)


def rendered(value: Any) -> str:
    """A value with stand-ins for what only a deployment knows."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator.join(rendered(part) for part in parts))
    return "known-later"


def variables(properties: dict[str, Any]) -> dict[str, str]:
    values = properties["Environment"]["Variables"].items()
    return {n: f"https://sqs.example/{n}" if n.endswith("_URL") else rendered(v) for n, v in values}


def test_the_deployed_routes_are_the_contracts(deployed: Any) -> None:
    """API-14: a route that only the document or only the gateway has would surprise every client."""
    resources = deployed.of_type("AWS::ApiGateway::Resource", "Api")

    def path(identifier: Any) -> str:
        if "Ref" not in identifier:
            return ""
        resource = resources[f"Api/{identifier['Ref']}"]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    made = {
        (m["HttpMethod"].lower(), path(m["ResourceId"])): m["AuthorizationType"]
        for m in deployed.of_type("AWS::ApiGateway::Method", "Api").values()
        if m["HttpMethod"] != "OPTIONS"
    }
    wanted = {(method, route) for route, item in CONTRACT["paths"].items() for method in item if method != "parameters"}
    assert set(made) == wanted
    assert [route for (_, route), kind in made.items() if kind == "NONE"] == ["/health"]


def test_the_authorizer_trusts_the_user_pool_and_the_issuers_of_the_settings(deployed: Any) -> None:
    """AUTH-05: parsed by the function's own model, as it will be at its first start."""
    found = variables(one(deployed, "AWS::Lambda::Function", "AuthorizerFunction"))
    parsed = environment.parse(AuthorizerEnvironment, found)
    cognito, *others = parsed.trusted_issuers
    assert cognito.issuer.startswith("https://cognito-idp.")
    assert cognito.jwks_url == f"{cognito.issuer}/.well-known/jwks.json"
    assert (cognito.audience_claim, cognito.user_claim) == ("client_id", "sub")
    groups = [g["GroupName"] for g in deployed.of_type("AWS::Cognito::UserPoolGroup", "Api").values()]
    assert cognito.role_claim == "cognito:groups"
    assert cognito.roles == {group: group for group in groups}
    assert parsed.longest_token_seconds == load(deployed.environment).auth.access_token_seconds
    assert len(others) == len(load(deployed.environment).auth.trusted_issuers)


def test_an_added_issuer_reaches_the_authorizer(ungated_app: Any, stub_bundles: Any, tmp_path: Path) -> None:
    """AUTH-05: Okta or Clerk is a setting, not a change of code."""
    from aws_cdk import Stack
    from aws_cdk.assertions import Template

    from stacks.stage import PlatformStage

    overlay = tmp_path / "okta.yaml"
    okta = {"issuer": "https://firm.okta.example", "jwks_url": "https://firm.okta.example/keys", "audience": "alex"}
    overlay.write_text(
        json.dumps(
            {
                "auth": {
                    "trusted_issuers": [
                        {
                            **okta,
                            "audience_claim": "cid",
                            "user_claim": "uid",
                            "user_prefix": "okta:",
                            "role_claim": "groups",
                            "roles": {"Wealth - Supervisors": "senior_advisor"},
                        }
                    ]
                }
            }
        )
    )
    stage = PlatformStage(ungated_app, settings=load("dev", overlay), bundles=stub_bundles)
    functions = Template.from_stack(cast(Stack, stage.node.find_child("Api"))).find_resources("AWS::Lambda::Function")
    (authorizer,) = [f["Properties"] for key, f in functions.items() if key.startswith("AuthorizerFunction")]
    parsed = environment.parse(AuthorizerEnvironment, variables(authorizer))
    assert parsed.trusted_issuers[1].audiences == {"alex"}
    assert parsed.trusted_issuers[1].audience_claim == "cid"
    assert parsed.trusted_issuers[1].user_prefix == "okta:"
    assert parsed.trusted_issuers[1].roles == {"Wealth - Supervisors": "senior_advisor"}


def test_the_api_function_is_told_everything_that_it_reads(deployed: Any) -> None:
    found = variables(one(deployed, "AWS::Lambda::Function", "ApiFunction"))
    parsed = environment.parse(environment.ApiEnvironment, found)
    settings = load(deployed.environment).api
    assert parsed.user_rate_per_second == settings.user_rate_per_second
    assert parsed.user_rate_burst == settings.user_burst
    assert parsed.allowed_origin == settings.allowed_origin
    assert parsed.max_body_bytes == settings.max_body_bytes
    assert parsed.scenario_paths == settings.scenario_paths
    assert parsed.valuation_date == load(deployed.environment).prices.valuation_date


def test_test_data_can_be_loaded_on_the_laptop_and_in_development_only(deployed: Any) -> None:
    """DATA-18: one call deletes all accounts of its caller: never those of a client."""
    found = variables(one(deployed, "AWS::Lambda::Function", "ApiFunction"))
    parsed = environment.parse(environment.ApiEnvironment, found)
    assert parsed.test_data == (deployed.environment in {"local", "dev"})


def test_the_api_function_reads_the_price_key_and_no_other_secret_but_the_databases(deployed: Any) -> None:
    """SEC-13: price series need the provider's key; a wider grant would open every secret to the front door."""
    statements = one(deployed, "AWS::IAM::Policy", "ApiRoleDefaultPolicy")["PolicyDocument"]["Statement"]
    (secrets,) = [s["Resource"] for s in statements if "secretsmanager:GetSecretValue" in json.dumps(s["Action"])]
    price, credentials = sorted(map(json.dumps, secrets), key=lambda resource: "PriceKey" not in resource)
    assert "PriceKey" in price
    assert "DatabaseCredentials" in credentials


def test_the_api_function_reads_the_audit_trail_and_cannot_add_to_it(deployed: Any) -> None:
    """XAI-04: who asks for evidence must not be able to make it."""
    statements = one(deployed, "AWS::IAM::Policy", "ApiRoleDefaultPolicy")["PolicyDocument"]["Statement"]
    audit = [s for s in statements if "dynamodb" in json.dumps(s["Action"]) and "Audit" in json.dumps(s["Resource"])]
    assert [s["Action"] for s in audit] == ["dynamodb:Query"]
    invoked = [s["Resource"] for s in statements if "lambda:InvokeFunction" in json.dumps(s["Action"])]
    assert len(invoked) == 1
    assert "DecisionFunction" in json.dumps(invoked)
    assert "sqs:ReceiveMessage" not in json.dumps(statements)


def test_limits_of_the_stage_and_of_an_address_follow_the_settings(deployed: Any) -> None:
    """API-02, SEC-01."""
    settings = load(deployed.environment)
    for setting in one(deployed, "AWS::ApiGateway::Stage")["MethodSettings"]:
        assert setting["ThrottlingRateLimit"] == settings.api.rate_per_second
        assert setting["ThrottlingBurstLimit"] == settings.api.burst
    rules = {rule["Name"]: rule["Statement"] for rule in one(deployed, "AWS::WAFv2::WebACL")["Rules"]}
    limit = rules["RatePerAddress"]["RateBasedStatement"]
    wanted = settings.waf.api_rate_per_ip
    assert (limit["Limit"], limit["EvaluationWindowSec"]) == (wanted.requests, wanted.seconds)


def test_production_answers_at_once_and_over_tls_1_3_only(assembly: Callable[[str], Any]) -> None:
    """AGENT-22, NET-11: the API and the authorizer are kept warm, and the gateway calls the warm ones."""
    prod = assembly("prod")
    aliases = prod.of_type("AWS::Lambda::Alias", "Api")
    assert {a["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"] for a in aliases.values()} == {5}
    assert len(aliases) == 2
    integrations = [
        json.dumps(m["Integration"]["Uri"])
        for m in prod.of_type("AWS::ApiGateway::Method", "Api").values()
        if m["HttpMethod"] != "OPTIONS"
    ]
    assert all("ApiFunctionAliaslive" in uri for uri in integrations)
    assert one(prod, "AWS::ApiGateway::RestApi")["SecurityPolicy"] == "SecurityPolicy_TLS13_1_3_2025_09"
    assert not assembly("dev").of_type("AWS::Lambda::Alias", "Api")


def test_the_account_wide_logging_role_can_be_adopted(ungated_app: Any, stub_bundles: Any, tmp_path: Path) -> None:
    """A second environment in the same account must not take over the first one's role."""
    from aws_cdk import Stack
    from aws_cdk.assertions import Template

    from stacks.stage import PlatformStage

    overlay = tmp_path / "shared.yaml"
    overlay.write_text("singletons: {api_gateway_account: adopt}")
    stage = PlatformStage(ungated_app, settings=load("dev", overlay), bundles=stub_bundles)
    Template.from_stack(cast(Stack, stage.node.find_child("Api"))).resource_count_is("AWS::ApiGateway::Account", 0)


def test_what_other_tools_read_is_exported(deployed: Any) -> None:
    outputs = set(deployed.templates["Api"]["Outputs"])
    assert {"ApiUrl", "ApiId", "UserPoolId", "UserPoolClientId"} <= outputs


@pytest.mark.parametrize("content", [None, "not json"])
def test_a_missing_or_broken_contract_says_how_to_make_it(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "openapi.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ContractMissingError, match=r"advisor\.handlers\.openapi"):
        read_contract(path)


def test_refused_tokens_are_counted_as_the_access_log_writes_them(deployed: Any) -> None:
    """COMP-07: the log writes the status as text; a filter for a number would never match."""
    (stage,) = deployed.of_type("AWS::ApiGateway::Stage").values()
    assert '"status": "$context.status"' in stage["AccessLogSetting"]["Format"]
    filters = deployed.of_type("AWS::Logs::MetricFilter", "Api").values()
    assert {f["FilterPattern"] for f in filters} == {'{ $.status = "401" }', '{ $.status = "403" }'}

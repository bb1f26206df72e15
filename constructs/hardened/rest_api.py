"""A REST API that refuses before it runs code: web ACL, token, shape, rate, in that order.

Decisions:
- A REST API and not an HTTP API: web ACLs, request models, caches and gateway answers exist only here (API-01).
- Routes, models and parameters come from the OpenAPI document that the handlers generate, so they cannot drift
  (API-14).
- Any issuer's tokens: one authorizer function, not a Cognito authorizer (AUTH-05). Its answer is remembered for a
  minute, which bounds how long a token outlives its expiry.
- Execution logs are at ERROR and never hold bodies; the log group that API Gateway would create without retention or
  key is created here first, under the name that it uses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.gateway_responses import add_gateway_responses
from hardened.log_groups import LogClass, of_class
from hardened.openapi import routes
from hardened.rest_routes import RestRoutes
from hardened.web_acl import AclRules, WebAcl

TOKEN_ANSWER_KEPT = Duration.seconds(60)
BEARER = "^Bearer [A-Za-z0-9_=-]+\\.[A-Za-z0-9_=-]+\\.[A-Za-z0-9_=-]*$"
PREFLIGHT_KEPT = Duration.seconds(300)
ALLOWED_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
ALLOWED_HEADERS = ["authorization", "content-type", "x-api-key", "idempotency-key"]
TLS_POLICIES = {
    "tls13-only": "SecurityPolicy_TLS13_1_3_2025_09",
    "tls13-1.2": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
}
# What happened to each request, and who asked; never a token, a query string or a body.
ACCESS_LOG = {
    "timestamp": "$context.requestTime",
    "request_id": "$context.requestId",
    "trace_id": "$context.xrayTraceId",
    "ip": "$context.identity.sourceIp",
    "user_id": "$context.authorizer.user_hash",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "tls": "$context.tlsVersion",
    "waf": "$context.waf.status",
    "error": "$context.error.responseType",
}


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """How the API is exposed.

    :param name: what people call it, for example ``alex-prod``; metrics carry it.
    :param stage: the stage's name in the URL.
    :param origin: the one origin whose browsers may call (API-13).
    :param rate: requests a second for all clients together; ``burst``: requests at once (API-02).
    :param cache_s: how long cacheable answers are kept, in seconds; 0: no cache (API-05).
    :param cacheable: paths whose GET answers are the same until they expire.
    """

    name: str
    stage: str
    origin: str
    rate: int
    burst: int
    cache_s: int
    cacheable: frozenset[str]
    tls: Literal["tls13-only", "tls13-1.2"]

    @property
    def cached(self) -> frozenset[str]:
        """The paths that are cached: none without a time."""
        return self.cacheable if self.cache_s else frozenset()


class RestApi(Construct):
    """The API, its stage, its routes and what protects it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        contract: Mapping[str, Any],
        handler: lambda_.IFunction,
        authorizer: lambda_.IFunction,
        settings: ApiSettings,
        acl: AclRules,
    ) -> None:
        """Build the API of ``contract`` (an OpenAPI 3 document as JSON) in front of ``handler``.

        :raises ContractError: the document cannot become a REST API.
        """
        super().__init__(scope, id)
        self.settings = settings
        self.access_log = of_class(logs.LogGroup(self, "AccessLog"), LogClass.ACCESS)
        self.api = self._api()
        self.stage = self.api.deployment_stage
        self.routes = RestRoutes(
            self,
            "Routes",
            api=self.api,
            routes=routes(contract),
            handler=handler,
            cached=settings.cached,
            authorizer=apigw.TokenAuthorizer(
                self,
                "Authorizer",
                handler=authorizer,
                identity_source="method.request.header.Authorization",
                validation_regex=BEARER,
                results_cache_ttl=TOKEN_ANSWER_KEPT,
            ),
        )
        add_gateway_responses(self.api, origin=settings.origin)
        self._execution_log()
        self.acl = WebAcl(self, "WebAcl", name=f"{settings.name}-api", rules=acl)
        self.acl.protect(self.stage.stage_arn)
        self._accept()

    @property
    def url(self) -> str:
        """Base URL, ending in a slash."""
        return self.api.url

    def _api(self) -> apigw.RestApi:
        settings = self.settings
        api = apigw.RestApi(
            self,
            "Api",
            rest_api_name=settings.name,
            description="Portfolios and their analysis",
            endpoint_types=[apigw.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=self._stage_options(),
            default_cors_preflight_options=apigw.CorsOptions(
                allow_origins=[settings.origin],
                allow_methods=ALLOWED_METHODS,
                allow_headers=ALLOWED_HEADERS,
                max_age=PREFLIGHT_KEPT,
            ),
        )
        resource = cast(apigw.CfnRestApi, api.node.default_child)
        resource.security_policy = TLS_POLICIES[settings.tls]
        resource.endpoint_access_mode = "STRICT"
        return api

    def _stage_options(self) -> apigw.StageOptions:
        settings = self.settings
        # A method's own settings replace the stage's altogether, so they are said twice.
        everywhere: dict[str, Any] = {
            "metrics_enabled": True,
            "logging_level": apigw.MethodLoggingLevel.ERROR,
            "data_trace_enabled": False,
            "throttling_rate_limit": settings.rate,
            "throttling_burst_limit": settings.burst,
        }
        cached = {
            f"{path}/GET": apigw.MethodDeploymentOptions(
                caching_enabled=True,
                cache_data_encrypted=True,
                cache_ttl=Duration.seconds(settings.cache_s),
                **everywhere,
            )
            for path in sorted(settings.cached)
        }
        return apigw.StageOptions(
            stage_name=settings.stage,
            tracing_enabled=True,
            access_log_destination=apigw.LogGroupLogDestination(self.access_log),
            access_log_format=apigw.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
            cache_cluster_enabled=bool(cached),
            cache_cluster_size="0.5" if cached else None,
            method_options=cached or None,
            **everywhere,
        )

    def _execution_log(self) -> None:
        name = f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{self.settings.stage}"
        log = of_class(logs.LogGroup(self, "ExecutionLog", log_group_name=name), LogClass.ACCESS)
        self.stage.node.add_dependency(log)

    def _accept(self) -> None:
        acknowledge(
            self.stage,
            rule="NIST.800.53.R5::NIST.800.53.R5-APIGWSSLEnabled",
            reason="The back end is Lambda, which API Gateway calls through IAM and never over TLS with a client "
            "certificate; the function's permission admits this API alone, which is what the certificate would prove.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-14",
            mitigated_by="the functions' permissions admit this API alone, which is what the certificate would prove",
        )
        acknowledge(
            self.stage,
            rule="NIST.800.53.R5::NIST.800.53.R5-APIGWCacheEnabledAndEncrypted",
            reason="The rule wants every method cached, but answers about a user's own data must never be (API-05); "
            "the cacheable reference route is cached and encrypted by its own method setting.",
            owner="platform",
            expires=date(2027, 6, 30),
            ticket="RISK-15",
            mitigated_by="the cacheable reference route is cached and encrypted by its own method setting",
        )

"""The REST API: user pool, authorizer, the API function, and the gateway built from the handlers'
contract (SYS-05, SYS-06).
"""

import json
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from hardened import Classification, Database
from hardened.api_account import ApiGatewayAccount
from hardened.functions import Function, FunctionDefaults, Program, Size
from hardened.grants import allow, use_key, use_table
from hardened.identity import UserPool
from hardened.queues import WorkQueue
from hardened.refusals import Refusals
from hardened.rest_api import ApiSettings, RestApi
from settings import Settings
from stacks.approvals import ReviewLine
from stacks.base import PlatformStack, removal_policy
from stacks.bundles import Bundles
from stacks.edge import acl_rules
from stacks.functions import price_environment

CONTRACT = Path(__file__).resolve().parent.parent / "lambdas" / "openapi.json"
# The same for every user, so that an answer may be kept (API-05).
CACHEABLE = frozenset({"/api/instruments"})
COUNT = ("dynamodb:GetItem", "dynamodb:PutItem")
API_TIMEOUT_S = 29  # API Gateway waits no longer


class ContractMissingError(Exception):
    """There is no OpenAPI document to build the API from; the text says how to make it."""


def read_contract(path: Path = CONTRACT) -> dict[str, Any]:
    """The OpenAPI document that the handlers generate.

    :raises ContractMissingError: it is missing or is not JSON.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ContractMissingError(
            f"cannot read the API's contract {path} ({error}): write it with "
            "python -m advisor.handlers.openapi > lambdas/openapi.json"
        ) from None
    return document


class ApiStack(PlatformStack):
    """What clients reach."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bundles: Bundles,
        functions: FunctionDefaults,
        database: Database,
        analysis_queue: WorkQueue,
        audit_table: dynamodb.ITableV2,
        audit_archive: s3.IBucket,
        rate_table: dynamodb.ITableV2,
        price_secret: secretsmanager.ISecret,
        reviews: ReviewLine,
    ) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Alex: API", holds=Classification.CLIENT_DATA
        )
        self._settings = settings
        self._bundles = bundles
        self._defaults = functions
        self.user_pool = UserPool(
            self,
            "Users",
            name=f"alex-{settings.name}",
            mfa=settings.auth.mfa,
            threat_protection=settings.auth.threat_protection,
            token_life=Duration.seconds(settings.auth.access_token_seconds),
            origin=settings.api.allowed_origin,
            protected=settings.is_production,
            removal_policy=removal_policy(settings),
        )
        self.handler = self._handler(database, analysis_queue, audit_table, audit_archive, rate_table, price_secret)
        for name, value in reviews.let_deliver(self.handler).items():
            self.handler.add_environment(name, value)
        self.authorizer = self._authorizer()
        self.functions: dict[str, Function] = {"Api": self.handler, "Authorizer": self.authorizer}
        self.api = self._api()
        Refusals(self, "Refusals", access_log=self.api.access_log, name=f"alex-{settings.name}")
        if settings.singletons.api_gateway_account == "create":
            account = ApiGatewayAccount(self, "Logging")
            self.api.stage.node.add_dependency(account)
        CfnOutput(self, "ApiUrl", value=self.api.url)
        CfnOutput(self, "ApiId", value=self.api.api.rest_api_id)
        CfnOutput(self, "UserPoolId", value=self.user_pool.pool.user_pool_id)
        CfnOutput(self, "UserPoolClientId", value=self.user_pool.client.user_pool_client_id)

    def _handler(  # noqa: PLR0917 - what the function uses, each once
        self,
        database: Database,
        analysis_queue: WorkQueue,
        audit_table: dynamodb.ITableV2,
        audit_archive: s3.IBucket,
        rate_table: dynamodb.ITableV2,
        price_secret: secretsmanager.ISecret,
    ) -> Function:
        settings = self._settings
        handler = Function(
            self,
            "Api",
            defaults=self._defaults,
            program=Program(
                code=self._bundles.code("api"),
                handler="advisor.handlers.api.handler",
                environment={
                    **database.environment,
                    "ANALYSIS_QUEUE_URL": analysis_queue.queue.queue_url,
                    "AUDIT_TABLE": audit_table.table_name,
                    "AUDIT_ARCHIVE": audit_archive.bucket_name,
                    "RATE_TABLE": rate_table.table_name,
                    "USER_RATE_PER_SECOND": str(settings.api.user_rate_per_second),
                    "USER_RATE_BURST": str(settings.api.user_burst),
                    "SYMBOL_PATTERN": settings.validation.symbol_pattern,
                    "ALLOWED_ORIGIN": settings.api.allowed_origin,
                    "MAX_BODY_BYTES": str(settings.api.max_body_bytes),
                    "SCENARIO_PATHS": str(settings.api.scenario_paths),
                    "TEST_DATA": str(settings.api.test_data).lower(),
                    **self._prices(price_secret),
                },
            ),
            size=Size(
                memory_mb=1024,
                timeout_s=API_TIMEOUT_S,
                provisioned=settings.functions.provisioned_concurrency_critical,
            ),
        )
        database.grant_data_api(handler)
        analysis_queue.grant_send(handler)
        use_table(handler, audit_table, "dynamodb:Query")
        # Names only: they carry the hashes; nobody reads the content through the API.
        allow(handler, actions=("s3:ListBucketVersions",), resources=(audit_archive.bucket_arn,))
        use_table(handler, rate_table, *COUNT)
        allow(handler, actions=("secretsmanager:GetSecretValue",), resources=(price_secret.secret_arn,))
        use_key(handler, price_secret.encryption_key, "kms:Decrypt")
        return handler

    def _prices(self, price_secret: secretsmanager.ISecret) -> dict[str, str]:
        """The price provider and the day that prices are for."""
        prices = self._settings.prices
        return {
            **price_environment(self._settings),
            "PRICE_SECRET_ARN": price_secret.secret_arn,
            **({"VALUATION_DATE": prices.valuation_date.isoformat()} if prices.valuation_date else {}),
        }

    def _authorizer(self) -> Function:
        settings = self._settings
        issuers = [self.user_pool.issuer, *(issuer.model_dump() for issuer in settings.auth.trusted_issuers)]
        return Function(
            self,
            "Authorizer",
            defaults=self._defaults,
            program=Program(
                code=self._bundles.code("api"),
                handler="advisor.handlers.authorizer.handler",
                environment={
                    "TRUSTED_ISSUERS": self.to_json_string(issuers),
                    "LONGEST_SESSION_SECONDS": str(settings.auth.access_token_seconds),
                },
            ),
            size=Size(
                memory_mb=512,
                timeout_s=10,
                provisioned=settings.functions.provisioned_concurrency_critical,
            ),
        )

    def _api(self) -> RestApi:
        settings = self._settings
        api = RestApi(
            self,
            "Gateway",
            contract=read_contract(),
            handler=self.handler.target,
            authorizer=self.authorizer.target,
            settings=ApiSettings(
                name=f"alex-{settings.name}",
                stage=settings.name,
                origin=settings.api.allowed_origin,
                rate=settings.api.rate_per_second,
                burst=settings.api.burst,
                cache_s=settings.api.cache_ttl_seconds,
                cacheable=CACHEABLE,
                tls=settings.network.alb_tls_policy,
            ),
            acl=acl_rules(settings, settings.waf.api_rate_per_ip),
        )
        api.acl.watch(surge=settings.waf.surge_requests, alerts=self._defaults.alerts)
        return api

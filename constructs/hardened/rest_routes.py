"""Resources, methods, models and the validator of a REST API's operations.

Decisions: every method has the authorizer unless the contract says ``security: []``; each of those is one named
exception. A cached answer is kept per token, so that nobody reads what another caller was given.
"""

from datetime import date

from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.openapi import Route

TOKEN = "method.request.header.Authorization"  # noqa: S105 - a header's name


class RestRoutes(Construct):
    """The operations of an API; ``models`` are the request bodies that the gateway checks."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        api: apigw.RestApi,
        routes: tuple[Route, ...],
        handler: lambda_.IFunction,
        cached: frozenset[str],
        authorizer: apigw.IAuthorizer,
    ) -> None:
        """Add ``routes`` to ``api``, all answered by ``handler``; GET of a path in ``cached`` is cached per token."""
        super().__init__(scope, id)
        self._api = api
        self._handler = handler
        self._cached = cached
        self._authorizer = authorizer
        self._validator = api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        self.methods = {(route.method, route.path): self._method(route) for route in routes}

    def _method(self, route: Route) -> apigw.Method:
        is_cached = route.method == "GET" and route.path in self._cached
        method = self._api.root.resource_for_path(route.path).add_method(
            route.method,
            apigw.LambdaIntegration(
                self._handler,
                scope_permission_to_method=False,
                cache_key_parameters=[TOKEN] if is_cached else None,
            ),
            authorization_type=apigw.AuthorizationType.NONE if route.open else apigw.AuthorizationType.CUSTOM,
            authorizer=None if route.open else self._authorizer,
            request_parameters={**route.parameters, **({TOKEN: True} if is_cached else {})} or None,
            request_models={"application/json": self._model(route)} if route.body else None,
            request_validator=self._validator,
        )
        if route.open:
            acknowledge(
                method,
                rule=("AwsSolutions::AwsSolutions-APIG4", "SOC2::SOC2-API-AUTH"),
                reason=f"The contract opens {route.method} {route.path} (security: []): load balancers and canaries "
                "ask it without a user.",
                owner="platform",
                expires=date(2027, 6, 30),
                ticket="RISK-12",
                mitigated_by="the web ACL, the stage's limits, and an answer that tells nothing about anybody",
            )
        return method

    def _model(self, route: Route) -> apigw.IModel:
        words = (route.method.title(), *(part.strip("{}").title() for part in route.path.split("/")))
        name = "".join("".join(filter(str.isalnum, word)) for word in words)
        model = apigw.CfnModel(
            self,
            name,
            rest_api_id=self._api.rest_api_id,
            content_type="application/json",
            description=f"Body of {route.method} {route.path}",
            schema=route.body,
        )
        deployment = self._api.latest_deployment
        if deployment is None:
            raise ValueError(f"{self.node.path}: the API must deploy itself, or a changed model would not take effect")
        # A deployment is a snapshot: a changed model must make a new one, after the model.
        deployment.add_to_logical_id(route.body)
        deployment.node.add_dependency(model)
        return apigw.Model.from_model_name(self, f"{name}Name", model.ref)

"""A specialist agent: a function that may call its models under their guardrail, read the database, append to the
audit trail, and count what its calls cost.

Decision: what every agent has is granted here once, so that adding an agent is naming it. What an agent may not do is
as fixed: it cannot change or delete an audit entry, call another function, or use another model
than its own and the one that stands in for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from hardened.bedrock import Model, models_environment
from hardened.database import Database
from hardened.functions import Function, FunctionDefaults, Program, Size
from hardened.grants import use_table

APPEND = ("dynamodb:PutItem", "dynamodb:Query")


@dataclass(frozen=True, kw_only=True)
class AgentAccess:
    """What all agents work with: the database, the tables (audit trail, usage, breakers), and the limits as environment
    variables."""

    database: Database
    audit_table: dynamodb.ITableV2
    usage_table: dynamodb.ITableV2
    breaker_table: dynamodb.ITableV2
    limits: Mapping[str, str]


class AgentFunction(Function):
    """An agent. Its id names its handler.

    ``AgentFunction(self, "Reporter", ...)`` runs ``advisor.handlers.reporter``.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        defaults: FunctionDefaults,
        access: AgentAccess,
        models: Sequence[Model],
        code: lambda_.Code,
        size: Size,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """Make the agent.

        :param models: what it may ask, in this order.
        :param code: the bundle it needs (``agent``, or ``numeric`` with numpy).
        :param extra: variables that only this agent reads.
        """
        environment = {
            **models_environment(models),
            **access.database.environment,
            "AUDIT_TABLE": access.audit_table.table_name,
            "USAGE_TABLE": access.usage_table.table_name,
            "BREAKER_TABLE": access.breaker_table.table_name,
            **access.limits,
            **(extra or {}),
        }
        super().__init__(
            scope,
            id,
            defaults=defaults,
            program=Program(code=code, handler=f"advisor.handlers.{id.lower()}.handler", environment=environment),
            size=size,
        )
        for model in models:
            model.grant_invoke(self)
        access.database.grant_data_api(self)
        use_table(self, access.audit_table, *APPEND)
        use_table(self, access.usage_table, "dynamodb:UpdateItem")
        use_table(self, access.breaker_table, "dynamodb:GetItem", "dynamodb:PutItem")

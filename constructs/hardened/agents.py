"""A specialist agent: a function that may call the model under its guardrail, read the database and append to the
audit trail.

Decision: what every agent has is granted here once, so that adding an agent is naming it. What an agent may not do is
as fixed: it cannot change or delete an audit entry, call another function, or use another model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from hardened.bedrock import Model
from hardened.database import Database
from hardened.functions import Function, FunctionDefaults, Program, Size
from hardened.grants import use_table

APPEND = ("dynamodb:PutItem", "dynamodb:Query")


@dataclass(frozen=True, kw_only=True)
class AgentAccess:
    """What all agents work with: the model, the database, the audit trail, and the limits as environment variables."""

    model: Model
    database: Database
    audit_table: dynamodb.ITableV2
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
        code: lambda_.Code,
        size: Size,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """Make the agent.

        :param code: the bundle it needs (``agent``, or ``numeric`` with numpy).
        :param extra: variables that only this agent reads.
        """
        environment = {
            **access.model.environment(),
            **access.database.environment,
            "AUDIT_TABLE": access.audit_table.table_name,
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
        access.model.grant_invoke(self)
        access.database.grant_data_api(self)
        use_table(self, access.audit_table, *APPEND)

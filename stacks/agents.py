"""The analysis: its queue, the planner, the four specialists, and the sweeper that lets no job get lost (SYS-07,
SYS-08).

The planner may invoke exactly the specialists named in `SPECIALISTS` (IAM-06). Adding an agent: see
docs/adding-an-agent-infrastructure.md.
"""

from dataclasses import dataclass

from aws_cdk import CfnOutput
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from hardened import Classification, Database
from hardened.agents import APPEND, AgentAccess, AgentFunction
from hardened.functions import Function, FunctionDefaults, Program, Size, invoke_environment
from hardened.grants import allow, invoke, use_key, use_table
from hardened.provider_keys import provider_key
from hardened.queues import WorkQueue
from settings import Settings
from stacks.approvals import ReviewLine, approval_rules
from stacks.base import PlatformStack, removal_policy
from stacks.bundles import Bundles
from stacks.functions import price_environment
from stacks.models import limits_of, make_guardrail, models_of
from stacks.sweeper import add_sweeper
from stacks.tracing import tracing

REMEMBER = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


@dataclass(frozen=True, kw_only=True)
class Specialist:
    """One agent that the planner calls: the bundle it needs, and whether it looks at the valuation's day."""

    bundle: str = "agent"
    dated: bool = True


SPECIALISTS = {
    "Tagger": Specialist(dated=False),
    "Reporter": Specialist(),
    "Charter": Specialist(),
    "Retirement": Specialist(bundle="numeric"),
}


class AgentsStack(PlatformStack):
    """Everything between a queued request and its finished analysis."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bundles: Bundles,
        functions: FunctionDefaults,
        database: Database,
        audit_table: dynamodb.ITableV2,
        idempotency_table: dynamodb.ITableV2,
        usage_table: dynamodb.ITableV2,
        breaker_table: dynamodb.ITableV2,
        reviews: ReviewLine,
    ) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Alex: analysis", holds=Classification.CLIENT_DATA
        )
        self._settings, self._bundles = settings, bundles
        self._defaults = functions
        self._database = database
        self.price_secret = self._price_secret()
        self.analysis_queue = self._queue()
        self.guardrail = make_guardrail(self, settings)
        self.tracing = tracing(self, settings)
        self._usage_table = usage_table
        self.specialists = self._specialists(audit_table, breaker_table)
        self.planner = self._planner(idempotency_table, audit_table)
        for tracing_function in (self.planner, *self.specialists.values()):
            self.tracing.grant_use(tracing_function)
        for name, value in (reviews.let_start(self.planner) | approval_rules(settings)).items():
            self.planner.add_environment(name, value)
        self.sweeper = add_sweeper(
            self,
            settings=settings,
            code=bundles.code("api"),
            defaults=functions,
            database=database,
            analysis_queue=self.analysis_queue,
            reviews=reviews,
        )
        self.functions: dict[str, Function] = {
            "Planner": self.planner,
            **self.specialists,
            "Sweeper": self.sweeper,
        }
        self.queues: dict[str, WorkQueue] = {"Analysis": self.analysis_queue}
        CfnOutput(self, "AnalysisQueueUrl", value=self.analysis_queue.queue.queue_url)
        CfnOutput(self, "AnalysisDeadLetterQueueUrl", value=self.analysis_queue.dead_letters.queue.queue_url)
        CfnOutput(self, "PriceSecretArn", value=self.price_secret.secret_arn)
        CfnOutput(self, "TracingSecretArn", value=self.tracing.secret.secret_arn)
        CfnOutput(self, "TracingRateParameter", value=self.tracing.rate.parameter_name)

    def _price_secret(self) -> secretsmanager.Secret:
        return provider_key(
            self,
            "PriceKey",
            description='Key of the price provider: {"api_key": "..."}, set by an operator',
            mitigated_by="two functions can read the secret, and the key reads public prices only",
            removal_policy=removal_policy(self._settings),
        )

    def _queue(self) -> WorkQueue:
        queue = self._settings.queue
        return WorkQueue(
            self,
            "Analysis",
            name=f"alex-{self._settings.name}-analysis",
            visibility_s=queue.visibility_seconds,
            max_receives=queue.max_receives,
            alarm_age_s=self._settings.alarms.queue_age_seconds,
            alerts=self._defaults.alerts,
        )

    def _specialists(self, audit_table: dynamodb.ITableV2, breaker_table: dynamodb.ITableV2) -> dict[str, Function]:
        agents = self._settings.agents
        access = AgentAccess(
            database=self._database,
            audit_table=audit_table,
            usage_table=self._usage_table,
            breaker_table=breaker_table,
            limits=limits_of(self._settings),
        )
        extra = {"Retirement": {"MONTE_CARLO_PATHS": str(agents.monte_carlo_paths)}}
        return {
            name: AgentFunction(
                self,
                name,
                defaults=self._defaults,
                access=access,
                models=models_of(self._settings, self.guardrail, agent=name.lower()),
                code=self._bundles.code(specialist.bundle),
                size=Size(memory_mb=agents.memory_mb, timeout_s=agents.timeout_s),
                extra={
                    **extra.get(name, {}),
                    **(self._valuation_date() if specialist.dated else {}),
                    **self.tracing.environment,
                },
            )
            for name, specialist in SPECIALISTS.items()
        }

    def _planner(self, idempotency_table: dynamodb.ITableV2, audit_table: dynamodb.ITableV2) -> Function:
        settings = self._settings
        planner = Function(
            self,
            "Planner",
            defaults=self._defaults,
            program=Program(
                code=self._bundles.code("agent"),
                handler="advisor.handlers.planner.handler",
                environment={
                    **self._database.environment,
                    "ANALYSIS_QUEUE_URL": self.analysis_queue.queue.queue_url,
                    "ANALYSIS_MAX_RECEIVES": str(settings.queue.max_receives),
                    "IDEMPOTENCY_TABLE": idempotency_table.table_name,
                    "AUDIT_TABLE": audit_table.table_name,
                    "PRICE_SECRET_ARN": self.price_secret.secret_arn,
                    **price_environment(settings),
                    "USAGE_TABLE": self._usage_table.table_name,
                    "JOB_BUDGET_USD": str(settings.agents.job_budget_usd),
                    "MODELS_SIMULATED": str(settings.models.simulated).lower(),
                    **self._valuation_date(),
                    **self.tracing.environment,
                    **invoke_environment(self.specialists),
                },
            ),
            size=Size(
                memory_mb=settings.planner.memory_mb,
                timeout_s=settings.planner.timeout_s,
                reserved=settings.planner.reserved_concurrency,
            ),
        )
        self._database.grant_data_api(planner)
        use_table(planner, idempotency_table, *REMEMBER)
        use_table(planner, self._usage_table, "dynamodb:GetItem")
        use_table(planner, audit_table, *APPEND)
        allow(planner, actions=("secretsmanager:GetSecretValue",), resources=(self.price_secret.secret_arn,))
        use_key(planner, self.price_secret.encryption_key, "kms:Decrypt")
        for specialist in self.specialists.values():
            invoke(planner, specialist.function.function_arn)
        self.analysis_queue.feed(planner.function, concurrency=settings.planner.reserved_concurrency)
        return planner

    def _valuation_date(self) -> dict[str, str]:
        day = self._settings.prices.valuation_date
        return {"VALUATION_DATE": day.isoformat()} if day else {}

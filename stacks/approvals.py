"""Human approval: the workflow that waits for people, its functions, and how people are told (SYS-38).

Two functions share the workflow's secret, the token that answers for a person: one may store it and not read it, the
other may read it and answer. Neither the API nor the planner can do either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import CfnOutput
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from constructs import Construct

from hardened import Classification, Database, Keys
from hardened.agents import APPEND
from hardened.alarms import FIVE_MINUTES, alarm
from hardened.functions import NAMESPACE, Function, FunctionDefaults, Program, Size
from hardened.grants import allow, invoke, use_key, use_table
from hardened.notifications import notify
from hardened.queues import WorkQueue
from hardened.topics import Severity
from hardened.workflow import Workflow, let_answer
from settings import Settings
from stacks.base import PlatformStack
from stacks.bundles import Bundles
from stacks.review_workflow import definition

ESCALATION_RECEIVES = 1000  # the sweeper looks at a message every quarter of an hour, for ten days
ESCALATION_HIDDEN_S = 960


@dataclass(frozen=True, kw_only=True)
class ReviewLine:
    """What other stacks need of reviews: to start them, to pass decisions on, to put right what stopped."""

    workflow: Workflow
    review: Function
    decision: Function
    escalations: WorkQueue

    def let_start(self, function: Function) -> dict[str, str]:
        """Let ``function`` start the workflow; what its environment needs for it."""
        self.workflow.grant_start(function)
        return {"REVIEW_WORKFLOW_ARN": self.workflow.machine.state_machine_arn}

    def let_deliver(self, function: Function) -> dict[str, str]:
        """Let ``function`` have decisions passed on; what its environment needs for it."""
        arn = self.decision.function.function_arn
        invoke(function, arn)
        return {"DECISION_FUNCTION": arn}

    def let_conclude(self, function: Function) -> dict[str, str]:
        """Let ``function`` end jobs in the workflow's place; what its environment needs for it."""
        arn = self.review.function.function_arn
        invoke(function, arn)
        return {"REVIEW_FUNCTION": arn}

    def let_clear(self, function: Function) -> dict[str, str]:
        """Let ``function`` take settled escalations from their queue; what its environment needs for it."""
        queue = self.escalations.queue
        allow(function, actions=("sqs:DeleteMessage", "sqs:ReceiveMessage"), resources=(queue.queue_arn,))
        use_key(function, queue.encryption_master_key, "kms:Decrypt")
        return {"ESCALATION_QUEUE_URL": queue.queue_url}


class ApprovalsStack(PlatformStack):
    """Everything between advice that a person must approve and its release."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        bundles: Bundles,
        functions: FunctionDefaults,
        keys: Keys,
        database: Database,
        audit_table: dynamodb.ITableV2,
        token_table: dynamodb.ITableV2,
    ) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Alex: approval", holds=Classification.CLIENT_DATA
        )
        self._settings = settings
        self._bundles = bundles
        self._defaults = functions
        self._database = database
        self.topic = sns.Topic(self, "Reviewers", display_name=f"Alex {settings.name}: reviews")
        if settings.hitl.reviewers_email:
            notify(
                self.topic,
                (settings.hitl.reviewers_email,),
                name=f"alex-{settings.name}-reviewers",
                alerts=self._defaults.alerts,
                setting="hitl.reviewers_email",
            )
        self.escalations = WorkQueue(
            self,
            "Escalations",
            name=f"alex-{settings.name}-escalations",
            visibility_s=ESCALATION_HIDDEN_S,
            max_receives=ESCALATION_RECEIVES,
            alarm_age_s=settings.hitl.escalation_age_seconds,
            alerts=functions.alerts,
        )
        review = self._review(keys, audit_table, token_table)
        workflow = Workflow(
            self,
            "Workflow",
            name=f"alex-{settings.name}-review",
            definition=definition(review.function.function_arn),
            functions=[review.function],
            key=keys.messaging,
            alerts=functions.alerts,
        )
        decision = self._decision(keys, audit_table, token_table)
        self.line = ReviewLine(workflow=workflow, review=review, decision=decision, escalations=self.escalations)
        self.functions: dict[str, Function] = {"Review": review, "Decision": decision}
        self.queues: dict[str, WorkQueue] = {"Escalations": self.escalations}
        self._alarms()
        CfnOutput(self, "ReviewWorkflowArn", value=workflow.machine.state_machine_arn)
        CfnOutput(self, "EscalationQueueUrl", value=self.escalations.queue.queue_url)

    def _function(self, name: str, handler: str, environment: Mapping[str, str], **options: Any) -> Function:
        return Function(
            self,
            name,
            defaults=self._defaults,
            program=Program(
                code=self._bundles.code("api"),
                handler=f"advisor.handlers.review.{handler}",
                environment={**self._database.environment, **environment},
            ),
            size=Size(memory_mb=512, timeout_s=60),
            **options,
        )

    def _review(self, keys: Keys, audit_table: dynamodb.ITableV2, token_table: dynamodb.ITableV2) -> Function:
        function = self._function(
            "Review",
            "handler",
            {
                "AUDIT_TABLE": audit_table.table_name,
                "WAITING_TABLE": token_table.table_name,
                "REVIEW_TOPIC_ARN": self.topic.topic_arn,
                "ESCALATION_QUEUE_URL": self.escalations.queue.queue_url,
            },
        )
        self._database.grant_data_api(function)
        use_table(function, audit_table, *APPEND)
        use_table(function, token_table, "dynamodb:PutItem")
        allow(function, actions=("sns:Publish",), resources=(self.topic.topic_arn,))
        use_key(function, keys.messaging, "kms:GenerateDataKey", "kms:Decrypt")
        self.escalations.grant_send(function)
        return function

    def _decision(self, keys: Keys, audit_table: dynamodb.ITableV2, token_table: dynamodb.ITableV2) -> Function:
        function = self._function(
            "Decision",
            "decision_handler",
            {"AUDIT_TABLE": audit_table.table_name, "WAITING_TABLE": token_table.table_name},
            asynchronous=True,
        )
        self._database.grant_data_api(function)
        use_table(function, audit_table, *APPEND)
        use_table(function, token_table, "dynamodb:GetItem")
        use_key(function, keys.messaging, "kms:GenerateDataKey", "kms:Decrypt")
        let_answer(function.role)
        return function

    def _alarms(self) -> None:
        hours = self._settings.hitl.expiry_warning_seconds / 3600
        counted = {
            "Expiring": ("sweeper", "ReviewsExpiring", "Maximum", f"A review expires within {hours:g} h and nobody has "
                         "decided. See GET /api/reviews. [HITL-01]"),
            "Expired": ("review", "ReviewsExpired", "Sum", "A review expired: the advice was not released, and the "
                        "client must ask again. [HITL-01]"),
        }  # fmt: skip
        for construct_id, (service, metric, statistic, text) in counted.items():
            dimensions = {"Environment": self._settings.name, "Service": service, "Agent": "approval"}
            alarm(
                self,
                construct_id,
                name=f"alex-{self._settings.name}-reviews-{construct_id.lower()}",
                metric=cw.Metric(
                    namespace=NAMESPACE,
                    metric_name=metric,
                    dimensions_map=dimensions,
                    period=FIVE_MINUTES,
                    statistic=statistic,
                ),
                threshold=0,
                alerts=self._defaults.alerts,
                severity=Severity.WARNING,
                runbook="reviews-waiting",
                description=text,
            )


def approval_rules(settings: Settings) -> dict[str, str]:
    """When a person must approve, as the planner's environment says it."""
    rules = settings.hitl
    fixed = {"REVIEW_EXPIRES_SECONDS": str(rules.expires_seconds)} if rules.expires_seconds else {}
    return {
        "REVIEW_VALUE_LIMIT_USD": str(rules.approval_threshold_usd),
        "REVIEW_VALUE_BASIS": rules.approval_basis,
        "REVIEW_RISK_LIMIT": str(rules.risk_score_above),
        "REVIEW_LEAST_CONFIDENCE": str(rules.least_confidence),
        "REVIEW_BUSINESS_DAYS": str(rules.business_days),
        **fixed,
    }

"""What the functions around reviews are told by their environment (see `environment`)."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from advisor.adapters.environment import DatabaseEnvironment, Environment, Text, Url
from advisor.domain.review import ApprovalRules


class ProposalEnvironment(Environment):
    """The planner: the workflow it starts, and when a person must approve (USD, scores, fractions, days)."""

    workflow_arn: Text = Field(alias="REVIEW_WORKFLOW_ARN")
    value_limit: Decimal = Field(gt=0, alias="REVIEW_VALUE_LIMIT_USD")
    value_basis: Literal["trade_value", "portfolio_value"] = Field(alias="REVIEW_VALUE_BASIS")
    risk_limit: int = Field(ge=1, le=10, alias="REVIEW_RISK_LIMIT")
    least_confidence: Decimal = Field(ge=0, le=1, alias="REVIEW_LEAST_CONFIDENCE")
    business_days: int = Field(ge=1, alias="REVIEW_BUSINESS_DAYS")
    expires_seconds: int | None = Field(default=None, ge=1, alias="REVIEW_EXPIRES_SECONDS")

    @property
    def rules(self) -> ApprovalRules:
        """The rules as the domain knows them."""
        return ApprovalRules(
            value_limit=self.value_limit,
            value_basis=self.value_basis,
            risk_limit=self.risk_limit,
            least_confidence=self.least_confidence,
            business_days=self.business_days,
            expires_seconds=self.expires_seconds,
        )


class ReviewSweepEnvironment(Environment):
    """The sweeper: the workflow, its functions, the escalations, and how soon (seconds) an expiry is warned of."""

    decision_function: Text = Field(alias="DECISION_FUNCTION")
    workflow_arn: Text = Field(alias="REVIEW_WORKFLOW_ARN")
    review_function: Text = Field(alias="REVIEW_FUNCTION")
    escalation_queue_url: Url = Field(alias="ESCALATION_QUEUE_URL")
    expiry_warning_seconds: int = Field(ge=60, alias="REVIEW_EXPIRY_WARNING_SECONDS")


class ReviewEnvironment(DatabaseEnvironment):
    """The workflow's own function: whom it tells, and where it keeps tokens."""

    audit_table: Text = Field(alias="AUDIT_TABLE")
    token_table: Text = Field(alias="WAITING_TABLE")
    topic_arn: Text = Field(alias="REVIEW_TOPIC_ARN")
    escalation_queue_url: Url = Field(alias="ESCALATION_QUEUE_URL")


class DecisionEnvironment(DatabaseEnvironment):
    """The function that answers the workflow."""

    audit_table: Text = Field(alias="AUDIT_TABLE")
    token_table: Text = Field(alias="WAITING_TABLE")

"""Lambda handler of the remediation: what broke a rule of AWS Config is repaired, or reported with advice (COMP-03).

EventBridge brings one change of compliance at a time and tries again when the function raises; what stays impossible
ends in the dead-letter queue, whose first message raises an alarm. Every step may be repeated.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field

from advisor.adapters.compliance import Account
from advisor.adapters.environment import Environment, Text, load
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.domain.remediation import Answer, Change, answer, own_name
from advisor.ports.telemetry import Telemetry

NAME = "remediation"
QUICK = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


class RemediationEnvironment(Environment):
    """The remediation: the bus that it tells what it did."""

    compliance_bus: Text = Field(alias="COMPLIANCE_BUS")


class _Result(BaseModel):
    model_config = ConfigDict(extra="ignore")

    complianceType: str  # noqa: N815 - AWS's names
    resultRecordedTime: str  # noqa: N815


class _Detail(BaseModel):
    """``detail`` of a "Config Rules Compliance Change"."""

    model_config = ConfigDict(extra="ignore")

    configRuleName: Text  # noqa: N815
    resourceId: Text  # noqa: N815
    resourceType: Text  # noqa: N815
    awsAccountId: Text  # noqa: N815
    awsRegion: Text  # noqa: N815
    newEvaluationResult: _Result  # noqa: N815


def change_of(event: Mapping[str, Any]) -> Change:
    """The change that an event tells of; raises ValidationError for an event of another form."""
    detail = _Detail.model_validate(event.get("detail"))
    return Change(
        rule=own_name(detail.configRuleName),
        resource=detail.resourceId,
        resource_type=detail.resourceType,
        account=detail.awsAccountId,
        region=detail.awsRegion,
        compliant=detail.newEvaluationResult.complianceType != "NON_COMPLIANT",
        at=detail.newEvaluationResult.resultRecordedTime,
    )


def remedy(change: Change, account: Account, telemetry: Telemetry) -> Answer | None:
    """Do what is to be done, and tell the bus; None: nothing was."""
    what = answer(change)
    if what is Answer.REPAIRED and not account.close(change):
        what = None
    elif what in (Answer.REPORTED, Answer.RESOLVED):
        account.report(change)
    if what:
        account.tell(change, what)
        about = {"rule": change.rule, "resource_type": change.resource_type}
        telemetry.event("COMPLIANCE_" + what.name, agent=NAME, warning=not change.compliant, **about)
    return what


@lru_cache
def wiring() -> tuple[Account, PowertoolsTelemetry]:
    """Wire the remediation from its environment (raises ConfigurationError)."""
    env = load(RemediationEnvironment)
    telemetry = PowertoolsTelemetry(
        service=env.service, environment=env.environment, namespace=env.metrics_namespace, level=env.log_level
    )
    s3, hub, events = (boto3.client(name, config=QUICK) for name in ("s3", "securityhub", "events"))
    return Account(s3, hub, events, env.compliance_bus, hub.meta.partition), telemetry


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    """AWS Lambda entry point for a change of compliance."""
    account, telemetry = wiring()
    try:
        what = remedy(change_of(event), account, telemetry)
        return {"answer": what.value if what else "nothing"}
    except Exception:
        telemetry.logger.exception("a change of compliance could not be answered")
        raise
    finally:
        telemetry.flush()

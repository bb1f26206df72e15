"""Tracing of model work: the tracing service's keys, the share of jobs that are traced, and X-Ray's share of requests.

Decisions:
- The keys are a secret that an operator fills; until then functions trace nothing and cost nothing.
- The share stands in a parameter: raising it to 1 during an incident takes one command and no deployment (OBS-18).
  It names no secret, so that who may raise it needs no right to read the keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_xray as xray
from constructs import Construct

from hardened.grants import allow, use_key
from hardened.provider_keys import provider_key


@dataclass(frozen=True, kw_only=True)
class TracingPlan:
    """What is traced and where it goes.

    :param environment: the environment's name, for example ``prod``.
    :param sample_rate: share of jobs and of requests that are traced, 0 to 1 (OBS-18).
    :param content: ``full``, ``redacted`` or ``hash``: how much of prompts and answers leaves (OBS-23).
    :param host: the tracing service's address, unless the secret names another (OBS-20).
    :param service: whose keys the secret holds, for its description.
    """

    environment: str
    sample_rate: float
    content: str
    host: str
    service: str


class Tracing(Construct):
    """``.secret``, ``.rate``; `grant_use` lets a function trace, `environment` tells it how."""

    def __init__(
        self, scope: Construct, construct_id: str, *, plan: TracingPlan, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, construct_id)
        self._plan = plan
        self.secret = provider_key(
            self,
            "Keys",
            description=f'Keys of {plan.service}: {{"public_key": "pk-lf-...", "secret_key": "sk-lf-..."}}, '
            "set by an operator; without them nothing is traced",
            mitigated_by="the keys write and read traces, which hold no client content where there are clients",
            removal_policy=removal_policy,
        )
        self.rate = ssm.StringParameter(
            self,
            "Rate",
            parameter_name=f"/alex/{plan.environment}/tracing/sample-rate",
            string_value=str(plan.sample_rate),
            description="Share of jobs that are traced, 0 to 1; 1 during an incident",
        )
        self._sample_requests()

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables of every function that traces."""
        return {
            "TRACING_SECRET_ARN": self.secret.secret_arn,
            "TRACING_RATE_PARAMETER": self.rate.parameter_name,
            "TRACING_SAMPLE_RATE": str(self._plan.sample_rate),
            "TRACING_CONTENT": self._plan.content,
            "LANGFUSE_HOST": self._plan.host,
        }

    def grant_use(self, grantee: iam.IGrantable) -> None:
        """Read the keys and the rate."""
        allow(grantee, actions=("secretsmanager:GetSecretValue",), resources=(self.secret.secret_arn,))
        use_key(grantee, self.secret.encryption_key, "kms:Decrypt")
        allow(grantee, actions=("ssm:GetParameter",), resources=(self.rate.parameter_arn,))

    def _sample_requests(self) -> None:
        """X-Ray's rule for this environment's functions, stages and state machines: one request a second, and the
        share of the others. Names begin with ``Alex-<environment>-`` or ``alex-<environment>``: ``?`` is one letter."""
        xray.CfnSamplingRule(
            self,
            "Requests",
            sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=f"alex-{self._plan.environment}",
                priority=1000,
                fixed_rate=self._plan.sample_rate,
                reservoir_size=1,
                service_name=f"?lex-{self._plan.environment}*",
                service_type="*",
                host="*",
                http_method="*",
                url_path="*",
                resource_arn="*",
                version=1,
            ),
        )

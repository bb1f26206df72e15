"""Language models and own models."""

from typing import Any

from tests.policy.rules.cases.iam import STATEMENT, allow, policy
from tests.policy.rules.casework import Case, drop, put

INVOKE = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
MODEL = "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-5-5"
GUARDRAIL = {"bedrock:GuardrailIdentifier": "arn:aws:bedrock:us-east-1:111122223333:guardrail/abc"}
KINDS = ("HATE", "INSULTS", "MISCONDUCT", "SEXUAL", "VIOLENCE", "PROMPT_ATTACK")


def guardrail(strength: str) -> dict[str, Any]:
    """A template's resources with one guardrail; ``strength`` is its one against attacks on the prompt."""
    filters = [{"Type": kind, "InputStrength": "HIGH", "OutputStrength": "MEDIUM"} for kind in KINDS]
    filters[-1] |= {"InputStrength": strength, "OutputStrength": "NONE"}
    properties = {
        "ContentPolicyConfig": {"FiltersConfig": filters},
        "SensitiveInformationPolicyConfig": {"PiiEntitiesConfig": [{"Type": "EMAIL", "Action": "ANONYMIZE"}]},
        "TopicPolicyConfig": {"TopicsConfig": [{"Name": "Tax", "Definition": "Tax advice", "Type": "DENY"}]},
    }
    return {"Guardrail": {"Type": "AWS::Bedrock::Guardrail", "Properties": properties}}


def model(**properties: Any) -> dict[str, Any]:
    """A template's resources with one model of the account."""
    return {"Model": {"Type": "AWS::SageMaker::Model", "Properties": properties}}


OTHER = {"Bool": {"aws:ViaAWSService": "true"}}
DENY = {"Effect": "Deny", "Action": "bedrock:InvokeModel*", "Resource": "*"}

CASES = [
    Case(
        "SOC2-BEDROCK-MODEL",
        passing=policy(allow(INVOKE, MODEL), allow("bedrock:ListFoundationModels", "*")),
        failing=policy(allow(INVOKE, [MODEL, "arn:aws:bedrock:us-east-1::foundation-model/anthropic.*"])),
        breaks=put(*STATEMENT, value=allow(INVOKE, "arn:aws:bedrock:us-east-1::foundation-model/*")),
    ),
    Case(
        "SOC2-BEDROCK-GUARDRAIL",
        passing=policy(
            allow(INVOKE, MODEL, Condition={"StringEquals": GUARDRAIL}),
            allow(INVOKE, "*"),
            {**DENY, "Condition": {"StringNotEquals": GUARDRAIL}},
        ),
        failing=policy(
            allow(INVOKE, MODEL),
            {**DENY, "Condition": {"StringNotEquals": GUARDRAIL, **OTHER}},
        ),
        breaks=put(*STATEMENT, value=allow("bedrock:InvokeModel", MODEL)),
    ),
    Case(
        "SOC2-GUARDRAIL-STRENGTH",
        passing=guardrail("MEDIUM"),
        failing=guardrail("LOW"),
        breaks=drop("SensitiveInformationPolicyConfig"),
    ),
    Case(
        "SOC2-SAGEMAKER-ISOLATED",
        passing=model(EnableNetworkIsolation=True)
        | {"Placed": model(VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]})["Model"]},
        failing=model(EnableNetworkIsolation=False),
    ),
]

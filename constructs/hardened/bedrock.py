"""A model that can be called only with its guardrail, and only through the inference profile that was chosen.

Decisions: IAM, not the caller's good will, requires the guardrail (`bedrock:GuardrailIdentifier`, with its version);
the foundation models behind a cross-region profile may be reached through that profile only. A guardrail's version is a
snapshot that CloudFormation never renews by itself, so its id carries a hash of the policy: another policy, another
version. What is denied is what lies outside the product's authorised scope (GUARD-06), never the advice it is made for.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_iam as iam
from constructs import Construct

from hardened.grants import allow

PROFILE_PREFIXES = ("us", "eu", "apac", "jp", "au", "ca", "global")
HARM = ("HATE", "INSULTS", "MISCONDUCT", "SEXUAL", "VIOLENCE")
# Identifiers that no analysis needs. Names and addresses are left, since reports speak of companies ("State Street");
# ages too, since a retirement depends on one.
PERSONAL = (
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_NUMBER",
    "DRIVER_ID",
    "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "PASSWORD",
    "PHONE",
    "PIN",
    "US_BANK_ACCOUNT_NUMBER",
    "US_BANK_ROUTING_NUMBER",
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "US_PASSPORT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER",
)


class Guardrail(Construct):
    """Content filters, prompt-attack filter, profanity, masked personal identifiers, and denied topics.

    Within a call Bedrock evaluates neither a tool's input nor its definition: where the answer is a tool's input, the
    caller sends its text to ApplyGuardrail, and its own rules guard it besides. Contextual grounding is left out
    because it is not made for conversations; figures are checked against the facts in code.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        denied_topics: Mapping[str, str],
        refusal: str,
    ) -> None:
        """Make the guardrail and the version in force.

        :param denied_topics: name (letters, digits, hyphens) -> what it is, at most 200 characters.
        :param refusal: what a blocked prompt or answer says instead.
        """
        super().__init__(scope, id)
        policy = {
            "content_policy_config": {"filtersConfig": _filters()},
            "sensitive_information_policy_config": {
                "piiEntitiesConfig": [{"type": kind, "action": "ANONYMIZE"} for kind in PERSONAL]
            },
            "word_policy_config": {"managedWordListsConfig": [{"type": "PROFANITY"}]},
            "topic_policy_config": {
                "topicsConfig": [
                    {"name": topic, "definition": definition, "type": "DENY"}
                    for topic, definition in denied_topics.items()
                ]
            },
        }
        guardrail = bedrock.CfnGuardrail(
            self,
            "Guardrail",
            name=name,
            description="What the analysis model may be asked and may say",
            blocked_input_messaging=refusal,
            blocked_outputs_messaging=refusal,
            content_policy_config=policy["content_policy_config"],
            sensitive_information_policy_config=policy["sensitive_information_policy_config"],
            topic_policy_config=policy["topic_policy_config"],
            word_policy_config=policy["word_policy_config"],
        )
        digest = hashlib.sha256(json.dumps([policy, refusal], sort_keys=True).encode()).hexdigest()[:12]
        version = bedrock.CfnGuardrailVersion(
            self, f"Version{digest}", guardrail_identifier=guardrail.attr_guardrail_id, description=f"policy {digest}"
        )
        self.guardrail_id = guardrail.attr_guardrail_id
        self.arn = guardrail.attr_guardrail_arn
        self.version = version.attr_version

    def environment(self) -> dict[str, str]:
        """The pair of variables that a caller of the model reads."""
        return {"GUARDRAIL_ID": self.guardrail_id, "GUARDRAIL_VERSION": self.version}


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model of a role: who may call it how, and what it costs.

    :param model_id: an inference profile (``us.anthropic...``) or a plain foundation model's id.
    :param regions: where the profile may route a request.
    :param tool_choice: ``forced`` or ``auto``: whether the model can be made to answer by its tool.
    :param streaming: answers are read as they are made; that is another action to grant.
    :param limits: ``max_tokens``, ``max_request_bytes``, ``max_answer_bytes``.
    :param input_usd_per_mtok: price in USD for a million input tokens; ``output_usd_per_mtok`` likewise.
    """

    model_id: str
    regions: tuple[str, ...]
    guardrail: Guardrail
    tool_choice: str
    streaming: bool
    limits: Mapping[str, int]
    input_usd_per_mtok: float
    output_usd_per_mtok: float

    def told(self) -> dict[str, Any]:
        """What a caller of the model must know of it; prices as text, so that no digit is lost on the way."""
        return {
            "model_id": self.model_id,
            "tool_choice": self.tool_choice,
            "streaming": self.streaming,
            **self.limits,
            "input_usd_per_mtok": str(self.input_usd_per_mtok),
            "output_usd_per_mtok": str(self.output_usd_per_mtok),
        }

    def grant_invoke(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` call the model with the guardrail in force, and in no other way."""
        action = "bedrock:InvokeModelWithResponseStream" if self.streaming else "bedrock:InvokeModel"
        guarded = {"bedrock:GuardrailIdentifier": f"{self.guardrail.arn}:{self.guardrail.version}"}
        profile = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{self.model_id}"
        prefix, _, base = self.model_id.partition(".")
        is_profile = prefix in PROFILE_PREFIXES
        if is_profile:
            allow(
                grantee,
                actions=(action,),
                resources=(profile,),
                conditions={"StringEquals": guarded},
            )
        regions = self.regions if is_profile else (Aws.REGION,)
        through = {"bedrock:InferenceProfileArn": profile} if is_profile else {}
        allow(
            grantee,
            actions=(action,),
            resources=tuple(
                f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{base if is_profile else self.model_id}"
                for region in regions
            ),
            conditions={"StringEquals": {**guarded, **through}},
        )
        allow(grantee, actions=("bedrock:ApplyGuardrail",), resources=(self.guardrail.arn,))


def models_environment(models: Sequence[Model]) -> dict[str, str]:
    """What a caller reads from its environment: its models in the order in which it asks them, and their guardrail."""
    told = json.dumps([model.told() for model in models], separators=(",", ":"))
    return {"MODELS": told, **models[0].guardrail.environment()}


def _filters() -> list[dict[str, str]]:
    harm = [{"type": kind, "inputStrength": "HIGH", "outputStrength": "HIGH"} for kind in HARM]
    return [*harm, {"type": "PROMPT_ATTACK", "inputStrength": "HIGH", "outputStrength": "NONE"}]

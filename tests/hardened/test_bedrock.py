"""A model is called with its guardrail, through its profile, or not at all."""

import json
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

from hardened.bedrock import Guardrail, Model

PROFILE = "us.anthropic.claude-x-v1:0"


def build(*, model_id: str = PROFILE, topics: dict[str, str] | None = None, streaming: bool = False) -> dict[str, Any]:
    stack = Stack(App(), "Bench")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    guardrail = Guardrail(stack, "Guardrail", name="g", denied_topics=topics or {"Tax": "Tax advice."}, refusal="No.")
    model = Model(
        tool_choice="auto",
        streaming=streaming,
        limits={"max_tokens": 10},
        model_id=model_id,
        regions=("us-east-1", "us-west-2"),
        guardrail=guardrail,
        input_usd_per_mtok=3.0,
        output_usd_per_mtok=15.0,
    )
    model.grant_invoke(role)
    return dict(Template.from_stack(stack).to_json()["Resources"])


def statements(resources: dict[str, Any]) -> list[dict[str, Any]]:
    (policy,) = [r for r in resources.values() if r["Type"] == "AWS::IAM::Policy"]
    return list(policy["Properties"]["PolicyDocument"]["Statement"])


def version(resources: dict[str, Any]) -> str:
    (found,) = [logical for logical, r in resources.items() if r["Type"] == "AWS::Bedrock::GuardrailVersion"]
    return found


def test_every_call_must_carry_the_guardrail_in_force() -> None:
    """GUARD-06: an agent that forgets the guardrail is refused by IAM, not by review."""
    resources = build()
    calls = [s for s in statements(resources) if s["Action"] == "bedrock:InvokeModel"]
    assert len(calls) == 2
    for call in calls:
        required = json.dumps(call["Condition"]["StringEquals"]["bedrock:GuardrailIdentifier"])
        assert "GuardrailArn" in required
        assert version(resources) in required


def test_foundation_models_are_reached_through_the_profile_only_in_its_regions() -> None:
    """LLM-01: a direct call in another region would escape the profile's routing and its costs."""
    profile, models = [s for s in statements(build()) if s["Action"] == "bedrock:InvokeModel"]
    assert f":inference-profile/{PROFILE}" in json.dumps(profile["Resource"])
    assert "bedrock:InferenceProfileArn" in models["Condition"]["StringEquals"]
    arns = [json.dumps(arn) for arn in models["Resource"]]
    assert len(arns) == 2
    for region, arn in zip(("us-east-1", "us-west-2"), arns, strict=True):
        assert f":bedrock:{region}::foundation-model/anthropic.claude-x-v1:0" in arn


def test_a_streaming_model_may_only_be_streamed() -> None:
    """LLM-07: the other way of calling would have no limit to what it reads."""
    actions = {s["Action"] for s in statements(build(streaming=True))}
    assert actions == {"bedrock:InvokeModelWithResponseStream", "bedrock:ApplyGuardrail"}


def test_a_plain_model_id_needs_no_profile() -> None:
    (call,) = [s for s in statements(build(model_id="amazon.nova-pro-v1:0")) if s["Action"] == "bedrock:InvokeModel"]
    assert "foundation-model/amazon.nova-pro-v1:0" in json.dumps(call["Resource"])
    assert "bedrock:InferenceProfileArn" not in call["Condition"]["StringEquals"]


def test_another_policy_becomes_another_version() -> None:
    """CloudFormation never renews a version: an edited topic would otherwise not be in force."""
    assert version(build()) == version(build())
    assert version(build()) != version(build(topics={"Tax": "Tax advice, and nothing else."}))


def test_prompt_attacks_harm_and_personal_identifiers_are_filtered() -> None:
    """GUARD-02, GUARD-06, GUARD-07."""
    (guardrail,) = [r["Properties"] for r in build().values() if r["Type"] == "AWS::Bedrock::Guardrail"]
    filters = {f["Type"]: f for f in guardrail["ContentPolicyConfig"]["FiltersConfig"]}
    assert filters["PROMPT_ATTACK"]["InputStrength"] == "HIGH"
    assert {f["InputStrength"] for f in filters.values()} == {"HIGH"}
    masked = {e["Type"] for e in guardrail["SensitiveInformationPolicyConfig"]["PiiEntitiesConfig"]}
    assert "US_SOCIAL_SECURITY_NUMBER" in masked
    assert "NAME" not in masked

"""Language models: which ones may be called, what stands between them and people, and where own models run.

Whether the account logs its model calls cannot be judged here: CloudFormation has no resource for that setting.
"""

from collections.abc import Callable
from typing import Any

from soc2.arns import has_wildcard, is_everything, names_one
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.iam import refuse_boundaries
from soc2.statements import GRANTS, Statement, statements
from soc2.template import Resource
from soc2.values import every, is_true, items, shown, some

CALLS = (
    "bedrock:Converse",
    "bedrock:ConverseStream",
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithBidirectionalStream",
    "bedrock:InvokeModelWithResponseStream",
)
"""Actions that run a model. Converse is authorised as InvokeModel, and appears in policies all the same."""

GUARDRAIL = "bedrock:guardrailidentifier"

FILTERS = ("HATE", "INSULTS", "MISCONDUCT", "PROMPT_ATTACK", "SEXUAL", "VIOLENCE")


def calls_model(statement: Statement) -> bool:
    """Whether it allows to run a model."""
    return statement.allows and some(statement.covers, CALLS)


def _calling(resource: Resource, judge: Callable[[Statement], Findings]) -> Findings:
    refuse_boundaries(resource)
    found = statements(resource)
    if not some(calls_model, found):
        raise NotApplicable("it allows no calls of language models")
    yield from each(lambda statement: judge(statement) if calls_model(statement) else (), found)


@rule(
    "SOC2-BEDROCK-MODEL",
    "Policies name the language models that may be called",
    on=tuple(GRANTS),
    criteria=("CC6.1", "CC6.3", "CC9.2", "P6.1"),
    severity=Severity.HIGH,
    fix="put the ARNs of the models or inference profiles in Statement.Resource (CDK: model.grant_invoke(role))",
    requirements=("IAM-05", "LLM-01"),
)
def model(resource: Resource) -> Findings:
    def judge(statement: Statement) -> Findings:
        def of_resource(value: Any) -> list[Broken]:
            # A model contains nothing, so a wildcard behind one covers its successors.
            name = value.rpartition("/")[2]
            one = names_one(value) and not is_everything(value) and not has_wildcard(name)
            found = f"{shown(value)} covers models that it does not name"
            return [] if one else [Broken(found, at=f"{statement.at}.Resource", detail=f"Resource::{value}")]

        yield from each(of_resource, statement.resources)

    yield from _calling(resource, judge)


@rule(
    "SOC2-BEDROCK-GUARDRAIL",
    "Language models are called only with the guardrail",
    on=tuple(GRANTS),
    criteria=("CC6.8", "CC9.2", "PI1.3"),
    severity=Severity.HIGH,
    fix="add the condition StringEquals bedrock:GuardrailIdentifier to the Allow, or a Deny with StringNotEquals "
    "(CDK: iam.PolicyStatement(conditions=...))",
    requirements=("GUARD-06",),
)
def guarded(resource: Resource) -> Findings:
    beside = statements(resource)

    def judge(statement: Statement) -> Findings:
        if statement.demands(GUARDRAIL.__eq__) or some(lambda other: _denies_unguarded(other, statement), beside):
            return
        yield Broken(
            f"calls of {shown(statement.resources)} need no guardrail",
            at=statement.at,
            detail=f"Resource::{','.join(sorted(str(value) for value in statement.resources))}",
        )

    yield from _calling(resource, judge)


def _denies_unguarded(statement: Statement, allow: Statement) -> bool:
    """Whether it refuses what ``allow`` lets through without the guardrail: negations also hold for a missing key."""
    negations = {"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"}
    operators = negations | {f"{name}ifexists" for name in negations}
    return (
        statement.denies
        and statement.condition_count == 1
        and some(lambda found: found[0] == GUARDRAIL and bool(items(found[1])), statement.conditions(operators))
        and every(lambda call: not allow.covers(call) or statement.covers(call), CALLS)
        and every(
            lambda value: some(lambda denied: is_everything(denied) or denied == value, statement.resources),
            allow.resources,
        )
    )


@rule(
    "SOC2-GUARDRAIL-STRENGTH",
    "Guardrails filter harmful content and attacks, personal data, and forbidden topics",
    on="AWS::Bedrock::Guardrail",
    criteria=("CC6.8", "PI1.3", "P4.1"),
    severity=Severity.HIGH,
    fix="set ContentPolicyConfig with all filters at MEDIUM or HIGH, SensitiveInformationPolicyConfig and "
    "TopicPolicyConfig (CDK: CfnGuardrail)",
    requirements=("GUARD-06",),
)
def strength(guardrail: Resource) -> Findings:
    yield from each(lambda judge: judge(guardrail), (_content, _personal_data, _topics))


def _content(guardrail: Resource) -> Findings:
    filters = items(guardrail.get("ContentPolicyConfig", "FiltersConfig"))

    def judge(kind: str) -> Findings:
        if not some(lambda found: found.get("Type") == kind and _stops(found), filters):
            found = f"no content filter stops {kind} at MEDIUM or HIGH"
            yield Broken(found, at="ContentPolicyConfig.FiltersConfig", detail=f"Filter::{kind}")

    yield from each(judge, FILTERS)


def _stops(found: Any) -> bool:
    sides = ["Input"] if found.get("Type") == "PROMPT_ATTACK" else ["Input", "Output"]
    return every(
        lambda side: (
            found.get(f"{side}Strength") in ("MEDIUM", "HIGH")
            and found.get(f"{side}Action", "BLOCK") != "NONE"
            and is_true(found.get(f"{side}Enabled", True))
        ),
        sides,
    )


def _personal_data(guardrail: Resource) -> Findings:
    rules = (
        found
        for name in ("PiiEntitiesConfig", "RegexesConfig")
        for found in items(guardrail.get("SensitiveInformationPolicyConfig", name))
    )
    if not some(lambda found: found.get("Action") in ("BLOCK", "ANONYMIZE"), rules):
        found = "no personal data is blocked or made anonymous"
        yield Broken(found, at="SensitiveInformationPolicyConfig", detail="PersonalData")


def _topics(guardrail: Resource) -> Findings:
    topics = items(guardrail.get("TopicPolicyConfig", "TopicsConfig"))
    if not some(lambda topic: topic.get("Type") == "DENY", topics):
        yield Broken("no topic is denied", at="TopicPolicyConfig.TopicsConfig", detail="Topics")


@rule(
    "SOC2-SAGEMAKER-ISOLATED",
    "Own models run in a network of the account, or without any network",
    on=("AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model"),
    criteria=("CC6.6", "C1.1"),
    severity=Severity.HIGH,
    fix="set VpcConfig, or EnableNetworkIsolation to true (CDK: CfnModel(vpc_config=...))",
    requirements=("NET-03",),
)
def isolated(resource: Resource) -> Findings:
    if resource.type == "AWS::SageMaker::EndpointConfig":
        variants = items(resource.get("ProductionVariants"))
        if every(lambda variant: bool(variant.get("ModelName")), variants):
            raise NotApplicable("its models are judged by themselves")
    isolations = (resource.get("VpcConfig", "Subnets"), resource.get("EnableNetworkIsolation"))
    if not some(lambda value: bool(value) and str(value).lower() != "false", isolations):
        yield Broken("there is neither VpcConfig nor EnableNetworkIsolation", at="VpcConfig")

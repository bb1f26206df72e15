"""Whether the templates show all that will be deployed: nobody can judge what is made elsewhere (CC8.1)."""

from collections.abc import Iterator
from functools import partial

from soc2.assembly import Assembly
from soc2.reading import each
from soc2.rule import Broken, Findings, Severity, rule
from soc2.template import APPLICATION, Resource, Stack
from soc2.values import items

PLAIN = ("AWS::LanguageExtensions",)
"""Transformations that add functions, and no resources of their own."""


@rule(
    "SOC2-TEMPLATE-WHOLE",
    "Templates show everything that is deployed",
    on=APPLICATION,
    criteria=("CC8.1",),
    severity=Severity.HIGH,
    fix="write the resources out, or synthesise the nested stack with the application (CDK: NestedStack); what is "
    "judged in another way is named in the profile by its type",
    requirements=("COMP-01",),
)
def whole(application: Assembly) -> Findings:
    for stack in application.stacks.values():
        yield from each(partial(_macro, stack.name), _macros(stack))
        for logical_id in stack.raw_resources:
            if str(logical_id).startswith("Fn::"):
                yield Broken(f"{logical_id} of {stack.name} makes resources", detail=f"{stack.name}::{logical_id}")
        yield from each(_made_elsewhere, stack.resources.values())


def _macros(stack: Stack) -> Iterator[object]:
    for named in items(stack.raw.get("Transform")):
        yield named.get("Name") if isinstance(named, dict) else named


def _macro(stack: str, name: object) -> Broken | None:
    if name in PLAIN:
        return None
    return Broken(f"the transformation {name} of {stack} adds what it likes", detail=f"{stack}::Transform::{name}")


def _made_elsewhere(resource: Resource) -> Broken | None:
    if resource.type in resource.assembly.profile.elsewhere or not resource.exists():
        return None
    if resource.type == "AWS::CloudFormation::Stack" and resource.logical_id not in resource.stack.nested:
        why = "deploys a template that was not given"
    elif resource.type == "AWS::CloudFormation::StackSet":
        why = "deploys a template to accounts of its own"
    elif resource.type.startswith("AWS::Serverless::") or resource.type.endswith("::MODULE"):
        why = f"is a {resource.type}, which becomes other resources at deployment"
    else:
        return None
    return Broken(f"{resource.path} {why}", detail=f"{resource.stack.name}::{resource.logical_id}")

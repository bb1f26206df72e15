"""What a runbook lets people do by one call: SSM Automation documents, each with a role that can do just that.

Decision: a document names its targets at deployment (a fixed id, or a choice of allowed values), never by free text,
and acts with its own role. So whoever may start it needs no rights on what it changes, and can change nothing else.
Every execution is in the trail with who started it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from hardened.grants import for_this_account

SCHEMA = "0.3"
ROLE = "AutomationAssumeRole"
"""The parameter by which AWS's own documents take their role, and AWS Config gives it."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """What a person says when starting.

    :param kind: must be the type of the API's own field that it stands for.
    :param allowed: the only values; ``pattern``: what a text must look like.
    :param default: used when nothing is said; None: it must be said.
    """

    description: str
    kind: Literal["String", "Boolean"] = "String"
    allowed: Sequence[str | bool] = ()
    pattern: str = ""
    default: str | None = None

    def render(self) -> dict[str, Any]:
        """The parameter as Systems Manager writes it."""
        return {
            "type": self.kind,
            "description": self.description,
            **({"allowedValues": list(self.allowed)} if self.allowed else {}),
            **({"allowedPattern": self.pattern} if self.pattern else {}),
            **({"default": self.default} if self.default is not None else {}),
        }


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of an AWS API: ``{{ Name }}`` in its inputs stands for a parameter or an earlier step's output.

    :param call: service and operation as the SDK names them, for example ``("sqs", "StartMessageMoveTask")``.
    :param outputs: name -> (path in the answer, type).
    """

    name: str
    call: tuple[str, str]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def render(self) -> dict[str, Any]:
        """The step as Systems Manager writes it."""
        service, operation = self.call
        outputs = [{"Name": name, "Selector": path, "Type": kind} for name, (path, kind) in self.outputs.items()]
        return {
            "name": self.name,
            "action": "aws:executeAwsApi",
            "inputs": {"Service": service, "Api": operation, **self.inputs},
            **({"outputs": outputs} if outputs else {}),
        }


class Automation(Construct):
    """A document with its role; ``grant_principal`` of the role gets exactly what the steps need."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        steps: Sequence[Step],
        boundary: iam.IManagedPolicy,
        parameters: Mapping[str, Parameter] | None = None,
        for_config: bool = False,
    ) -> None:
        """Make the document.

        :param name: what people type, for example ``alex-prod-redrive``; an interface, so it is fixed.
        :param boundary: the most that any document's role may do.
        :param for_config: AWS Config starts it as a remediation, and names the role itself: the document's own.
        """
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=for_this_account("ssm.amazonaws.com"),
            description=f"What {name} may do",
            permissions_boundary=boundary,
        )
        asked = {key: parameter.render() for key, parameter in (parameters or {}).items()}
        if for_config:
            asked[ROLE] = Parameter(description="The document's own role", default=self.role.role_arn).render()
        outputs = [f"{step.name}.{output}" for step in steps for output in step.outputs]
        content = {
            "schemaVersion": SCHEMA,
            "description": description,
            "assumeRole": f"{{{{ {ROLE} }}}}" if for_config else self.role.role_arn,
            "parameters": asked,
            "mainSteps": [step.render() for step in steps],
            **({"outputs": outputs} if outputs else {}),
        }
        self.document = ssm.CfnDocument(
            self,
            "Document",
            name=name,
            document_type="Automation",
            document_format="JSON",
            content=content,
            update_method="NewVersion",
        )
        self.arn = Stack.of(self).format_arn(service="ssm", resource="automation-definition", resource_name=name)

"""The one way to make an exception from a rule: one finding, on one construct, for a stated reason (CONF-06).

What this refuses at once: an empty or short reason, an id that is not namespaced (cdk-nag would obey it and leave no
trace), a wildcard for the rule, and a stack, stage or app. What only synthesis can see (an acknowledgement that meets
no
finding, or more than one resource), the gate refuses (`soc2`).
"""

import re
from datetime import date

from aws_cdk import Acknowledgment, Stack, Stage, Validations
from constructs import IConstruct

SHORTEST_REASON = 40
_ID = re.compile(r"^(?P<pack>[A-Za-z0-9.]+)::(?P<rule>[A-Za-z0-9.-]+)(?P<finding>\[.+\])?$")


class AcknowledgementError(ValueError):
    """An exception that nobody could review; the text says what to write instead."""


def acknowledge(construct: IConstruct, *, rule: str, reason: str, until: date | None = None) -> None:
    """Accept one finding of a rule pack on ``construct`` (or on the single resource below it that has the finding).

    :param rule: the id that the report prints behind *Acknowledge with*, for example
        ``AwsSolutions::AwsSolutions-IAM5[Action::kms:ReEncrypt*]``.
    :param reason: why the finding does not matter here and what covers its intent; at least 40 characters.
    :param until: the last day on which it holds; the gate closes on the next. None: as long as the reason is true.
    :raises AcknowledgementError: see the module's text.
    """
    where = f"acknowledgement of {rule!r} on {construct.node.path or 'the app'}"
    if Stack.is_stack(construct) or Stage.is_stage(construct) or construct.node.scope is None:
        raise AcknowledgementError(f"{where}: name the construct that has the finding, not a whole stack, stage or app")
    if not _ID.match(rule):
        raise AcknowledgementError(
            f"{where}: write the namespaced id as the report prints it, for example AwsSolutions::AwsSolutions-S1, "
            f"without wildcards"
        )
    if len(" ".join(reason.split())) < SHORTEST_REASON:
        raise AcknowledgementError(
            f"{where}: say why it does not matter and what covers it, in {SHORTEST_REASON} characters or more"
        )
    expiry = f" [until {until.isoformat()}]" if until else ""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=" ".join(reason.split()) + expiry))

"""The one way to make an exception from a rule of any pack: one finding, on one construct, as a dated decision.

What this refuses at once: terms that nobody could review, an id that is not namespaced (CDK would obey it and leave no
trace), and a stack, stage or app. What only synthesis can see (an acknowledgement that meets no finding, or more than
one; one that has expired since), the gate refuses.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from aws_cdk import Acknowledgment, Stack, Stage, Validations
from constructs import IConstruct

from soc2.acknowledgements import ID_EXAMPLE, AcknowledgementError, Terms, namespaced


def acknowledge(
    construct: IConstruct,
    *,
    rule: str | Sequence[str],
    reason: str,
    owner: str,
    expires: date,
    ticket: str,
    mitigated_by: str = "",
    false_positive: bool = False,
) -> None:
    """Accept one finding on ``construct`` (or on the single resource below it that has the finding).

    Without ``mitigated_by`` and ``false_positive`` the risk is accepted as it is.

    :param rule: the id that the report prints behind *acknowledge with*; several when packs say the same.
    :param reason: why the finding does not matter here, in 40 characters or more.
    :param owner: the team that answers for it.
    :param expires: the last day on which it holds, at most 400 days ahead; the gate closes on the next.
    :param ticket: where the decision is recorded.
    :param mitigated_by: what covers the rule's intent instead.
    :param false_positive: the rule is wrong here.
    :raises AcknowledgementError: see the module's text.
    """
    rules = (rule,) if isinstance(rule, str) else tuple(rule)
    where = f"acknowledgement of {', '.join(rules)} on {construct.node.path or 'the app'}"
    if Stack.is_stack(construct) or Stage.is_stage(construct) or construct.node.scope is None:
        raise AcknowledgementError(f"{where}: name the construct that has the finding, not a whole stack, stage or app")
    for name in rules:
        if not namespaced(name):
            raise AcknowledgementError(
                f"{where}: write the namespaced id as the report prints it, for example {ID_EXAMPLE}, no wildcards"
            )
    if mitigated_by and false_positive:
        raise AcknowledgementError(f"{where}: a false positive needs no mitigation; give one of the two")
    terms = Terms(
        reason=_line(reason),
        owner=owner,
        expires=expires,
        ticket=ticket,
        by=_line(mitigated_by),
        false_positive=false_positive,
    )
    # Expiry is the gate's: an expired exception must fail with the whole report, not with a traceback.
    for problem in terms.problems(min(expires, datetime.now(UTC).date())):
        raise AcknowledgementError(f"{where} {problem}")
    for name in rules:
        Validations.of(construct).acknowledge(Acknowledgment(id=name, reason=terms.text()))


def _line(text: str) -> str:
    return " ".join(text.replace(";", ",").replace("[", "(").replace("]", ")").split())

"""Log groups by class: how long they are kept, whether they are masked, whether the archive gets a copy (OBS-26).

Decision: a log group says what it holds by its class, as a tag that an auditor sees; `LogPolicy` does the rest to every
log group below a stage or stack, ours and those that AWS's constructs make, so that no author can forget it. A plain
log group is an application's. The innermost policy rules: a stack that stands alone brings its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import jsii
from aws_cdk import Aspects, IAspect, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import IConstruct

from hardened.log_protection import protection
from hardened.retention import retention_days

TAG = "LogClass"


class LogClass(StrEnum):
    """What a log group holds."""

    AUDIT = "audit"
    """Who did what to the platform: the trail, findings about other logs. Never masked: it must name people."""
    APPLICATION = "application"
    """What functions, workflows and the database write."""
    ACCESS = "access"
    """Who called: the API's access and execution logs, the web ACL's."""
    FLOW = "flow"
    """The network's traffic. It has its own way into the archive."""
    DELIVERY = "delivery"
    """Errors of the delivery into the archive: sent there, each would cause the next."""


MASKED = frozenset({LogClass.APPLICATION, LogClass.ACCESS})
"""Classes that may see what a user typed."""
ARCHIVED = frozenset({LogClass.AUDIT, LogClass.APPLICATION, LogClass.ACCESS})
"""Classes that are subscribed to the archive."""


def of_class(group: logs.LogGroup, log_class: LogClass) -> logs.LogGroup:
    """Say what ``group`` holds; the policy of its stack follows when the templates are made."""
    cast(logs.CfnLogGroup, group.node.default_child).tags.set_tag(TAG, log_class.value)
    return group


@dataclass(frozen=True)
class LogDestination:
    """Where log groups send a copy.

    :param arn: a delivery stream of this account, or the CloudWatch Logs destination of a log-archive account.
    :param writer: the role that CloudWatch Logs puts records with; a destination of another account needs none.
    """

    arn: str
    writer: iam.IRole | None = None


@jsii.implements(IAspect)
class LogPolicy:
    """What every log group of a stage or stack gets, by class.

    ``findings`` hears of personal data in other log groups (None: only a metric counts it), and ``archive`` gets
    copies (None: nothing does). Both have log groups themselves, so they may be set after the policy is attached.
    """

    def __init__(self, *, days: Mapping[LogClass, int], archive: LogDestination | None = None) -> None:
        """Set ``days``: how long each class is searchable, in days that CloudWatch Logs offers."""
        self._days = dict(days)
        self.findings: logs.ILogGroup | None = None
        self.archive = archive
        self._rules: dict[str, bool] = {}

    @property
    def default_retention(self) -> logs.RetentionDays:
        """That of a log group that says nothing."""
        return retention_days(self._days[LogClass.APPLICATION])

    def attach(self, scope: IConstruct) -> None:
        """Apply to every log group below ``scope``, also to those made later."""
        Aspects.of(scope).add(cast(IAspect, self))

    def visit(self, node: IConstruct) -> None:
        """Called by CDK for every construct when the templates are made."""
        if isinstance(node, logs.CfnLogGroup) and self._is_innermost(Stack.of(node)):
            self._apply(node)

    def _is_innermost(self, stack: Stack) -> bool:
        """Whether the stack has no policy of its own, or has this one."""
        path = stack.node.path
        if path not in self._rules:
            own = [aspect for aspect in Aspects.of(stack).all if isinstance(aspect, LogPolicy)]
            self._rules[path] = not own or any(aspect is self for aspect in own)
        return self._rules[path]

    def _apply(self, group: logs.CfnLogGroup) -> None:
        said = group.tags.tag_values().get(TAG)
        log_class = LogClass(said or LogClass.APPLICATION)
        if said:
            group.retention_in_days = self._days[log_class]
        else:
            group.tags.set_tag(TAG, log_class.value)
        if log_class in MASKED and group.data_protection_policy is None:
            group.data_protection_policy = protection(self.findings)
        if log_class in ARCHIVED and self.archive and group.node.scope:
            self._subscribe(group, group.node.scope, self.archive)

    def _subscribe(self, group: logs.CfnLogGroup, parent: IConstruct, archive: LogDestination) -> None:
        if parent.node.try_find_child("ToArchive"):
            return
        role: dict[str, Any] = {"role_arn": archive.writer.role_arn} if archive.writer else {}
        subscription = logs.CfnSubscriptionFilter(
            cast(Any, parent),
            "ToArchive",
            log_group_name=group.ref,
            filter_pattern="",  # everything
            destination_arn=archive.arn,
            **role,
        )
        if archive.writer:
            # CloudWatch Logs sends a test record at once, for which the role's policy must stand.
            subscription.node.add_dependency(archive.writer)

"""What is logged and traced, how long it is kept, and whether it outlives what wrote it (OBS-01, OBS-18, OBS-26).

Not demanded: a data protection policy of log groups. It masks what somebody has already written; keeping personal data
out of the log is the work of the code that writes it.
"""

import math
from collections.abc import Callable
from typing import Any

from soc2.assembly import Assembly
from soc2.rule import Broken, Findings, Severity, rule
from soc2.rules.dead_letters import FUNCTION, either, linked_where
from soc2.rules.recovery import production_only, unretained
from soc2.template import Resource
from soc2.values import Undecided, known, number, references_of, shown, some

LOG_GROUP = "AWS::Logs::LogGroup"
LOG_RETENTION = "Custom::LogRetention"
"""What CDK makes for a function whose log group it does not make."""


@rule(
    "SOC2-LOGS-RETENTION",
    "Log groups keep their events long enough",
    on=(LOG_GROUP, LOG_RETENTION),
    criteria=("CC7.2", "CC7.3", "C1.2", "P4.2"),
    severity=Severity.MEDIUM,
    fix="set RetentionInDays (CDK: retention=RetentionDays....)",
    requirements=("OBS-26",),
)
def retention(group: Resource) -> Findings:
    """Nothing said means for ever, which is long enough; that it may not be for ever is `expiry`'s question."""
    needed = group.assembly.profile.log_retention_days
    days = number(group.get("RetentionInDays"), default=math.inf)
    if days < needed:
        yield Broken(f"events are deleted after {days:g} days, not after {needed}", at="RetentionInDays")


@rule(
    "SOC2-LOGS-EXPIRE",
    "Log groups dispose of their events when their time is over",
    on=(LOG_GROUP, LOG_RETENTION),
    criteria=("C1.2", "P4.3"),
    severity=Severity.LOW,
    fix="set RetentionInDays (CDK: retention=RetentionDays....)",
    requirements=("OBS-26",),
)
def expiry(group: Resource) -> Findings:
    """Events name users and addresses. What is kept for ever is disposed of never, and nobody has decided that."""
    if number(group.get("RetentionInDays"), default=math.inf) == math.inf:
        yield Broken("RetentionInDays is nothing, so events are kept for ever", at="RetentionInDays")


@rule(
    "SOC2-LOGS-RETAIN",
    "Log groups outlive their stack",
    on=LOG_GROUP,
    criteria=("CC7.2", "CC7.3"),
    severity=Severity.MEDIUM,
    fix="set DeletionPolicy and UpdateReplacePolicy to Retain (CDK: removal_policy=RemovalPolicy.RETAIN)",
    requirements=("OBS-26",),
)
def retained(group: Resource) -> Findings:
    """A stack that somebody deletes must not take with it the record of who did."""
    production_only(group)
    yield from unretained(group)


@rule(
    "SOC2-LAMBDA-LOGGROUP",
    "Functions write to a log group whose retention and key the templates set",
    on=FUNCTION,
    criteria=("CC7.2",),
    severity=Severity.MEDIUM,
    fix="set LoggingConfig.LogGroup to an AWS::Logs::LogGroup (CDK: log_group=LogGroup(...))",
    requirements=("OBS-26", "OBS-29"),
)
def log_group(function: Resource) -> Findings:
    """Otherwise the service makes one at the first call, which keeps everything for ever, with the service's key."""
    name = function.get("LoggingConfig", "LogGroup")
    if name:
        if not function.assembly.target(name, LOG_GROUP) and not _groups_named(function, name):
            raise Undecided(f"its log group {shown(name)} is not in the given templates")
        return
    kinds = (LOG_GROUP, LOG_RETENTION)
    if not either(
        lambda: some(lambda of_type: linked_where(function, of_type, ("LogGroupName",), _is_default(function)), kinds),
        lambda: _has_named_default(function),
    ):
        yield Broken("no template has its log group", at="LoggingConfig.LogGroup")


def _is_default(function: Resource) -> Callable[[Resource], bool]:
    def is_default(group: Resource) -> bool:
        name = known(group.get("LogGroupName", default=""))
        return name == f"/aws/lambda/${{{function.logical_id}}}" and function.key in references_of(name)

    return is_default


def _has_named_default(function: Resource) -> bool:
    """Whether a log group has the function's name written out; unknown only if there are such groups at all."""
    name = function.get("FunctionName", default="")
    written = any(text.startswith("/aws/lambda/") for text in _by_name(function.assembly))
    return written and bool(_groups_named(function, f"/aws/lambda/{known(name)}"))


def _groups_named(function: Resource, name: Any) -> list[Resource]:
    found = [group for group in _by_name(function.assembly).get(str(name), ()) if group.exists_with(function)]
    # The name of the stack stands for another text in another stack.
    return [group for group in found if group.stack is function.stack or "${AWS::StackName}" not in str(name)]


def _by_name(assembly: Assembly) -> dict[str, list[Resource]]:
    return assembly.links(LOG_GROUP, ("LogGroupName",))[1]


@rule(
    "SOC2-LAMBDA-TRACE",
    "Functions are traced",
    on=FUNCTION,
    criteria=("CC7.2", "A1.1"),
    severity=Severity.LOW,
    fix="set TracingConfig.Mode to Active (CDK: tracing=Tracing.ACTIVE)",
    requirements=("OBS-18",),
)
def traced(function: Resource) -> Findings:
    mode = function.get("TracingConfig", "Mode")
    if mode != "Active":
        yield Broken(f"TracingConfig.Mode is {shown(mode)}", at="TracingConfig.Mode")


@rule(
    "SOC2-LAMBDA-JSON",
    "Functions write structured logs",
    on=FUNCTION,
    criteria=("CC2.1", "CC7.2"),
    severity=Severity.LOW,
    fix="set LoggingConfig.LogFormat to JSON (CDK: logging_format=LoggingFormat.JSON)",
    requirements=("OBS-01",),
)
def structured(function: Resource) -> Findings:
    log_format = function.get("LoggingConfig", "LogFormat")
    if log_format != "JSON":
        yield Broken(f"LoggingConfig.LogFormat is {shown(log_format)}", at="LoggingConfig.LogFormat")

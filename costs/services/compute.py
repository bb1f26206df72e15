"""Functions, what starts them, and workflows."""

import re
from collections.abc import Iterator

from costs.month import DAYS, HOURS, Month, Use, measures
from costs.resource import EstimateError, Resource
from settings.usage import OTHER

POLLS = 5 * 3 * 60 * HOURS
"""Requests a month by which Lambda asks an empty queue: five pollers, each three times a minute (20 s a question)."""

TRANSITIONS = 10
"""State transitions of one review, its waiting included."""

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}


@measures("AWS::Lambda::Function")
def function(found: Resource, month: Month) -> Iterator[Use]:
    """Runs and the memory that they hold; the custom metrics that it writes; what its agent says to a model."""
    runs, seconds = _runs(found, month)
    gigabytes = found.number("MemorySize", default=128) / 1024
    processor = found.get("Architectures", 0, default="x86_64")
    kind = "provisioned_run" if _provisioned(found, month) else "gb_second"
    yield Use("lambda.request", runs)
    yield Use(f"lambda.{processor}_{kind}", runs * seconds * gigabytes)
    if (disk := found.number("EphemeralStorage", "Size", default=512) - 512) > 0:
        yield Use("lambda.ephemeral", runs * seconds * disk / 1024)
    yield Use("cloudwatch.metric", month.usage.metrics_per_function)
    talk, roles = month.usage.talks.get(found.name), month.settings.agents.roles
    if talk and hasattr(roles, found.name.lower()):
        role = getattr(roles, found.name.lower())
        yield Use(f"bedrock.{role}_input", talk.tokens_in * month.analyses)
        yield Use(f"bedrock.{role}_output", talk.tokens_out * month.analyses)
        yield Use("bedrock.guardrail", talk.guardrail_units * month.analyses)


def _runs(found: Resource, month: Month) -> tuple[float, float]:
    """(runs a month, seconds each): by the schedule that starts it, otherwise by the usage profile."""
    said = month.usage.functions
    entry = said.get(found.name, said[OTHER])
    scheduled = sum(
        per_month(rule.get("ScheduleExpression"), rule)
        for rule in month.deployment.of_type("AWS::Events::Rule", stack=found.stack)
        if rule.get("ScheduleExpression")
        for index in range(len(rule.get("Targets", default=())))
        if rule.named("Targets", index, "Arn") == found.logical_id
    )
    if scheduled:
        return scheduled, entry.seconds
    times = {"request": month.requests, "analysis": month.analyses, "month": 1.0}[entry.per]
    return entry.times * times, entry.seconds


def per_month(schedule: str, rule: Resource) -> float:
    """How often a schedule fires in a month; cron is counted as once a day unless it names less.

    :raises EstimateError: it is no schedule.
    """
    if match := _RATE.fullmatch(schedule):
        return HOURS * 60 / (int(match[1]) * _MINUTES[match[2]])
    if schedule.startswith("cron("):
        _, _, day, _, weekday, *_ = schedule[5:-1].split()
        return DAYS / 30 if day not in "*?" else DAYS / 7 if weekday not in "*?" else DAYS
    raise EstimateError(f"{rule.stack}/{rule.logical_id}: the schedule {schedule!r} is neither rate(...) nor cron(...)")


def _provisioned(found: Resource, month: Month) -> bool:
    aliases = month.deployment.of_type("AWS::Lambda::Alias", "AWS::Lambda::Version", stack=found.stack)
    return any(a.named("FunctionName") == found.logical_id and a.get("ProvisionedConcurrencyConfig") for a in aliases)


@measures("AWS::Lambda::Alias", "AWS::Lambda::Version")
def provisioned(found: Resource, month: Month) -> Iterator[Use]:
    """Instances that are kept warm, used or not."""
    count = found.number("ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions", default=0)
    if not count:
        return
    target = month.deployment.target(found, "FunctionName")
    if target is None:
        raise EstimateError(f"{found.stack}/{found.logical_id}: its function is in no template of the same stack")
    gigabytes = target.number("MemorySize", default=128) / 1024
    processor = target.get("Architectures", 0, default="x86_64")
    yield Use(f"lambda.{processor}_provisioned", count * gigabytes * HOURS * 3600, fixed=True)


@measures("AWS::Lambda::EventSourceMapping")
def feed(found: Resource, month: Month) -> Iterator[Use]:
    """A queue is asked all the time; a table's stream is read for nothing."""
    source = month.deployment.target(found, "EventSourceArn")
    if source is not None and source.type == "AWS::SQS::Queue":
        yield Use("sqs.request", POLLS, fixed=True)


@measures("AWS::Scheduler::Schedule")
def schedule(found: Resource, _month: Month) -> Iterator[Use]:
    """One invocation each time."""
    yield Use("eventbridge.scheduled", per_month(found.get("ScheduleExpression", default=""), found), fixed=True)


@measures("AWS::StepFunctions::StateMachine")
def workflow(found: Resource, month: Month) -> Iterator[Use]:
    """One execution for each analysis that a person must look at."""
    executions = month.usage.reviewed_share * month.analyses
    if found.get("StateMachineType") == "EXPRESS":
        yield Use("step_functions.express_request", executions)
    else:
        yield Use("step_functions.transition", executions * TRANSITIONS)

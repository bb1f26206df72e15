"""Undelivered messages: whether they are kept, where, and for how long (AGENT-02, AGENT-13).

Decision: demanded everywhere, because a message that is lost in development hides a fault of production.
"""

from collections.abc import Callable, Iterator
from typing import Any

from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, has_unknown, items, known, number, references_of, shown, some

QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"
EVENT_RULE = "AWS::Events::Rule"
SCHEDULE = "AWS::Scheduler::Schedule"
SUBSCRIPTION = "AWS::SNS::Subscription"

LONGEST_SECONDS = 14 * 24 * 3600
"""How long a queue can keep a message at most; SQS keeps it for 4 days when nothing is said."""


def either(*ways: Callable[[], bool]) -> bool:
    """Whether one of the ways leads there; they are tried in turn, and an undecided one counts only when none does."""
    return some(lambda way: way(), ways)


def linked_where(
    resource: Resource, of_type: str, path: tuple[str, ...], holds: Callable[[Resource], bool], named: str = ""
) -> bool:
    """Whether a resource of a type that names this one at ``path`` holds; ``named`` is the property with its own name.

    An open value there, say the number of retries beside the name, would leave everything undecided. So ``holds`` looks
    by itself whom the resource names, and then decides about each of the type; also when its own name is open.
    """
    try:
        found = some(holds, resource.linked(of_type, *path))
        if found or not named or has_unknown(resource.get(named)) is None:
            return found
    except Undecided:
        pass
    return some(holds, resource.assembly.possible(of_type))


def is_dead_letter_queue(queue: Resource) -> bool:
    """Whether something keeps here what it could not deliver, or the queue says that it is there for that."""
    return either(
        lambda: queue.get("RedriveAllowPolicy", "redrivePermission") in ("allowAll", "byQueue"),
        lambda: some(lambda kind: _keeps_letters_in(queue, *kind), (*_DEAD_LETTERS.items(), *_SERVERLESS)),
    )


def _keeps_letters_in(queue: Resource, of_type: str, path: tuple[str, ...]) -> bool:
    def keeps(source: Resource) -> bool:
        return some(lambda arn: _is_queue(arn, queue), _letters(source))

    if linked_where(queue, of_type, path, keeps):
        return True
    by_arn = any(":sqs:" in text for text in queue.assembly.links(of_type, path)[1])
    return by_arn and some(keeps, queue.assembly.of_type(of_type))


def _letters(source: Resource) -> Iterator[Any]:
    """Where a source keeps what it could not deliver."""
    if not source.type.startswith("AWS::Serverless::"):
        yield from (letters for _to, letters in _deliveries(source))
        return
    yield source.get("DeadLetterQueue", "TargetArn")
    yield source.get("EventInvokeConfig", "DestinationConfig", "OnFailure", "Destination")
    for name in source.get("Events", default={}):
        yield source.get("Events", name, "Properties", "DestinationConfig", "OnFailure", "Destination")
        yield source.get("Events", name, "Properties", "DeadLetterConfig", "Arn")


def _is_queue(arn: Any, queue: Resource) -> bool:
    if not known(arn) or references_of(arn):
        return queue.key in references_of(arn)
    name = queue.get("QueueName")
    return bool(name) and str(arn).endswith(f":{name}")


_DEAD_LETTERS: dict[str, tuple[str, ...]] = {
    QUEUE: ("RedrivePolicy",),
    SUBSCRIPTION: ("RedrivePolicy",),
    EVENT_RULE: ("Targets",),
    FUNCTION: ("DeadLetterConfig",),
    SCHEDULE: ("Target", "DeadLetterConfig"),
    "AWS::Events::EventBus": ("DeadLetterConfig",),
    "AWS::Lambda::EventInvokeConfig": ("DestinationConfig", "OnFailure"),
    "AWS::Lambda::EventSourceMapping": ("DestinationConfig", "OnFailure"),
}
"""What keeps dead letters, and the property that says where."""

_SERVERLESS = (
    ("AWS::Serverless::Function", ("DeadLetterQueue",)),
    ("AWS::Serverless::Function", ("EventInvokeConfig",)),
    ("AWS::Serverless::Function", ("Events",)),
    ("AWS::Serverless::StateMachine", ("Events",)),
)
"""The same of resources that are not judged themselves, because CloudFormation makes others of them."""

_CALLS: dict[str, tuple[str, ...]] = {
    EVENT_RULE: ("Targets",),
    SCHEDULE: ("Target", "Arn"),
    SUBSCRIPTION: ("Endpoint",),
    "AWS::SNS::Topic": ("Subscription",),
    "AWS::S3::Bucket": ("NotificationConfiguration", "LambdaConfigurations"),
    "Custom::S3BucketNotifications": ("NotificationConfiguration",),
    "AWS::Logs::SubscriptionFilter": ("DestinationArn",),
}
"""What invokes functions and does not wait for their answer, and the property that says which."""


def _deliveries(source: Resource) -> Iterator[tuple[Any, Any]]:
    """(to whom, where to when that fails) for each delivery of a source; either may be nothing."""
    if source.type == EVENT_RULE:
        for target in items(source.get("Targets")):
            yield target.get("Arn"), target.get("DeadLetterConfig", {}).get("Arn")
    elif source.type in (QUEUE, SUBSCRIPTION):
        policy = source.get("RedrivePolicy", default={})
        yield source.get("Endpoint"), policy if isinstance(policy, str) else policy.get("deadLetterTargetArn")
    else:
        letters, to = _DEAD_LETTERS.get(source.type), _CALLS.get(source.type)
        kept = source.get(*letters, default={}) if letters else {}
        where = next((kept[key] for key in ("TargetArn", "Arn", "Destination") if key in kept), None)
        yield source.get(*to) if to else None, where


@rule(
    "SOC2-SQS-DLQ",
    "Queues set aside messages that cannot be processed",
    on=QUEUE,
    criteria=("A1.2", "PI1.3"),
    severity=Severity.HIGH,
    fix="set RedrivePolicy with a deadLetterTargetArn (CDK: dead_letter_queue=DeadLetterQueue(...))",
    requirements=("AGENT-02",),
)
def queue_dead_letters(queue: Resource) -> Findings:
    """Or they are where such messages are set aside."""
    redriven = "deadLetterTargetArn" in queue.get("RedrivePolicy", default={})
    if not redriven and not is_dead_letter_queue(queue):
        yield Broken("there is no RedrivePolicy.deadLetterTargetArn", at="RedrivePolicy")


@rule(
    "SOC2-SQS-RETENTION",
    "Dead-letter queues keep messages for the longest time possible",
    on=QUEUE,
    criteria=("A1.2", "PI1.3"),
    severity=Severity.MEDIUM,
    fix=f"set MessageRetentionPeriod to {LONGEST_SECONDS} (CDK: retention_period=Duration.days(14))",
    requirements=("AGENT-13",),
)
def dead_letter_retention(queue: Resource) -> Findings:
    if not is_dead_letter_queue(queue):
        raise NotApplicable("it is no dead-letter queue")
    seconds = number(queue.get("MessageRetentionPeriod"), default=4 * 24 * 3600)
    if seconds < LONGEST_SECONDS:
        yield Broken(f"messages are gone after {seconds / 86400:g} days, not 14", at="MessageRetentionPeriod")


@rule(
    "SOC2-LAMBDA-DLQ",
    "An event that a function fails to process is kept",
    on=FUNCTION,
    criteria=("A1.2", "PI1.3"),
    severity=Severity.HIGH,
    fix="set DeadLetterConfig, an on-failure destination, or DeadLetterConfig of the rule's target (CDK: "
    "dead_letter_queue=..., on_failure=SqsDestination(...), or LambdaFunction(dead_letter_queue=...))",
    requirements=("AGENT-13",),
)
def function_dead_letters(function: Resource) -> Findings:
    """Only for functions that nobody waits for: the caller of any other one sees the error."""
    if not _invoked(function, lambda _letters: True):
        raise NotApplicable("nothing in the templates invokes it asynchronously")
    kept = either(
        lambda: bool(function.get("DeadLetterConfig", "TargetArn")),
        lambda: some(_has_destination, function.linked("AWS::Lambda::EventInvokeConfig", "FunctionName")),
    )
    if not kept and _invoked(function, lambda letters: not letters):
        yield Broken("neither it nor what invokes it keeps events that failed", at="DeadLetterConfig")


def _has_destination(config: Resource) -> bool:
    return bool(config.get("DestinationConfig", "OnFailure", "Destination"))


def _invoked(function: Resource, among: Callable[[Any], bool]) -> bool:
    """Whether an asynchronous delivery, with dead letters as ``among`` wants them, goes to the function or an alias."""

    def callees() -> Iterator[Resource]:
        yield function
        yield from function.linked("AWS::Lambda::Alias", "FunctionName")

    def invoked(callee: Resource, of_type: str) -> bool:
        return linked_where(callee, of_type, _CALLS[of_type], lambda source: some(to(callee), _deliveries(source)))

    def to(callee: Resource) -> Callable[[tuple[Any, Any]], bool]:
        return lambda delivery: _mentions(delivery[0], callee) and among(delivery[1])

    return some(lambda callee: some(lambda of_type: invoked(callee, of_type), _CALLS), callees())


def _mentions(value: Any, resource: Resource) -> bool:
    if resource.key in references_of(value):
        return True
    known(value)  # or it may be the resource
    return False


@rule(
    "SOC2-EVENTS-DLQ",
    "An event that cannot be delivered is kept",
    on=(EVENT_RULE, SCHEDULE, SUBSCRIPTION),
    criteria=("A1.2", "PI1.3", "CC7.3"),
    severity=Severity.MEDIUM,
    fix="set DeadLetterConfig of each target, or RedrivePolicy of the subscription (CDK: dead_letter_queue=...)",
    requirements=("AGENT-13", "COMP-05"),
)
def event_dead_letters(source: Resource) -> Findings:
    if source.type == SUBSCRIPTION and source.get("Protocol") not in ("sqs", "lambda"):
        raise NotApplicable("it delivers to a person or to another service")
    deliveries = list(_deliveries(source))
    if not deliveries:
        raise NotApplicable("it has no target")
    yield from each(_is_lost, enumerate(deliveries))


def _is_lost(numbered: tuple[int, tuple[Any, Any]]) -> Broken | None:
    index, (to, letters) = numbered
    found = f"what {shown(to)} does not take is lost"
    return None if letters else Broken(found, at="DeadLetterConfig", detail=f"Target::{index}")

"""Keys of the customer: who administers them, who uses them, and how long they live (SEC-06, IAM-12).

Decision: *use* is calling KMS directly. What a service does with the key for somebody who may use that service
(``kms:ViaService``) is the service's own permission, so such statements neither make a user nor have to be denied.
A statement for the account delegates to IAM: whoever the policy names as an administrator could get use that way too,
unless a denial names them. So only a denial, or no delegation at all, separates the duties.
"""

from typing import Any, TypeVar

from soc2.key_policies import (
    CALLERS,
    EVENT_DELIVERY,
    SOURCES,
    applies_to,
    conditions,
    identities,
    limits,
    may_use,
    principals,
    statements,
)
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.template import Resource
from soc2.values import Undecided, every, is_true, items, number, shown, some

Item = TypeVar("Item")

KEYS = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
ADMINISTER = ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:DeleteImportedKeyMaterial")
_WINDOW = 14


def _mixed_duties(statement: Any, policy: list[Any]) -> Findings:
    if statement.get("Effect") == "Allow" and some(lambda action: applies_to(statement, action), ADMINISTER):
        for who in identities(statement):
            if may_use(who, policy):
                yield Broken(f"{shown(who, 120)} administers the key and may use it", at="KeyPolicy", detail=str(who))


@rule(
    "SOC2-KMS-SEPARATION",
    "Nobody both administers a key and uses it",
    on=KEYS,
    criteria=("CC3.3", "CC5.1", "CC6.1", "CC6.3"),
    severity=Severity.HIGH,
    fix="give KeyPolicy separate statements for administration and use, and deny use to administrators "
    "(CDK: Key(policy=...); its default policy allows the account kms:*)",
    requirements=("SEC-06", "IAM-12"),
)
def separation(key: Resource) -> Findings:
    policy = statements(key.get("KeyPolicy"))
    if not policy:
        yield Broken("there is no KeyPolicy, and KMS's own allows the account everything", at="KeyPolicy")
    yield from each(lambda statement: _mixed_duties(statement, policy), policy)


def _open(statement: Any) -> Findings:
    everybody = statement.get("Effect") == "Allow" and some(lambda who: who == "*", principals(statement))
    if everybody and not some(lambda condition: limits(condition, CALLERS), conditions(statement)):
        actions = statement.get("Action", "everything but " + shown(statement.get("NotAction")))
        yield Broken(f"everybody is allowed {shown(actions)}", at="KeyPolicy")


@rule(
    "SOC2-KMS-OPEN",
    "Keys are closed to other accounts that nobody named",
    on=KEYS,
    criteria=("CC6.1", "CC6.6", "C1.1"),
    severity=Severity.CRITICAL,
    fix="name principals in KeyPolicy, or add a condition on kms:CallerAccount or aws:PrincipalOrgID (CDK: "
    "PrincipalWithConditions); kms:ViaService alone lets every account in through that service",
    requirements=("SEC-06",),
)
def open_key(key: Resource) -> Findings:
    yield from each(_open, statements(key.get("KeyPolicy")))


def _is_event_delivery(statement: Any) -> bool:
    return every(lambda service: service == "events.amazonaws.com", principals(statement, "Service")) and every(
        lambda action: action in EVENT_DELIVERY, items(statement.get("Action", ["*"]))
    )


def _only_describes(statement: Any) -> bool:
    """Whether it shows the key's properties and no more, as trails ask for; nothing is encrypted or read by that."""
    return "Action" in statement and every(lambda action: action == "kms:DescribeKey", items(statement["Action"]))


def _unlimited(statement: Any) -> Findings:
    if not some(lambda c: limits(c, SOURCES, "kms:encryptioncontext:"), conditions(statement)):
        for service in principals(statement, "Service"):
            yield Broken(f"{service} may use the key for any customer", at="KeyPolicy", detail=str(service))


@rule(
    "SOC2-KMS-SERVICE",
    "AWS services use keys for the owner's resources only",
    on=KEYS,
    criteria=("CC6.1", "CC6.6"),
    severity=Severity.HIGH,
    fix="add a condition on aws:SourceAccount, aws:SourceArn or the encryption context to the service's statement "
    "in KeyPolicy (CDK: PolicyStatement(conditions=...))",
    requirements=("SEC-06",),
)
def service_use(key: Resource) -> Findings:
    allowed = [s for s in statements(key.get("KeyPolicy")) if s.get("Effect") == "Allow" and principals(s, "Service")]
    used = [statement for statement in allowed if not _only_describes(statement)]
    judged = [statement for statement in used if not _is_event_delivery(statement)]
    if not judged:
        which = "service but EventBridge" if used else "service"
        raise NotApplicable(f"no {which} uses it by itself")
    yield from each(_unlimited, judged)


@rule(
    "SOC2-KMS-ROTATION",
    "Keys rotate every year",
    on="AWS::KMS::Key",
    criteria=("CC6.1",),
    severity=Severity.MEDIUM,
    fix="set EnableKeyRotation, with RotationPeriodInDays of at most 365 (CDK: enable_key_rotation=True)",
    requirements=("SEC-06",),
)
def rotation(key: Resource) -> Findings:
    if key.get("KeySpec", default="SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
        raise NotApplicable("KMS rotates symmetric encryption keys only")
    if key.get("Origin", default="AWS_KMS") != "AWS_KMS":
        raise NotApplicable("its material comes from elsewhere, and is rotated there")
    if not is_true(key.get("EnableKeyRotation")):
        yield Broken(f"EnableKeyRotation is {shown(key.get('EnableKeyRotation'))}", at="EnableKeyRotation")
    elif number(key.get("RotationPeriodInDays"), 365) > 365:
        days = shown(key.get("RotationPeriodInDays"))
        yield Broken(f"RotationPeriodInDays is {days}: less than once a year", at="RotationPeriodInDays")


@rule(
    "SOC2-KMS-RETAIN",
    "Keys in production outlive their stack",
    on=KEYS,
    criteria=("A1.2", "C1.1"),
    severity=Severity.HIGH,
    fix="set DeletionPolicy and UpdateReplacePolicy to Retain (CDK: removal_policy=RemovalPolicy.RETAIN)",
    requirements=("SEC-06",),
)
def retain(key: Resource) -> Findings:
    """What a deleted key encrypted is lost, backups included."""
    if not key.assembly.profile.production:
        raise NotApplicable("the environment holds no client data")
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        value = key.raw.get(name)
        if isinstance(value, dict):
            raise Undecided(f"{name} is decided at deployment")
        if not str(value).startswith("Retain"):
            yield Broken(f"{name} is {shown(value)}", at=name)


@rule(
    "SOC2-KMS-WINDOW",
    f"The deletion of a key can be cancelled for at least {_WINDOW} days",
    on=KEYS,
    criteria=("CC6.5", "A1.2"),
    severity=Severity.MEDIUM,
    fix=f"leave PendingWindowInDays out (30 days) or set it to {_WINDOW} or more (CDK: pending_window)",
    requirements=("SEC-06",),
)
def window(key: Resource) -> Findings:
    days = key.get("PendingWindowInDays")
    if number(days, 30) < _WINDOW:
        yield Broken(f"PendingWindowInDays is {shown(days)}", at="PendingWindowInDays")

"""Patterns of ARNs, as policies write them: what do they name, and what do they let through besides?

Decision: a name before the first wildcard, followed by a colon or slash, is what makes a pattern a resource.
``arn:aws:s3:::reports/*`` is one bucket; ``function:alex-*`` is every function that somebody may ever call so.
"""

import re
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_NAME = "\N{SECTION SIGN}"  # stands for a placeholder while an ARN is taken apart

# How many parts of an ARN's last field come before the resource's name, where it is not one (``table/NAME``).
_UNTYPED = {"codecommit", "codepipeline", "execute-api", "s3", "sns", "sqs"}
_TWO_PARTS = {"autoScalingGroup", "global", "listener", "listener-rule", "loadbalancer", "regional"}
# Names of these contain slashes without containing anything else: what follows a slash is not "within".
_FLAT = {"iam", "logs", "secretsmanager"}


def has_wildcard(text: Any) -> bool:
    """Whether ``*`` or ``?`` is in a value, outside of placeholders."""
    return bool(re.search(r"[*?]", _PLACEHOLDER.sub(_NAME, str(text))))


def is_everything(text: Any) -> bool:
    """Whether a resource or a condition's value lets through anything: ``*``, or an ARN of any service."""
    parts = _PLACEHOLDER.sub(_NAME, str(text)).split(":")
    if parts[0] != "arn":
        return not "".join(parts).strip("*?")
    return len(parts) < 3 or has_wildcard(parts[2])


def names_one(text: Any) -> bool:
    """Whether an ARN names a resource: its wildcards, if any, stand for what is within that resource.

    A region may be a wildcard, an account may not. The six characters that Secrets Manager appends to names may.
    """
    arn = _PLACEHOLDER.sub(_NAME, str(text))
    if not has_wildcard(arn):
        return True
    if arn.startswith(_NAME):  # ${Bucket.Arn}/*
        return arn[1] in ":/"
    fields = arn.split(":", 5)
    if fields[0] != "arn" or len(fields) < 6 or has_wildcard(fields[2]):
        return False
    return _is_named(service=fields[2], account=fields[4], rest=fields[5])


def _is_named(*, service: str, account: str, rest: str) -> bool:
    if service == "iam" and rest.startswith("role/aws-service-role/"):  # the account's one role for a service
        return rest.removeprefix("role/aws-service-role/")[:1] not in "*?"
    if has_wildcard(account):
        return False
    if service == "secretsmanager" and re.fullmatch(r"secret:[^*?:]+-(\?{6}|\*)", rest):
        return True
    # The id of a scaling group, which nobody chooses, stands before its name.
    rest = rest.lstrip("/").replace("autoScalingGroup:*:", "autoScalingGroup:")
    parts = rest.split(":") if service in _FLAT else re.split("[:/]", rest)
    before = 2 if parts[0] in _TWO_PARTS else 0 if service in _UNTYPED and not (service == "s3" and account) else 1
    return all(not has_wildcard(part) and part for part in parts[: before + 1])

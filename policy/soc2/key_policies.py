"""Key policies as statements: who may administer a key, who may use it, and under which condition.

They differ from other policies: an account stands for everybody to whom its IAM gives the action, and
``kms:ViaService`` says how, not who.
"""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from soc2.values import Undecided, every, is_true, items, shown, some

USE = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:Sign",
    "kms:GenerateMac",
    "kms:DeriveSharedSecret",
)
SOURCES = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
"""Conditions on whose resource a service works for."""
CALLERS = SOURCES | {
    "kms:calleraccount",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
}
"""Conditions on who calls."""
EVENT_DELIVERY = ("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKey*")
"""What EventBridge needs to deliver to an encrypted queue or topic. It names no source there: AWS documents that the
condition makes deliveries fail. For an encrypted bus it needs kms:DescribeKey too, and names the bus."""

_MATCHES = re.compile(r"^(foranyvalue:)?(string|arn)(equals|like)(ignorecase)?$")
_ACCOUNT = re.compile(r"^(?:arn:(?:\$\{AWS::Partition\}|[\w-]+):iam::)?(\d{12}|\$\{AWS::AccountId\})(?::root)?$")
_ACCOUNT_OF = re.compile(r":iam::(\d{12}|\$\{AWS::AccountId\}):")


def statements(policy: Any) -> list[Any]:
    """The statements of a policy document, single items may be unknown.

    :raises Undecided: the document is unknown, or text.
    """
    if not policy:
        return []
    if isinstance(policy, str):
        raise Undecided("the policy is text, not an object")
    return items(policy.get("Statement"))


def applies_to(statement: Any, action: str) -> bool:
    """Whether a statement's actions include this one, by name or wildcard."""

    def named(patterns: Any) -> bool:
        return some(lambda pattern: fnmatchcase(action.lower(), pattern.lower()), items(patterns))

    excluded = statement.get("NotAction")
    return not named(excluded) if excluded else named(statement.get("Action"))


def conditions(statement: Any) -> list[tuple[str, str, Any]]:
    """(operator, key, value) of each condition; names in lower case, because IAM ignores theirs."""
    found = statement.get("Condition") or {}
    return [(op.lower(), key.lower(), value) for op, keys in found.items() for key, value in keys.items()]


def principals(statement: Any, kind: str = "AWS") -> list[Any]:
    """The principals of one kind that a statement names; ``*`` is everybody."""
    if statement.get("NotPrincipal"):
        if statement.get("Effect") == "Deny":
            raise Undecided("a denial for everybody but some principals")
        return ["*"] if kind == "AWS" else []
    named = statement.get("Principal") or {}
    if named == "*":
        return ["*"] if kind == "AWS" else []
    return items(named.get(kind))


def limits(condition: tuple[str, str, Any], keys: frozenset[str], prefix: str = "") -> bool:
    """Whether a condition surely limits a statement by one of ``keys``, or one that starts with ``prefix``."""
    operator, key, value = condition
    concerned = key in keys or (prefix and key.startswith(prefix))
    return bool(concerned and _MATCHES.match(operator) and items(value) and every(_is_narrow, items(value)))


def _is_narrow(value: Any) -> bool:
    """Whether not every account's value matches: ``*`` and ARNs with a wildcard for the account do not limit."""
    text = re.sub(r"\$\{[^}]*\}", "known", str(value))
    if not text.startswith("arn:"):
        return bool(text.strip("*?"))
    account, resource = ([*text.split(":", 5), "", "", "", "", ""])[4:6]
    return not re.search(r"[*?]", account) if account else bool(resource.strip("*?"))


def identities(statement: Any) -> list[Any]:
    """Whom a statement is about: the account with a condition on the caller's ARN stands for that caller."""
    named = principals(statement)
    arns = [v for op, key, v in conditions(statement) if key == "aws:principalarn" and _MATCHES.match(op)]
    if arns and every(lambda who: who == "*" or bool(_ACCOUNT.match(who)), named):
        return items(arns[0])
    return named


def _includes(principal: Any, who: Any) -> bool:
    """Whether a principal of a statement is ``who``, or an account that delegates to ``who``."""
    if principal in (who, "*"):
        return True
    account = _ACCOUNT.match(principal)
    if not account:
        return "*" in principal and fnmatchcase(who, principal)
    theirs = _ACCOUNT_OF.search(who)
    if theirs and theirs[1] != account[1] and "$" in theirs[1] + account[1]:
        raise Undecided(f"whether {shown(who)} is of the account {account[1]}")
    return not theirs or theirs[1] == account[1]


def may_use(who: Any, policy: list[Any]) -> bool:
    """Whether a key policy, with what it delegates, lets ``who`` use the key directly."""
    return some(lambda action: _may(who, action, policy), USE)


def _may(who: Any, action: str, policy: list[Any]) -> bool:
    def allowed(statement: Any) -> bool:
        return (
            statement.get("Effect") == "Allow"
            and applies_to(statement, action)
            and not some(lambda c: c[1] == "kms:viaservice" and bool(_MATCHES.match(c[0])), conditions(statement))
            and some(lambda principal: _includes(principal, who), identities(statement))
        )

    def denied(statement: Any) -> bool:
        return (
            statement.get("Effect") == "Deny"
            and applies_to(statement, action)
            and some(lambda principal: _includes(principal, who), identities(statement))
            and every(_keeps_direct_use_denied, conditions(statement))
        )

    checks: list[Callable[[], bool]] = [lambda: some(allowed, policy), lambda: not some(denied, policy)]
    return every(lambda check: check(), checks)


def _keeps_direct_use_denied(condition: tuple[str, str, Any]) -> bool:
    operator, key, value = condition
    directly = (operator, key) == ("null", "kms:viaservice") and is_true(value)
    return directly or (key == "aws:principalarn" and bool(_MATCHES.match(operator)))

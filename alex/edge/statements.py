"""Whether a request matches a statement. What needs a memory (rates) and AWS's groups are not here: see `replay`."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from alex.edge.acl import Acl, AclError, Json
from alex.edge.sent import Sent, transformed

_COMPARED: Mapping[str, Callable[[int, int], bool]] = {
    "EQ": operator.eq,
    "NE": operator.ne,
    "LE": operator.le,
    "LT": operator.lt,
    "GE": operator.ge,
    "GT": operator.gt,
}


def matches(acl: Acl, statement: Json, sent: Sent) -> bool:
    """Whether ``sent`` matches.

    :raises AclError: a kind of statement that is not known here.
    """
    (kind, detail) = next(iter(statement.items()))
    judge = _KINDS.get(kind)
    if judge is None:
        raise AclError(f"{acl.name}: the statement {kind} is not known here")
    return judge(acl, detail, sent)


def _and(acl: Acl, detail: Json, sent: Sent) -> bool:
    return all(matches(acl, one, sent) for one in detail["Statements"])


def _or(acl: Acl, detail: Json, sent: Sent) -> bool:
    return any(matches(acl, one, sent) for one in detail["Statements"])


def _not(acl: Acl, detail: Json, sent: Sent) -> bool:
    return not matches(acl, detail["Statement"], sent)


def _from_set(acl: Acl, detail: Json, sent: Sent) -> bool:
    return any(sent.ip in network for network in acl.addresses(detail))


def _labelled(_acl: Acl, detail: Json, sent: Sent) -> bool:
    key = str(detail["Key"])
    if detail["Scope"] == "NAMESPACE":
        return any(label.startswith(key) for label in sent.labels)
    return any(label == key or label.endswith(f":{key}") for label in sent.labels)


def _on_field(test: Callable[[Json, str], bool]) -> Callable[[Acl, Json, Sent], bool]:
    """A judgement about a field's text; a body that is cut follows the statement's oversize handling."""

    def judge(_acl: Acl, detail: Json, sent: Sent) -> bool:
        where: Mapping[str, Any] = detail["FieldToMatch"]
        if sent.is_cut(where):
            handling = where["Body"].get("OversizeHandling", "CONTINUE")
            if handling != "CONTINUE":
                return bool(handling == "MATCH")
        text = sent.text(where)
        return text is not None and test(detail, transformed(text, detail["TextTransformations"]))

    return judge


def _expression(detail: Json, text: str) -> bool:
    return re.search(detail["RegexString"], text) is not None


def _size(detail: Json, text: str) -> bool:
    return _COMPARED[detail["ComparisonOperator"]](len(text.encode("utf-8", "surrogateescape")), int(detail["Size"]))


def _bytes(detail: Json, text: str) -> bool:
    wanted, how = str(detail["SearchString"]), detail["PositionalConstraint"]
    if how == "CONTAINS_WORD":
        return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
    tests: Mapping[str, Callable[[], bool]] = {
        "EXACTLY": lambda: text == wanted,
        "STARTS_WITH": lambda: text.startswith(wanted),
        "ENDS_WITH": lambda: text.endswith(wanted),
        "CONTAINS": lambda: wanted in text,
    }
    return tests[how]()


_KINDS: Mapping[str, Callable[[Acl, Json, Sent], bool]] = {
    "AndStatement": _and,
    "OrStatement": _or,
    "NotStatement": _not,
    "IPSetReferenceStatement": _from_set,
    "LabelMatchStatement": _labelled,
    "RegexMatchStatement": _on_field(_expression),
    "SizeConstraintStatement": _on_field(_size),
    "ByteMatchStatement": _on_field(_bytes),
}

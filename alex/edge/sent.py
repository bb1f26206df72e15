"""A request as a web ACL sees it: fields by name, a body cut where WAF is handed no more."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import unquote_plus

from alex.edge.acl import AclError
from alex.edge.requests import Request

TRANSFORMATIONS: Mapping[str, Callable[[str], str]] = {
    "NONE": lambda text: text,
    "LOWERCASE": str.lower,
    "URL_DECODE": unquote_plus,
    "HTML_ENTITY_DECODE": html.unescape,
    "COMPRESS_WHITE_SPACE": lambda text: re.sub(r"\s+", " ", text),
}
"""The text transformations that are known here, by WAF's names."""


@dataclass(frozen=True)
class Sent:
    """One request with the address it came from.

    :param inspected_bytes: so much of the body is looked at.
    :param labels: what rules have put on it so far.
    """

    request: Request
    ip: IPv4Address | IPv6Address
    inspected_bytes: int
    labels: set[str] = field(default_factory=set)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The request's headers and the ones that every client adds."""
        length = {"content-length": str(len(self.body))} if self.body else {}
        return {"host": "api.example", **length, **self.request.headers}

    @cached_property
    def body(self) -> bytes:
        """The whole body."""
        return self.request.body.encode().ljust(self.request.pad_to)

    @cached_property
    def read(self) -> str:
        """So much of the body as is looked at."""
        return self.body[: self.inspected_bytes].decode("utf-8", "surrogateescape")

    def text(self, where: Mapping[str, Any]) -> str | None:
        """The field that a statement names (``FieldToMatch``); None when the request has none.

        :raises AclError: a field that is not known here.
        """
        kind, detail = next(iter(where.items()))
        if kind == "SingleHeader":
            return self.headers.get(str(detail["Name"]).lower())
        plain = {
            "UriPath": self.request.path,
            "QueryString": self.request.query,
            "Method": self.request.method,
            "Body": self.read,
        }
        if kind not in plain:
            raise AclError(f"the field {kind} is not known here")
        return plain[kind]

    def is_cut(self, where: Mapping[str, Any]) -> bool:
        """Whether the field is the body, and longer than what is looked at."""
        return "Body" in where and len(self.body) > self.inspected_bytes


def transformed(text: str, steps: list[Mapping[str, Any]]) -> str:
    """The text after a statement's transformations, in their order.

    :raises AclError: one that is not known here.
    """
    for step in sorted(steps, key=lambda step: int(step["Priority"])):
        if step["Type"] not in TRANSFORMATIONS:
            raise AclError(f"the text transformation {step['Type']} is not known here")
        text = TRANSFORMATIONS[step["Type"]](text)
    return text

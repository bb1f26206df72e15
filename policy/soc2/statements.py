"""Policy documents as statements: who may do what to which resource, under which condition.

Decisions:
- A statement answers with three values like every template value: an open action, resource or condition raises
  `Undecided` where the answer depends on it.
- ``NotResource`` and ``NotAction`` of an Allow count as ``*``: what they leave out says little of what they let in.
- A condition limits when it *demands* a value, so that a request without it is refused: not the ``IfExists``
  operators, not ``ForAllValues``, not negations, and no value that consists of wildcards.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from soc2.arns import is_everything
from soc2.template import Resource
from soc2.values import Undecided, Unknown, every, items, some

Path = tuple[str, ...]

EACH = "*"  # in a path: every item of the list

GRANTS: dict[str, Path] = {
    "AWS::IAM::Group": ("Policies", EACH, "PolicyDocument"),
    "AWS::IAM::GroupPolicy": ("PolicyDocument",),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
    "AWS::IAM::Policy": ("PolicyDocument",),
    "AWS::IAM::Role": ("Policies", EACH, "PolicyDocument"),
    "AWS::IAM::RolePolicy": ("PolicyDocument",),
    "AWS::IAM::User": ("Policies", EACH, "PolicyDocument"),
    "AWS::IAM::UserPolicy": ("PolicyDocument",),
    "AWS::SSO::PermissionSet": ("InlinePolicy",),
}
"""Where identity policies are, by type."""

RESOURCE_POLICIES: dict[str, Path] = {
    "AWS::Backup::BackupVault": ("AccessPolicy",),
    "AWS::DynamoDB::Table": ("ResourcePolicy", "PolicyDocument"),
    "AWS::ECR::Repository": ("RepositoryPolicyText",),
    "AWS::EFS::FileSystem": ("FileSystemPolicy",),
    "AWS::Elasticsearch::Domain": ("AccessPolicies",),
    "AWS::Kinesis::ResourcePolicy": ("ResourcePolicy",),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument",),
    "AWS::OpenSearchService::Domain": ("AccessPolicies",),
    "AWS::S3::AccessPoint": ("Policy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicInlinePolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueueInlinePolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy",),
}
"""Where policies of resources are, by type. Keys are not here: their rules know what a key policy needs."""

TRUST: Path = ("AssumeRolePolicyDocument",)

_DEMANDS = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}


@dataclass(frozen=True)
class Statement:
    """One statement. ``at`` is its place, relative to ``Properties``."""

    raw: Any
    at: str

    @property
    def allows(self) -> bool:
        """Whether it is an Allow."""
        return bool(self.raw.get("Effect") == "Allow")

    @property
    def denies(self) -> bool:
        """Whether it is a Deny."""
        return bool(self.raw.get("Effect") == "Deny")

    def has(self, element: str) -> bool:
        """Whether it has an element, for example ``NotAction``."""
        return element in self.raw

    def values(self, element: str) -> list[Any]:
        """An element's values as a list."""
        return items(self.raw.get(element))

    @property
    def actions(self) -> list[Any]:
        """Its actions, with the wildcards that it has."""
        return ["*"] if self.has("NotAction") else self.values("Action")

    @property
    def resources(self) -> list[Any]:
        """Its resources, with the wildcards that they have."""
        return ["*"] if self.has("NotResource") else self.values("Resource")

    def covers(self, action: str) -> bool:
        """Whether its actions include ``action``."""
        if self.has("NotAction"):
            return not some(lambda pattern: matches(pattern, action), self.values("NotAction"))
        return some(lambda pattern: matches(pattern, action), self.values("Action"))

    @property
    def principals(self) -> list[tuple[str, Any]]:
        """(kind, value) of each principal, for example ``("Service", "lambda.amazonaws.com")``."""
        if self.has("NotPrincipal"):
            return [("AWS", "*")]
        raw = self.raw.get("Principal", {})
        if raw == "*":
            return [("AWS", "*")]
        return [(kind, value) for kind, values in raw.items() for value in _spread(values)]

    @property
    def condition_count(self) -> int:
        """How many conditions must hold at the same time."""
        return sum(len(keys) for keys in self.raw.get("Condition", {}).values())

    def conditions(self, operators: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """(key in lower case, value) of each condition with one of the operators, which are in lower case too."""
        for operator, keys in self.raw.get("Condition", {}).items():
            if str(operator).lower().removeprefix("foranyvalue:") in operators:
                for key, value in keys.items():
                    yield str(key).lower(), value

    def demands(self, wanted: Callable[[str], bool], value: Callable[[str], bool] | None = None) -> bool:
        """Whether it holds only for requests in which a wanted key has one of certain values.

        :param value: which values count; by default all but those that match anything.
        """
        fits = value or (lambda text: not is_everything(text))
        return some(
            lambda found: wanted(found[0]) and bool(items(found[1])) and every(lambda v: fits(str(v)), items(found[1])),
            self.conditions(_DEMANDS),
        )


def statements(resource: Resource, path: Path | None = None) -> list[Statement]:
    """Every statement of a resource's policy documents, of the one at ``path``, or of those that its type has."""
    if path is None:
        path = GRANTS.get(resource.type) or RESOURCE_POLICIES.get(resource.type) or ()
    if EACH not in path:
        return _of_document(resource.get(*path), ".".join(path))
    before, after = path[: path.index(EACH)], path[path.index(EACH) + 1 :]
    found: list[Statement] = []
    for index, policy in enumerate(items(resource.get(*before))):
        place = ".".join((f"{'.'.join(before)}[{index}]", *after))
        try:
            found += _of_document(policy.get(*after), place)
        except Undecided as reason:
            found.append(Statement(Unknown(str(reason)), place))
    return found


def _of_document(document: Any, at: str) -> list[Statement]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            document = Unknown("the policy document is text that is no JSON")
    try:
        found = items(document.get("Statement") if document is not None else None)
    except Undecided as reason:
        return [Statement(Unknown(str(reason)), at)]
    return [Statement(raw, f"{at}.Statement[{index}]") for index, raw in enumerate(found)]


def _spread(value: Any) -> list[Any]:
    """`items`, with a wholly unknown value as one unknown item."""
    return [value] if isinstance(value, Unknown) else items(value)


@lru_cache(4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text.lower()).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def matches(pattern: Any, action: str) -> bool:
    """Whether an action pattern covers ``action``; case does not count."""
    return _pattern(str(pattern)).fullmatch(action.lower()) is not None

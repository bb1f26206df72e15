"""Ways to read properties that rules of several kinds share: each item by itself, paths through lists, tags."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from soc2.rule import Broken, Findings
from soc2.template import Resource
from soc2.values import Undecided, items, some

Item = TypeVar("Item")

GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
_TAG_PROPERTIES = {
    "AWS::Backup::BackupPlan": "BackupPlanTags",
    "AWS::Backup::BackupVault": "BackupVaultTags",
    "AWS::Cognito::UserPool": "UserPoolTags",
    "AWS::EFS::FileSystem": "FileSystemTags",
    "AWS::Route53::HostedZone": "HostedZoneTags",
}

RESTORED_FROM = {
    "AWS::RDS::DBCluster": ("SnapshotIdentifier", "SourceDBClusterIdentifier", "SourceDbClusterResourceId"),
    "AWS::RDS::DBInstance": (
        "DBSnapshotIdentifier",
        "DBClusterSnapshotIdentifier",
        "SourceDBInstanceIdentifier",
        "SourceDbiResourceId",
        "SourceDBInstanceAutomatedBackupsArn",
        "SourceDBClusterIdentifier",
    ),
    "AWS::EC2::Volume": ("SnapshotId", "SourceVolumeId"),
}
"""Properties that make a store a copy, which takes over the encryption of its original."""


def each(check: Callable[[Item], Broken | Iterable[Broken] | None], among: Iterable[Item]) -> Findings:
    """What ``check`` finds wrong with each item.

    An item that cannot be decided is a finding of its own beside sure ones, so that accepting those does not accept it.

    :raises Undecided: nothing is surely wrong, and something may be.
    """
    doubt: Undecided | None = None
    sure = False
    remaining = iter(among)
    while True:
        try:
            found = check(next(remaining))
            for broken in () if found is None else (found,) if isinstance(found, Broken) else found:
                sure = True
                yield broken
        except StopIteration:
            break
        except Undecided as reason:
            doubt = doubt or reason
    if doubt and sure:
        yield Broken(f"beside that, it is open whether all is well: {doubt}", detail="Undecided")
    elif doubt:
        raise doubt


def values_at(resource: Resource, path: str) -> Iterator[Any]:
    """The values at a dotted path in the properties; one ``*`` stands for every item of a list."""
    before, star, after = path.partition(".*")
    value = resource.get(*before.split("."))
    if not star:
        yield value
        return
    for item in items(value):
        found = item
        for step in after.split(".")[1:]:
            found = (found or {}).get(step)
        yield found


def tag_sets(resource: Resource) -> list[Any]:
    """Its tags as the template writes them; a replicated table has a set in each replica.

    :raises Undecided: the replicas are unknown.
    """
    if resource.type == GLOBAL_TABLE:
        return [replica.get("Tags") for replica in items(resource.get("Replicas"))] or [None]
    return [resource.get(_TAG_PROPERTIES.get(resource.type, "Tags"))]


def tag_value(tags: Any, key: str) -> Any:
    """The value of the tag in a set, in either of CloudFormation's notations; None when it is surely not there.

    :raises Undecided: it may be there.
    """
    if isinstance(tags, dict):
        return tags.get(key)
    found: list[Any] = []

    def matches(tag: Any) -> bool:
        same = bool(tag.get("Key") == key)
        if same:
            found.append(tag.get("Value"))
        return same

    return found[0] if some(matches, items(tags)) else None

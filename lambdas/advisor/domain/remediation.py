"""What is done about a resource that broke a rule of AWS Config: repaired, reported with advice, or left to people.

Decision: repaired is only what takes nothing away from whoever uses the platform; no bucket of it is public, so closing
one cannot break it. What a repair could break (a database is copied to be encrypted) becomes a finding with advice.
"""

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What was done, as the event on the compliance bus is called."""

    REPAIRED = "Compliance Violation Repaired"
    REPORTED = "Compliance Violation Reported"
    RESOLVED = "Compliance Violation Resolved"


@dataclass(frozen=True)
class Change:
    """A resource whose compliance with a rule has changed.

    :param rule: the rule's own name; a conformance pack's suffix is cut off.
    :param resource: its id: a bucket's name, a table's name.
    :param at: ISO 8601 time of the change.
    """

    rule: str
    resource: str
    resource_type: str
    account: str
    region: str
    compliant: bool
    at: str


PUBLIC_BUCKET = "alex-s3-bucket-level-public-access-prohibited"

ADVICE = {
    "alex-dynamodb-table-encrypted-kms": (
        "A table is not encrypted with a customer key",
        "Set SSESpecification with the data key in the stack that makes the table, and deploy; DynamoDB encrypts it "
        "while it is in use. Made by hand: move what is in it to a table of a stack, and delete it.",
    ),
    "alex-rds-storage-encrypted": (
        "A database is not encrypted",
        "Encryption cannot be switched on: restore an encrypted copy of a snapshot, move to it, delete the original.",
    ),
    "alex-rds-snapshots-public-prohibited": (
        "A snapshot of a database is public",
        "Take the permission `all` away from the snapshot at once; then find out in the trail who shared it, and treat "
        "its content as disclosed.",
    ),
    "alex-lambda-function-public-access-prohibited": (
        "Anybody may invoke a function",
        "Remove the statement with the principal * from the function's policy; the trail says who invoked it.",
    ),
}
"""Rule -> title of the finding and what to do: what is not repaired by itself although it is grave."""


def answer(change: Change) -> Answer | None:
    """What to do; None: nothing here, a person hears of it by the rule's own event."""
    if change.rule == PUBLIC_BUCKET:
        return None if change.compliant else Answer.REPAIRED
    if change.rule in ADVICE:
        return Answer.RESOLVED if change.compliant else Answer.REPORTED
    return None


def own_name(rule: str) -> str:
    """The rule's name without what a conformance pack adds to it."""
    return rule.partition("-conformance-pack-")[0]

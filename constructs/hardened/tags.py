"""Tags that cost reports, backup and audits read (COST-02, LAKE-03)."""

from enum import StrEnum

from aws_cdk import Tags
from constructs import IConstruct


class Classification(StrEnum):
    """How sensitive the data is that a resource holds."""

    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    CLIENT_DATA = "client-data"
    AUDIT = "audit-record"


def tag_platform(scope: IConstruct, *, environment: str, owner: str, cost_center: str) -> None:
    """Tag everything below ``scope`` with the project, the environment and who answers and pays for it."""
    tags = Tags.of(scope)
    for name, value in {
        "Project": "alex",
        "Environment": environment,
        "Owner": owner,
        "CostCenter": cost_center,
    }.items():
        tags.add(name, value)


def classify(scope: IConstruct, classification: Classification) -> None:
    """Tag everything below ``scope`` with the sensitivity of its data; the innermost call wins."""
    Tags.of(scope).add("DataClassification", classification.value)

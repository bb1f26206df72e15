"""The rules of the audit baseline's settings: what production needs, and who answers for what is left out."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings.model import Settings

DEMANDED = {"trail": "COMP-02", "config_recorder": "COMP-03", "security_hub": "COMP-04", "guardduty": "SEC-05"}
"""What the SOC 2 pack demands of production; the others may be left out if somebody answers for it."""

SET_BY_RULES = ("inspector", "s3_account_block", "ebs_encryption", "password_policy")
"""CloudFormation has no resource for these: a Config rule notices, and its remediation sets them."""


def _answered(settings: "Settings") -> bool:
    """Each that is left out has somebody who accepts it today, and nobody accepts what is not left out."""
    chosen, today = settings.singletons, datetime.now(UTC).date()
    accepted = all(by is not None and by.expires >= today for by in chosen.left.values())
    return accepted and set(chosen.left_out) <= set(chosen.left)


def _not_left(name: str) -> Callable[["Settings"], bool]:
    return lambda s: not s.is_production or getattr(s.singletons, name) != "leave"


COMPLIANCE_RULES: tuple[tuple[str, str, str, Callable[["Settings"], bool]], ...] = (
    (
        "singletons.left_out",
        "names exactly those that say leave, each with an owner, a reason and a day that is not past",
        "COMP-01",
        _answered,
    ),
    *(
        (
            f"singletons.{name}",
            "production makes it or adopts it: SOC 2's rules demand it",
            requirement,
            _not_left(name),
        )
        for name, requirement in DEMANDED.items()
    ),
    (
        "singletons.config_recorder",
        f"without a recorder nothing sets {', '.join(SET_BY_RULES)}: adopt or leave them",
        "COMP-03",
        lambda s: (
            s.singletons.config_recorder != "leave"
            or all(getattr(s.singletons, name) != "create" for name in SET_BY_RULES)
        ),
    ),
    (
        "compliance.finding_regions",
        "findings are gathered from other regions, into a hub that is made here",
        "COMP-04",
        lambda s: (
            not s.compliance.finding_regions
            or (s.singletons.security_hub == "create" and s.region not in s.compliance.finding_regions)
        ),
    ),
    (
        "compliance.data_events",
        "production records who read and wrote client data",
        "COMP-02",
        lambda s: not s.is_production or s.singletons.trail != "create" or s.compliance.data_events,
    ),
    (
        "compliance.quarantine",
        "findings that start it come from a detector",
        "SEC-05",
        lambda s: not s.compliance.quarantine or s.singletons.guardduty != "leave",
    ),
)

"""What a judged application says of itself, because no template does: which environment it is, what lives elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

Spending = Callable[[Mapping[str, Any]], Mapping[str, float]]
"""USD a month by purpose, of template JSON by stack; raises ValueError, with the reason, when it cannot tell."""


@dataclass(frozen=True)
class Profile:
    """The strictest by default.

    :param environment: name, for the evidence.
    :param account: the number of the account that it is deployed to, where the templates write it out.
    :param production: client data and real users: deletion protection, recovery and retention are demanded.
    :param log_retention_days: how long every log group keeps its events at least.
    :param audit_retention_days: how long archives of audit records are locked at least.
    :param backup_retention_days: how long databases keep automatic backups at least.
    :param elsewhere: resource type -> where it is, for what an account has only once and another application owns;
        for example ``{"AWS::GuardDuty::Detector": "the organisation's security account"}``.
    :param required_tags: every resource that can carry tags has these.
    :param spending: what the templates would cost; None where nobody pays for them, or nobody estimates.
    """

    environment: str = ""
    account: str = ""
    production: bool = True
    log_retention_days: int = 90
    audit_retention_days: int = 7 * 365
    backup_retention_days: int = 7
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    required_tags: tuple[str, ...] = ("Project", "Environment", "Owner", "CostCenter")
    spending: Spending | None = None

    def stated(self) -> dict[str, Any]:
        """Everything that it says, for the evidence: of the estimate, whether there is one."""
        return asdict(replace(self, spending=None)) | {"spending": self.spending is not None}

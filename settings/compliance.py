"""Settings of the account's audit baseline: what is made here, what exists already, who accepts what is missing."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from settings.figure import Section, figure

Once = Literal["create", "adopt", "leave"]
"""``create``: this deployment makes it, or sets it and keeps it set. ``adopt``: the account has it from elsewhere;
rules judge it, nothing here changes it. ``leave``: it is nowhere, and ``singletons.left_out`` says who accepts that."""


class LeftOut(Section):
    """Who accepts that the account does without, until when, and why; the evidence shows it."""

    owner: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    expires: date
    reason: str = Field(min_length=40)


class Singletons(Section):
    """What an account and region have once: see `Once`."""

    trail: Once = figure("create", req="COMP-02")
    trail_log_group: str | None = figure(
        None, req="OBS-26", min_length=1, max_length=512, description="An adopted trail's log group in this region"
    )
    config_recorder: Once = figure("create", req="COMP-03")
    config_global_types: Literal["create", "adopt"] = figure(
        "create", req="COMP-03", description="IAM is recorded by one region only: adopt where another one does"
    )
    security_hub: Once = figure("create", req="COMP-04")
    guardduty: Once = figure("create", req="SEC-05")
    inspector: Once = figure("create", req="SEC-19")
    macie: Once = figure("create", req="SEC-20")
    access_analyzer: Once = figure("create", req="IAM-09", description="Access from outside the account")
    access_analyzer_unused: Once = figure(
        "create", req="IAM-09", description="Rights that nobody uses; billed for each role and user"
    )
    s3_account_block: Once = figure("create", req="SEC-07")
    ebs_encryption: Once = figure("create", req="SEC-08")
    password_policy: Once = figure("create", req="IAM-01")
    cost_monitor: Literal["create", "adopt"] = figure(
        "adopt", req="COST-04", description="Of services: AWS makes the account's one when Cost Explorer is switched on"
    )
    api_gateway_account: Literal["create", "adopt"] = figure("create", req="API-11")
    left_out: dict[str, LeftOut] = figure({}, req="COMP-01")

    @property
    def left(self) -> dict[str, LeftOut | None]:
        """Each one that is left out, with who accepts it (None: nobody does)."""
        return {name: self.left_out.get(name) for name in Singletons.model_fields if getattr(self, name) == "leave"}


class Passwords(Section):
    """IAM users' passwords, as the CIS benchmark asks; people sign in through the firm's directory."""

    min_length: int = figure(14, req="IAM-01", unit="characters", ge=14, le=128)
    max_age_days: int = figure(90, req="IAM-01", unit="days", ge=1, le=90)
    remembered: int = figure(24, req="IAM-01", unit="passwords", ge=24, le=24)


class Compliance(Section):
    """The trail's reach, detectors' protections and what findings start."""

    organization_id: str | None = figure(
        None,
        req="COMP-02",
        pattern=r"^o-[a-z0-9]{10,32}$",
        description="The trail is the organisation's; for its management account, or the delegated one",
    )
    data_events: bool = figure(
        True, req="COMP-02", description="The trail records each read and write of objects and items; billed by event"
    )
    finding_regions: tuple[str, ...] = figure(
        (), req="COMP-04", description="Regions whose Security Hub findings are gathered here"
    )
    runtime_monitoring: bool = figure(
        False, req="SEC-05", description="GuardDuty's agent on machines and containers; the platform has neither yet"
    )
    quarantine: bool = figure(
        False, req="SEC-05", description="A finding of severity 7 or more on an access key of a user disables the key"
    )
    unused_access_days: int = figure(90, req="IAM-09", unit="days", ge=1, le=365)
    macie_every: Literal["day", "week", "month"] = figure("week", req="SEC-20")
    passwords: Passwords = Field(default_factory=Passwords)

    @model_validator(mode="after")
    def _regions_once(self) -> "Compliance":
        if len(set(self.finding_regions)) < len(self.finding_regions):
            raise ValueError("finding_regions names a region twice")
        return self

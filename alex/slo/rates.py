"""The rates that advice is measured by (EVAL-06): what people make of it, and whether it keeps the rules.

    acceptance   recommendations that client or adviser accepted, of those that they decided
    override     reviews that ended in a rejection, of those that a person decided
    violations   analyses whose stored advice broke a rule of compliance, of all
    complaints   of clients, by analysis; counted outside the platform and given to the command

Where nobody decided anything there is no rate, which is neither good nor bad.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from settings import Settings
from stacks.indicators import Series, own

REVIEWS = "approval"
"""Whom the metrics of reviews and decisions speak of."""


@dataclass(frozen=True)
class Rate:
    """``part`` of ``whole``; None for ``part``: nobody counted it."""

    name: str
    says: str
    part: float | None
    whole: float
    limit_pct: float
    at_least: bool = False

    @property
    def pct(self) -> float | None:
        """In percent; None while there is nothing to measure."""
        return None if self.part is None or self.whole <= 0 else 100 * self.part / self.whole

    @property
    def met(self) -> bool | None:
        """Over the limit, or under it; no rate may be under 0 %, so that limit is met by 0 %."""
        if self.pct is None:
            return None
        if self.at_least:
            return self.pct > self.limit_pct
        return self.pct < self.limit_pct or self.pct == self.limit_pct == 0

    @property
    def asked(self) -> str:
        """The limit in words."""
        if not self.at_least and self.limit_pct == 0:
            return "0 %"
        return f"{'>' if self.at_least else '<'} {self.limit_pct:g} %"


def series(environment: str) -> dict[str, Series]:
    """The metrics that the rates are made of."""
    return {
        "accepted": own(environment, "api", "RecommendationsAccepted", agent=REVIEWS),
        "overridden": own(environment, "api", "RecommendationsOverridden", agent=REVIEWS),
        "approved": own(environment, "decision", "ReviewsApproved", agent=REVIEWS),
        "rejected": own(environment, "decision", "ReviewsRejected", agent=REVIEWS),
        "analyses": own(environment, "planner", "QualityTotal"),
        "violations": own(environment, "planner", "ComplianceViolations"),
    }


def rates(settings: Settings, sums: Mapping[str, float], *, complaints: int | None) -> tuple[Rate, ...]:
    """The rates of these sums, each with the setting that it is held against."""
    quality = settings.slo.quality
    decided, reviewed = sums["accepted"] + sums["overridden"], sums["approved"] + sums["rejected"]
    return (
        Rate(
            "acceptance", "recommendations accepted", sums["accepted"], decided, quality.acceptance_pct, at_least=True
        ),
        Rate("override", "reviews that rejected the advice", sums["rejected"], reviewed, quality.override_pct),
        Rate("complaints", "complaints of clients by analysis", complaints, sums["analyses"], quality.complaint_pct),
        Rate("violations", "analyses against the rules", sums["violations"], sums["analyses"], quality.violation_pct),
    )

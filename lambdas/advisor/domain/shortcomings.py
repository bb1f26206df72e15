"""What an analysis lacks to count as good advice: the quality indicator, one analysis at a time (EVAL-06, EVAL-07).

Decisions: good is what can be judged when the analysis is made: every agent answered (no fallback stands in), the
confidence reaches what needs no expert (HITL-03), and the advice as it is stored keeps the rules of compliance. The
rules run once more here, over the compiled text and recommendations, whoever wrote them: an agent's own check cannot
vouch for what was added after it. Whether people accept the advice, complain, or find it accurate is known later and
measured elsewhere (docs/slo.md).
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from advisor.domain.advice import Verdict, review


class Shortcoming(StrEnum):
    """Why an analysis is not good advice."""

    FALLBACK = "fallback_used"
    CONFIDENCE = "confidence_below_limit"
    COMPLIANCE = "compliance_violated"


def shortcomings(payloads: Mapping[str, Mapping[str, Any]], *, least_confidence: Decimal) -> tuple[Shortcoming, ...]:
    """What the compiled payloads of a job lack; nothing: it counts as good.

    :param least_confidence: 0 to 1; strictly less is a shortcoming, as it is for the reviews.
    """
    quality, summary = payloads["quality_payload"], payloads["summary_payload"]
    report = payloads.get("report_payload") or {}
    verdict = review(text=report.get("content"), recommendations=summary["recommendations"]).verdict
    lacks = {
        Shortcoming.FALLBACK: bool(quality["fallbacks"]),
        Shortcoming.CONFIDENCE: Decimal(str(quality["confidence"])) < least_confidence,
        Shortcoming.COMPLIANCE: verdict is Verdict.FAIL,
    }
    return tuple(one for one, holds in lacks.items() if holds)

"""What the firm gets: analyses done in time, advice trusted and approved, people who use it (HITL-02, EVAL-06)."""

from hardened.dashboards import Limit, Line, Math, Panel, Section
from stacks.dashboards.agent_performance import duration
from stacks.dashboards.view import S_AN_HOUR, View, scaled, share, total

ABOUT = "**Business** - for the firm: is advice made in time, is it trusted, and what waits for people?"
HOUR_S = 3600


def sections(view: View) -> list[Section]:
    """The dashboard ``business``."""
    return [_glance(view), _analyses(view), _quality(view), _approval(view), _advice(view)]


def _done(view: View) -> tuple[Line, ...]:
    """Analyses that ended well: without an approval, and after one."""
    return (
        *view.own("JobsCompleted", "planner", label="without approval"),
        *view.own("JobsCompleted", "review", "approval", label="after approval"),
    )


def _review(view: View, service: str, metric: str, label: str, *, statistic: str = "Sum") -> tuple[Line, ...]:
    return view.own(metric, service, "approval", statistic=statistic, label=label)


def _glance(view: View) -> Section:
    panels = (
        ("Analyses done", "analyses", "incident-analysis", total(_done(view), "done")),
        ("Half of them took less than", "s", "incident-analysis", duration(view, "p50")),
        (
            "Advice waiting for people",
            "reviews",
            "reviews-waiting",
            _review(view, "sweeper", "ReviewsWaiting", "at most", statistic="Maximum"),
        ),
        ("Recommendations accepted", "%", "slo-quality", _acceptance(view)),
    )
    return Section(
        title="At a glance",
        about="Over the whole time shown.",
        panels=[
            Panel(title=title, unit=unit, runbook=runbook, lines=lines, figure=True, period_s=HOUR_S)
            for title, unit, runbook, lines in panels
        ],
    )


def _acceptance(view: View) -> tuple[Math, ...]:
    taken = view.own("RecommendationsAccepted", "api", "approval")
    return share(taken, (*taken, *view.own("RecommendationsOverridden", "api", "approval")), "accepted")


def _analyses(view: View) -> Section:
    settings = view.settings
    promised = settings.planner.promised_seconds
    return Section(
        title="Analyses",
        about="What investors asked for and got; the duration counts from the planner's start. Confidence is the "
        "analyses' own; below the limit an expert is asked.",
        panels=[
            Panel(
                title="Analyses asked for",
                unit="analyses/hour",
                runbook="incident-analysis",
                lines=view.own("JobsStarted", "api", label="asked for"),
                period_s=HOUR_S,
            ),
            Panel(
                title="Analyses done, by way",
                unit="analyses/hour",
                runbook="incident-analysis",
                lines=_done(view),
                stacked=True,
                period_s=HOUR_S,
            ),
            Panel(
                title="Duration of an analysis",
                unit="s",
                runbook="incident-analysis",
                lines=(*duration(view, "p50", "half are faster"), *duration(view, "p95", "19 of 20 are faster")),
                limits=(Limit(promised, f"promise: {promised / 60:g} min"),),
            ),
            Panel(
                title="Confidence of analyses",
                unit="0 to 1",
                runbook="slo-quality",
                lines=(
                    *view.own("QualityConfidence", "planner", statistic="Average", label="average"),
                    *view.own("QualityConfidence", "planner", statistic="p10", label="lowest tenth"),
                ),
                limits=(Limit(settings.hitl.least_confidence, "an expert looks at less"),),
            ),
        ],
    )


def _approval(view: View) -> Section:
    hitl = view.settings.hitl
    return Section(
        title="Approval by people",
        about=f"Advice over {hitl.approval_threshold_usd:,} USD, of high risk or of low confidence waits for a person.",
        panels=[
            Panel(
                title="Advice that waits",
                unit="reviews",
                runbook="reviews-waiting",
                lines=(
                    *_review(view, "sweeper", "ReviewsWaiting", "waiting", statistic="Maximum"),
                    *_review(view, "sweeper", "ReviewsExpiring", "about to expire", statistic="Maximum"),
                ),
            ),
            Panel(
                title="Longest wait",
                unit="h",
                runbook="reviews-waiting",
                lines=scaled(_review(view, "sweeper", "OldestReviewSeconds", "oldest", statistic="Maximum"), S_AN_HOUR),
                limits=(Limit(hitl.escalation_age_seconds / S_AN_HOUR, "alarm for escalations"),),
            ),
            Panel(
                title="What became of it",
                unit="reviews/hour",
                runbook="reviews-waiting",
                lines=(
                    *_review(view, "planner", "ReviewsRequested", "asked for"),
                    *_review(view, "decision", "ReviewsApproved", "approved"),
                    *_review(view, "decision", "ReviewsRejected", "rejected"),
                    *_review(view, "review", "ReviewsExpired", "expired"),
                ),
                period_s=HOUR_S,
            ),
        ],
    )


def _quality(view: View) -> Section:
    slo = view.settings.slo
    good = share(view.own("QualityGood", "planner"), view.own("QualityTotal", "planner"), "good")
    return Section(
        title="Quality of advice",
        about="Good: nothing fell back, confident, within the rules. `alex slo` shows what is left of the budget.",
        panels=[
            Panel(
                title="Analyses that were good",
                unit="%",
                runbook="slo-quality",
                lines=good,
                limits=(Limit(slo.quality_pct, "objective: at least"),),
                period_s=HOUR_S,
            ),
            Panel(
                title="Advice that broke a rule",
                unit="analyses/hour",
                runbook="slo-quality",
                lines=view.own("ComplianceViolations", "planner", label="violations"),
                period_s=HOUR_S,
            ),
        ],
    )


def _advice(view: View) -> Section:
    quality = view.settings.slo.quality
    return Section(
        title="Recommendations and people",
        about="What advisers and investors did with the recommendations, and whether they come back.",
        panels=[
            Panel(
                title="Recommendations decided",
                unit="recommendations/hour",
                runbook="slo-quality",
                lines=(
                    *view.own("RecommendationsAccepted", "api", "approval", label="accepted"),
                    *view.own("RecommendationsOverridden", "api", "approval", label="overridden"),
                ),
                stacked=True,
                period_s=HOUR_S,
            ),
            Panel(
                title="Share accepted",
                unit="%",
                runbook="slo-quality",
                lines=_acceptance(view),
                limits=(Limit(quality.acceptance_pct, "at least"),),
                period_s=HOUR_S,
            ),
            Panel(
                title="Users signing in",
                unit="sign-ins/hour",
                runbook="api-refused",
                lines=view.sign_ins("Sum", "signed in"),
                period_s=HOUR_S,
            ),
            Panel(
                title="Use of the API",
                unit="requests/hour",
                runbook="api-errors",
                lines=view.api("Count", label="requests"),
                period_s=HOUR_S,
            ),
        ],
    )

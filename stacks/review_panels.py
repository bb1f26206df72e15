"""The dashboard's view of human approval: what waits for people, and what they decided (HITL-02)."""

from collections.abc import Callable

from hardened.dashboards import Line, Panel


def review_panels(own: Callable[..., Line]) -> list[Panel]:
    """Panels of the reviews' own metrics; ``own(service, agent, metric, statistic)`` makes a line of one."""

    def line(service: str, metric: str, statistic: str = "Sum") -> Line:
        return own(service, "approval", metric, statistic)

    waiting = tuple(line("sweeper", metric, "Maximum") for metric in ("ReviewsWaiting", "ReviewsExpiring"))
    return [
        Panel(title="Reviews that wait", lines=waiting),
        Panel(title="Age of the oldest review (s)", lines=(line("sweeper", "OldestReviewSeconds", "Maximum"),)),
        Panel(
            title="Reviews",
            lines=(
                line("planner", "ReviewsRequested"),
                line("decision", "ReviewsApproved"),
                line("decision", "ReviewsRejected"),
                line("review", "ReviewsExpired"),
            ),
        ),
    ]

"""The report's section about approval: why a person had to look or had not to, who decided, what was withheld."""

from datetime import datetime
from html import escape

from alex.figures import counted, words
from alex.report_money import table
from alex.result import Analysis, Approval, Decision, Rule
from alex.reviews import SENIOR

_STATES = {"approved": "good", "rejected": "bad-mark", "expired": "bad-mark", "requested": "warned"}
STAND_IN = "a simulated person of this demonstration"


def section(analysis: Analysis) -> str:
    """Each analysis that was judged, the oldest first; empty when the platform was not asked."""
    many = len(analysis.approvals) > 1
    parts = []
    for number, one in enumerate(analysis.approvals, 1):
        head = f"<h3>{escape(title(one, number))}</h3>" if many else ""
        parts.append(f"{head}{_judged(one)}")
    return "".join(parts)


def lead(one: Approval) -> str:
    """Why somebody looked, or why nobody had to, in one sentence without mark-up."""
    asked = [rule for rule in one.rules if rule.asked]
    if not asked:
        return "No rule asked for a person: the advice was released at once."
    why = " and ".join(f"the {_lower(rule)} is {rule.figure} (limit: {rule.limit})" for rule in asked)
    return f"The analysis waited for a person because {why}."


def passed(one: Approval) -> str:
    """The rules that did not ask, with their figures."""
    fine = [f"{_lower(rule)} {rule.figure} (limit: {rule.limit})" for rule in one.rules if not rule.asked]
    return "; ".join(fine)


def who(decision: Decision) -> str:
    """Who decided; the demonstration's adviser is said to be no real person."""
    return f"{decision.by}, {STAND_IN}" if decision.by == SENIOR else decision.by


def title(one: Approval, number: int) -> str:
    """Which of several analyses, and how it ended for its reviewers."""
    states = {decision.state for decision in one.decisions}
    end = next((state for state in ("rejected", "expired") if state in states), one.status)
    return f"{'First' if number == 1 else 'Next'} analysis: {end}"


def subject(one: Decision) -> str:
    """What the decision is about, and why nobody had to take it."""
    about = f"about the {one.about.lower()}"
    return f"{about}: another review was rejected, so nobody need look any more" if one.state == "withdrawn" else about


def saw(one: Approval) -> str:
    """What the client's own request answered meanwhile; empty when nobody looked."""
    if not one.seen:
        return ""
    kept = ", ".join(one.withheld)
    return f'the status "{one.seen}", the reasons and the time limit. ' + (
        f"Withheld until the decision: {kept}." if kept else "Nothing was withheld: please report it."
    )


def clock(moment: datetime | None) -> str:
    """A time for people, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "not yet"


def _lower(rule: Rule) -> str:
    return rule.name[0].lower() + rule.name[1:]


def _judged(one: Approval) -> str:
    rows = [
        [
            escape(rule.name),
            f'<span class="badge {"warned" if rule.asked else "good"}">'
            f"{'a person must look' if rule.asked else 'passed'}</span>",
            escape(rule.figure),
            escape(rule.limit),
        ]
        for rule in one.rules
    ]
    rules = table("Rules that may ask for a person", ["Rule", "Result", "Figure", "Asks when"], rows, numeric=2)
    text = f'<p class="lead">{escape(lead(one))}</p>{rules}'
    if one.decisions:
        text += "".join(map(_decided, one.decisions))
    if meanwhile := saw(one):
        text += f"<p><strong>Meanwhile the investor saw</strong> {escape(meanwhile)}</p>"
    if one.told:
        text += f"<p><strong>Afterwards the investor read</strong> “{escape(one.told)}”</p>"
    return text


def _decided(one: Decision) -> str:
    badge = f'<span class="badge {_STATES.get(one.state, "calm")}">{escape(words(one.state))}</span>'
    rows = [("Decision", f"{badge} {escape(subject(one))}")]
    if one.by and one.state != "withdrawn":
        rows.append(("By", f'<span class="mono">{escape(one.by)}</span>, a senior adviser' + _stand_in(one)))
    if one.comment:
        rows.append(("Comment", f"“{escape(one.comment)}”"))
    rows.append(("Asked", escape(clock(one.requested_at))))
    rows.append(("Ended" if one.state == "withdrawn" else "Decided", escape(clock(one.decided_at)) + _after(one)))
    rows.append(("Would have expired", escape(clock(one.expires_at))))
    return '<dl class="facts">' + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _stand_in(one: Decision) -> str:
    return f" ({STAND_IN})" if one.by == SENIOR else ""


def _after(one: Decision) -> str:
    if one.requested_at is None or one.decided_at is None:
        return ""
    waited = (one.decided_at - one.requested_at).total_seconds()
    text = f"{waited:.1f} seconds" if waited < 100 else counted(round(waited / 60), "minute")
    return f' <span class="sub">after {text}</span>'

"""Reads approval, trace and verification from what `alex.proofs` gathered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from alex.figures import money, words
from alex.result import Approval, Decision, Json, Rule, Stretch, Verification

MOST_CALLS = 8
"""So many model calls of one kind are shown one by one; more of them, as one stretch with their sum."""

_RULES = {"value_over_limit": "Traded value", "risk_over_7": "Risk score", "confidence_under_80": "Confidence"}
_RESULTS = {"summary_payload": "recommendations", "report_payload": "report", "charts_payload": "charts",
            "retirement_payload": "retirement projection", "quality_payload": "data quality"}  # fmt: skip
_NOTES = ("instruments_tagged", "charts", "recommendations", "num_positions", "retries", "error")


def moment(value: Any) -> datetime | None:
    """A time of the API's, or None."""
    return datetime.fromisoformat(str(value).replace("Z", "+00:00")) if value else None


def approvals(proofs: Json) -> tuple[Approval, ...]:
    """The analysis before its reviewers, behind those that were rejected before it."""
    return tuple(_approval(one) for one in proofs.get("approval") or ())


def _approval(one: Json) -> Approval:
    seen = one.get("client_saw") or {}
    return Approval(
        job_id=str(one["job_id"]),
        status=str(one["status"]),
        told=str(one.get("told") or ""),
        rules=rules(one["figures"], one["limits"], {str(review["reason"]) for review in one["reviews"]}),
        decisions=tuple(_decision(review) for review in one["reviews"]),
        seen=words(str(seen.get("status") or "")).lower(),
        withheld=tuple(_RESULTS.get(name, name) for name in seen.get("withheld") or ()),
    )


def rules(figures: Json, limits: Json, asked: set[str]) -> tuple[Rule, ...]:
    """The three rules with their figures; those that asked for a person come first."""
    whole = limits["approval_basis"] == "portfolio_value"
    value = figures["portfolio_value" if whole else "traded_value"]
    found = (
        ("value_over_limit", money(value), f"above {money(limits['approval_threshold_usd'])}"),
        ("risk_over_7", f"{figures['risk_score']} of 10", f"above {limits['risk_score_above']}"),
        ("confidence_under_80", f"{float(figures['confidence']):.2f}", f"below {limits['least_confidence']:.2f}"),
    )
    named = _RULES | ({"value_over_limit": "Portfolio value"} if whole else {})
    made = [Rule(named[key], figure, limit, key in asked) for key, figure, limit in found]
    return tuple(sorted(made, key=lambda rule: not rule.asked))


def _decision(review: Json) -> Decision:
    return Decision(
        about=_RULES.get(str(review["reason"]), words(str(review["reason"]))),
        state=str(review["state"]),
        by=str(review.get("decided_by") or ""),
        comment=str(review.get("comment") or ""),
        requested_at=moment(review.get("requested_at")),
        decided_at=moment(review.get("decided_at")),
        expires_at=moment(review.get("expires_at")),
    )


def trace(proofs: Json) -> tuple[Stretch, ...]:
    """The trees of spans, each span before those below it, in the order in which they began."""
    return tuple(stretch for tree in _ordered(proofs.get("trace") or ()) for stretch in _stretches(tree, 0))


def _stretches(span: Json, depth: int) -> Iterator[Stretch]:
    yield _stretch(span, depth)
    children = _ordered(span.get("children") or ())
    for (kind, _name), group in groupby(children, key=lambda one: (one["kind"], one["name"])):
        same = list(group)
        if kind == "generation" and len(same) > MOST_CALLS:
            yield _together(same, depth + 1)
        else:
            for child in same:
                yield from _stretches(child, depth + 1)


def _ordered(spans: Iterable[Json]) -> list[Json]:
    return sorted(spans, key=lambda one: float(one["starts"]))


def _stretch(span: Json, depth: int) -> Stretch:
    agent = str(span.get("service") or "").removeprefix("alex_").removesuffix("_agent")
    by = f"{words(agent)}: " if agent and span["kind"] != "generation" else ""
    facts: Mapping[str, Any] = span.get("facts") or {}
    return Stretch(
        name=by + str(span["name"]).replace("model: ", "Model call: "),
        kind=str(span["kind"]),
        depth=depth,
        starts=float(span["starts"]),
        milliseconds=float(span["milliseconds"]),
        calls=_calls(span),
        tokens_in=int(span["tokens_in"]),
        tokens_out=int(span["tokens_out"]),
        cost_usd=float(span["cost_usd"]),
        failed=bool(span["failed"]),
        notes=_notes(span, facts),
    )


def _calls(span: Json) -> int:
    below = sum(_calls(child) for child in span.get("children") or ())
    return below + (1 if span["kind"] == "generation" else 0)


def _notes(span: Json, facts: Json) -> str:
    if span["kind"] == "generation":
        return str(facts.get("model") or "")
    said = [f"{words(name).lower()}: {facts[name]}" for name in _NOTES if name in facts]
    return ", ".join(said)


def _together(spans: Sequence[Json], depth: int) -> Stretch:
    """Many calls of one kind, side by side, as one."""
    first = min(float(one["starts"]) for one in spans)
    last = max(float(one["starts"]) + float(one["milliseconds"]) for one in spans)
    one = _stretch(spans[0], depth)
    return Stretch(
        name=f"{one.name}, {len(spans)} times",
        kind=one.kind,
        depth=depth,
        starts=first,
        milliseconds=last - first,
        calls=len(spans),
        tokens_in=sum(int(span["tokens_in"]) for span in spans),
        tokens_out=sum(int(span["tokens_out"]) for span in spans),
        cost_usd=sum(float(span["cost_usd"]) for span in spans),
        failed=any(bool(span["failed"]) for span in spans),
        notes=one.notes,
    )


def verification(proofs: Json) -> Verification | None:
    """The check of the trail, where it was made."""
    one = proofs.get("verification")
    return Verification(str(one["command"]), str(one["printed"]), bool(one["intact"])) if one else None

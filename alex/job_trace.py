"""`alex trace`: where a job's time, tokens and money went, and what was decided (OBS-19)."""

from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from alex import local, places, spans
from alex.errors import CommandError, Exit
from alex.spans import Event, Span

SHOWN_FACTS = (
    "status", "guardrail_verdict", "instruments_tagged", "charts", "recommendations", "num_positions",
    "portfolio_value", "retries", "prompt_version", "model", "error",
)  # fmt: skip
TOLD_BY_SPANS = frozenset({"AGENT_INVOKED", "AGENT_COMPLETED", "PLANNER_STARTED", "PLANNER_COMPLETED"})
"""Events that say nothing which the spans below do not say with their times."""


def of(job: str | None) -> list[Span]:
    """The trees of one job's trace: of the job whose id begins with ``job``, or of the newest.

    :raises CommandError: there is no trace, none of that job, or several begin so.
    """
    found = spans.trees(spans.read(local.cloud(prepared=False).traces()))
    named = {tree.trace_id: tree.job_id for tree in found if tree.job_id}
    wanted = [trace for trace, job_id in named.items() if job is None or job_id.startswith(job)]
    where = places.shown(places.LOCAL / "traces")
    if not wanted:
        raise CommandError(
            "there are no traces yet" if not named else f"no trace belongs to the job {job!r}",
            where=where,
            remedy="`alex demo` or `alex analyze` makes some; `alex doctor traces` says why there are none",
            code=Exit.BAD_INPUT if named else Exit.NOT_RUNNING,
        )
    if job is not None and len(wanted) > 1:
        raise CommandError(f"{job!r} begins several jobs", where=where, remedy="give more of it", code=Exit.BAD_INPUT)
    return [tree for tree in found if tree.trace_id == wanted[-1]]


def show(console: Console, trees: list[Span]) -> None:
    """The tree: name, time, tokens, cost, status; decisions below the span that made them."""
    console.print(f"trace {trees[0].trace_id}, job {trees[0].job_id}", style="dim", highlight=False)
    for tree in trees:
        top = Tree(_line(tree))
        _below(top, tree, tree.begin)
        console.print(top, highlight=False)
    calls = [one for tree in trees for one in tree.every() if one.kind == "generation"]
    tokens = sum(one.total("input_tokens") + one.total("output_tokens") for one in calls)
    cost = sum(one.total("cost_usd") for one in calls)
    console.print(f"{len(calls)} model calls, {tokens:,.0f} tokens, {cost:.4f} USD", highlight=False)


def as_json(span: Span, begin: int | None = None) -> dict[str, Any]:
    """One tree for programs; ``starts`` in milliseconds after its top began, tokens and cost with all below."""
    begin = span.begin if begin is None else begin
    return {
        "name": span.name,
        "service": span.service,
        "kind": span.kind,
        "trace_id": span.trace_id,
        "starts": round((span.begin - begin) / 1e6, 1),
        "milliseconds": round(span.milliseconds, 1),
        "tokens_in": int(span.total("input_tokens")),
        "tokens_out": int(span.total("output_tokens")),
        "cost_usd": round(span.total("cost_usd"), 6),
        "failed": span.failed,
        "facts": span.facts,
        "events": [{"name": event.name, **event.details} for event in span.events],
        "children": [as_json(child, begin) for child in span.children],
    }


def _below(branch: Tree, span: Span, begin: int) -> None:
    """Events and children in the order in which they began."""
    ordered: list[Event | Span] = [*span.events, *span.children]
    for one in sorted(ordered, key=lambda one: one.at if isinstance(one, Event) else one.begin):
        if isinstance(one, Span):
            _below(branch.add(_line(one, begin)), one, begin)
        elif one.name not in TOLD_BY_SPANS:
            said = ", ".join(f"{name}={value}" for name, value in one.details.items() if name != "agent")
            branch.add(Text(f"{one.name}  ", style="yellow").append(said[:200], style="dim"))


def _line(span: Span, begin: int | None = None) -> Text:
    text = Text(span.name, style="bold red" if span.failed else "bold")
    text.append(f"  {span.milliseconds:,.0f} ms", style="cyan")
    if begin is not None:
        text.append(f" from {(span.begin - begin) / 1e6:,.0f}", style="dim")
    tokens_in, tokens_out = span.total("input_tokens"), span.total("output_tokens")
    if tokens_in or tokens_out:
        text.append(f"  {tokens_in:,.0f}+{tokens_out:,.0f} tokens  {span.total('cost_usd'):.4f} USD", style="green")
    facts = [f"{name}={span.facts[name]}" for name in SHOWN_FACTS if name in span.facts]
    text.append("  " + "  ".join(facts), style="dim")
    if span.kind == "agent":
        text.append(f"  {span.service}", style="dim")
    return text

"""The report's section "Assumptions & audit" (WEB-11): assumptions, decisions and why, and whether all is whole."""

from html import escape
from typing import Any

from alex.figures import counted, words
from alex.report_money import table
from alex.result import Analysis

_VERDICTS = {"PASS": "good", "FAIL": "bad-mark"}
_ARCHIVE = {
    "agrees": ("good", "archive agrees", "The write-once archive holds the same entries."),
    "pending": ("warned", "archive pending", "Some entries are not archived yet, which takes seconds."),
    "differs": ("bad-mark", "archive differs", "The write-once archive says something else."),
    "unavailable": ("warned", "archive not read", "The archive did not answer."),
}
CHAIN = {
    True: (
        "good",
        "chain intact",
        "Each entry carries the hash of the one before: none was changed or removed.",
    ),
    False: ("bad-mark", "record not whole", ""),
    None: ("warned", "record not verified", "There was nothing to verify."),
}


def section(analysis: Analysis) -> str:
    """Assumptions, the timeline, what it cost, and the check."""
    known = "".join(f"<li>{escape(text)}</li>" for text in analysis.assumptions)
    assumed = f'<h3>Assumptions</h3><div class="prose"><ul>{known}</ul></div>' if known else ""
    if not analysis.audit:
        return f"<p>The platform returned no audit entry for this analysis.</p>{assumed}"
    return f"{_whole(analysis)}{assumed}{_timeline(analysis)}{spent(analysis.usage)}{_checked(analysis)}"


def spent(usage: dict[str, Any]) -> str:
    """What the models' calls used together, against what the job was allowed (COST-05)."""
    if not usage:
        return ""
    return f'<h3>Budget</h3><p id="budget">{escape(budget(usage))}</p>'


def budget(usage: dict[str, Any]) -> str:
    """Calls, tokens and dollars in a sentence."""
    paid = "simulated: nothing was charged" if usage["simulated"] else "charged"
    tokens = usage["tokens_in"] + usage["tokens_out"]
    share = f", {usage['cost_usd'] / usage['budget_usd']:.1%}" if usage["budget_usd"] else ""
    cost = f"${usage['cost_usd']:.4f} of the ${usage['budget_usd']:.2f} that this analysis could spend{share}"
    return f"{counted(usage['calls'], 'model call')}, {tokens:,} tokens, {cost} ({paid})."


def by(entry: dict[str, Any]) -> str:
    """Who or what decided: rules in code, people, or a model with its prompt."""
    model = str(entry.get("model") or "")
    if model != "rules":
        return model
    return "a person" if entry.get("agent") == "approval" and _actor(entry) else "rules"


def _actor(entry: dict[str, Any]) -> bool:
    return str((entry.get("output_summary") or {}).get("actor", "workflow")) != "workflow"


def said(entry: dict[str, Any]) -> str:
    """The decision in words."""
    named = str(entry.get("decision") or "answered")
    return "A model answered" if named == "answered" else words(named)


def why(entry: dict[str, Any]) -> str:
    """The reason as a sentence."""
    text = str(entry.get("explanation") or "")
    return text[:1].upper() + text[1:]


def _whole(analysis: Analysis) -> str:
    marks = [CHAIN[analysis.audit_ok], *([_ARCHIVE[analysis.archive]] if analysis.archive in _ARCHIVE else [])]
    return "".join(
        f'<p class="lead"><span class="badge {css}">{name}</span> {escape(text or analysis.audit_reason)}</p>'
        for css, name, text in marks
    )


def _timeline(analysis: Analysis) -> str:
    rows = [_entry(number, entry) for number, entry in enumerate(analysis.audit, 1)]
    heads = ["#", "UTC", "Who", "Decision, why, by what", "Verdict", "Tokens in / out, cost, time"]
    told = "In the order of the chain. Prompts, answers and personal data are never recorded; an entry has their hash."
    return "<h3>What was decided, and why</h3>" + table(told, heads, rows, numeric=5)


def _entry(number: int, entry: dict[str, Any]) -> list[str]:
    tokens, model = entry.get("tokens") or {}, str(entry.get("model") or "")
    verdict = str(entry.get("compliance_check") or "")
    by_rules = model == "rules"
    sealed = str(entry.get("entry_hash") or "")
    badge = f'<span class="badge {_VERDICTS[verdict]}">{verdict.lower()}</span>' if verdict in _VERDICTS else ""
    prompt = "" if by_rules else f", prompt {escape(str(entry.get('prompt_version') or ''))}"
    took = int(entry.get("duration_ms") or 0)
    paid = f"{tokens.get('in', 0):,} / {tokens.get('out', 0):,}<br>${float(entry.get('cost_usd') or 0):.4f}"
    used = ([] if by_rules else [paid]) + ([f"{took:,} ms"] if took else [])
    return [
        str(number),
        f'<span class="time">{escape(str(entry.get("timestamp", ""))[11:19])}</span>',
        escape(words(str(entry.get("agent", "")))),
        f"<strong>{escape(said(entry))}</strong><br>{escape(why(entry))}<br>"
        f'<span class="sub">by {escape(by(entry))}{prompt}; entry '
        f'<span class="mono" title="{escape(sealed)}">{escape(sealed[:12])}</span></span>',
        badge,
        "<br>".join(used),
    ]


def _checked(analysis: Analysis) -> str:
    one = analysis.verification
    if one is None:
        return ""
    return (
        "<h3>Check it yourself</h3><p>This command computes every hash anew and compares entries, links, closing entry "
        "and archive:</p>"
        f'<pre class="typed">$ {escape(one.command)}\n{escape(one.printed)}</pre>'
    )

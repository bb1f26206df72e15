"""What the guardrails cost a model call: the screen before it, and redaction and review of a whole report after it."""

from advisor.agents.naming import given_names
from advisor.domain.advice import review
from advisor.domain.fact_table import fact_table
from advisor.domain.facts import reporter_facts, screened_portfolio
from advisor.domain.guardrails import MAX_INPUT_CHARS, safe
from advisor.domain.personal import redacted
from advisor.domain.report import fallback_report
from alex.bench.measure import Row, Say, median, timed
from alex.guardrails.against import DAY, JOB, judge, reporter, sample
from alex.guardrails.corpus import BLOCKED, Case

GROUP = "guardrails"
GOAL = "Retire at 62 with $80,000 a year, travel in the first ten years, and leave something for the children. "
QUESTION = Case(str(JOB), "questions", "Why is my portfolio so heavy in technology?", "question", BLOCKED)


def run_all(say: Say, rounds: int) -> list[Row]:
    """Milliseconds of each part, and the share of a whole report without the model's own time."""
    portfolio, writer = sample(), reporter()
    facts = reporter_facts(portfolio, on=DAY)
    text, table = fallback_report(facts), fact_table(facts)
    longest = GOAL * (MAX_INPUT_CHARS // len(GOAL))
    say("warm up")
    judge(QUESTION, writer, portfolio)

    def before() -> None:
        screened_portfolio(portfolio)
        given_names(portfolio)
        safe(QUESTION.text)

    def after() -> None:
        redacted(text)
        review(text=text, recommendations=facts["recommendations"], facts=table)

    say("screen, review, whole report")
    times = max(rounds, 5)
    rows = [
        median(GROUP, "screen of a goal", [1000 * timed(lambda: safe(GOAL)) for _ in range(times)], "ms"),
        median(GROUP, "screen of the longest text", [1000 * timed(lambda: safe(longest)) for _ in range(times)], "ms"),
        median(
            GROUP, "before a call", [1000 * timed(before) for _ in range(times)], "ms", note="all texts of a portfolio"
        ),
        median(
            GROUP, "after a call", [1000 * timed(after) for _ in range(times)], "ms", note=f"{len(text):,} characters"
        ),
    ]
    whole = [1000 * timed(lambda: judge(QUESTION, writer, portfolio)) for _ in range(times)]
    report = median(GROUP, "a report, simulated model", whole, "ms", note="facts, call, checks, audit")
    share = 100 * (rows[2].value + rows[3].value) / report.value
    return [*rows, report, Row(GROUP, "guardrails' share of it", share, "%", note="a real model adds 10 to 60 seconds")]

"""The planner: from a claimed job to stored results (AGENT-05; domain section 4, steps 1 to 8).

    classify what nobody stands for -> refresh prices -> choose agents -> run them in parallel -> compile -> completed
                                                          or: awaiting approval (see `approval`)

It alone writes the job's row: agents return their product, so a late or repeated agent can overwrite nothing. An agent
that fails leaves an honest stand-in, named in the quality report, and lowers the confidence. Anything else that fails
raises: the attempt (see `attempt`) decides whether the queue tries again. Step 9, targeted research, has no
researcher to call yet.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from time import monotonic
from typing import Any
from uuid import UUID

from advisor.agents.approval import Approvals
from advisor.agents.compiling import PAYLOADS, Compiler, Results
from advisor.agents.pricing import refresh_prices
from advisor.agents.progress import TAGGER, Progress
from advisor.agents.recording import Recorder, conclude
from advisor.domain import explaining
from advisor.domain.errors import Detail, NotFoundError
from advisor.domain.models import Instrument, Job, Portfolio
from advisor.domain.planning import choose_agents
from advisor.domain.prices import JUMP
from advisor.domain.pseudonyms import user_hash
from advisor.domain.quality import AGEING_AFTER, STALE_AFTER, needs_classification
from advisor.domain.shortcomings import Shortcoming, shortcomings
from advisor.domain.vocabulary import JobStatus
from advisor.ports.market import PriceProvider
from advisor.ports.store import AuditWriter, JobStore, PortfolioStore
from advisor.ports.telemetry import Silent, Telemetry
from advisor.ports.tracing import NoTracing, Tracer
from advisor.ports.work import AgentCaller, AgentFailedError

NAME, TRACE = "planner", "Portfolio Analysis Job"
INSTRUMENTS_A_CALL = 40
"""A tagger's invocation holds so many questions well within its 300 seconds."""

AGENTS_SECONDS, TAGGER_SECONDS = 330.0, 310.0
"""What the specialists, and one call of the tagger, may take: nothing is begun that the function cannot finish."""


@dataclass(frozen=True)
class Planner:
    """Runs claimed jobs over its ports; ``day`` is the day of valuation, ages of prices are in trading days.

    ``used`` tells what a job's model calls have used (None: unknown).
    """

    jobs: JobStore
    portfolios: PortfolioStore
    prices: PriceProvider
    agents: AgentCaller
    audit: AuditWriter
    approvals: Approvals
    day: Callable[[], date]
    telemetry: Telemetry = field(default_factory=Silent)
    tracer: Tracer = field(default_factory=NoTracing)
    ageing_after: int = AGEING_AFTER
    stale_after: int = STALE_AFTER
    jump: Decimal = JUMP
    used: Callable[[UUID], Mapping[str, Any] | None] = lambda _job_id: None
    time_left: Callable[[], float] = lambda: float("inf")
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    clock: Callable[[], float] = monotonic
    trace_id: Callable[[], str | None] = lambda: None

    def recorder(self, job: Job) -> Recorder:
        """Where the decisions about a job are recorded."""
        return Recorder(
            self.audit, str(job.id), job.user_id, NAME, telemetry=self.telemetry, now=self.now, trace_id=self.trace_id
        )

    def run(self, job: Job) -> None:
        """Complete a running job; raises whatever keeps its results from being stored."""
        with self.tracer.span(TRACE, job_id=str(job.id), user=user_hash(job.user_id), attempt=job.attempt):
            self._run(job)

    def _run(self, job: Job) -> None:
        started, results, progress = self.clock(), Results(), Progress(self.jobs, job.id)
        self.telemetry.event("PLANNER_STARTED", agent=NAME, attempt=job.attempt)
        self.telemetry.metric("JobsStarted", 1, agent=NAME)
        day = self.day()
        portfolio = self._load(job)
        tagged = self._tag(job, portfolio, progress, results)
        progress.at("pricing")
        priced, refused = refresh_prices(
            portfolio,
            day,
            provider=self.prices,
            portfolios=self.portfolios,
            recorder=self.recorder(job),
            stale_after=self.stale_after,
            jump=self.jump,
        )
        if priced or tagged:
            portfolio = self._load(job)
        compiler = Compiler(
            job_id=job.id,
            portfolio=portfolio,
            day=day,
            generated_at=self.now().isoformat(),
            ageing_after=self.ageing_after,
            stale_after=self.stale_after,
            refused=refused,
            options=job.request_payload.get("options") or {},
            rules=self.approvals.rules,
        )
        self._run_agents(job, compiler, progress, results)
        progress.at("compiling")
        payloads = compiler.compile(results, usage=self.used(job.id))
        took = round((self.clock() - started) * 1000)
        payloads["summary_payload"]["audit_seal"] = conclude(self.recorder(job), payloads, duration_ms=took)
        self.jobs.record_payloads(job.id, payloads)
        progress.at("approval" if payloads["summary_payload"]["review_reasons"] else "done")
        self._tell_finished(payloads, self.approvals.finish(job, payloads), started)

    def _load(self, job: Job) -> Portfolio:
        """The owner's portfolio as the database has it now, never as a message claims it."""
        portfolio = self.portfolios.portfolio(job.user_id)
        if portfolio is None:
            raise NotFoundError([Detail(field="user_id", reason="the job's owner has no profile")])
        return portfolio

    def _tag(self, job: Job, portfolio: Portfolio, progress: Progress, results: Results) -> bool:
        """Have unclassified holdings classified; True when some were. Failing leaves them so, and reported."""
        unclassified = needs_classification(portfolio)
        decided = self.recorder(job).decided
        if not unclassified:
            decided("no_tagging", "Somebody stands for the classification of every held instrument.")
            progress.at("tagging", tagger="skipped")
            return False
        symbols = [instrument.symbol for instrument in unclassified]
        decided("needs_tagging", explaining.unclassified(symbols), about=symbols)
        progress.at("tagging", tagger="running")
        updated = 0
        for start in range(0, len(unclassified), INSTRUMENTS_A_CALL):
            part = unclassified[start : start + INSTRUMENTS_A_CALL]
            if self.time_left() < AGENTS_SECONDS + TAGGER_SECONDS:
                decided("stop_tagging", f"{len(unclassified) - start} instruments wait for the next analysis")
                results.fallbacks.add(TAGGER)
                break
            try:
                answer = self._call(TAGGER, _base(job) | {"instruments": [_untagged(one) for one in part]})
            except AgentFailedError as error:
                why = f"The tagger failed ({error.error_type}); what it had to classify stays unclassified."
                decided("fallback_used", why, agent=TAGGER)
                results.fallbacks.add(TAGGER)
                continue
            updated += len(answer.get("updated", ()))
            results.agents[TAGGER] = str(answer.get("version", "unknown"))
            if answer.get("fallback"):
                results.fallbacks.add(TAGGER)
        progress.at("tagging", tagger="fallback" if TAGGER in results.fallbacks else "completed")
        return updated > 0

    def _run_agents(self, job: Job, compiler: Compiler, progress: Progress, results: Results) -> None:
        """Run the chosen agents side by side; each gets the same snapshot, so that all speak of the same figures."""
        chosen: list[str] = []
        for choice in choose_agents(compiler.portfolio):
            self.recorder(job).decided(choice.named, choice.reason, about=choice)
            if choice.chosen:
                chosen.append(choice.agent)
        if "reporter" not in chosen:
            results.recommendations = compiler.recommended()
        states = {agent: "running" if agent in chosen else "skipped" for agent in PAYLOADS}
        progress.at("agents", **states)
        snapshot = {
            "portfolio": compiler.portfolio.model_dump(mode="json"),
            "valuation_date": compiler.day.isoformat(),
            "stale_after": self.stale_after,
            "question": compiler.question,
        }
        request = _base(job) | snapshot
        with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
            calls: dict[Future[Mapping[str, Any]], str] = {
                pool.submit(self._call, agent, request): agent for agent in chosen
            }
            for call in as_completed(calls):
                agent = calls[call]
                try:
                    results.take(agent, call.result())
                except (AgentFailedError, KeyError, TypeError, ValueError) as error:
                    kind = error.error_type if isinstance(error, AgentFailedError) else type(error).__name__
                    self.telemetry.event("FALLBACK_USED", agent=agent, warning=True, reason=kind)
                    self.telemetry.metric("FallbacksUsed", 1, agent=agent)
                    why = f"The agent failed ({kind}); what the engines calculated stands in for its answer."
                    self.recorder(job).decided("fallback_used", why, agent=agent)
                    compiler.stand_in(agent, results)
                progress.at("agents", **{agent: "fallback" if agent in results.fallbacks else "completed"})

    def _call(self, agent: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        started = self.clock()
        self.telemetry.event("AGENT_INVOKED", agent=agent)
        try:
            answer = self.agents.call(agent, request)
        except AgentFailedError as error:
            took = round((self.clock() - started) * 1000)
            kind = error.error_type
            self.telemetry.event("AGENT_FAILED", agent=agent, warning=True, duration_ms=took, error_type=kind)
            self.telemetry.metric("AgentErrors", 1, agent=agent)
            raise
        took = round((self.clock() - started) * 1000)
        self.telemetry.event("AGENT_COMPLETED", agent=agent, duration_ms=took, fallback=bool(answer.get("fallback")))
        return answer

    def _tell_finished(self, payloads: Mapping[str, Mapping[str, Any]], status: JobStatus, started: float) -> None:
        seconds = self.clock() - started
        took = round(seconds, 3)
        quality, summary = payloads["quality_payload"], payloads["summary_payload"]
        span = self.tracer.current
        span.set(num_positions=summary["num_positions"], confidence=float(quality["confidence"]), status=status)
        span.amount("portfolio_value", float(summary["total_value"]))
        for stale in quality["stale_prices"]:
            self.telemetry.event("PRICE_STALE", agent=NAME, warning=True, **stale)
        self.telemetry.event("PLANNER_COMPLETED", agent=NAME, status=status.value, duration_seconds=took)
        if status is JobStatus.COMPLETED:
            self.telemetry.metric("JobsCompleted", 1, agent=NAME)
        self.telemetry.metric("AnalysisDurationMs", seconds * 1000, agent=NAME, unit="Milliseconds")
        self.telemetry.metric("QualityConfidence", quality["confidence"], agent=NAME, unit="None")
        lacks = shortcomings(payloads, least_confidence=self.approvals.rules.least_confidence)
        if lacks:
            self.telemetry.event("QUALITY_SHORTCOMING", agent=NAME, warning=True, lacks=[one.value for one in lacks])
        self.telemetry.metric("QualityTotal", 1, agent=NAME)
        self.telemetry.metric("QualityGood", 0 if lacks else 1, agent=NAME)
        self.telemetry.metric("ComplianceViolations", int(Shortcoming.COMPLIANCE in lacks), agent=NAME)


def _base(job: Job) -> dict[str, Any]:
    return {"job_id": str(job.id), "user_id": job.user_id, "correlation_id": job.correlation_id}


def _untagged(instrument: Instrument) -> dict[str, Any]:
    kind = instrument.instrument_type
    return {"symbol": instrument.symbol, "name": instrument.name, "instrument_type": kind.value if kind else None}

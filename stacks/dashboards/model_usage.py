"""What the models do, how fast, and how much of their quotas is used (OBS-03, ML-07)."""

from hardened.dashboards import Limit, Line, Math, Panel, Section
from stacks.dashboards.view import MS, US_A_MS, View, scaled, total

ABOUT = "**Models** - for those who run the agents: do the models answer, how fast, and how much of the quota is left?"


def sections(view: View) -> list[Section]:
    """The dashboard ``ai-model-usage``."""
    return [
        Section(
            title="At a glance",
            about="Over the whole time shown.",
            panels=[
                _figure("Calls of the models", "calls", "model-quota", total(view.models("Invocations"), "calls")),
                _figure("Calls that Bedrock refused", "calls", "model-throttles", total(_refused(view), "refused")),
                _figure("Tokens", "tokens", "model-quota", total(_tokens(view), "tokens")),
                _figure("Cost of the models", "USD", "inference-cost", view.spent("LlmCostUsd")),
            ],
        ),
        Section(
            title="Quotas",
            about="What the account may ask of a model in a minute; an alarm rings before Bedrock refuses.",
            panels=[
                Panel(
                    title="Calls a minute",
                    unit="calls/min",
                    runbook="model-quota",
                    period_s=60,
                    lines=view.models("Invocations"),
                    limits=_quotas(view, "requests_per_minute"),
                ),
                Panel(
                    title="Tokens a minute",
                    unit="tokens/min",
                    runbook="model-quota",
                    period_s=60,
                    lines=_tokens_by_model(view),
                    limits=_quotas(view, "tokens_per_minute"),
                ),
            ],
        ),
        _bedrock(view),
        _agents(view),
        _endpoints(view),
    ]


def _figure(title: str, unit: str, runbook: str, lines: tuple[Line | Math, ...]) -> Panel:
    return Panel(title=title, unit=unit, runbook=runbook, lines=lines, figure=True)


def _refused(view: View) -> list[Line]:
    names = ("InvocationThrottles", "InvocationClientErrors", "InvocationServerErrors")
    return [line for name in names for line in view.models(name)]


def _tokens(view: View) -> list[Line]:
    return [line for name in ("InputTokenCount", "OutputTokenCount") for line in view.models(name)]


def _tokens_by_model(view: View) -> tuple[Math, ...]:
    pairs = zip(view.models("InputTokenCount"), view.models("OutputTokenCount"), strict=True)
    return tuple(each for read, written in pairs for each in total((read, written), read.label))


def _quotas(view: View, name: str) -> tuple[Limit, ...]:
    """A quota that the models have in common is drawn once, and what the alarm rings at."""
    models, pct = view.settings.models, view.settings.alarms.model_quota_pct
    quotas = {"large": getattr(models.large, name), "small": getattr(models.small, name)}
    if quotas["large"] == quotas["small"]:
        quotas = {"each model": quotas["large"]}
    return tuple(
        limit
        for role, quota in quotas.items()
        for limit in (Limit(quota, f"quota of {role}"), Limit(quota * pct / 100, f"alarm, {pct:g}% of it"))
    )


def _bedrock(view: View) -> Section:
    panels = (
        ("Calls", "calls", "Invocations", "Sum", "model-quota"),
        ("Time to the whole answer, p95", MS, "InvocationLatency", "p95", "models-failing"),
        ("Calls refused by a quota", "calls", "InvocationThrottles", "Sum", "model-throttles"),
        ("Calls that we made wrongly", "calls", "InvocationClientErrors", "Sum", "models-failing"),
        ("Calls that failed on Bedrock's side", "calls", "InvocationServerErrors", "Sum", "models-failing"),
    )
    read = view.models("InputTokenCount", word="read")
    return Section(
        title="Bedrock",
        about="As Bedrock counts it, for each model by its role (large, small).",
        panels=[
            *(
                Panel(title=title, unit=unit, runbook=runbook, lines=view.models(metric, statistic=statistic))
                for title, unit, metric, statistic, runbook in panels
            ),
            Panel(
                title="Tokens read and written",
                unit="tokens",
                runbook="model-quota",
                lines=(*read, *view.models("OutputTokenCount", word="written")),
            ),
        ],
    )


def _agents(view: View) -> Section:
    panels = (
        ("Tokens that agents read", "tokens", "TokensIn", "Sum", "model-quota"),
        ("Tokens that agents wrote", "tokens", "TokensOut", "Sum", "model-quota"),
        ("Waiting for the model, p95", MS, "LlmLatencyMs", "p95", "models-failing"),
        ("Calls of a model", "calls", "LlmCalls", "Sum", "model-quota"),
        ("Cost of calls", "USD", "LlmCostUsd", "Sum", "inference-cost"),
        ("Answers by the stand-in model", "answers", "ModelDowngrades", "Sum", "models-failing"),
        ("Breakers opened", "times", "BreakerOpened", "Sum", "models-failing"),
        ("Calls throttled", "calls", "Throttled", "Sum", "model-throttles"),
        ("Models that were not allowed", "calls", "ModelAccessDenied", "Sum", "models-failing"),
    )
    return Section(
        title="By agent",
        about="As the agents count it themselves; a new agent appears here with its first deployment.",
        panels=[
            Panel(title=title, unit=unit, runbook=runbook, lines=view.by_agent(metric, statistic=statistic))
            for title, unit, metric, statistic, runbook in panels
        ],
    )


def _endpoints(view: View) -> Section:
    def lines(metric: str, statistic: str, word: str = "") -> tuple[Line, ...]:
        return tuple(
            Line(
                namespace="AWS/SageMaker",
                metric=metric,
                dimensions={"EndpointName": endpoint.name, "VariantName": variant},
                statistic=statistic,
                label=f"{variant} {word}".strip(),
            )
            for endpoint in view.endpoints
            for variant in endpoint.variants
        )

    limits = tuple(Limit(one.latency_ms, f"alarm for {name}") for name, one in view.settings.alarms.endpoints.items())
    panels = (
        ("Calls of endpoints", "calls", lines("Invocations", "Sum"), ()),
        (
            "Failed calls of endpoints",
            "calls",
            (*lines("Invocation4XXErrors", "Sum", "refused"), *lines("Invocation5XXErrors", "Sum", "failed")),
            (),
        ),
        ("Endpoints' model latency, p95", MS, scaled(lines("ModelLatency", "p95"), US_A_MS), limits),
    )
    return Section(
        title="Endpoints",
        about="Models that SageMaker serves: those of the platform, and those that `alarms.endpoints` names.",
        panels=[
            Panel(title=title, unit=unit, runbook="endpoint-trouble", lines=shown, limits=limits)
            for title, unit, shown, limits in panels
        ],
    )

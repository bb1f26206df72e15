"""What the optimisation of allocations does (OBS-06): its jobs, what they found, and what it rests on.

Decision: the dashboard appears with the first function whose name begins with ``Optimis``; until a platform has one,
there is nothing to see. SageMaker reports no duration of a job, so the functions write it, with what they found. The
names below are what they are to write: `alex dashboards` fails while a panel's metric is written by nobody.
"""

from hardened.dashboards import Line, Panel, Section
from stacks.dashboards.view import View

ABOUT = "**Optimisation** - for those who run it: are strategies tested in time, and are they any good?"
BEGINS = "Optimis"
JOB_SECONDS, TESTED, SHARPE = "OptimisationJobSeconds", "StrategiesTested", "SharpeRatio"


def sections(view: View) -> list[Section]:
    """The dashboard ``optimisation``; nothing where nothing optimises."""
    functions = {name: each for name, each in view.found.functions.items() if name.startswith(BEGINS)}
    if not functions:
        return []
    services = tuple(each.service for each in functions.values())

    def written(metric: str, statistic: str) -> tuple[Line, ...]:
        return view.by_service(metric, *services, statistic=statistic)

    return [
        Section(
            title="Jobs",
            about="Functions that start and read the jobs, and how long SageMaker took.",
            panels=[
                Panel(
                    title="Runs of the functions",
                    unit="invocations",
                    runbook="function-errors",
                    lines=view.by_function("Invocations", only=functions),
                ),
                Panel(
                    title="Duration of a job, 19 of 20 are faster",
                    unit="s",
                    runbook="sagemaker-job-failed",
                    lines=written(JOB_SECONDS, "p95"),
                ),
            ],
        ),
        Section(
            title="What was found",
            about="Strategies that were tested, and the return that the best ones had for their risk.",
            panels=[
                Panel(
                    title="Strategies tested",
                    unit="strategies",
                    runbook="sagemaker-job-failed",
                    lines=written(TESTED, "Sum"),
                ),
                Panel(
                    title="Sharpe ratio of the best",
                    unit="ratio",
                    runbook="sagemaker-job-failed",
                    lines=written(SHARPE, "Maximum"),
                ),
            ],
        ),
        Section(
            title="What it rests on",
            about="The API that asks, and the models that explain.",
            panels=[
                Panel(
                    title="Answers of the API, 19 of 20 are faster",
                    unit="ms",
                    runbook="api-latency",
                    lines=view.api("Latency", statistic="p95", label="19 of 20 are faster"),
                ),
                Panel(
                    title="Tokens of the models",
                    unit="tokens",
                    runbook="model-quota",
                    lines=view.models("InputTokenCount", word="in") + view.models("OutputTokenCount", word="out"),
                ),
            ],
        ),
    ]

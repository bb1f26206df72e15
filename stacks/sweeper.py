"""The sweeper, which lets no job get lost: a function on a schedule (SYS-07, SYS-38)."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_

from hardened import Database
from hardened.alarms import alarm
from hardened.functions import Function, FunctionDefaults, Program, Size
from hardened.queues import WorkQueue
from hardened.topics import Severity
from settings import Settings
from stacks.approvals import ReviewLine
from stacks.base import PlatformStack

SWEEP_EVERY = Duration.minutes(5)


def add_sweeper(
    scope: PlatformStack,
    *,
    settings: Settings,
    code: lambda_.Code,
    defaults: FunctionDefaults,
    database: Database,
    analysis_queue: WorkQueue,
    reviews: ReviewLine,
) -> Function:
    """The sweeper's function, its schedule, and an alarm for when it stays silent."""
    limits = settings.queue
    sweeper = Function(
        scope,
        "Sweeper",
        defaults=defaults,
        program=Program(
            code=code,
            handler="advisor.handlers.sweeper.handler",
            environment={
                **database.environment,
                "ANALYSIS_QUEUE_URL": analysis_queue.queue.queue_url,
                "RUNNING_LIMIT_SECONDS": str(limits.running_limit_seconds),
                "PENDING_LIMIT_SECONDS": str(limits.pending_limit_seconds),
            },
        ),
        size=Size(memory_mb=512, timeout_s=60),
        asynchronous=True,
    )
    for name, value in (
        reviews.let_start(sweeper)
        | reviews.let_deliver(sweeper)
        | reviews.let_conclude(sweeper)
        | reviews.let_clear(sweeper)
        | {"REVIEW_EXPIRY_WARNING_SECONDS": str(settings.hitl.expiry_warning_seconds)}
    ).items():
        sweeper.add_environment(name, value)
    database.grant_data_api(sweeper)
    analysis_queue.grant_send(sweeper)
    alarm(
        scope,
        "SweeperSilent",
        name=f"{sweeper.name}-silent",
        # FILL: of points that are missing CloudWatch looks two periods further back before it counts them as breaching.
        metric=cw.MathExpression(
            expression="FILL(runs, 0)",
            using_metrics={"runs": sweeper.function.metric_invocations(period=SWEEP_EVERY, statistic="Sum")},
            period=SWEEP_EVERY,
            label="Runs",
        ),
        threshold=1,
        below=True,
        missing=cw.TreatMissingData.BREACHING,
        periods=3,
        alerts=defaults.alerts,
        severity=Severity.CRITICAL,
        runbook="sweeper-silent",
        description=f"{sweeper.name} has not run for a quarter of an hour: jobs that get stuck stay stuck. See the "
        "schedule and its dead-letter queue. Also raised once by the first deployment. [AGENT-05]",
    )
    events.Rule(
        scope,
        "Sweep",
        description="Queue again what was never delivered, and fail what died while running",
        schedule=events.Schedule.rate(SWEEP_EVERY),
        targets=[
            targets.LambdaFunction(
                sweeper.function,
                dead_letter_queue=sweeper.dead_letters.queue if sweeper.dead_letters else None,
                max_event_age=SWEEP_EVERY,
                retry_attempts=2,
            )
        ],
    )
    return sweeper

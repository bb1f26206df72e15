"""Who hears that a log held personal data: a log group of findings and an alarm (OBS-01)."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.log_groups import LogClass, of_class
from hardened.topics import Alerts, Severity


class Findings(Construct):
    """The log group that says in which other one personal data was masked: kind and place, never the data."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, alerts: Alerts) -> None:
        """Make it; ``name`` as people know the environment, for example ``alex-prod``."""
        super().__init__(scope, construct_id)
        # The prefix keeps the log group out of the account's one resource policy, whose size is limited.
        self.log_group = of_class(
            logs.LogGroup(self, "Log", log_group_name=f"/aws/vendedlogs/{name}-personal-data"), LogClass.AUDIT
        )
        found = logs.MetricFilter(
            self,
            "Found",
            log_group=self.log_group,
            filter_pattern=logs.FilterPattern.all_events(),
            metric_namespace="Alex",
            metric_name=f"{name}-personal-data-in-logs",
            metric_value="1",
            default_value=0,
        )
        alarm(
            self,
            "Alarm",
            name=f"{name}-personal-data-in-logs",
            metric=found.metric(period=FIVE_MINUTES, statistic="Sum"),
            threshold=0,
            alerts=alerts,
            severity=Severity.WARNING,
            runbook="log-personal-data",
            description="Personal data or a key was written to a log and masked. The findings' log group names the log "
            "group and the kind; mend the code that wrote it, and change a key that was written. [OBS-01]",
        )

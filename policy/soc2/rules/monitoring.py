"""What is seen of a database's machine, from inside it.

Decision: CloudWatch's own figures come from the hypervisor, once a minute, and do not tell which process takes memory
or waits for the disk. Without enhanced monitoring the cause of an outage is a guess.
"""

from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.dead_letters import either
from soc2.rules.recovery import CLUSTER, INSTANCE
from soc2.template import Resource
from soc2.values import Undecided, number, shown


@rule(
    "SOC2-RDS-MONITORING",
    "Databases report what their machine's processes, memory and disks do",
    on=(CLUSTER, INSTANCE),
    criteria=("CC7.2", "A1.1"),
    severity=Severity.LOW,
    fix="set MonitoringInterval to 60 seconds or less, and MonitoringRoleArn (CDK: monitoring_interval, "
    "monitoring_role)",
    requirements=("OBS-12",),
)
def enhanced_monitoring(database: Resource) -> Findings:
    """A cluster may say it for all its instances."""
    if database.type == CLUSTER and not database.get("DBClusterInstanceClass"):
        raise NotApplicable("its instances are judged, which report or take over what it says")
    if not either(lambda: _reports(database), lambda: _cluster_reports(database)):
        value = shown(database.get("MonitoringInterval"))
        yield Broken(f"MonitoringInterval is {value}, so enhanced monitoring is off", at="MonitoringInterval")


def _reports(database: Resource) -> bool:
    return number(database.get("MonitoringInterval")) > 0


def _cluster_reports(database: Resource) -> bool:
    name = database.get("DBClusterIdentifier") if database.type == INSTANCE else None
    if not name:
        return False
    cluster = database.assembly.target(name, CLUSTER)
    if cluster is None:
        raise Undecided(f"its cluster {shown(name)} is not in the given templates")
    return _reports(cluster)

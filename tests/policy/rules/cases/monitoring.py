"""Enhanced monitoring of databases."""

from typing import Any

from tests.policy.rules.casework import Case, drop

CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"


def database(**properties: Any) -> dict[str, Any]:
    """An instance."""
    return {"Database": {"Type": INSTANCE, "Properties": {"Engine": "postgres", **properties}}}


def cluster(*, of: dict[str, Any], **member: Any) -> dict[str, Any]:
    """A cluster with one instance."""
    return {
        "Cluster": {"Type": CLUSTER, "Properties": {"Engine": "aurora-postgresql", **of}},
        "Member": {"Type": INSTANCE, "Properties": {"DBClusterIdentifier": {"Ref": "Cluster"}, **member}},
    }


CASES = [
    Case(
        "SOC2-RDS-MONITORING",
        passing=database(MonitoringInterval="60") | cluster(of={"MonitoringInterval": 30}),
        failing=database(MonitoringInterval=0)
        | cluster(of={})
        | {"MultiAz": {"Type": CLUSTER, "Properties": {"DBClusterInstanceClass": "db.m5d.large"}}},
        breaks=drop("MonitoringInterval"),
    ),
]

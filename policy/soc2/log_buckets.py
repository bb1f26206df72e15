"""Buckets to which services deliver their logs. Some services refuse the customer's keys there."""

from typing import Any

from soc2.template import Resource
from soc2.values import items, known, references_of, some

LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
_PLACES = ("access_logs.s3.bucket", "connection_logs.s3.bucket", "health_check_logs.s3.bucket")


def receives_access_logs(bucket: Resource) -> bool:
    """Whether another bucket delivers its server access logs here."""
    return some(lambda _other: True, bucket.linked("AWS::S3::Bucket", "LoggingConfiguration", "DestinationBucketName"))


def receives_balancer_logs(bucket: Resource) -> bool:
    """Whether an application load balancer delivers its logs here. Network load balancers know the customer's keys."""
    return some(
        lambda balancer: balancer.get("Type", default="application") == "application" and _logs_to(balancer, bucket),
        bucket.linked(LOAD_BALANCER, "LoadBalancerAttributes"),
    )


def _logs_to(balancer: Resource, bucket: Resource) -> bool:
    def names(attribute: Any) -> bool:
        if attribute.get("Key") not in _PLACES:
            return False
        place = known(attribute.get("Value"))
        return bucket.key in references_of(place) or (bool(place) and place == bucket.get("BucketName"))

    return some(names, items(balancer.get("LoadBalancerAttributes")))

"""The way of logs into the archive, as deployed; the local cloud keeps it and sends nothing along it (SYS-15)."""

from typing import Any

from alex import local
from local_cloud.cloud import LocalCloud


def test_every_deployed_log_group_leads_to_the_deployed_stream_and_bucket(cloud: LocalCloud) -> None:
    """OBS-29: templates may agree with each other and still not deploy in their order."""
    logs: Any = local.client(cloud, "logs")
    stream = local.client(cloud, "firehose").describe_delivery_stream(DeliveryStreamName="alex-local-log-archive")
    described = stream["DeliveryStreamDescription"]
    [destination] = described["Destinations"]
    bucket = destination["ExtendedS3DestinationDescription"]["BucketARN"].removeprefix("arn:aws:s3:::")
    lock = local.client(cloud, "s3").get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 365}
    led = 0
    for group in (
        group for page in logs.get_paginator("describe_log_groups").paginate() for group in page["logGroups"]
    ):
        filters = logs.describe_subscription_filters(logGroupName=group["logGroupName"])["subscriptionFilters"]
        assert [one["destinationArn"] for one in filters] in ([], [described["DeliveryStreamARN"]])
        assert all(":role/" in one["roleArn"] for one in filters)
        led += len(filters)
    assert led == sum(entry.resource_type == "AWS::Logs::SubscriptionFilter" for entry in cloud.parity()) >= 18


def test_what_the_local_cloud_does_not_do_with_logs_is_said(cloud: LocalCloud) -> None:
    """OBS-29: nobody may take a green run for a filled archive or a query that ran."""
    levels = {entry.resource_type: entry.level for entry in cloud.parity()}
    for kind in ("Logs::SubscriptionFilter", "KinesisFirehose::DeliveryStream", "Logs::QueryDefinition"):
        assert levels[f"AWS::{kind}"] == "recorded", kind

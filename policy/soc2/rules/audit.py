"""Who records what happens in the account, and where that is filed (COMP-02 to COMP-04, SEC-05).

Decision: what an account has once, a trail or a detector, is demanded of the application as a whole. The profile's
``elsewhere`` says when another application owns it, and the rule then does not apply here, with that as its reason.
"""

from typing import Any

from soc2.assembly import Assembly
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.buckets import BLOCKS
from soc2.rules.detection import CHANNEL, DETECTOR, HUB, RECORDER, routed
from soc2.template import APPLICATION, Resource
from soc2.values import Undecided, every, is_true, items, number, shown, some

TRAIL = "AWS::CloudTrail::Trail"
SINGLETONS = (RECORDER, CHANNEL, DETECTOR, HUB)
"""An account has one of each in a region; deploying a second one fails."""


def _missing(assembly: Assembly, *types: str) -> Findings:
    here = [name for name in types if name not in assembly.profile.elsewhere]
    if not here:
        raise NotApplicable(f"it is elsewhere: {assembly.profile.elsewhere[types[0]]}")
    for name in here:
        if not some(lambda _found: True, assembly.possible(name)):
            yield Broken(f"no template has an {name}", detail=name)


@rule(
    "SOC2-TRAIL-PRESENT",
    "A CloudTrail trail records who did what in the account",
    on=APPLICATION,
    criteria=("CC2.1", "CC4.1", "CC7.2"),
    severity=Severity.CRITICAL,
    fix="add an AWS::CloudTrail::Trail (CDK: aws_cloudtrail.Trail), or say in the profile where it is",
    requirements=("COMP-02",),
)
def trail_present(assembly: Assembly) -> Findings:
    yield from _missing(assembly, TRAIL)


@rule(
    "SOC2-CONFIG-PRESENT",
    "AWS Config records the configuration of resources and delivers it",
    on=APPLICATION,
    criteria=("CC3.4", "CC5.2", "CC7.1", "CC8.1"),
    severity=Severity.HIGH,
    fix="add an AWS::Config::ConfigurationRecorder and an AWS::Config::DeliveryChannel (CDK: CfnConfigurationRecorder, "
    "CfnDeliveryChannel), or say in the profile where they are",
    requirements=("COMP-03",),
)
def config_present(assembly: Assembly) -> Findings:
    yield from _missing(assembly, RECORDER, CHANNEL)


@rule(
    "SOC2-GUARDDUTY-PRESENT",
    "GuardDuty looks for threats in the account",
    on=APPLICATION,
    criteria=("CC6.8", "CC7.2"),
    severity=Severity.HIGH,
    fix="add an AWS::GuardDuty::Detector (CDK: aws_guardduty.CfnDetector), or say in the profile where it is",
    requirements=("SEC-05",),
)
def guardduty_present(assembly: Assembly) -> Findings:
    yield from _missing(assembly, DETECTOR)


@rule(
    "SOC2-SECURITYHUB-PRESENT",
    "Security Hub collects findings and checks the account against standards",
    on=APPLICATION,
    criteria=("CC4.1", "CC7.1"),
    severity=Severity.HIGH,
    fix="add an AWS::SecurityHub::Hub (CDK: aws_securityhub.CfnHub), or say in the profile where it is",
    requirements=("COMP-04",),
)
def hub_present(assembly: Assembly) -> Findings:
    yield from _missing(assembly, HUB)


@rule(
    "SOC2-ACCOUNT-ONCE",
    "What an account has once in a region is made once",
    on=APPLICATION,
    criteria=("CC8.1",),
    severity=Severity.MEDIUM,
    fix="make the recorder, channel, detector and hub in one stack (CDK: switch them off in every other one)",
    requirements=("COMP-03", "COMP-04", "SEC-05"),
)
def once(assembly: Assembly) -> Findings:
    """Two in one template are in one region. Those of two stacks may be in two, which no template says."""
    found = {name: assembly.of_type(name) for name in SINGLETONS}
    if not any(found.values()):
        raise NotApplicable("the templates make none of them")
    broken = list(_twice(found, assembly))
    yield from broken
    spread = [name for name, resources in found.items() if len(resources) > 1]
    if spread and not broken:
        stacks = ", ".join(resource.stack.name for resource in found[spread[0]])
        raise Undecided(f"{spread[0]} is in {stacks}: right only if each is deployed to another region or account")


def _twice(found: dict[str, list[Resource]], assembly: Assembly) -> Findings:
    for name, resources in found.items():
        owner = assembly.profile.elsewhere.get(name)
        if resources and owner:
            yield Broken(f"{resources[0].logical_id} is a second {name}: the first is in {owner}", detail=name)
        elif len({resource.stack.name for resource in resources}) < len(resources):
            named = ", ".join(resource.logical_id for resource in resources)
            yield Broken(f"{len(resources)} of {name}: {named}", detail=name)


@rule(
    "SOC2-TRAIL-INTEGRITY",
    "Trails sign their files, so that a change or a gap is noticed",
    on=TRAIL,
    criteria=("CC3.3", "CC7.2", "PI1.5"),
    severity=Severity.HIGH,
    fix="set EnableLogFileValidation to true (CDK: enable_file_validation=True)",
    requirements=("COMP-02",),
)
def trail_integrity(trail: Resource) -> Findings:
    value = trail.get("EnableLogFileValidation")
    if not is_true(value):
        yield Broken(f"EnableLogFileValidation is {shown(value)}", at="EnableLogFileValidation")


@rule(
    "SOC2-TRAIL-REGIONS",
    "A trail records the management events of every region and of global services",
    on=TRAIL,
    criteria=("CC7.2",),
    severity=Severity.HIGH,
    fix="set IsLogging and IsMultiRegionTrail to true, leave IncludeGlobalServiceEvents on, and exclude no management "
    "events (CDK: is_multi_region_trail=True, include_global_service_events=True, ReadWriteType.ALL)",
    requirements=("COMP-02",),
)
def trail_regions(trail: Resource) -> Findings:
    """One trail that does it is enough: one beside it may record the data events of a single bucket."""
    if not some(_records_all, trail.assembly.possible(TRAIL)):
        logging, regions = trail.get("IsLogging"), trail.get("IsMultiRegionTrail")
        found = f"IsLogging is {shown(logging)}, IsMultiRegionTrail is {shown(regions)}"
        yield Broken(f"neither this trail nor another one records everything; here {found}", at="IsMultiRegionTrail")


def _records_all(trail: Resource) -> bool:
    # The service itself refuses a trail of all regions without global events: absent means on.
    everywhere = trail.get("IncludeGlobalServiceEvents", default=True)
    if not every(is_true, (trail.get("IsLogging"), trail.get("IsMultiRegionTrail"), everywhere)):
        return False
    advanced, plain = items(trail.get("AdvancedEventSelectors")), items(trail.get("EventSelectors"))
    if advanced:
        return some(_selects_management, advanced)
    return not plain or some(
        lambda one: is_true(one.get("IncludeManagementEvents", True)) and one.get("ReadWriteType", "All") == "All",
        plain,
    )


def _selects_management(selector: Any) -> bool:
    fields = items(selector.get("FieldSelectors"))
    management = some(
        lambda one: one.get("Field") == "eventCategory" and "Management" in items(one.get("Equals")), fields
    )
    return management and every(lambda one: one.get("Field") != "readOnly", fields)


@rule(
    "SOC2-TRAIL-ALERTS",
    "What a trail records is passed on at once, and not only filed",
    on=TRAIL,
    criteria=("CC7.2", "CC7.3"),
    severity=Severity.MEDIUM,
    fix="set CloudWatchLogsLogGroupArn (CDK: send_to_cloud_watch_logs=True), or SnsTopicName, or route the detail type "
    "'AWS API Call via CloudTrail' with an EventBridge rule",
    requirements=("COMP-02", "COMP-05"),
)
def trail_alerts(trail: Resource) -> Findings:
    """A topic counts, since it tells a collector of each new file; so does a rule for calls or for sign-ins."""
    if some(bool, (trail.get("CloudWatchLogsLogGroupArn"), trail.get("SnsTopicName"))):
        return
    kinds = ("AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail")
    if not some(lambda kind: routed(trail.assembly, None, kind), kinds):
        yield Broken("no log group, no topic and no EventBridge rule gets its events", at="CloudWatchLogsLogGroupArn")


@rule(
    "SOC2-TRAIL-ARCHIVE",
    "The trail's archive can be neither altered nor read by the public",
    on=TRAIL,
    criteria=("CC6.1", "CC7.2", "C1.1"),
    severity=Severity.HIGH,
    fix="give the bucket ObjectLockEnabled, a DefaultRetention and PublicAccessBlockConfiguration (CDK: "
    "object_lock_default_retention=..., block_public_access=BlockPublicAccess.BLOCK_ALL)",
    requirements=("COMP-02", "COMP-16"),
)
def trail_archive(trail: Resource) -> Findings:
    name = trail.get("S3BucketName")
    bucket = trail.assembly.target(name, "AWS::S3::Bucket") or next(
        (found for found in trail.assembly.of_type("AWS::S3::Bucket") if found.get("BucketName") == name), None
    )
    if bucket is None:
        raise Undecided(f"its bucket {shown(name)} is not in the given templates")
    lock = bucket.get("ObjectLockConfiguration", default={})
    if not some(is_true, (bucket.get("ObjectLockEnabled"), lock.get("ObjectLockEnabled") == "Enabled")):
        yield Broken(f"{bucket.logical_id} has no Object Lock", at="S3BucketName", detail="lock")
    needed, kept = trail.assembly.profile.audit_retention_days, _locked_days(lock)
    if kept < needed:
        found = f"{bucket.logical_id} locks objects for {kept:g} days by default, not for {needed}"
        yield Broken(found, at="S3BucketName", detail="retention")
    if not every(lambda flag: is_true(bucket.get("PublicAccessBlockConfiguration", flag)), BLOCKS):
        yield Broken(f"{bucket.logical_id} does not block all public access", at="S3BucketName", detail="public")


def _locked_days(lock: Any) -> float:
    retention = lock.get("Rule", {}).get("DefaultRetention", {})
    return number(retention.get("Days")) + 365 * number(retention.get("Years"))

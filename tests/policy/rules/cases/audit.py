"""The account's recorders: trail, configuration recorder, threat detector, findings hub."""

import copy
from typing import Any

from tests.policy.rules.casework import Case, Mutation, Templates, drop, put, without

BLOCKED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
TRAIL = "AWS::CloudTrail::Trail"
RECORDER = "AWS::Config::ConfigurationRecorder"
DETECTOR = "AWS::GuardDuty::Detector"
HUB = "AWS::SecurityHub::Hub"
TOPIC = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}


def one(of_type: str, **properties: Any) -> dict[str, Any]:
    """A template's resources with one of a type, named after it."""
    return {of_type.rsplit("::", 1)[1]: {"Type": of_type, "Properties": properties}}


def archived(**lock: Any) -> dict[str, Any]:
    """A trail with its bucket."""
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", **lock}}}
    bucket = one(
        "AWS::S3::Bucket",
        ObjectLockEnabled=True,
        ObjectLockConfiguration=configuration,
        PublicAccessBlockConfiguration=BLOCKED,
    )
    return one(TRAIL, S3BucketName={"Ref": "Bucket"}) | bucket


def event_rule(name: str, source: str, detail_type: str, **more: Any) -> dict[str, Any]:
    """An EventBridge rule that sends such events to a topic."""
    pattern = {"source": [source], "detail-type": [detail_type]}
    properties = {"EventPattern": pattern, "Targets": [{"Id": "Topic", "Arn": {"Ref": "Topic"}}], **more}
    return {name: {"Type": "AWS::Events::Rule", "Properties": properties}}


def findings(**more: Any) -> dict[str, Any]:
    """The three rules; ``more`` are properties of the one for threats."""
    return (
        TOPIC
        | event_rule("Threats", "aws.guardduty", "GuardDuty Finding", **more)
        | event_rule("Compliance", "aws.config", "Config Rules Compliance Change")
    )


def again(of_type: str) -> Mutation:
    """Make a second one beside the first."""

    def mutation(templates: Templates, stack: str, logical_id: str) -> None:
        for template in templates.values():
            resources = template["Resources"]
            for key in [key for key, resource in resources.items() if resource["Type"] == of_type]:
                resources[f"{key}Again"] = copy.deepcopy(resources[key])

    return mutation


def unheard(templates: Templates, stack: str, logical_id: str) -> None:
    """Leave the trail with its files alone."""
    drop("CloudWatchLogsLogGroupArn")(templates, stack, logical_id)
    without("AWS::Events::Rule")(templates, stack, logical_id)


def unlocked(templates: Templates, stack: str, logical_id: str) -> None:
    """Take the lock from every bucket of the trail's stack."""
    for key, resource in templates[stack]["Resources"].items():
        if resource["Type"] == "AWS::S3::Bucket":
            put("ObjectLockEnabled", value=False)(templates, stack, key)
            put("ObjectLockConfiguration", value={})(templates, stack, key)


HUB_FINDING = ("aws.securityhub", "Security Hub Findings - Imported")
GOOD_TRAIL = {"IsLogging": True, "IsMultiRegionTrail": True, "EnableLogFileValidation": True}
DATA_ONLY = [{"IncludeManagementEvents": False, "DataResources": []}]
S3_EVENTS = [{"Name": "EKS_AUDIT_LOGS", "Status": "DISABLED"}, {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]
CIS = {"Fn::Sub": "arn:${AWS::Partition}:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/3.0.0"}
PCI = {"Fn::Sub": "arn:${AWS::Partition}:securityhub:us-east-1::standards/pci-dss/v/3.2.1"}

CASES = [
    Case("SOC2-TRAIL-PRESENT", passing=one(TRAIL), failing=TOPIC, breaks=without(TRAIL)),
    Case(
        "SOC2-CONFIG-PRESENT",
        passing=one(RECORDER) | one("AWS::Config::DeliveryChannel"),
        failing=one(RECORDER),
        breaks=without("AWS::Config::DeliveryChannel"),
    ),
    Case("SOC2-GUARDDUTY-PRESENT", passing=one(DETECTOR), failing=TOPIC, breaks=without(DETECTOR)),
    Case("SOC2-SECURITYHUB-PRESENT", passing=one(HUB), failing=TOPIC, breaks=without(HUB)),
    Case(
        "SOC2-ACCOUNT-ONCE",
        passing=one(DETECTOR) | one(HUB),
        failing=one(DETECTOR) | {"Second": one(DETECTOR)["Detector"]},
        breaks=again(DETECTOR),
    ),
    Case(
        "SOC2-TRAIL-INTEGRITY",
        passing=one(TRAIL, EnableLogFileValidation=True),
        failing=one(TRAIL, EnableLogFileValidation=False),
        breaks=put("EnableLogFileValidation", value=False),
    ),
    Case(
        "SOC2-TRAIL-REGIONS",
        passing=one(TRAIL, **GOOD_TRAIL),
        failing=one(TRAIL, **GOOD_TRAIL, EventSelectors=DATA_ONLY),
        breaks=put("IsMultiRegionTrail", value=False),
    ),
    Case(
        "SOC2-TRAIL-ALERTS",
        passing=one(TRAIL, CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:111122223333:log-group:trail:*"),
        failing=one(TRAIL)
        | TOPIC
        | event_rule("SignIns", "aws.signin", "AWS Console Sign In via CloudTrail", State="DISABLED"),
        breaks=unheard,
    ),
    Case(
        "SOC2-TRAIL-ARCHIVE",
        passing=archived(Years=7),
        failing=archived(Days=90),
        breaks=unlocked,
    ),
    Case(
        "SOC2-CONFIG-ALL",
        passing=one(RECORDER, RecordingGroup={"AllSupported": True}),
        failing=one(RECORDER, RecordingGroup={"AllSupported": False, "ResourceTypes": ["AWS::EC2::Instance"]}),
        breaks=put("RecordingGroup", "AllSupported", value=False),
    ),
    Case(
        "SOC2-GUARDDUTY-FREQUENCY",
        passing=one(DETECTOR, Enable=True, FindingPublishingFrequency="ONE_HOUR", Features=S3_EVENTS),
        failing=one(DETECTOR, Enable=True, Features=S3_EVENTS),
        breaks=put("FindingPublishingFrequency", value="SIX_HOURS"),
    ),
    Case(
        "SOC2-HUB-STANDARDS",
        passing=one(HUB, EnableDefaultStandards=False) | one("AWS::SecurityHub::Standard", StandardsArn=CIS),
        failing=one(HUB, EnableDefaultStandards=False) | one("AWS::SecurityHub::Standard", StandardsArn=PCI),
        breaks=without("AWS::SecurityHub::Standard"),
    ),
    Case(
        "SOC2-FINDINGS-ROUTED",
        passing=findings() | event_rule("Hub", *HUB_FINDING, EventBusName="default"),
        # AWS's services send to the default bus, and another one hears nothing of them by itself.
        failing=findings()
        | event_rule("Hub", *HUB_FINDING, EventBusName={"Ref": "Bus"})
        | {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "findings"}}},
        breaks=without("AWS::Events::Rule"),
    ),
]

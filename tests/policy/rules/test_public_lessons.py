"""What templates of other people's applications taught the rules: constructions that they once judged wrongly.

Each lesson has its counterpart: the same construction, with the weakness that the rule is there to find.
"""

from typing import Any

import pytest

import soc2.rules  # noqa: F401 - registers the rules
from soc2.rule import Status
from soc2.values import Unknown, shown
from tests.policy.rules.casework import judge

QUEUE = "AWS::SQS::Queue"
BUCKET = "AWS::S3::Bucket"
LETTERS = {"Fn::GetAtt": ["Letters", "Arn"]}


def _status(rule: str, resources: dict[str, Any], logical_id: str = "", **sections: Any) -> str:
    (result,) = [found for found in judge(rule, resources, **sections) if found.logical_id == logical_id]
    return result.status.value


def _serverless(**properties: Any) -> dict[str, Any]:
    return {"Letters": {"Type": QUEUE}, "Job": {"Type": "AWS::Serverless::Function", "Properties": properties}}


@pytest.mark.parametrize(
    "properties",
    [
        {"DeadLetterQueue": {"Type": "SQS", "TargetArn": LETTERS}},
        {"DeadLetterQueue": {"Type": "SQS", "TargetArn": "arn:aws:sqs:eu-central-1:111122223333:letters"}},
        {"EventInvokeConfig": {"DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": LETTERS}}}},
        {"Events": {"Rows": {"Properties": {"DestinationConfig": {"OnFailure": {"Destination": LETTERS}}}}}},
        {"Events": {"Daily": {"Properties": {"DeadLetterConfig": {"Arn": LETTERS}, "Schedule": {"Ref": "When"}}}}},
    ],
)
def test_a_serverless_function_keeps_dead_letters(properties: dict[str, Any]) -> None:
    """CloudFormation makes it a function at deployment; whose letters the queue takes, the template shows already."""
    resources = _serverless(**properties)
    resources["Letters"]["Properties"] = {"QueueName": "letters"}
    sections = {"Parameters": {"When": {"Type": "String"}}}
    assert _status("SOC2-SQS-DLQ", resources, "Letters", **sections) == Status.COMPLIANT
    assert _status("SOC2-SQS-RETENTION", resources, "Letters", **sections) == Status.NON_COMPLIANT


def test_a_queue_that_a_serverless_function_reads_is_no_dead_letter_queue() -> None:
    resources = _serverless(Events={"Work": {"Type": "SQS", "Properties": {"Queue": LETTERS}}})
    assert _status("SOC2-SQS-DLQ", resources, "Letters") == Status.NON_COMPLIANT


def test_a_serverless_function_with_an_open_queue_leaves_it_open() -> None:
    resources = _serverless(DeadLetterQueue={"TargetArn": {"Ref": "Queue"}})
    sections = {"Parameters": {"Queue": {"Type": "String"}}}
    assert _status("SOC2-SQS-DLQ", resources, "Letters", **sections) == Status.UNDECIDED


def _balanced(key: str = "access_logs.s3.bucket", value: Any = None, **properties: Any) -> dict[str, Any]:
    attributes = [{"Key": key, "Value": value or {"Ref": "Logs"}}]
    balancer = {"LoadBalancerAttributes": attributes, **properties}
    return {
        "Logs": {"Type": BUCKET, "Properties": {"BucketName": "logs"}},
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": balancer},
    }


@pytest.mark.parametrize(
    ("resources", "status"),
    [
        (_balanced(), Status.NOT_APPLICABLE),
        (_balanced(value="logs"), Status.NOT_APPLICABLE),
        (_balanced("connection_logs.s3.bucket", Type="application"), Status.NOT_APPLICABLE),
        (_balanced(Type="network"), Status.NON_COMPLIANT),
        (_balanced("access_logs.s3.prefix"), Status.NON_COMPLIANT),
        (_balanced(value="others"), Status.NON_COMPLIANT),
    ],
)
def test_application_load_balancers_refuse_customer_keys(resources: dict[str, Any], status: Status) -> None:
    """They deliver their logs only where S3 manages the key; network load balancers know the customer's."""
    assert _status("SOC2-S3-KEY", resources, "Logs") == status


@pytest.mark.parametrize(
    ("mode", "status"), [("serverless", Status.NOT_APPLICABLE), ("provisioned", Status.NON_COMPLIANT)]
)
@pytest.mark.parametrize("rule", ["SOC2-RDS-MULTIAZ", "SOC2-RDS-LOGS"])
def test_the_first_serverless_aurora_has_no_instances(rule: str, mode: str, status: Status) -> None:
    cluster = {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-postgresql", "EngineMode": mode}}
    assert _status(rule, {"Data": cluster}, "Data") == status


@pytest.mark.parametrize(
    ("name", "status"), [("ParentSecretStack", Status.COMPLIANT), ("StackPassword", Status.NON_COMPLIANT)]
)
def test_the_stack_of_a_secret_is_no_secret(name: str, status: Status) -> None:
    assert _status("SOC2-PARAMETER-NOECHO", {}, Parameters={name: {"Type": "String"}}) == status


def _key(*actions: str) -> dict[str, Any]:
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Resource": "*"}
    limited = {"Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}}
    policy = [{**service, "Action": "kms:GenerateDataKey*", **limited}, {**service, "Action": list(actions)}]
    return {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": policy}}}}


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (("kms:DescribeKey",), Status.COMPLIANT),
        (("kms:DescribeKey", "kms:Decrypt"), Status.NON_COMPLIANT),
        (("kms:*",), Status.NON_COMPLIANT),
    ],
)
def test_describing_a_key_is_not_using_it(actions: tuple[str, ...], status: Status) -> None:
    assert _status("SOC2-KMS-SERVICE", _key(*actions), "Key") == status


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (
            {"Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/sns"},
            Status.NOT_APPLICABLE,
        ),
        ({"Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:alias/ours"}, Status.UNDECIDED),
    ],
)
def test_a_key_of_aws_has_no_class_by_its_arn_either(key: Any, status: Status) -> None:
    tags = [{"Key": "DataClassification", "Value": "internal"}]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": key, "Tags": tags}}
    assert _status("SOC2-CLASS-KEY", {"Topic": topic}, "Topic") == status


HUB = {"Type": "AWS::SecurityHub::Hub", "Properties": {"EnableDefaultStandards": False}}


def _loop(of_type: str) -> dict[str, Any]:
    made = {"Standard${Name}": {"Type": of_type, "Properties": {"StandardsArn": {"Ref": "Name"}}}}
    return {"Hub": HUB, "Fn::ForEach::Standards": ["Name", {"Ref": "Names"}, made]}


def test_what_a_loop_makes_may_be_what_is_missing() -> None:
    """A loop's resources are not judged; nobody is accused of their absence either."""
    assert _status("SOC2-HUB-STANDARDS", _loop("AWS::SecurityHub::Standard"), "Hub") == Status.UNDECIDED
    assert _status("SOC2-HUB-STANDARDS", _loop("AWS::SNS::Topic"), "Hub") == Status.NON_COMPLIANT


def test_what_a_loop_makes_may_name_the_resource() -> None:
    def resources(of_type: str) -> dict[str, Any]:
        made = {"Log${Name}": {"Type": of_type, "Properties": {}}}
        return {"Vpc": {"Type": "AWS::EC2::VPC"}, "Fn::ForEach::Logs": ["Name", ["A"], made]}

    assert _status("SOC2-VPC-FLOWLOGS", resources("AWS::EC2::FlowLog"), "Vpc") == Status.UNDECIDED
    assert _status("SOC2-VPC-FLOWLOGS", resources("AWS::EC2::Subnet"), "Vpc") == Status.NON_COMPLIANT


def _part(name: str) -> dict[str, Any]:
    last = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": name}]}]}
    return {"Fn::Select": [4, {"Fn::Split": ["-", last]}]}


@pytest.mark.parametrize(
    ("source", "suffix", "status"),
    [
        ("AWS::StackId", "", Status.COMPLIANT),
        ("AWS::StackId", "*", Status.NON_COMPLIANT),
        ("Open", "", Status.UNDECIDED),
    ],
)
def test_a_part_of_the_stacks_id_is_no_wildcard(source: str, suffix: str, status: Status) -> None:
    """CDK's and other tools' way to a short unique name."""
    name = {"Fn::Join": ["", ["arn:aws:es:eu-central-1:111122223333:domain/ours-", _part(source), suffix]]}
    statement = {"Effect": "Allow", "Action": "es:DescribeDomain", "Resource": name}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    parameters = {"Open": {"Type": "String"}}
    assert _status("SOC2-IAM-RESOURCE-PATTERN", {"P": policy}, "P", Parameters=parameters) == status


def test_messages_say_what_is_open_in_words() -> None:
    assert shown(Unknown("the parameter Topic is chosen at deployment")) == (
        "(the parameter Topic is chosen at deployment)"
    )


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"SubnetIds": {"Ref": "Open"}, "Password": {"Ref": "Hidden"}}, Status.UNDECIDED),
        ({"SubnetIds": {"Ref": "Open"}, "Password": "correct horse"}, Status.NON_COMPLIANT),
        ({"SubnetIds": {"Ref": "Open"}, "Zone": {"Fn::GetAtt": ["Other", "Outputs.Zone"]}}, Status.COMPLIANT),
        ({f"Name{n}": {"Fn::If": [f"Case{n}", "one", "other"]} for n in range(9)}, Status.COMPLIANT),
        ({"Fn::If": ["Case1", {"Password": "correct horse"}, {"Ref": "AWS::NoValue"}]}, Status.UNDECIDED),
    ],
)
def test_only_names_of_secrets_make_a_nested_stacks_parameters_matter(parameters: Any, status: Status) -> None:
    """Open values under other names do not leave it open whether a secret is passed on in plain text."""
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": parameters}}
    resources = {"Nested": nested, "Other": {"Type": "AWS::CloudFormation::Stack"}}
    sections = {"Parameters": {"Open": {"Type": "String"}, "Hidden": {"Type": "String", "NoEcho": True}}}
    assert _status("SOC2-PARAMETER-NOECHO", resources, "Nested", **sections) == status

"""The sample stacks deployed by the real CDK command line: what a stack author may rely on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_cloud import parity
from local_cloud.cloud import LocalCloud
from local_cloud.errors import DeployError
from local_cloud.events import Event

if TYPE_CHECKING:
    from tests.local_cloud.conftest import Client, Http, Invoke, Synthesise


def test_a_second_deployment_changes_nothing(cloud: LocalCloud, deployed: dict[str, str], assembly: Path) -> None:
    """Who repeats `deploy` waits for nothing, and no resource is replaced behind the person's back."""
    events: list[Event] = []
    cloud.deploy(assembly, events.append)
    done = {event.stack: event.status for event in events if event.kind == "stack-done"}
    assert done == {"Sample-Base": "UNCHANGED", "Sample-App": "UNCHANGED"}
    assert not [event for event in events if event.kind == "resource"]


def test_a_python_custom_resource_that_answers_itself_gives_its_data_to_the_stack(deployed: dict[str, str]) -> None:
    """The migrations are such a resource: without it the database stays empty."""
    assert deployed["Greeting"] == "hello world"


def test_the_api_refuses_without_a_token_and_validates_bodies(
    cloud: LocalCloud, deployed: dict[str, str], http: Http
) -> None:
    """401 without or with a bad token, 422 by the gateway's own response for a body against its model (SYS-05)."""
    url = cloud.local_url(deployed["ApiUrl"]) + "things"
    assert http("GET", url)[0] == 401
    assert http("GET", url, Authorization="Bearer bad")[0] == 401
    status, _, text = http("GET", url, Authorization="Bearer good")
    assert (status, json.loads(text)) == (200, {"user": "user-1"})
    good = {"Authorization": "Bearer good", "content_type": "application/json"}
    status, _, text = http("POST", url, {"symbol": "not upper"}, **good)
    assert (status, json.loads(text)) == (422, {"error": {"code": "validation_error"}})
    assert http("POST", url, {"symbol": "AAPL"}, **good)[0] == 200


def test_a_local_web_app_may_call_the_api_and_another_site_may_not(
    cloud: LocalCloud, deployed: dict[str, str], http: Http
) -> None:
    """A page on localhost develops against the API; a page on the internet must not reach it (CC6.6)."""
    url = cloud.local_url(deployed["ApiUrl"]) + "things"
    status, headers, _ = http("OPTIONS", url, Origin="http://localhost:3000", Access_Control_Request_Method="GET")
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert http("GET", url, Authorization="Bearer good", Origin="https://evil.example")[0] == 403


def test_a_function_sees_its_bundle_and_lambdas_own_variables_only(
    cloud: LocalCloud, deployed: dict[str, str], invoke: Invoke
) -> None:
    """A variable or module that only this laptop has would make a broken bundle look right."""
    seen = invoke(deployed["EnvironmentName"])
    assert "ALEX_TEST_CANARY" not in seen["variables"]
    assert "HOME" not in seen["variables"]
    assert "AWS_LAMBDA_FUNCTION_NAME" in seen["variables"]
    assert not [path for path in seen["modules"] if "site-packages" in path or "dist-packages" in path]
    assert invoke(deployed["EnvironmentName"] + ":live") == seen


def test_a_functions_error_keeps_its_own_type(client: Client, deployed: dict[str, str]) -> None:
    """Step Functions and the planner decide by the error's type."""
    answer = client("lambda").invoke(FunctionName=deployed["FailingName"])
    assert answer["FunctionError"] == "Unhandled"
    payload = json.loads(answer["Payload"].read())
    assert payload["errorType"] == "KeyError"
    assert "missing-thing" in payload["errorMessage"]


def test_a_functions_output_is_in_its_log_file_and_in_its_log_group(
    cloud: LocalCloud, client: Client, deployed: dict[str, str], http: Http
) -> None:
    """`alex logs` reads the file; code under test reads CloudWatch Logs."""
    http("GET", cloud.local_url(deployed["ApiUrl"]) + "things", Authorization="Bearer good")
    [(name, file)] = [(name, file) for name, file in cloud.logs().items() if name.startswith("Sample-App-Api")]
    assert '{"request": ' in file.read_text()
    events = client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert any("START RequestId" in event["message"] for event in events)


def test_a_poisoned_message_reaches_the_dead_letter_queue_and_its_neighbour_does_not(
    client: Client, deployed: dict[str, str]
) -> None:
    """Nothing is lost, and one bad message does not repeat the good ones (SYS-06)."""
    sqs = client("sqs")
    sqs.send_message(QueueUrl=deployed["QueueUrl"], MessageBody='{"n": 1}')
    sqs.send_message(QueueUrl=deployed["QueueUrl"], MessageBody='{"poison": 1}')
    deadline = time.monotonic() + 30
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < deadline:
        found = sqs.receive_message(QueueUrl=deployed["DeadUrl"], WaitTimeSeconds=5).get("Messages", [])
    assert [message["Body"] for message in found] == ['{"poison": 1}']


# -- IAM ------------------------------------------------------------------------------------------------------


def _code(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"]


def test_iam_refuses_what_a_functions_role_does_not_grant(
    client: Client, deployed: dict[str, str], invoke: Invoke
) -> None:
    """A missing grant must fail on the laptop, not after the deployment to AWS (CC6.1)."""
    table = deployed["TableName"]
    reader = client("dynamodb", **invoke(deployed["ReaderName"]))
    stranger = client("dynamodb", **invoke(deployed["StrangerName"]))
    key = {"id": {"S": "1"}}
    assert "Item" not in reader.get_item(TableName=table, Key=key)
    assert _code(lambda: reader.put_item(TableName=table, Item=key)) == "AccessDeniedException"
    assert _code(lambda: stranger.get_item(TableName=table, Key=key)) == "AccessDeniedException"


def test_a_permissions_boundary_limits_a_role(client: Client, deployed: dict[str, str], invoke: Invoke) -> None:
    """The reader's policy grants Scan; the boundary of the stack denies it."""
    reader = client("dynamodb", **invoke(deployed["ReaderName"]))
    assert _code(lambda: reader.scan(TableName=deployed["TableName"])) == "AccessDeniedException"


def test_converse_is_authorised_as_invoke_model_on_the_profiles_own_arn(
    client: Client, deployed: dict[str, str], invoke: Invoke
) -> None:
    """A policy written for AWS (InvokeModel on one inference profile) must decide here as it decides there."""
    message = [{"role": "user", "content": [{"text": "hello"}]}]
    reader = client("bedrock-runtime", **invoke(deployed["ReaderName"]))
    answer = reader.converse(modelId="us.allowed-model", messages=message)
    assert answer["usage"]["totalTokens"] > 0
    with pytest.raises(ClientError, match="bedrock:InvokeModel"):
        reader.converse(modelId="us.other-model", messages=message)
    stranger = client("bedrock-runtime", **invoke(deployed["StrangerName"]))
    with pytest.raises(ClientError, match="bedrock:InvokeModel"):
        stranger.converse(modelId="us.allowed-model", messages=message)


def test_bedrock_fails_as_the_fault_plan_says_and_then_recovers(
    cloud: LocalCloud, client: Client, deployed: dict[str, str]
) -> None:
    """The agents' retries and fallbacks are tested with these faults."""
    bedrock = client("bedrock-runtime", config=Config(retries={"total_max_attempts": 1}))
    message = [{"role": "user", "content": [{"text": "hello"}]}]
    cloud.set_faults(bedrock=[{"fault": "throttle"}, {"fault": "timeout"}])
    codes = [_code(lambda: bedrock.converse(modelId="m", messages=message)) for _ in range(2)]
    assert codes == ["ThrottlingException", "ModelTimeoutException"]
    assert bedrock.converse(modelId="m", messages=message)["output"]


# -- what templates ask for -----------------------------------------------------------------------------------


def test_properties_that_the_emulator_drops_are_applied(client: Client, deployed: dict[str, str]) -> None:
    """Each of these was silently lost: what is read back must be what the template says."""
    dynamodb, functions = client("dynamodb"), client("lambda")
    tables = [name for name in dynamodb.list_tables()["TableNames"] if name.startswith("Sample-")]
    assert len(tables) == 2, "a table and a global table"
    for table in tables:
        ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
        backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert deployed["PlainSecretArn"].startswith("arn:aws:secretsmanager:"), "a policy is written on a secret's Ref"
    assert client("secretsmanager").describe_secret(SecretId=deployed["PlainSecretArn"])["ARN"]
    limit = functions.get_function_concurrency(FunctionName=deployed["ConsumerName"])
    assert limit["ReservedConcurrentExecutions"] == 2
    role = functions.get_function_configuration(FunctionName=deployed["ConsumerName"])["Role"].rsplit("/", 1)[-1]
    boundary = client("iam").get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert "Boundary" in boundary
    bucket = next(b["Name"] for b in client("s3").list_buckets()["Buckets"] if b["Name"].startswith("sample-base"))
    rules = client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_parity_names_what_is_only_recorded(cloud: LocalCloud, deployed: dict[str, str]) -> None:
    """A green local run must never suggest that WAF, network or GuardDuty were exercised."""
    entries = {(entry.resource_type, entry.level) for entry in cloud.parity()}
    for recorded in ("AWS::GuardDuty::Detector", "AWS::WAFv2::WebACL", "AWS::EC2::NatGateway", "AWS::EC2::FlowLog"):
        assert (recorded, "recorded") in entries
    assert ("AWS::Lambda::Function", "enforced") in entries
    assert ("AWS::RDS::DBCluster", "emulated") in entries
    counts = parity.summary(cloud.parity())
    assert sum(counts.values()) == len(cloud.parity())
    assert all(entry.note for entry in cloud.parity())


def test_a_template_that_cannot_be_deployed_is_refused_with_its_reason(cloud: LocalCloud, tmp_path: Path) -> None:
    """The person reads CloudFormation's reason, not a stack trace of the tools."""
    with pytest.raises(DeployError, match=r"no manifest\.json"):
        cloud.deploy(tmp_path)


def test_a_custom_resource_whose_function_fails_fails_the_deployment_at_once(
    cloud: LocalCloud, deployed: dict[str, str], synthesise: Synthesise
) -> None:
    """CloudFormation waits an hour for an answer that never comes; the person needs the function's error now."""
    with pytest.raises(DeployError, match="KeyError: 'missing-thing'"):
        cloud.deploy(synthesise("failing"))

"""Functions of the sample stacks: small, only the standard library, and what the runtime itself gives."""

import json
import os
import urllib.request
from typing import Any, NoReturn


def api(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer with who called and what the environment holds."""
    print(json.dumps({"request": context.aws_request_id}))
    return {"statusCode": 200, "body": json.dumps({"user": event["requestContext"]["authorizer"]["user_id"]})}


def authorizer(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Allow the token `Bearer good`."""
    if event["authorizationToken"] != "Bearer good":
        raise Exception("Unauthorized")
    resource = "/".join(event["methodArn"].split("/")[:2]) + "/*"
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}
    return {
        "principalId": "user-1",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"user_id": "user-1"},
    }


def environment(_event: Any, _context: Any) -> dict[str, Any]:
    """What the function can see of the machine it runs on."""
    import sys

    return {"variables": sorted(os.environ), "modules": sorted(sys.path)}


def credentials(_event: Any, _context: Any) -> dict[str, str]:
    """The execution role's own credentials, so that a test can call with exactly the rights of this function."""
    return {
        "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "aws_session_token": os.environ["AWS_SESSION_TOKEN"],
    }


def fail(_event: Any, _context: Any) -> NoReturn:
    """Raise an error of the function's own."""
    raise KeyError("missing-thing")


def custom_resource(event: dict[str, Any], _context: Any) -> None:
    """A CloudFormation custom resource that PUTs its own answer."""
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": "sample-custom",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Greeting": "hello " + event["ResourceProperties"].get("Name", "")},
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT", headers={"content-type": ""})
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()


def consume(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Fail the records that say so, one by one."""
    bad = [record["messageId"] for record in event["Records"] if json.loads(record["body"]).get("poison")]
    print("consumed", [json.loads(record["body"]) for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in bad]}

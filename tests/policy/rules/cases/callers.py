"""Who may use resources and invoke functions."""

from typing import Any

from tests.policy.rules.casework import Case, put


def permission(**properties: Any) -> dict[str, Any]:
    """A template's resources with one permission to invoke a function."""
    named = {"Action": "lambda:InvokeFunction", "FunctionName": "worker", **properties}
    return {"Permission": {"Type": "AWS::Lambda::Permission", "Properties": named}}


def queue(*statements: dict[str, Any]) -> dict[str, Any]:
    """A template's resources with one queue's policy."""
    properties = {"Queues": ["jobs"], "PolicyDocument": {"Statement": list(statements)}}
    return {"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}}


def send(principal: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    """A statement of that policy."""
    return {"Effect": effect, "Principal": principal, "Action": "sqs:SendMessage", "Resource": "*", **more}


EVENTS = "events.amazonaws.com"
RULE = "arn:aws:events:us-east-1:111122223333:rule/*"
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}

CASES = [
    Case(
        "SOC2-LAMBDA-PERMISSION",
        passing=permission(Principal=EVENTS, SourceArn=RULE)
        | {"Partner": permission(Principal="111122223333")["Permission"]},
        failing=permission(Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::*"),
        breaks=put("Principal", value="*"),
    ),
    Case(
        "SOC2-RESOURCE-POLICY",
        passing=queue(
            send({"Service": EVENTS}),
            send("*", Condition={"ArnLike": {"aws:SourceArn": RULE}}),
            send({"AWS": "*"}, "Deny", Condition=PLAIN),
        ),
        failing=queue(send({"AWS": ["arn:aws:iam::111122223333:role/sender", "*"]}, Condition=PLAIN)),
        breaks=put("PolicyDocument", value={"Statement": send("*")}),
    ),
]

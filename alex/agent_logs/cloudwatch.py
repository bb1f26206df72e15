"""CloudWatch Logs of a deployed environment: groups found among its stacks' resources, events by FilterLogEvents.

Decision: polling, not StartLiveTail: a live tail has no look-back, costs by the minute, and is limited to ten groups.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from alex.agent_logs.line import Line, parsed
from alex.errors import CommandError, Exit

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_logs import CloudWatchLogsClient

LATE = timedelta(seconds=30)
"""Events may arrive this much later than their time: every poll looks back so far, and repeats are dropped."""
REMEMBERED = 50_000
NEEDED = ("cloudformation:DescribeStacks", "cloudformation:ListStackResources", "logs:FilterLogEvents")
_LOGS_OF = re.compile(r"(?P<function>[A-Za-z0-9]+?)Logs[0-9A-F]{8}")


@contextmanager
def explained(environment: str, region: str, needed: Sequence[str] = NEEDED) -> Iterator[None]:
    """Turn AWS's refusals into what, where and what to do; ``needed`` are the permissions of what is tried."""
    # Here, not above: it takes a third of a second, and only this source needs it.
    from botocore import exceptions as aws  # noqa: PLC0415

    where = f"environment {environment}, region {region}"
    try:
        yield
    except (aws.NoCredentialsError, aws.PartialCredentialsError, aws.ProfileNotFound, aws.CredentialRetrievalError):
        raise CommandError(
            "there are no AWS credentials",
            where=where,
            remedy="sign in (`aws sso login`), or name a profile (AWS_PROFILE)",
            code=Exit.BAD_INPUT,
        ) from None
    except aws.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        expired = "Expired" in code or code in {"InvalidClientTokenId", "UnrecognizedClientException"}
        raise CommandError(
            f"AWS refused {error.operation_name}: {code}",
            where=where,
            remedy="sign in again: the credentials are expired or of another account"
            if expired
            else f"the role needs {', '.join(needed)}",
        ) from None
    except aws.BotoCoreError as error:
        raise CommandError(
            f"AWS could not be reached: {type(error).__name__}",
            where=where,
            remedy="check the network, a proxy (HTTPS_PROXY), and that --region is a region",
        ) from None


def groups(cloudformation: "CloudFormationClient", environment: str, region: str) -> dict[str, str]:
    """Log group by function (``planner``), of every stack that carries the environment's tags.

    :raises CommandError: no such stack.
    """
    wanted = {("Project", "alex"), ("Environment", environment)}
    found: dict[str, str] = {}
    stacks = 0
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            tags = {(tag["Key"], tag["Value"]) for tag in stack.get("Tags", ())}
            if wanted <= tags and stack["StackStatus"] != "DELETE_COMPLETE":
                stacks += 1
                found |= _groups_of(cloudformation, stack["StackName"])
    if not stacks:
        raise CommandError(
            f"{environment} is not deployed here: no stack is tagged Project=alex, Environment={environment}",
            where=f"region {region} of the account that the credentials belong to",
            remedy=f"check AWS_PROFILE and --region, or deploy it: `alex deploy -e {environment}`",
            code=Exit.NOT_RUNNING,
        )
    return found


def _groups_of(cloudformation: "CloudFormationClient", stack: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            name = _LOGS_OF.fullmatch(resource["LogicalResourceId"])
            if resource["ResourceType"] == "AWS::Logs::LogGroup" and name and resource.get("PhysicalResourceId"):
                found[name["function"].lower()] = resource["PhysicalResourceId"]
    return found


class CloudWatchLogs:
    """The followed groups' events from ``since`` on, of one type where ``event`` names it; each once."""

    def __init__(
        self, client: "CloudWatchLogsClient", followed: Mapping[str, str], *, since: datetime, event: str = ""
    ) -> None:
        self._client, self._followed = client, dict(followed)
        self._since = dict.fromkeys(followed, since)
        self._first = since
        self._only: dict[str, Any] = {"filterPattern": f'{{ $.event_type = "{event}" }}'} if event else {}
        self._seen: OrderedDict[str, None] = OrderedDict()

    def poll(self) -> list[Line]:
        """New events of all groups in time order."""
        found: list[Line] = []
        for source, group in self._followed.items():
            found += self._events(source, group)
        return sorted(found, key=lambda line: line.at)

    def _events(self, source: str, group: str) -> Sequence[Line]:
        found: list[Line] = []
        newest = self._since[source]
        start = max(self._since[source] - LATE, self._first)
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(start.timestamp() * 1000), **self._only
        )
        for page in pages:
            for event in page.get("events", ()):
                if self._is_new(source, event):
                    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                    newest = max(newest, at)
                    found.append(parsed(source, event["message"].rstrip("\n"), otherwise=at))
        self._since[source] = newest
        return found

    def _is_new(self, source: str, event: Any) -> bool:
        identity = f"{source} {event.get('eventId') or (event['timestamp'], event['message'])}"
        if identity in self._seen:
            return False
        self._seen[identity] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

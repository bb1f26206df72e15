"""Why traces are missing: one check after the other along their way, each with what to do (OBS-34).

    setting -> share -> keys -> host -> sign-in -> clock -> functions -> what they could not send -> patience

Decision: what this machine can see is asked here (the keys, the host's answer); what only the functions see is read
from their environment and their logs. Keys are never shown.
"""

import base64
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from alex.doctor import Finding
from settings import Settings

INGESTION = "/api/public/otel/v1/traces"
LOOK_BACK_SECONDS = 3600
SKEW_SECONDS = 60
PATIENCE_SECONDS = 60
NOT_SENT = "TRACES_NOT_SENT"
REMEDIES = {
    "unauthorized": "the keys were refused: set those of the right project and region",
    "unreachable": "the functions cannot reach the host: look at the VPC's way out (NAT gateway) and the host's name",
    "timeout": "the host answers too slowly or not at all, or its name does not resolve from the functions",
    "busy": "an earlier sending still hangs: look at the host",
}


@dataclass(frozen=True)
class Place:
    """One deployed environment: clients of its cloud by service, and the reasons of recent failures by their count."""

    settings: Settings
    client: Callable[[str], Any]
    reasons: Callable[[Mapping[str, Any]], Counter[str]]


@dataclass(frozen=True)
class Answer:
    """What the host said: status, and its clock (None: it named none)."""

    status: int
    at: datetime | None


Ask = Callable[[str, Mapping[str, str]], Answer]
"""Posts no spans at all to an address with header fields; raises OSError."""


def ask(url: str, fields: Mapping[str, str]) -> Answer:
    """An empty export: the same way as the functions', and nothing arrives."""
    request = urllib.request.Request(url, data=b"", headers=dict(fields), method="POST")  # noqa: S310 (https or local)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return Answer(answer.status, _date(answer.headers.get("Date")))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _date(error.headers.get("Date")))


def examine(place: Place, *, ask: Ask = ask, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """The checks in order; what needs an earlier one that failed is left out."""
    yield from _settings(place)
    try:
        outputs = _outputs(place)
        yield _share(place, outputs["TracingRateParameter"])
        keys, finding = _keys(place, outputs["TracingSecretArn"])
        yield finding
        if keys:
            yield from _host(place, keys, ask, now)
        functions = _functions(place, outputs["TracingSecretArn"])
        yield _told(place, functions)
        yield from _logs(place, functions)
    except KeyError as missing:
        yield Finding("stack", "fail", f"Alex-{place.settings.name}-Agents has no output {missing}", "deploy it anew")
        return
    except (ClientError, BotoCoreError) as error:
        yield Finding("cloud", "fail", _reason(error), "sign in to the right account and region, then deploy")
        return
    yield Finding("patience", "ok", f"a trace shows up to {PATIENCE_SECONDS} seconds after its job, in Langfuse too")


def _settings(place: Place) -> Iterator[Finding]:
    tracing, host = place.settings.tracing, place.settings.langfuse.host
    yield Finding(
        "setting", "ok", f"{tracing.sample_rate:.0%} of jobs to {host}, content {tracing.llm_content}",
    )  # fmt: skip


def _outputs(place: Place) -> dict[str, str]:
    stack = f"Alex-{place.settings.name}-Agents"
    [found] = place.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}


def _share(place: Place, name: str) -> Finding:
    value = place.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    command = f"aws ssm put-parameter --overwrite --name {name} --value 1"
    try:
        rate = float(value)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        return Finding("share", "fail", f"{name} is {value!r}, which is no share: the setting holds", command)
    if rate == 0:
        return Finding("share", "fail", f"{name} is 0: no job is traced", command)
    if rate < 1:
        return Finding(
            "share", "warn", f"{rate:.0%} of jobs are traced: yours may be another", f"to see all: {command}"
        )
    return Finding("share", "ok", "every job is traced")


def _keys(place: Place, arn: str) -> tuple[dict[str, str] | None, Finding]:
    shape = '{"public_key": "pk-lf-...", "secret_key": "sk-lf-..."}'
    remedy = f"aws secretsmanager put-secret-value --secret-id {arn} --secret-string '{shape}'"
    try:
        value = json.loads(place.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None, Finding("keys", "fail", "the secret is empty: nothing is traced", remedy)
        raise
    except (KeyError, ValueError):
        return None, Finding("keys", "fail", "the secret holds no keys yet: nothing is traced", remedy)
    if not isinstance(value, dict) or not {"public_key", "secret_key"} <= set(value):
        return None, Finding("keys", "fail", f"the secret is not of the form {shape}: nothing is traced", remedy)
    wrong = [
        name
        for name, prefix in (("public_key", "pk-lf-"), ("secret_key", "sk-lf-"))
        if not str(value[name]).startswith(prefix)
    ]
    if wrong:
        return None, Finding("keys", "fail", f"{' and '.join(wrong)} have not Langfuse's form {shape}", remedy)
    return {name: str(text) for name, text in value.items()}, Finding("keys", "ok", "both are there (not shown)")


def _host(place: Place, keys: Mapping[str, str], ask: Ask, now: Callable[[], float]) -> Iterator[Finding]:
    host = (keys.get("host") or place.settings.langfuse.host).rstrip("/")
    parts = urlsplit(host)
    name = parts.hostname or host
    if parts.scheme != "https" and not (parts.scheme == "http" and name in {"127.0.0.1", "localhost"}):
        yield Finding("host", "fail", f"{host} is not https: functions send no keys there", "correct langfuse.host")
        return
    pair = base64.b64encode(f"{keys['public_key']}:{keys['secret_key']}".encode()).decode()
    fields = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-protobuf"}
    try:
        answer = ask(host + INGESTION, fields)
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        yield Finding("host", "fail", f"{name} gives no answer: {reason}", "correct langfuse.host, or mend the network")
        return
    yield Finding("host", "ok", f"{name} answers this machine")
    if answer.status in {401, 403}:
        yield Finding("sign-in", "fail", f"{name} refuses the keys ({answer.status})", REMEDIES["unauthorized"])
    elif answer.status >= 300:
        yield Finding("sign-in", "fail", f"{name} answers {answer.status}", "is langfuse.host Langfuse's root address?")
    else:
        yield Finding("sign-in", "ok", "the keys are accepted")
    if answer.at is not None:
        skew = abs(answer.at.timestamp() - now())
        late = skew > SKEW_SECONDS
        remedy = "set this machine's clock: spans with a wrong time stand elsewhere in the list" if late else ""
        yield Finding("clock", "warn" if late else "ok", f"{skew:.0f} s apart from {name}'s", remedy)


def _functions(place: Place, arn: str) -> dict[str, dict[str, str]]:
    """Variables by function, of those that are told of the secret."""
    pages = place.client("lambda").get_paginator("list_functions").paginate()
    every = {
        f["FunctionName"]: f.get("Environment", {}).get("Variables", {}) for page in pages for f in page["Functions"]
    }
    return {name: variables for name, variables in every.items() if variables.get("TRACING_SECRET_ARN") == arn}


def _told(place: Place, functions: Mapping[str, Mapping[str, str]]) -> Finding:
    if not functions:
        return Finding("functions", "fail", "no function is told of the keys", "deploy the Agents stack anew")
    wanted = {
        "LANGFUSE_HOST": place.settings.langfuse.host,
        "TRACING_CONTENT": place.settings.tracing.llm_content,
    }
    stale = sorted(
        name
        for name, variables in functions.items()
        if any(variables.get(key) != value for key, value in wanted.items())
    )
    if stale:
        shown = f"{', '.join(stale)}: other host or content than the settings say"
        return Finding("functions", "warn", shown, "deploy the changed settings")
    return Finding("functions", "ok", f"{len(functions)} trace, as the settings say")


def _logs(place: Place, functions: Mapping[str, Any]) -> Iterator[Finding]:
    found = place.reasons(functions)
    if not found:
        yield Finding("logs", "ok", "no function failed to send in the last hour")
    for reason, count in found.most_common():
        what, _, unread = reason.partition("_")
        known = f"a function could not read the {what}: deploy the Agents stack anew, look at its role and its way out"
        remedy = known if unread and what in {"keys", "rate"} else REMEDIES.get(reason, "look the code up at the host")
        yield Finding("logs", "fail", f"{count} times not sent in the last hour: {reason}", remedy)


def logged(client: Any, now: Callable[[], float] = time.time) -> Callable[[Mapping[str, Any]], Counter[str]]:
    """Reasons from CloudWatch Logs."""

    def reasons(functions: Mapping[str, Any]) -> Counter[str]:
        found: Counter[str] = Counter()
        functions_client, logs = client("lambda"), client("logs")
        for name in functions:
            configuration = functions_client.get_function_configuration(FunctionName=name)
            group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
            begin = int((now() - LOOK_BACK_SECONDS) * 1000)
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, startTime=begin, filterPattern=f'"{NOT_SENT}"'
            )
            found.update(reason_of(event["message"]) for page in pages for event in page["events"])
        return found

    return reasons


def reason_of(line: str) -> str:
    """The reason in one log line."""
    try:
        return str(json.loads(line)["details"]["reason"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None
